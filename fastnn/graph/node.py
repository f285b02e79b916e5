"""Node: one call of an operation.  Symbol: one of its results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import hooks
from fastnn.core.errors import GraphError
from fastnn.core.shapes import product
from fastnn.core.types import Array, Attrs, Dims, Tensor
from fastnn.graph.active import current
from fastnn.graph.fusion import NOTHING, Fusion
from fastnn.graph.spec import Spec

if TYPE_CHECKING:
    from fastnn.graph.trace import Trace


Method = Callable[[Any, Any], Tensor]


class Record:
    """What the graph and the passes ask of the operation of a node; the fields are those of `fastnn.ops.op.Op`."""

    name: str
    inputs: tuple[str, ...]
    attrs: dict[str, Any]
    infer: Callable[..., Any]
    normalize: Callable[[Attrs], Attrs]
    lower: Any
    host: Callable[..., Any] | None
    vjp: Callable[..., Any] | None
    nondiff: str
    inplace: dict[int, int] | None
    alias: dict[int, int] | None
    cost: Any  # (input specs, output specs, attrs) -> (flops, bytes)
    compose: Callable[..., Any] | None
    fusion: Fusion
    remat: Callable[..., Any] | None
    elementwise: bool
    structural: bool
    guards: bool = False  # a failure of its kernel ends the step before the step has written anything

    @property
    def draws(self) -> bool:
        """Whether its results are random numbers."""
        return False


class Leaf(Record):
    """The operation of a node that computes nothing: an input, a variable, a constant."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.vjp = self.lower = self.host = self.inplace = self.alias = None
        self.elementwise = self.structural = False
        self.fusion = NOTHING

    def __repr__(self) -> str:
        return f"<leaf {self.name}>"


INPUT, VARIABLE, CONSTANT = Leaf("input"), Leaf("variable"), Leaf("constant")


class Structure(Record):
    """An operation whose nodes have bodies: what passes ask of a record, answered once."""

    structural = True
    inputs: tuple[str, ...] = ()
    attrs: dict[str, Any] = {}
    inplace: dict[int, int] | None = {}
    alias, nondiff = None, ""
    lower = host = remat = compose = None
    elementwise = False
    fusion = NOTHING

    def __init__(self, name: str) -> None:
        self.name, self.vjp = name, None  # graph/loop_grad.py has the gradients

    def __reduce__(self) -> str:
        return self.name.upper()  # pickled by name: there is one of each

    def __repr__(self) -> str:
        return f"<structure {self.name}>"


LOOP, BRANCH = Structure("loop"), Structure("branch")


class Node:
    """A call event: `op` applied to `inputs` (symbols; None for an absent optional one) with `attrs`.

    `scope` names the layer that made it, for error messages and profiles.
    """

    __slots__ = ("op", "inputs", "attrs", "outputs", "scope", "order", "payload")

    inputs: tuple[Any, ...]  # Any: the record knows which of them may be absent
    outputs: tuple[Symbol, ...]

    def __init__(
        self,
        op: Record,
        inputs: tuple[Any, ...],
        attrs: Attrs,
        specs: Iterable[Spec],
        scope: str = "",
        order: int = 0,
        payload: Any = None,
        trace: Trace | None = None,
    ) -> None:
        self.op, self.inputs, self.attrs, self.scope, self.order = op, inputs, attrs, scope, order
        self.payload = payload  # the variable, array or input name of a leaf; the bodies of a loop
        self.outputs = tuple(Symbol(s.shape, s.dtype, self, i, trace=trace) for i, s in enumerate(specs))

    @property
    def output(self) -> Symbol:
        """The only result of a node that has one."""
        return self.outputs[0]

    def __repr__(self) -> str:
        return f"<{self.op.name} {', '.join(str(o.shape) for o in self.outputs)}>"


def _operator(name: str, swap: bool = False) -> Method:
    def method(self: Any, other: Any) -> Tensor:
        operand = self, other
        return hooks.call("operator", name, *(operand[::-1] if swap else operand))

    return method


def _bit_by_bit(x: Any) -> bool:
    """Whether x holds integers inside a trace."""
    return getattr(x, "trace", None) is not None and "int" in x.dtype


def _bits(name: str, swap: bool = False) -> Method:
    """& | ^: of truth values, and in the functional API, the logical operation, as in Keras; inside a trace integers
    are taken bit by bit, as arrays take them."""

    def method(self: Any, other: Any) -> Tensor:
        operand = (other, self) if swap else (self, other)
        return hooks.call("operator", ("bitwise_" if _bit_by_bit(self) else "logical_") + name, *operand)

    return method


def _is_value(x: Any) -> bool:
    """Whether x is something that a symbol or variable can be compared with, element by element."""
    return isinstance(x, (Operators, int, float)) or hasattr(x, "__array__")


