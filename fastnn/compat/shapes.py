"""Shapes with the methods that TensorFlow's have; they are tuples all the same."""

import math
import operator

import numpy as np

from fastnn.core.errors import ArgumentError


def _of_each(function, swap=False):
    def method(self, other):
        if isinstance(other, (tuple, list)):
            return NotImplemented
        return Sizes(function(other, a) if swap else function(a, other) for a in self)

    return method


class Count(int):
    """One size, as an int that scripts index with newaxis and ask for numpy(), as a tensor of it.

    >>> Count(3)[..., None].tolist(), Count(3) + 1
    ([3], 4)
    """

    __slots__ = ()
    shape, dtype, ndim = (), "int32", 0

    def numpy(self):
        """The size as NumPy's number."""
        return np.int32(self)

    def __getitem__(self, key):
        return np.asarray(int(self), "int32")[key]


class Sizes(tuple):
    """What `shape` of TensorFlow's years gives: a tuple that calculates with each size, as a tensor of them does.

    Other sizes are put behind or before it, as with a tuple.

    >>> Sizes((4, 6))[1:] * 2, Sizes((4, 6)) // 2, Sizes((2,)) + 1
    ((12,), (2, 3), (3,))
    """

    __slots__ = ()
    __mul__, __rmul__ = _of_each(operator.mul), _of_each(operator.mul, True)
    __sub__, __rsub__ = _of_each(operator.sub), _of_each(operator.sub, True)
    __floordiv__, __truediv__, __mod__ = map(_of_each, (operator.floordiv, operator.truediv, operator.mod))

    def __add__(self, other):
        return Sizes(
            tuple.__add__(self, tuple(other)) if isinstance(other, (tuple, list)) else (a + other for a in self)
        )

    def __radd__(self, other):
        return Sizes((*other, *self) if isinstance(other, (tuple, list)) else (other + a for a in self))

    def __getitem__(self, key):
        found = tuple.__getitem__(self, key)
        if type(found) is int:
            return Count(found)
        return Sizes(found) if isinstance(key, slice) else found


class TensorShape(tuple):
    """A tuple of ints and None with TensorFlow's methods; a list of the same sizes is equal to it, too.

    >>> TensorShape([None, 3]).as_list(), TensorShape((2, 3)).num_elements(), TensorShape((None, 3)) == [None, 3]
    ([None, 3], 6, True)
    """

    __slots__ = ()
    __hash__ = tuple.__hash__

    def __new__(cls, dims=()):
        return super().__new__(cls, dims if hasattr(dims, "__iter__") else (dims,))

    def __eq__(self, other):
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other):
        return not self == other

    def __add__(self, other):
        return TensorShape((*self, *other))

    def __radd__(self, other):
        return TensorShape((*other, *self))

    def as_list(self):
        """A list of the sizes."""
        return list(self)

    @property
    def rank(self):
        """The number of dimensions."""
        return len(self)

    ndims = rank

    @property
    def dims(self):
        """The sizes."""
        return list(self)

    def is_fully_defined(self):
        """Whether no size is None."""
        return None not in self

    def num_elements(self):
        """The product of the sizes; None where one is not known."""
        return None if None in self else math.prod(self)

    def concatenate(self, other):
        """The shape with the sizes of another behind its own."""
        return self + TensorShape(other)

    def is_compatible_with(self, other):
        """Whether there could be a tensor of both shapes.

        >>> TensorShape((None, 3)).is_compatible_with((2, 3)), TensorShape((2, 3)).is_compatible_with((3,))
        (True, False)
        """
        return len(self) == len(other) and all(a is None or b is None or a == b for a, b in zip(self, other))

    def assert_is_compatible_with(self, other):
        """ArgumentError unless there could be a tensor of both shapes."""
        if not self.is_compatible_with(other):
            raise ArgumentError(f"Shapes {tuple(self)} and {tuple(other)} are incompatible.")

    def is_subtype_of(self, other):
        """Whether each of its tensors is one of the other shape, too."""
        return len(self) == len(other) and all(b is None or a == b for a, b in zip(self, other))

    def merge_with(self, other):
        """The shape that knows what either knows.

        >>> TensorShape((None, 3)).merge_with((2, None))
        (2, 3)
        """
        self.assert_is_compatible_with(other)
        return TensorShape(b if a is None else a for a, b in zip(self, other))

    def most_specific_compatible_shape(self, other):
        """The shape that keeps the sizes that both have."""
        self.assert_same_rank(other)
        return TensorShape(a if a == b else None for a, b in zip(self, other))

    def with_rank(self, rank):
        """The shape itself; ArgumentError where it has not `rank` dimensions."""
        return self._with(rank, len(self) == rank, "")

    def with_rank_at_least(self, rank):
        """The shape itself; ArgumentError where it has fewer dimensions."""
        return self._with(rank, len(self) >= rank, "at least ")

    def with_rank_at_most(self, rank):
        """The shape itself; ArgumentError where it has more dimensions."""
        return self._with(rank, len(self) <= rank, "at most ")

    def _with(self, rank, right, word):
        if not right:
            raise ArgumentError(f"Shape {tuple(self)} must have rank {word}{rank}, received rank {len(self)}.")
        return self

    def assert_has_rank(self, rank):
        """ArgumentError unless it has `rank` dimensions."""
        self.with_rank(rank)

    def assert_same_rank(self, other):
        """ArgumentError unless the other shape has as many dimensions."""
        if len(self) != len(other):
            raise ArgumentError(f"Shapes {tuple(self)} and {tuple(other)} must have the same rank.")

    def assert_is_fully_defined(self):
        """ArgumentError where a size is None."""
        if not self.is_fully_defined():
            raise ArgumentError(f"Shape {tuple(self)} is not fully defined: None is a size that is not known yet.")

    def __getitem__(self, key):
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if isinstance(key, slice) else found


# What symbols and tensors had.
SHAPES = {
    "get_shape": lambda self: TensorShape(self.shape),
    "set_shape": lambda self, shape: TensorShape(self.shape).assert_is_compatible_with(shape),
}
