"""The operation record: all that anybody needs to know of one operation, declared once."""
from collections.abc import Callable
from dataclasses import dataclass, field
from pickle import PicklingError
from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.core.registry import suggest
from fastnn.graph.fusion import NOTHING, Fusion
from fastnn.graph.trace import apply

REGISTRY: dict[str, "Op"] = {}
REQUIRED = object()                             # the default of an attribute that must be given


@dataclass(frozen=True)
class Array:
    """An input that a case draws: shape, dtype ("float" = the float type under test), range, exclusions.

    avoid: kinks; drawn values keep `margin` away from them.  distinct: no two values within `margin`.
    """
    shape: tuple
    dtype: str = "float"
    low: float = -2.0
    high: float = 2.0
    avoid: tuple = ()
    margin: float = 0.05
    distinct: bool = False


@dataclass(frozen=True)
class Case:
    """One valid call: arrays (or None for an absent optional input) and attributes."""
    inputs: list
    attrs: dict = field(default_factory=dict)
    tolerance: float = 1.0                      # multiplies the rule's tolerance, with the reason beside it


@dataclass(frozen=True, eq=False)
class Op:
    """One operation.  See docs/architecture.md, "An operation is declared once", for every field."""
    name: str
    inputs: tuple
    infer: Callable
    attrs: dict = field(default_factory=dict)
    lower: Callable | None = None
    host: Callable | None = None
    vjp: Callable | None = None
    nondiff: str = ""
    inplace: dict = field(default_factory=dict)
    alias: dict | None = None
    elementwise: bool = False
    reference: Callable | None = None
    cases: Callable | None = None
    invalid: list = field(default_factory=list)
    cost: Callable | None = None
    compose: Callable | None = None
    fusion: Fusion = NOTHING                    # what passes may join with its calls
    remat: Callable | None = None               # (node) -> (op, inputs, attrs) that give its first result once more
    cuda: str = "no CUDA twin yet: the CUDA level has not been built"
    doc: str = ""
    structural = False                          # its nodes have no graph inside (graph/loop.py has those that do)

    @property
    def draws(self) -> bool:
        """Whether its results are random numbers: a function of its key and of the step."""
        return "stream" in self.attrs

    def normalize(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Attributes with defaults filled in, hashable, in declared order; unknown or missing ones are errors."""
        if not attrs and not self.attrs:
            return attrs
        for name in attrs:
            if name not in self.attrs:
                raise ArgumentError(f"{self.name}: unknown attribute {name!r}.{suggest(name, self.attrs)} "
                                    f"Expected: {', '.join(self.attrs) or 'none'}.")
        out = {}
        for name, default in self.attrs.items():
            value = attrs.get(name, default)
            if value is REQUIRED:
                raise ArgumentError(f"{self.name}: the attribute {name!r} is missing.")
            out[name] = _frozen(value)
        return out

    def __call__(self, *inputs, **attrs):
        """Apply the operation to symbols, variables, arrays or numbers; optional inputs at the end may be left out."""
        missing = len(self.inputs) - len(inputs)
        if missing > 0 and all(name.endswith("?") for name in self.inputs[-missing:]):
            inputs += (None,) * missing
        return apply(self, inputs, attrs)

    def __repr__(self):
        return f"<Op {self.name}>"

    def __reduce__(self):
        if REGISTRY.get(self.name) is not self:
            raise PicklingError(f"{self!r} is not registered: a plan that calls it in Python stays in its process.")
        return named, (self.name,)


def named(name: str) -> Op:
    """The record of that name, for records that come from another process."""
    return REGISTRY[name]


def _frozen(value):
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def register(op: Op) -> Op:
    """Enter a record into REGISTRY; the name must be new."""
    if op.name in REGISTRY:
        raise ArgumentError(f"The operation {op.name!r} is registered twice.")
    REGISTRY[op.name] = op
    setattr(R, op.name, op)
    return op


class _Records:
    """The records by name: `R.multiply(x, y)` applies the record that was registered as "multiply".

    Gradient rules need one another's records (a power's is a logarithm, a logarithm's a quotient).  They run when all
    records are there, so they name what they need, and the files of records import nothing in circles.
    """

    def __getattr__(self, name: str) -> Op:
        raise AttributeError(f"There is no operation {name!r}.{suggest(name, REGISTRY)}")


R = _Records()
