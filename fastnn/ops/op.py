"""The operation record: all that anybody needs to know of one operation, declared once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pickle import PicklingError
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ArgumentError
from fastnn.core.registry import suggest
from fastnn.core.types import Attrs
from fastnn.graph.fusion import NOTHING, Fusion
from fastnn.graph.node import Record
from fastnn.graph.trace import apply

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

Specs = Sequence[Any]  # of inputs or results: Any, as an optional input may be None
Gradients = Sequence[Any]  # of results: symbols, or None where nothing uses a result
Draw = Any  # of the tests: draws shapes, numbers and choices
Infer = Callable[[Specs, Attrs], Any]  # -> the Spec of the result, or one for each
Lower = Callable[["Emitter"], None]
Vjp = Callable[..., Sequence[Any]]  # (node, gradients of its results) -> those of its inputs
REGISTRY: dict[str, Op] = {}
REQUIRED = object()  # the default of an attribute that must be given
SAME = "same"  # on a device as on the CPU: the lowering rule, and kernels from the same sources


@dataclass(frozen=True)
class Array:
    """An input that a case draws: shape, dtype ("float" = the float type under test), range, exclusions.

    avoid: kinks; drawn values keep `margin` away from them.  distinct: no two values within `margin`.
    """

    shape: tuple[int, ...]
    dtype: str = "float"
    low: float = -2.0
    high: float = 2.0
    avoid: tuple[float, ...] = ()
    margin: float = 0.05
    distinct: bool = False


@dataclass(frozen=True)
class Case:
    """One valid call: arrays (or None for an absent optional input) and attributes."""

    inputs: list[Any]
    attrs: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1.0  # multiplies the rule's tolerance, with the reason beside it


@dataclass(frozen=True, eq=False)
class Op(Record):
    """One operation.  See docs/architecture.md, "An operation is declared once", for every field."""

    name: str
    inputs: tuple[str, ...]
    infer: Infer
    attrs: dict[str, Any] = field(default_factory=dict)
    lower: Lower | Mapping[str, Lower] | None = None
    host: Callable[..., None] | None = None
    vjp: Vjp | None = None
    nondiff: str = ""
    inplace: dict[int, int] = field(default_factory=dict)
    alias: dict[int, int] | None = None
    elementwise: bool = False
    reference: Callable[..., Any] | None = None
    cases: Callable[[Draw], Any] | None = None
    invalid: list[Any] = field(default_factory=list)
    cost: Callable[..., Any] | None = None
    compose: Callable[..., Any] | None = None
    fusion: Fusion = NOTHING  # what passes may join with its calls
    remat: Callable[..., Any] | None = None  # (node) -> (op, inputs, attrs) that give its first result once more
    guards: bool = False  # see Record
    complex: bool = False  # see Record
    cuda: str | Lower = SAME  # how it runs on a CUDA device: SAME, a rule, or (host operations) why it does not
    doc: str = ""
    structural = False  # its nodes have no graph inside (graph/loop.py has those that do)

    @property
    def draws(self) -> bool:
        """Whether its results are random numbers: a function of its key and of the step."""
        return "stream" in self.attrs

    def on_cuda(self) -> str:
        """How calls of it run on a CUDA device, in words.

        >>> from fastnn.ops.records import linalg
        >>> R.inv.on_cuda()
        'on the host: LAPACK of NumPy'
        """
        if self.host is not None:
            return f"on the host: {self.cuda}"
        if self.compose is not None:
            return "as what it is made of"
        if self.lower is None:
            return "nothing runs: a view"
        return "kernels written for it" if callable(self.cuda) else "the CPU's kernels, a thread for an item"

    def normalize(self, attrs: Attrs) -> Attrs:
        """Attributes with defaults filled in, hashable, in declared order; unknown or missing ones are errors."""
        if not attrs and not self.attrs:
            return attrs
        for name in attrs:
            if name not in self.attrs:
                raise ArgumentError(
                    f"{self.name}: unknown attribute {name!r}.{suggest(name, self.attrs)} "
                    f"Expected: {', '.join(self.attrs) or 'none'}."
                )
        out = {}
        for name, default in self.attrs.items():
            value = attrs.get(name, default)
            if value is REQUIRED:
                raise ArgumentError(f"{self.name}: the attribute {name!r} is missing.")
            out[name] = _frozen(value)
        return out

    def __call__(self, *inputs: Any, **attrs: Any) -> Any:
        """Apply the operation to symbols, variables, arrays or numbers; optional inputs at the end may be left out."""
        missing = len(self.inputs) - len(inputs)
        if missing > 0 and all(name.endswith("?") for name in self.inputs[-missing:]):
            inputs += (None,) * missing
        return apply(self, inputs, attrs)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if REGISTRY.get(self.name) is not self:
            raise PicklingError(f"{self!r} is not registered: a plan that calls it in Python stays in its process.")
        return named, (self.name,)


def named(name: str) -> Op:
    """The record of that name, for records that come from another process."""
    return REGISTRY[name]


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def register(op: Op) -> Op:
    """Enter a record into REGISTRY; the name must be new, and its `cuda` a reason exactly where it runs on the host."""
    if op.name in REGISTRY:
        raise ArgumentError(f"The operation {op.name!r} is registered twice.")
    if (op.host is not None) != (isinstance(op.cuda, str) and op.cuda != SAME):
        raise ArgumentError(
            f"The operation {op.name!r}: received cuda={op.cuda!r}, expected "
            + ("the reason why it runs on the host." if op.host is not None else "'same' or a lowering rule.")
        )
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