class Operators:
    """Python operators for anything that `fastnn.ops` takes: symbols and variables.

    `==` and `!=` against numbers and arrays are element by element; a class says what they are between two of its own.
    Hashing is by identity.
    """

    __slots__ = ()
    __array_priority__ = 1000
    __array_ufunc__ = None  # array + symbol asks the symbol
    __add__, __radd__ = _operator("add"), _operator("add", True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", True)
    __truediv__, __rtruediv__ = _operator("true_divide"), _operator("true_divide", True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", True)
    __pow__, __rpow__ = _operator("power"), _operator("power", True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __and__, __rand__ = _bits("and"), _bits("and", True)
    __or__, __ror__ = _bits("or"), _bits("or", True)
    __xor__, __rxor__ = _bits("xor"), _bits("xor", True)
    __lshift__, __rlshift__ = _operator("left_shift"), _operator("left_shift", True)
    __rshift__, __rrshift__ = _operator("right_shift"), _operator("right_shift", True)

    def __neg__(self) -> Tensor:
        return hooks.call("operator", "negative", self)

    def __abs__(self) -> Tensor:
        return hooks.call("operator", "abs", self)

    def __invert__(self) -> Tensor:
        return hooks.call("operator", "bitwise_not" if _bit_by_bit(self) else "logical_not", self)

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return hooks.call("operator", "round", self, ndigits or 0)

    __hash__ = object.__hash__  # C's: passes look symbols up thousands of times

    def _same(self, other: Any) -> Any:
        """What == says of two values of the graph: whether they are one, so that lists of them can be searched."""
        return self is other

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, Operators):
            return self._same(other)
        return hooks.call("operator", "equal", self, other) if _is_value(other) else False

    def __ne__(self, other: Any) -> Any:
        return hooks.call("operator", "not_equal", self, other) if _is_value(other) else True

    def __getitem__(self, key: Any) -> Tensor:
        return hooks.call("operator", "getitem", self, key)


class Symbol(Operators):
    """A value of the graph: `shape`, `dtype`, `name`; the result number `index` of `node`.

    Symbols of the functional API have `origin` (the call event that made them) and None as their
    first dimension; symbols of a trace have concrete shapes.  Python operators and `fastnn.ops` work on both.
    """

    __slots__ = ("shape", "dtype", "name", "node", "index", "origin", "trace", "__weakref__")

    shape: Dims
    node: Node  # None in the functional API, which never asks
    name: Any

    def __init__(
        self,
        shape: Iterable[int | None],
        dtype: str,
        node: Any = None,
        index: int = 0,
        name: str | None = None,
        origin: Any = None,
        trace: Trace | None = None,
    ) -> None:
        self.shape, self.dtype, self.node, self.index = tuple(shape), dtype, node, index
        self.name, self.origin, self.trace = name, origin, trace

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    rank = ndim

    @property
    def size(self) -> Any:
        """Number of elements, None while the number of rows is not known."""
        return None if None in self.shape else product(self.shape)

    @property
    def T(self) -> Tensor:
        """The transpose."""
        return hooks.call("operator", "transpose", self)

    @property
    def spec(self) -> Spec:
        """The (shape, dtype) pair."""
        return Spec(self.shape, self.dtype)

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape."""
        return hooks.call("operator", "reshape", self, shape[0] if len(shape) == 1 else shape)

    def astype(self, dtype: str) -> Tensor:
        """The value cast to another dtype."""
        return hooks.call("operator", "cast", self, dtype)

    def _same(self, other: Any) -> Any:
        """Inside the trace that made them values are compared; in the functional API == is identity, as in Keras."""
        trace = current()
        mine = self.trace is not None and trace is not None and trace.sees(self)
        if not mine and (isinstance(other, Symbol) or self.origin is None):
            return self is other
        return hooks.call("operator", "equal", self, other)

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise GraphError(f"A symbol of shape {self.shape} has no length while the graph is built.")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise GraphError(
            "A symbol has no truth value while the graph is built: use fastnn.ops.where for choices "
            f"that depend on data. Received: {self!r}."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        value = known_value(self)
        if value is not None:
            return np.array(value, dtype)
        raise GraphError(
            f"{self!r} has no values while the graph is built: use fastnn.ops instead of NumPy functions "
            "in layers, losses and metrics."
        )

    def __float__(self) -> float:
        return float(np.asarray(self))

    def __int__(self) -> int:
        return int(np.asarray(self))

    __index__ = None

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def known_value(symbol: Symbol) -> Array | None:
    """The array of a symbol that follows from constants alone, as sizes do; None for another."""
    order: list[Node] = []
    seen: set[Node] = set()
    todo: list[Any] = [symbol.node]
    while todo:
        node = todo.pop()
        if node is None or node.op in (INPUT, VARIABLE) or node.op.draws:
            return None
        if node not in seen:
            seen.add(node)
            order.append(node)
            todo += [x.node for x in node.inputs if x is not None]
    values: dict[Node, tuple[Any, ...]] = {}
    for node in sorted(order, key=lambda node: node.order):
        if node.op is CONSTANT:
            values[node] = (node.payload,)
            continue
        inputs = tuple(x if x is None else values[x.node][x.index] for x in node.inputs)
        made = hooks.call("eager", node.op, inputs, node.attrs)
        values[node] = made if isinstance(made, tuple) else (made,)
    found: Array = values[symbol.node][symbol.index]
    return found
