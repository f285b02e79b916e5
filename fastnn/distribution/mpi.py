"""Processes that MPI has started: mpi4py moves the bytes.  Needs `pip install "fastnn-engine[mpi]"`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ProcessLostError
from fastnn.core.extras import missing
from fastnn.core.memory import aligned
from fastnn.core.types import Array
from fastnn.distribution.transport import Pieces, Transport


class Mpi(Transport):
    """The processes of MPI.COMM_WORLD."""

    name = "MPI"
    _comm: Any

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except ImportError as error:
            raise missing(
                "distribution between processes that MPI started",
                "mpi",
                f"Or start them with `fastnn launch`, or set MASTER_ADDR and MASTER_PORT to use sockets. ({error})",
            ) from None
        self._byte, self._error, self._comm = MPI.BYTE, MPI.Exception, MPI.COMM_WORLD.Dup()
        self._comm.Set_errhandler(MPI.ERRORS_RETURN)
        self.rank, self.size, self._turn = self._comm.rank, self._comm.size, 0
        self._kept: list[Array] = [np.empty(0, np.uint8)] * 4

    def all_to_all(self, parts: Sequence[Pieces]) -> list[list[Array]]:
        sizes = [[p.nbytes for p in part] if r != self.rank else [] for r, part in enumerate(parts)]
        counts, out = self._call(self._comm.alltoall, sizes), [sum(of_rank) for of_rank in sizes]
        into = [sum(c) for c in counts]
        self._turn ^= 2
        send, heard = self._room(self._turn, sum(out)), self._room(self._turn + 1, sum(into))
        at = 0
        for r, part in enumerate(parts):
            for p in part if r != self.rank else ():
                send[at : at + p.nbytes] = p
                at += p.nbytes
        given, taken = [send, out, _starts(out), self._byte], [heard, into, _starts(into), self._byte]
        self._call(self._comm.Alltoallv, given, taken)
        found, at = [], 0
        for r, of_rank in enumerate(counts):
            pieces = []
            for n in of_rank:
                pieces.append(heard[at : at + n])
                at += n
            found.append(list(parts[r]) if r == self.rank else pieces)
        return found

    def _call(self, function: Any, *args: Any) -> Any:
        try:
            return function(*args)
        except self._error as error:
            raise ProcessLostError(
                f"MPI cannot reach another process: {error}. Its own output tells why; start all processes again."
            ) from None

    def _room(self, number: int, nbytes: int) -> Array:
        if self._kept[number].nbytes < nbytes:
            self._kept[number] = aligned(nbytes)
        return self._kept[number][:nbytes]


def _starts(counts: list[int]) -> list[int]:
    return [sum(counts[:k]) for k in range(len(counts))]
