"""What moves bytes between the processes of a run: the interface, and the one for a process alone.

A transport has four calls: `rank`, `size`, `all_to_all` and `all_gather`.  It moves bytes and calculates nothing, so
results do not depend on which one it is.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ProcessesDifferError, ProcessLostError
from fastnn.core.memory import aligned
from fastnn.core.types import Array

Pieces = Sequence[Array]


class Transport:
    """The base of all transports.

    rank: the number of this process, from 0.  size: how many there are.  name: for messages.

    Pieces are one-dimensional uint8 arrays, C-contiguous.  What a call returns may be memory of the other process: it
    is to be read before the next call but one.
    """

    name = "none"
    rank, size = 0, 1

    def all_to_all(self, parts: Sequence[Pieces]) -> list[list[Array]]:
        """Give each rank its part, a few pieces; returns the pieces that each rank has for this one.

        Every process calls it at the same point of the run.

        Raises:
            ProcessLostError: if another process has ended.
        """
        return [list(parts[0])]

    def all_gather(self, pieces: Pieces) -> list[list[Array]]:
        """Give every rank the same pieces; returns those of each rank."""
        return self.all_to_all([pieces] * self.size)

    def allocate(self, nbytes: int) -> Array:
        """Zeroed memory of which pieces may be sent without a copy, where there is such; every process calls it."""
        found: Array = aligned(max(nbytes, 1), np.zeros)[:nbytes]
        return found

    def left(self) -> None:
        """This process has left a run by an error; others that still wait for it in the run get a ProcessLostError."""

    def close(self) -> None:
        """End it; other processes that still wait for this one get a ProcessLostError."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} rank {self.rank} of {self.size}>"


def bytes_of(data: bytes) -> Array:
    """Bytes as an array of them."""
    return np.frombuffer(data, np.uint8)


def packed(value: Any) -> Array:
    """Plain data, that JSON can hold, as a piece."""
    return bytes_of(json.dumps(value).encode())


def unpacked(pieces: Sequence[Array]) -> Any:
    """The plain data in the first of some pieces; ProcessesDifferError where it is none.

    >>> unpacked([packed({"rows": 3})])
    {'rows': 3}
    """
    try:
        return json.loads(pieces[0].tobytes())
    except (IndexError, ValueError):
        raise ProcessesDifferError(
            "The processes do not do the same: one of them runs a step while another one begins or ends something. "
            "Expected each of them to run the same calls of fit, evaluate and predict, with as many batches."
        ) from None


def gather_objects(transport: Transport, value: Any) -> list[Any]:
    """What each rank says, plain data that JSON can hold.

    >>> gather_objects(Transport(), {"rows": 3})
    [{'rows': 3}]
    """
    if transport.size == 1:
        return [value]
    return [unpacked(pieces) for pieces in transport.all_gather([packed(value)])]


def lost(rank: int, size: int, why: str, what: str = "has ended") -> ProcessLostError:
    """The error that says which process has ended, or else does not go on."""
    return ProcessLostError(
        f"Process {rank} of {size} {what} ({why}) while this one waited for it. Its own output says why: an error "
        "of its own, a signal, or a script that does less there than here. Start all processes again; with "
        "fit(checkpoint=...) the run goes on from its last checkpoint, also with another number of processes.",
        rank,
    )
