"""Processes that are joined by TCP: every one with every other one.

Only numbers and JSON go over a connection, and nothing that comes is executed.  A process that ends closes its
connections, which the others see at once; a machine that is cut off is found by TCP's own keep-alive.
"""

import contextlib
import json
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ProcessesDifferError
from fastnn.core.memory import aligned
from fastnn.core.types import Array
from fastnn.distribution.transport import Pieces, Transport, lost

SILENCE = 25  # seconds after which a machine that answers nothing is gone
MOST_HELLO = 1 << 16  # bytes of what a process says of itself
MOST_PIECES = 1 << 16
_COUNT = struct.Struct("!Q")
GONE = 2**64 - 1  # in the place of a count: the process whose rank follows has ended
PATIENCE = 1.0  # seconds to tell others so


class _Told(Exception):
    """Another process says that one has ended."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.rank = rank


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

    def last_words(self) -> None:
        """Read what it has sent before it ended; raises _Told where it says why."""
        more = True
        while more:
            if self.done:
                self._head, self._wanted, self.done = bytearray(), _COUNT.size, False
            more = self.receive() and self.done

    def _head_is_there(self) -> None:
        (count,) = _COUNT.unpack_from(self._head)
        if count == GONE:
            if len(self._head) > _COUNT.size:
                raise _Told(_COUNT.unpack_from(self._head, _COUNT.size)[0])
            self._wanted += _COUNT.size
            return
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

    rank, size: of this process.  connections: {rank: a connected socket} of all others.
    """

    name = "sockets"

    def __init__(self, rank: int, size: int, connections: dict[int, socket.socket]) -> None:
        self.rank, self.size = rank, size
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
            for number, events in poll.poll():
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

    def _try(self, peer: _Peer, send: bool, receive: bool) -> None:
        rank, why = peer.rank, "it has closed its connection"
        try:
            try:
                if send:
                    peer.send()
                if not receive or peer.receive():
                    return
            except (ConnectionError, TimeoutError) as error:
                why = error.strerror or str(error)
                with contextlib.suppress(OSError):
                    peer.last_words()
        except _Told as told:
            rank, why = told.rank, f"process {peer.rank} says so"
        self._tell(rank)
        raise lost(rank, self.size, why)

    def _tell(self, rank: int) -> None:
        """Let the others know who has ended: what they see next is that this process ends, too."""
        others = [peer for peer in self._peers.values() if peer.rank != rank]
        for peer in others:
            peer.out.append(memoryview(_COUNT.pack(GONE) + _COUNT.pack(rank)))
        until = time.monotonic() + PATIENCE
        while others and time.monotonic() < until:
            _, ready, _ = select.select([], [peer.socket for peer in others], [], 0.05)
            for peer in [p for p in others if p.socket in ready]:
                try:
                    peer.send()
                except OSError:  # it has ended as well
                    peer.out.clear()
            others = [peer for peer in others if peer.out]

    def close(self) -> None:
        for peer in self._peers.values():
            with contextlib.suppress(OSError):  # the other side may have closed it
                peer.socket.shutdown(socket.SHUT_RDWR)
            peer.socket.close()
        self._peers = {}


