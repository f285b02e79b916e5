"""What part of a batch a step is traced for, where a batch is cut into shards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastnn.core.errors import NotSupportedError

if TYPE_CHECKING:
    from fastnn.graph.trace import Trace


class Shard(NamedTuple):
    """A shard of a batch.

    rows: of the shard.  whole: of the batch.  shards: how many there are.

    >>> Shard(2, 8, 4).weight, Shard(2, 8, 4).part
    (1.0, 0.25)
    """

    rows: int
    whole: int
    shards: int

    @property
    def part(self) -> float:
        """The share that a mean over the rows has in the batch's."""
        return self.rows / self.whole

    @property
    def weight(self) -> float:
        """The share, times the number of shards: 1 where all are equally long."""
        return self.rows * self.shards / self.whole


def cut(trace: Trace, optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any]) -> bool:
    """Whether the step is a shard's, which takes the gradients: the update comes later, with those of all shards."""
    step = trace
    while step.parent is not None:
        step = step.parent
    if step.cut is None:
        return False
    if step is not trace:
        raise NotSupportedError(
            "DataParallel: the step updates weights inside a loop or branch; with shards there is one update of a "
            "variable in a step, with the gradients of all of them. Train without a distribution."
        )
    step.cut(optimizer, gradients, variables)
    return True
