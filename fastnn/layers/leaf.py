"""What stands for a value of which only shape and dtype are known."""

from fastnn.graph import Spec


class Leaf:
    """A Spec that `nest` does not take apart (a Spec is a tuple)."""

    __slots__ = ("shape", "dtype")

    def __init__(self, spec):
        self.shape, self.dtype = spec.shape, spec.dtype


def symbol_like(shape, dtype):
    """Something with a shape and a dtype, as `CallEvent` takes its results."""
    return Leaf(Spec(tuple(shape), dtype))
