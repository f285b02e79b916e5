"""Node: one call of an operation.  Symbol: one of its results."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import (
    ArgumentError,
    GraphError,
    LengthError,
    NotSupportedError,
    NoValuesYetError,
    SymbolTypeError,
    ValuesError,
)
from fastnn.core.frames import user_line
from fastnn.core.shapes import product, standard_shape
from fastnn.core.types import Array, Attrs, Dims, Tensor
from fastnn.graph.active import current
from fastnn.graph.dtype import DType, dtype_of
from fastnn.graph.fusion import NOTHING, Fusion
from fastnn.graph.lifetime import made
from fastnn.graph.operators import Operators
from fastnn.graph.spec import Spec

if TYPE_CHECKING:
    from fastnn.graph.trace import Trace


GONE: Any = object()  # the trace of symbols that are part of none any more


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
    complex: bool = False  # takes complex values; those of others are calculated in parts (ops/records/complex.py)

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
        self.nondiff, self.fusion = "", NOTHING

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
        self.outputs = tuple(Symbol(s.shape, s.dtype, node=self, index=i, trace=trace) for i, s in enumerate(specs))
        nodes = made.nodes
        if nodes is not None:
            nodes.append(self)

    def let_go(self) -> None:
        """End what keeps the node, its results, its variable and its trace alive through each other."""
        for symbol in self.outputs:
            if symbol.made_in is not None:
                symbol.made_in = GONE
        self.outputs = ()
        if self.op is VARIABLE:
            self.payload = None

    @property
    def output(self) -> Symbol:
        """The only result of a node that has one."""
        return self.outputs[0]

    def __repr__(self) -> str:
        return f"<{self.op.name} {', '.join(str(o.shape) for o in self.outputs)}>"


STAND_ALONE = object()  # the origin of a symbol that somebody made by hand, until it is used


def _immutable(name: str) -> property:
    """A property that reads the slot `_name` and refuses to be set."""

    def refuse(self: Any, value: Any) -> None:
        raise AttributeError(
            f"The `{name}` attribute of KerasTensor is immutable. One should create a new instance of KerasTensor "
            "for this."
        )

    return property(operator.attrgetter("_" + name), refuse)


class Symbol(Operators):
    """A value of the graph, with a shape and a dtype and no numbers; `keras.KerasTensor`.

    Symbols of the functional API have `origin` (the call event that made them) and None as their
    first dimension; symbols of a trace have concrete shapes.  Python operators and `fastnn.ops` work on both.

    Args:
        shape: tuple of ints, None for dimensions that vary.
        dtype: dtype name.
        sparse, ragged: what the values would be; kept as attributes.
        record_history: taken for Keras's sake.
        name: str; None: made where one is needed.
        node, index, origin, trace: where it is in a graph; set by what makes it.

    >>> (Symbol((3, 4), name="x") + 1).shape
    (3, 4)
    """

    __slots__ = ("_shape", "_dtype", "_sparse", "_ragged", "name", "node", "index", "origin", "made_in", "__weakref__")

    shape: Dims
    dtype: DType
    sparse: bool
    ragged: bool
    node: Node  # None in the functional API, which never asks
    name: Any
    record_history = True
    _fastnn_symbol = True
    if not TYPE_CHECKING:
        shape, dtype, sparse, ragged = map(_immutable, ("shape", "dtype", "sparse", "ragged"))

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        *,
        node: Any = None,
        index: int = 0,
        origin: Any = None,
        trace: Trace | None = None,
    ) -> None:
        if node is None and origin is None:
            origin = STAND_ALONE
            text = isinstance(dtype, str) and dtype == dtypes.TEXT
            shape, dtype = standard_shape(shape), dtype if text else dtypes.standardize(dtype)
            if sparse and ragged:
                raise ArgumentError("KerasTensor cannot have `sparse=True` and `ragged=True` at the same time.")
        self._shape, self._dtype, self._sparse, self._ragged = tuple(shape), dtype_of(dtype), sparse, ragged
        self.name, self.node, self.index, self.origin, self.made_in = name, node, index, origin, trace

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
    def _keras_mask(self) -> Any:
        """Its mask, a symbol, or None; what is set holds for what is recorded, or called, from then on."""
        return hooks.call("mask", self)

    @_keras_mask.setter
    def _keras_mask(self, mask: Any) -> None:
        hooks.call("set_mask", self, mask)

    @property
    def T(self) -> Tensor:
        """The transpose."""
        return hooks.call("operator", "transpose", self)

    @property
    def spec(self) -> Spec:
        """The (shape, dtype) pair."""
        return Spec(self.shape, self.dtype)

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape.

        Args:
            *shape: the sizes one by one, or a tuple of them; one may be -1, which follows from the others.
        """
        return hooks.call("operator", "reshape", self, shape[0] if len(shape) == 1 else shape)

    def squeeze(self, axis: Any = None) -> Tensor:
        """The same elements without dimensions of 1.

        Args:
            axis: int or ints: dimensions of 1; all if None.
        """
        return hooks.call("operator", "squeeze", self, axis)

    def astype(self, dtype: str) -> Tensor:
        """The value cast to another dtype.

        Args:
            dtype: dtype name.
        """
        return hooks.call("operator", "cast", self, dtype)

    def _same(self, other: Any) -> Any:
        """Inside the trace that made them values are compared; in the functional API == is identity, as in Keras."""
        trace = current()
        mine = self.made_in is not None and trace is not None and trace.sees(self)
        if not mine and (isinstance(other, Symbol) or self.origin is None):
            return self is other
        return hooks.call("operator", "equal", self, other)

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise LengthError(
                f"A symbol of shape {self.shape} has no length while the graph is built: ops.shape(x)[0] is the number "
                "of its rows."
            )
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if self.made_in is None:
            raise NotSupportedError("Iterating over a symbolic KerasTensor is not supported.")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise SymbolTypeError(
            "A symbolic KerasTensor cannot be used as a boolean. A symbol has no truth value while the graph is "
            f"built{user_line(' (at {})')}: use ops.cond or ops.where for choices that depend on data, or "
            f"compile(..., run_eagerly=True), where values are there. Received: {self!r}."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._number(dtype, "a NumPy array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return hooks.call("by_ufunc", ufunc, method, inputs, kwargs)

    def __float__(self) -> float:
        return float(self._number(None, "a float"))

    def __int__(self) -> int:
        return int(self._number(None, "an int"))

    def _number(self, dtype: Any, kind: str) -> Array:
        """The values of one that follows from constants, where something outside the graph asks for them."""
        value = known_value(self)
        if value is not None:
            return np.array(value, dtype)
        raise ValuesError(
            "A KerasTensor is symbolic: it's a placeholder for a shape and a dtype. It doesn't have any actual "
            f"numerical value. You cannot convert it to {kind}: {self!r} has no values while the graph is "
            f"built{user_line(' (at {})')}. Use fastnn.ops instead of NumPy functions in layers, losses and metrics, "
            "or compile(..., run_eagerly=True), where values are there."
        )

    @property
    def numpy(self) -> Any:
        """No attribute of symbols: in a step, to ask for it is to ask for values."""
        raise NoValuesYetError(
            f"'KerasTensor' object has no attribute 'numpy': {self!r} has no values while the graph is "
            f"built{user_line(' (at {})')}. Use fastnn.ops on it, or compile(..., run_eagerly=True), where values are "
            "there."
        )

    def _refuse(self, library: str) -> Any:
        raise GraphError(
            f"A KerasTensor cannot be used as input to a {library} function. It is a symbolic placeholder for a shape "
            "and a dtype, used when functional models are made: pass it to a layer, or to an operation of fastnn.ops. "
            f"What computes with {library} cannot be a part of the model. Received: {self!r}."
        )

    def __jax_array__(self) -> Any:
        self._refuse("JAX")

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> Any:
        self._refuse("TensorFlow")

    def __index__(self) -> int:
        raise SymbolTypeError(
            f"{type(self).__name__!r} object cannot be interpreted as an integer: {self!r} has no value while the "
            f"graph is built{user_line(' (at {})')}. Use compile(..., run_eagerly=True), where values are there."
        )

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse={self.sparse}, ragged={self.ragged}, "
            f"name={self.name}>"
        )


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
