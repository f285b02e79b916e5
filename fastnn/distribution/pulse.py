"""Signs of life between processes: a thread sends a byte to each other process every second, and notes what comes.

A process that ends closes its connections, which the others see by themselves.  What they cannot see there is one that
is stopped, or whose machine hangs: its connections stay open.  And one that has left a run by an error of its own and
lives on, while the others wait for it in the run: the byte is how many runs it has left so.  A process that ends
because another one has ended says here who that was: in the other connection a reset could overtake it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping

TICK = 1.0  # seconds between two bytes, at most
SILENCE = 25.0  # seconds without one, after which a process is given up
PATIENCE = 5  # ticks that a process may be ahead by a run that it has left
ROUND = 128  # runs left are counted up to here, then from 0
_ENDED = struct.Struct("!BI")  # END, and the rank of who has ended
END = 255


class _Beat:
    """The connection with another process.

    silent: ticks without a byte.  theirs: the last count.  ahead: ticks in which it had left more runs than this one.
    ended: the rank that it says has ended, or None.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.socket, self.silent, self.theirs, self.ahead = connection, 0, 0, 0
        self.ended: int | None = None

    def send(self, data: bytes) -> None:
        """Send a few bytes, if they can be sent now: who reads nothing sends nothing, either."""
        with contextlib.suppress(OSError):  # or it has ended: the other connection says so
            self.socket.send(data)

    def take(self) -> bool:
        """Take what has come; whether anything has."""
        try:
            data = self.socket.recv(4096)
        except OSError:
            return False
        at = data.find(END)
        if 0 <= at <= len(data) - _ENDED.size:
            self.ended = _ENDED.unpack_from(data, at)[1]
            data = data[:at] + data[at + _ENDED.size :]
        if data:
            self.theirs = data[-1]
        return bool(data)

    def tick(self, left: int) -> None:
        """Send a byte, and note what has come."""
        self.send(bytes([left % ROUND]))
        self.silent = 0 if self.take() else self.silent + 1
        self.ahead = self.ahead + 1 if 0 < (self.theirs - left) % ROUND < ROUND // 2 else 0


class Pulse:
    """Signs of life of this process, and of the others.

    connections: {rank: a connected socket}, which nothing else uses.  silence: seconds.  door: a socket that listens;
    who comes to it is told that all of `size` processes are there.

    left: how many runs this process has left by an error.
    """

    def __init__(
        self, connections: Mapping[int, socket.socket], silence: float = SILENCE, door: socket.socket | None = None,
        size: int = 0,
    ) -> None:  # fmt: skip
        self.left, self.silence, self.size, self.tick = 0, silence, size, min(TICK, silence / 5)
        self._beats, self._door = {r: _Beat(c) for r, c in connections.items()}, door
        self._over, self._thread = threading.Event(), threading.Thread(target=self._run, daemon=True)

    def start(self) -> Pulse:
        """Begin, in a thread of its own; returns itself."""
        self._thread.start()
        return self

    def _run(self) -> None:
        while not self._over.wait(self.tick):
            self.beat()

    def beat(self) -> None:
        """Send a sign of life to all, and note theirs."""
        for beat in self._beats.values():
            beat.tick(self.left)
        if self._door is not None:
            self._turn_away(self._door)

    def _turn_away(self, door: socket.socket) -> None:
        """Whoever comes now comes too late."""
        door.settimeout(0)
        with contextlib.suppress(OSError):  # nobody, or somebody who has gone again
            while True:
                connection, _ = door.accept()
                with connection:
                    data = json.dumps({"complete": self.size}).encode()
                    connection.sendall(len(data).to_bytes(8, "big") + data)

    def trouble(self, rank: int) -> tuple[str, str]:
        """(what a process has done, how that is known), in words; ("", "") where it is well."""
        beat = self._beats[rank]
        if beat.ahead > PATIENCE:
            return "has left the run", "an error of its own has ended the run there"
        if beat.silent * self.tick > self.silence:
            seconds = f"{self.silence:g} seconds"
            return "does not answer", f"no sign of life for {seconds}: it is stopped, or its machine hangs"
        return "", ""

    def tell(self, rank: int) -> None:
        """Let the others know that a process has ended: what they see next is that this one does, too."""
        for other, beat in self._beats.items():
            if other != rank:
                beat.send(_ENDED.pack(END, rank))

    def told(self, rank: int) -> int | None:
        """The process that has ended, as the process `rank` says, or None."""
        self._beats[rank].take()
        return self._beats[rank].ended

    def close(self) -> None:
        """End it."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        for beat in self._beats.values():
            beat.socket.close()
        if self._door is not None:
            self._door.close()