def tune(connection: socket.socket) -> None:
    """No waiting for more to send; a machine that is gone is an error after SILENCE seconds."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", SILENCE // 2), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 4),
                        ("TCP_USER_TIMEOUT", SILENCE * 1000)):  # fmt: skip
        if hasattr(socket, name):  # not on every system
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


# ------------------------------------------------------------------ finding each other
def join(rank: int, size: int, address: str, port: int, job: str = "", timeout: float = 120.0) -> Sockets:
    """Find the other processes through the first one.

    Args:
        rank, size: of this process.
        address, port: where rank 0 listens.
        job: a word that all processes of a run have and no others.
        timeout: seconds for all of them to come.

    Raises:
        ArgumentError: where rank 0 cannot listen there, or nobody does.
        ProcessesDifferError: for a rank that comes twice, or processes of runs of other sizes.
    """
    until = time.monotonic() + timeout
    found: dict[int, socket.socket] = {}
    with contextlib.ExitStack() as stack:  # what is open is closed again if somebody does not come
        stack.callback(lambda: _close(found))
        if rank == 0:
            door = _listen(address, port)
        else:
            found[0] = _reach(address, port, until)
            door = _listen(found[0].getsockname()[0], 0)
        stack.callback(door.close)
        own = {"rank": rank, "size": size, "job": job, "door": list(door.getsockname()[:2])}
        if rank == 0:
            said = {0: own}
            for connection, hello in _come(door, range(1, size), own, until):
                found[hello["rank"]], said[hello["rank"]] = connection, hello
            for connection in found.values():
                _say(connection, [said[r]["door"] for r in range(size)])
        else:
            _say(found[0], own)
            doors = _heard(found[0], until, "rank 0")
            for other in range(1, rank):
                found[other] = _reach(doors[other][0], doors[other][1], until)
                _say(found[other], own)
            for connection, hello in _come(door, range(rank + 1, size), own, until):
                found[hello["rank"]] = connection
        kept, found = found, {}
    return Sockets(rank, size, kept)


def _close(connections: dict[int, socket.socket]) -> None:
    for connection in connections.values():
        connection.close()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # the name of a machine may stand for another address there, often 127.0.1.1, than for the others
    plain = address == "localhost" or address.replace(".", "").isdigit() or ":" in address
    try:
        try:
            door.bind((address if plain else "", port))
        except OSError as error:
            if error.errno not in _NOT_MINE:
                raise
            door.bind(("", port))  # a name or address of this machine that it does not know itself
        door.listen(1024)
    except OSError as error:
        door.close()
        raise ArgumentError(
            f"distribution.initialize: rank 0 cannot listen at {address}:{port}: {error.strerror}. Expected an address "
            "of this machine and a free port: MASTER_ADDR and MASTER_PORT, or the first of job_addresses."
        ) from None
    return door


_NOT_MINE = (99, 49)  # EADDRNOTAVAIL on Linux and macOS


def _reach(address: str, port: int, until: float) -> socket.socket:
    wait = 0.02
    while True:
        try:
            return socket.create_connection((address, port), timeout=5)
        except OSError as error:
            if time.monotonic() + wait > until:
                raise ArgumentError(
                    f"distribution.initialize: nobody listens at {address}:{port} ({error}). Expected the address of "
                    "the machine of rank 0, and that its process has begun."
                ) from None
        time.sleep(wait)
        wait = min(2 * wait, 0.5)


def _come(
    door: socket.socket, ranks: range, own: dict[str, Any], until: float
) -> Iterator[tuple[socket.socket, dict[str, Any]]]:
    """The connections of these ranks with what they say; a stranger is sent away."""
    missing = set(ranks)
    while missing:
        door.settimeout(max(0.01, until - time.monotonic()))
        try:
            connection, _ = door.accept()
        except TimeoutError:
            raise ProcessesDifferError(
                f"distribution.initialize: of {own['size']} processes those of rank {sorted(missing)} have not come. "
                "Expected all of them to be started, with the same address and number of processes."
            ) from None
        try:
            hello = _heard(connection, min(until, time.monotonic() + 5), "a process")
        except (OSError, ValueError):
            connection.close()
            continue
        if not isinstance(hello, dict) or hello.get("job") != own["job"]:
            connection.close()
            continue
        if hello["size"] != own["size"] or hello["rank"] not in missing:
            connection.close()
            raise ProcessesDifferError(
                f"distribution.initialize: rank {hello['rank']} of {hello['size']} came to a run of {own['size']} "
                f"processes that waits for {sorted(missing)}. Expected each rank once, and one number of processes."
            )
        missing.discard(hello["rank"])
        yield connection, hello


def _say(connection: socket.socket, value: Any) -> None:
    data = json.dumps(value).encode()
    connection.sendall(_COUNT.pack(len(data)) + data)


def _heard(connection: socket.socket, until: float, who: str) -> Any:
    (count,) = _COUNT.unpack(_exactly(connection, _COUNT.size, until, who))
    if count > MOST_HELLO:
        raise ValueError("no message of fastnn's")
    return json.loads(_exactly(connection, count, until, who))


def _exactly(connection: socket.socket, count: int, until: float, who: str) -> bytes:
    out = bytearray()
    while len(out) < count:
        connection.settimeout(max(0.01, until - time.monotonic()))
        try:
            data = connection.recv(count - len(out))
        except TimeoutError:
            data = b""
        if not data:
            raise ProcessesDifferError(
                f"distribution.initialize: {who} has ended, or said nothing, before all had come. Expected processes "
                "of one run: the same address, number of processes and version of fastnn."
            )
        out += data
    return bytes(out)


Maker = Callable[..., Transport]
