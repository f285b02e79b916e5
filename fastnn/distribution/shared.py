"""Processes of one machine: bytes lie in memory that all of them see, and sockets say when they are there.

What lies in memory that `allocate` gave is not sent: the others read it where it lies.  Everything else goes through
the sockets.  The files behind the memory have no name any more once all have opened them, so nothing is left behind
however a process ends.
"""

import contextlib
import mmap
import os
import secrets
import struct
import tempfile
import weakref
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fastnn.core.types import Array
from fastnn.distribution.sockets import Sockets
from fastnn.distribution.transport import Pieces, Transport, bytes_of, gather_objects

FOLDER = "/dev/shm"
_PLACE = struct.Struct("=qQQ")  # number of a block, -1 for what is sent; offset; bytes


class _Block(NamedTuple):
    """Memory of each process, as all of them see it.

    first, behind: addresses of this process's own.  others: {rank: an array over that of another process}.
    """

    first: int
    behind: int
    others: dict[int, Array]


class Shared(Transport):
    """Processes of one machine, joined by `sockets`; see `open_shared`."""

    name = "shared memory"

    def __init__(self, sockets: Sockets) -> None:
        self.rank, self.size, self._sockets = sockets.rank, sockets.size, sockets
        self._blocks: dict[int, _Block] = {}  # those whose own memory somebody has
        self._count = 0

    def all_to_all(self, parts: Sequence[Pieces]) -> list[list[Array]]:
        sent = [[] if r == self.rank else self._message(part) for r, part in enumerate(parts)]
        heard = self._sockets.all_to_all(sent)
        return [list(parts[r]) if r == self.rank else self._pieces(r, heard[r]) for r in range(self.size)]

    def _message(self, part: Pieces) -> list[Array]:
        """Where pieces lie, and those that lie nowhere where others could read them."""
        table, more = [], []
        for p in part:
            at = p.ctypes.data
            for number, block in list(self._blocks.items()):
                if block.first <= at and at + p.nbytes <= block.behind:
                    table.append(_PLACE.pack(number, at - block.first, p.nbytes))
                    break
            else:
                table.append(_PLACE.pack(-1, 0, p.nbytes))
                more.append(p)
        return [bytes_of(b"".join(table)), *more]

    def _pieces(self, rank: int, heard: list[Array]) -> list[Array]:
        rest = iter(heard[1:])
        places = _PLACE.iter_unpack(heard[0].tobytes())
        return [next(rest) if k < 0 else self._blocks[k].others[rank][at : at + n] for k, at, n in places]

    def allocate(self, nbytes: int) -> Array:
        path, own = _new(max(nbytes, 1))
        try:
            said = gather_objects(self._sockets, path)
            others = {r: _open(p) for r, p in enumerate(said) if r != self.rank}
            gather_objects(self._sockets, "opened")
        finally:
            os.unlink(path)
        at = own.ctypes.data
        self._blocks[self._count] = _Block(at, at + own.nbytes, others)
        weakref.finalize(own, self._blocks.pop, self._count, None)
        self._count += 1
        return own[:nbytes]

    def left(self) -> None:
        self._sockets.left()

    def close(self) -> None:
        self._sockets.close()
        self._blocks.clear()


def open_shared(sockets: Sockets) -> Transport:
    """`Shared` if all processes see the same memory, else the sockets as they are."""
    word = secrets.token_hex(16)
    path = None
    try:
        with contextlib.suppress(OSError):
            path, own = _new(len(word))
            own[:] = bytes_of(word.encode())
        said = gather_objects(sockets, [path, word])
        first, expected = said[0]
        seen = False
        with contextlib.suppress(OSError, TypeError):  # no such file here, or none there
            seen = _open(first).tobytes() == expected.encode()
        return Shared(sockets) if all(gather_objects(sockets, seen)) else sockets
    finally:
        if path is not None:
            os.unlink(path)


def _new(nbytes: int) -> tuple[str, Array]:
    """(path, zeros) of a new file that only this user reads."""
    folder = FOLDER if os.path.isdir(FOLDER) else None
    number, path = tempfile.mkstemp(prefix="fastnn-", dir=folder)
    try:
        if hasattr(os, "posix_fallocate"):  # a full file system is an error here, not a signal later
            os.posix_fallocate(number, 0, nbytes)
        else:
            os.ftruncate(number, nbytes)
        return path, np.frombuffer(mmap.mmap(number, nbytes), np.uint8)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(number)


def _open(path: str) -> Array:
    number = os.open(path, os.O_RDWR)
    try:
        return np.frombuffer(mmap.mmap(number, os.fstat(number).st_size), np.uint8)
    finally:
        os.close(number)
