"""Processes that are joined by TCP: every one with every other one.

Only numbers go over a connection, and nothing that comes is executed.  A process that ends closes its connections,
which the others see at once; one that is stopped, or whose machine is cut off, is found by its signs of life
(fastnn.distribution.pulse).
"""

import contextlib
import select
import socket
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ProcessLostError
from fastnn.core.memory import aligned
from fastnn.core.types import Array
from fastnn.distribution.pulse import Pulse
from fastnn.distribution.transport import Pieces, Transport, lost

MOST_PIECES = 1 << 16
_COUNT = struct.Struct("!Q")


class _Peer:
    """The connection with another process: what is still to be sent, and what has come."""

    def __init__(self, rank: int, connection: socket.socket) -> None:
        self.rank, self.socket = rank, connection
        self.out: list[memoryview] = []
        self._kept: dict[Any, list[list[Array]]] = {}
        self.pieces: list[Array] = []
        self._head, self._wanted, self._at = bytearray(), 0, 0
        self._left: list[memoryview] = []
        self.done = True
        connection.setblocking(False)

    def begin(self, pieces: Pieces) -> None:
        """Send these pieces, and expect others."""
        head = _COUNT.pack(len(pieces)) + b"".join(_COUNT.pack(p.nbytes) for p in pieces)
        self.out = [memoryview(head), *(p.data for p in pieces if p.nbytes)]
        self._head, self._wanted, self.done = bytearray(), _COUNT.size, False

    def send(self) -> None:
        """Send what the connection takes now."""
        while self.out:
            try:
                sent = self.socket.sendmsg(self.out[:16])
            except BlockingIOError:
                return
            while self.out and sent >= len(self.out[0]):
                sent -= len(self.out.pop(0))
            if sent:
                self.out[0] = self.out[0][sent:]

    def receive(self) -> bool:
        """Take what has come; False where the other side has closed."""
        while not self.done:
            try:
                if self._wanted:
                    data = self.socket.recv(self._wanted - len(self._head))
                    if not data:
                        return False
                    self._head += data
                    if len(self._head) == self._wanted:
                        self._head_is_there()
                else:
                    count = self.socket.recv_into(self._left[0])
                    if not count:
                        return False
                    self._left[0] = self._left[0][count:]
                    if not len(self._left[0]):
                        self._left.pop(0)
                    self.done = not self._left
            except BlockingIOError:
                return True
        return True

    def _head_is_there(self) -> None:
        (count,) = _COUNT.unpack_from(self._head)
        if count > MOST_PIECES:
            raise ConnectionError("what it sent is no message of fastnn's")
        if len(self._head) == _COUNT.size and count:
            self._wanted += _COUNT.size * count
            return
        sizes = tuple(_COUNT.unpack_from(self._head, _COUNT.size * (k + 1))[0] for k in range(count))
        self.pieces = self._buffers(sizes)
        self._left, self._wanted = [p.data for p in self.pieces if p.nbytes], 0
        self.done = not self._left

    def _buffers(self, sizes: tuple[int, ...]) -> list[Array]:
        """Memory for pieces of these sizes: of two sets in turn, for the one before may still be read."""
        if sum(sizes) < 4096:
            return [np.empty(n, np.uint8) for n in sizes]
        if sizes not in self._kept:
            self._kept.clear()
            self._kept[sizes] = [[aligned(n) for n in sizes] for _ in range(2)]
        sets = self._kept[sizes]
        sets.reverse()
        return sets[0]


class Sockets(Transport):
    """Processes joined by TCP.

    rank, size: of this process.  connections: {rank: a connected socket} of all others.  pulse: of the same processes.
    """

    name = "sockets"

    def __init__(self, rank: int, size: int, connections: dict[int, socket.socket], pulse: Pulse) -> None:
        self.rank, self.size, self._pulse = rank, size, pulse
        for connection in connections.values():
            tune(connection)
        self._peers = {r: _Peer(r, c) for r, c in sorted(connections.items())}

    def all_to_all(self, parts: Sequence[Pieces]) -> list[list[Array]]:
        for rank, peer in self._peers.items():
            peer.begin(parts[rank])
        self._run()
        return [list(parts[r]) if r == self.rank else self._peers[r].pieces for r in range(self.size)]

    def _run(self) -> None:
        """Send and receive until all is done."""
        for peer in self._peers.values():  # most of it goes at once
            self._try(peer, True, False)
        poll = select.poll()
        by_number = {}
        asked: dict[int, int] = {}
        for peer in self._peers.values():
            number = peer.socket.fileno()
            by_number[number] = peer
            asked[number] = select.POLLIN | (select.POLLOUT if peer.out else 0)
            poll.register(number, asked[number])
        open_ = {n for n, peer in by_number.items() if peer.out or not peer.done}
        while open_:
            found = poll.poll(1000 * self._pulse.tick)
            if not found:
                self._look([by_number[number].rank for number in open_])
            for number, events in found:
                if number not in open_:
                    continue
                peer = by_number[number]
                self._try(peer, bool(events & select.POLLOUT), bool(events & ~select.POLLOUT))
                wants = (0 if peer.done else select.POLLIN) | (select.POLLOUT if peer.out else 0)
                if wants != asked[number]:
                    asked[number] = wants
                    if wants:
                        poll.modify(number, wants)
                    else:
                        poll.unregister(number)
                        open_.discard(number)

    def _look(self, ranks: Sequence[int]) -> None:
        """Raise where one of these processes shows no sign of life."""
        for rank in sorted(ranks):
            what, why = self._pulse.trouble(rank)
            if what:
                raise self._lost(rank, why, what)

    def left(self) -> None:
        self._pulse.left += 1

    def _try(self, peer: _Peer, send: bool, receive: bool) -> None:
        why = "it has closed its connection"
        try:
            if send:
                peer.send()
            if not receive or peer.receive():
                return
        except (ConnectionError, TimeoutError) as error:
            why = error.strerror or str(error)
        first = self._pulse.told(peer.rank)
        if first is None or first == self.rank:
            raise self._lost(peer.rank, why)
        raise self._lost(first, f"process {peer.rank} says so")

    def _lost(self, rank: int, *words: str) -> ProcessLostError:
        """The error, of which the others are told: what they see next is that this process ends, too."""
        self._pulse.tell(rank)
        return lost(rank, self.size, *words)

    def close(self) -> None:
        self._pulse.close()
        for peer in self._peers.values():
            with contextlib.suppress(OSError):  # the other side may have closed it
                peer.socket.shutdown(socket.SHUT_RDWR)
            peer.socket.close()
        self._peers = {}


def tune(connection: socket.socket) -> None:
    """No waiting for more to send; a connection that nothing goes over is kept alive.

    Without TCP_USER_TIMEOUT: it ends a connection also where the other side is well and has not read for so long.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 12), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not on every system
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
