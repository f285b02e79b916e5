"""A limit on the bytes that variables may take, for building a model whose description is not trusted."""
import contextlib
import contextvars
import math

_left = contextvars.ContextVar("allowance", default=None)


class Exceeded(MemoryError):
    """More was asked for than the limit allows.  shape: of the variable; asked: bytes in all."""

    def __init__(self, shape, asked):
        super().__init__(f"a variable of shape {shape} exceeds the allowance: {asked} bytes")
        self.shape, self.asked = shape, asked


@contextlib.contextmanager
def limit(nbytes):
    """Inside the block, variables may take `nbytes` bytes together.

    >>> with limit(8):
    ...     spend((2,), 4)
    """
    token = _left.set([nbytes, 0])
    try:
        yield
    finally:
        _left.reset(token)


def spend(shape, itemsize):
    """Count a variable about to be made; raises Exceeded if a limit is set and reached."""
    state = _left.get()
    if state is None:
        return
    state[1] += math.prod(shape) * itemsize
    if state[1] > state[0]:
        raise Exceeded(tuple(shape), state[1])
