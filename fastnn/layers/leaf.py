"""What stands for a value of which only shape and dtype are known."""

from fastnn.graph import Symbol


def symbol_like(shape, dtype):
    """A symbol with a shape and a dtype that belongs to no graph, as `CallEvent` takes its results."""
    return Symbol(tuple(shape), dtype)
