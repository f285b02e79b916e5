"""A limit on what building a model may take in memory and time, where its description is not trusted.

Three things are counted: the bytes of variables, the bytes of other arrays and lists whose size a number decides
(thresholds, ranges, masks), and the nodes that are traced.
"""

import contextlib
import contextvars
import math
from collections.abc import Iterable, Iterator

_state: "contextvars.ContextVar[_State | None]" = contextvars.ContextVar("allowance", default=None)
ROOM = 64 << 20  # bytes of arrays that are no variables
_PASSING = 16  # how many times as much may pass by, one after the other
_NODES = 150_000


class Exceeded(MemoryError):
    """More was asked for than the limit allows.  what: in words; asked: how much in all."""

    def __init__(self, what: str, asked: str) -> None:
        super().__init__(f"{what} exceeds the allowance: {asked} in all")
        self.what, self.asked = what, asked


class _State:
    __slots__ = ("kept", "limit", "nodes", "passed", "spent")

    def __init__(self, limit: int | None) -> None:
        self.limit, self.spent, self.kept, self.passed, self.nodes = limit, 0, 0, 0, 0


@contextlib.contextmanager
def limit(nbytes: int | None) -> Iterator[None]:
    """Inside the block, variables may take `nbytes` bytes together (None: any number), all else a fixed room.

    >>> with limit(8):
    ...     spend((2,), 4)
    """
    token = _state.set(_State(nbytes))
    try:
        yield
    finally:
        _state.reset(token)


def limited() -> bool:
    """Whether a limit is set.

    >>> limited()
    False
    """
    return _state.get() is not None


def spend(shape: Iterable[int], itemsize: int) -> None:
    """Count a variable about to be made; raises Exceeded if a limit is set and reached."""
    state = _state.get()
    if state is None or state.limit is None:
        return
    state.spent += math.prod(shape) * itemsize
    if state.spent > state.limit:
        raise Exceeded(f"a weight of shape {tuple(shape)}", f"{state.spent} bytes")


def reserve(count: int, itemsize: int = 8, kept: bool = True) -> None:
    """Count an array or list of `count` items about to be made; raises Exceeded if a limit is set and reached.

    kept: whether it stays; what is dropped at once may use the same room again, a number of times.
    """
    state = _state.get()
    if state is None:
        return
    nbytes = int(count) * itemsize
    state.passed += nbytes
    state.kept += nbytes if kept else 0
    if max(state.kept, nbytes) > ROOM or state.passed > ROOM * _PASSING:
        raise Exceeded(f"an array of {count} numbers", f"{state.passed} bytes")


def step(weight: int = 1) -> None:
    """Count a node about to be traced; raises Exceeded if a limit is set and reached.

    weight: how many times the work of a node of a trace it is.
    """
    state = _state.get()
    if state is None:
        return
    state.nodes += weight
    if state.nodes > _NODES:
        raise Exceeded("a graph", f"{state.nodes} operations")
