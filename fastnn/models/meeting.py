"""Sums over shards in the middle of a step: the shards of a process run in threads, and meet at each sum.

Statistics of a synchronized BatchNormalization, and how many places of a batch count where a loss has a mask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from fastnn.core import hooks
from fastnn.core.errors import ProcessesDifferError
from fastnn.core.types import Array
from fastnn.distribution import tree
from fastnn.distribution.transport import Transport

_here = threading.local()  # .place: (the Meeting of the step that this thread runs, number of its shard)


class Meeting:
    """Where the shards of a process meet those of all others.

    transport; sizes: the rows of every shard, over all processes.  What has none gives zeros.
    """

    def __init__(self, transport: Transport, sizes: Sequence[int]) -> None:
        self.transport, shards = transport, len(sizes)
        of_rank = [tree.leaves(tree.owned(shards, r, transport.size)) for r in range(transport.size)]
        self._local = tree.additions(of_rank[transport.rank], shards)[0]
        left = [tree.additions(leaves, shards)[1] for leaves in of_rank]
        self._left = [len(nodes) for nodes in left]
        self._last = tree.additions([node for nodes in left for node in nodes], shards)[0]
        own = tree.owned(shards, transport.rank, transport.size)
        self.working = [k for k, s in enumerate(own) if sizes[s]]
        self._values: list[Array | None] = [None] * len(own)
        self._numbers, self._found = [0] * len(own), np.empty(0)
        count = max(1, len(self.working))
        self._all_here, self._all_have = threading.Barrier(count, self._add), threading.Barrier(count)

    def follow(self, count: int) -> None:
        """Take part in so many sums: no shard of this process has rows."""
        for _ in range(count if self.transport.size > 1 else 0):
            self.transport.all_gather([])

    def run(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run the steps of this process's shards that have rows, each in a thread, the first in this one."""
        errors: list[BaseException] = []

        def work(k: int) -> None:
            _here.place = self, self.working[k]
            try:
                tasks[k]()
            except BaseException as error:
                if not isinstance(error, threading.BrokenBarrierError):
                    errors.append(error)
                self._all_here.abort()
                self._all_have.abort()
            finally:
                del _here.place

        threads = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(1, len(tasks))]
        for thread in threads:
            thread.start()
        work(0)
        for thread in threads:
            thread.join()
        if errors:
            self._all_here.reset()
            self._all_have.reset()
            raise errors[0]

    def sum(self, k: int, value: Array, number: int) -> Array:
        """The sum of what all shards bring, which wait for one another.

        k: which of this process's shards.  number: of the sum in the step, the same in all.
        """
        self._values[k], self._numbers[k] = value, number
        self._all_here.wait()
        found = self._found
        self._all_have.wait()  # nobody goes on to the next sum before all have this one
        return found

    def _add(self) -> None:
        """All shards of this process are there."""
        like = self._values[self.working[0]]
        assert like is not None
        nodes = _added([np.zeros_like(like) if v is None else v.copy() for v in self._values], self._local)
        number = np.array([self._numbers[self.working[0]]], np.int64)
        if any(self._numbers[k] != number[0] for k in self.working):
            raise _apart()
        if self.transport.size > 1:
            heard = self.transport.all_gather([_raw(number), *map(_raw, nodes)])
            if any(pieces and pieces[0].tobytes() != number.tobytes() for pieces in heard):
                raise _apart()
            nodes = []
            for count, pieces in zip(self._left, heard, strict=True):
                nodes += [p.view(like.dtype).reshape(like.shape).copy() for p in pieces[1:]] or [
                    np.zeros_like(like) for _ in range(count)
                ]
        (self._found,) = _added(nodes, self._last)


def _added(values: list[Array], additions: list[list[tuple[int, int]]]) -> list[Array]:
    """What is left of values, which are overwritten; see tree.additions."""
    stack: list[Array] = []
    for value, due in zip(values, additions, strict=True):
        stack.append(value)
        for to, other in due:
            np.add(stack[to], stack[other], out=stack[to])
            stack.pop()
    return stack


def _raw(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _apart() -> ProcessesDifferError:
    return ProcessesDifferError(
        "The shards of a batch are at different sums of their step. Run the same script, with the same model, in every "
        "process."
    )


def shard_sum(value: Array, number: int) -> Array:
    """The sum over the shards of the step that this thread runs; the value itself where it runs none."""
    place = getattr(_here, "place", None)
    return value if place is None else place[0].sum(place[1], value, number)


hooks.register("shard_sum", shard_sum)
