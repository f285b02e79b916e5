"""Flat buffers: variables of one dtype side by side in one block of memory."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from fastnn.core import turns
from fastnn.core.dtypes import itemsize, numpy_type
from fastnn.core.memory import aligned, register_memory
from fastnn.core.types import Array, Shape
from fastnn.graph.variable import Variable


class FlatBuffer:
    """One block for `size` elements of one dtype, zeros that take no memory before they are written.

    offset: {id(variable): its first element}; by id, because a variable holds its buffer.

    >>> block = FlatBuffer("float32", 6)
    >>> v = block.zeros((2, 3), name="momentum")
    >>> v.shape, v.owner is block
    ((2, 3), True)
    """

    def __init__(self, dtype: str, size: int) -> None:
        self.dtype, self.end = dtype, 0
        self.offset: dict[int, int] = {}
        block = aligned(max(size, 1) * itemsize(dtype), np.zeros)
        self.array = register_memory(block.view(numpy_type(dtype)))

    def _place(self, shape: Shape) -> tuple[Array, int]:
        first = self.end
        self.end += int(np.prod(shape, dtype=np.int64))
        return self.array[first : self.end].reshape(shape), first

    def zeros(self, shape: Shape, name: str | None = None, path: str | None = None) -> Variable:
        """A new variable behind those that are there."""
        view, first = self._place(shape)
        v = Variable.over(view, name, path)
        self.offset[id(v)], v.owner = first, self
        return v

    def take(self, v: Variable) -> None:
        """Move a variable behind those that are there."""
        view, self.offset[id(v)] = self._place(v.shape)
        v.rebase(view)
        v.owner = self

    @classmethod
    def of(cls, variables: Sequence[Variable]) -> Self:
        """A block that these variables, of one dtype, have moved into."""
        block = cls(variables[0].dtype, sum(v.size for v in variables))
        with turns.turn(variables, writes=True):
            for v in variables:
                block.take(v)
        return block
