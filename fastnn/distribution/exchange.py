"""What the shards of a step give, added up over all processes: each sum in the tree of the shards, whoever adds it."""

from collections.abc import Sequence

import numpy as np

from fastnn.core.dtypes import numpy_type
from fastnn.core.errors import ProcessesDifferError
from fastnn.core.types import Array
from fastnn.distribution import tree
from fastnn.distribution.transport import Transport

ALIGN = 64  # bytes
HEAD = 4  # words that each process says of a step: see `Exchange.add_up`


class Exchange:
    """Sums over shards.

    Args:
        transport: the Transport.
        shards: how many there are.
        sections: [(dtype, number of elements)] of the long arrays of a shard: each process adds a part of them.
        extras: number of float64 of a shard that every process adds for itself.

    places: for each shard of this process, in order, which place it writes to.  parts: for each place the arrays that a
    shard leaves its values in: the sections', then the extras.  totals: the sums, arrays likewise.
    """

    def __init__(self, transport: Transport, shards: int, sections: Sequence[tuple[str, int]], extras: int) -> None:
        self.transport, self.shards = transport, shards
        self.own = tree.owned(shards, transport.rank, transport.size)
        leaves = tree.leaves(self.own)
        self._additions, self._nodes = tree.additions(leaves, shards)
        self.places = tree.places(leaves, shards)
        specs = [*((np.dtype(numpy_type(d)), n) for d, n in sections), (np.dtype(np.float64), extras)]
        starts, nbytes = [], 0
        for dtype, n in specs:
            starts.append(nbytes)
            nbytes += -(-dtype.itemsize * n // ALIGN) * ALIGN
        count = max(self.places) + 1
        block = transport.allocate(nbytes * count)
        self.parts = [_views(block[nbytes * p : nbytes * (p + 1)], specs, starts) for p in range(count)]
        self.totals = self.parts[0] if transport.size == 1 else _views(transport.allocate(nbytes), specs, starts)
        size = transport.size
        self._slices = [[slice(n * r // size, n * (r + 1) // size) for _, n in specs[:-1]] for r in range(size)]
        others = [tree.additions(tree.leaves(tree.owned(shards, r, size)), shards)[1] for r in range(size)]
        self._last = tree.additions([node for nodes in others for node in nodes], shards)[0]
        self._left = [len(nodes) for nodes in others]

    def shard_is_there(self, k: int) -> None:
        """The k-th shard of this process has written: add what can be added."""
        for to, other in self._additions[k]:
            for a, b in zip(self.parts[to], self.parts[other], strict=True):
                np.add(a, b, out=a)

    def clear(self, k: int) -> None:
        """The k-th shard of this process has no rows: its values are zeros."""
        for a in self.parts[self.places[k]]:
            a.fill(0)

    def add_up(self, head: Array) -> Array:
        """Fill `totals`.

        head: int64[HEAD] that says which step this is: its first words must be the same everywhere, the last is flags.
        Returns the heads of all ranks.

        Raises:
            ProcessesDifferError: where a process is at another step.
            ProcessLostError: where one has ended.
        """
        if self.transport.size == 1:
            return head[None]
        mine = self._slices[self.transport.rank]
        heads, found, extras = self._exchanged(head.view(np.uint8))
        same = np.stack([h.view(np.int64) for h in heads])
        _check(same)
        for section, part in enumerate(mine):
            into = self.totals[section][part]
            values = [of_place[section] for of_rank in found for of_place in of_rank]
            self._tree(values, into)
        self._tree([e.copy() for of_rank in extras for e in of_rank], self.totals[-1])
        self._gather()
        return same

    def _exchanged(self, said: Array) -> tuple[list[Array], list[list[list[Array]]], list[list[Array]]]:
        """(heads, for each rank and place the slices of this process, the extras) of all processes."""
        left = self._left[self.transport.rank]
        parts = [
            [said, *(_raw(a[s]) for p in self.parts[:left] for a, s in zip(p, [*slices, slice(None)]))]
            for slices in self._slices
        ]
        heard = self.transport.all_to_all(parts)
        heads, found, extras = [], [], []
        width = len(self.totals)
        for rank, pieces in enumerate(heard):
            heads.append(pieces[0])
            if len(pieces) != 1 + width * self._left[rank]:
                raise _differ("the values of a step are other ones on each")
            cells = [
                [piece.view(a.dtype) for piece, a in zip(pieces[1 + width * p :], self.totals)]
                for p in range(self._left[rank])
            ]
            found.append([c[:-1] for c in cells])
            extras.append([c[-1] for c in cells])
        return heads, found, extras

    def _tree(self, values: list[Array], into: Array) -> None:
        """The sum of the nodes' values, which are overwritten."""
        stack: list[Array] = []
        for value, due in zip(values, self._last, strict=True):
            stack.append(value)
            for to, other in due:
                out = into if (to, other) == (0, 1) and value is values[-1] and len(stack) == 2 else stack[to]
                np.add(stack[to], stack[other], out=out)
                stack[to] = out
                stack.pop()
        if stack[0] is not into:
            into[...] = stack[0]

    def _gather(self) -> None:
        """Every process gets the sums that the others have made."""
        rank = self.transport.rank
        own = [_raw(t[s]) for t, s in zip(self.totals, self._slices[rank])]
        for r, pieces in enumerate(self.transport.all_gather(own)):
            if r != rank:
                for total, s, piece in zip(self.totals, self._slices[r], pieces):
                    total[s] = piece.view(total.dtype)


def _views(block: Array, specs: Sequence[tuple[np.dtype, int]], starts: Sequence[int]) -> list[Array]:
    return [block[at : at + d.itemsize * n].view(d) for (d, n), at in zip(specs, starts, strict=True)]


def _raw(array: Array) -> Array:
    return array.view(np.uint8)


def _check(heads: Array) -> None:
    """All processes are at the same step."""
    other = np.flatnonzero((heads[:, :-1] != heads[0, :-1]).any(axis=1))
    if len(other):
        r = int(other[0])
        raise _differ(
            f"rank 0 is at step {heads[0, 0]} with a batch of {heads[0, 1]} rows, rank {r} at step {heads[r, 0]} with "
            f"{heads[r, 1]} rows"
        )


def _differ(what: str) -> ProcessesDifferError:
    return ProcessesDifferError(
        f"The processes do not do the same: {what}. Expected each of them to run the same calls of fit, evaluate and "
        "predict, with as many batches and rows."
    )
