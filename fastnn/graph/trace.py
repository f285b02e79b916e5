"""Tracing: while a Trace is active, calls of operations on symbols become nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from fastnn.core import allowance, dtypes, hooks
from fastnn.core.errors import DTypeError, ForeignSymbolError, GraphError
from fastnn.core.memory import affordable
from fastnn.core.types import Attrs, is_function
from fastnn.graph.active import casting, current, enter, leave
from fastnn.graph.node import CONSTANT, INPUT, VARIABLE, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.tensor import Tensor, gathers, known, stepping

if TYPE_CHECKING:
    from fastnn.graph.node import Record
    from fastnn.graph.variable import Variable


def active(what: str) -> Trace:
    """The active trace; GraphError, naming `what` needs one, where there is none."""
    trace = current()
    if trace is None:
        raise GraphError(f"{what}: no trace is active; call it inside `with Trace() as t:`.")
    return trace


class Marks:
    """backward: the order of the first node that gradients() made, or None; what is traced later counts as backward.

    remat: see Trace.rematerialized.  targets: what the last gradients() differentiated.
    """

    __slots__ = ("backward", "remat", "targets")

    def __init__(self) -> None:
        self.backward: int | None = None
        self.targets: list[Symbol] = []
        self.remat: list[tuple[int, int, int, bool]] = []


class Trace:
    """Collects nodes in call order.

    training: what layers without an explicit `training` argument see.  After tracing, `nodes` holds every
    node, `inputs` the input symbols, `assigns` {variable: last symbol assigned}, `losses` what layers
    added with add_loss.

    parent: the trace around a body (graph/loop.py), whose training flag, seed and notes it shares.  What the body uses
    of the traces around it comes in as an input: `outside` is {input here: symbol of the parent}, `reads` {variable:
    input}.

    >>> from fastnn import ops
    >>> with Trace() as t:
    ...     y = ops.add(t.input((2, 3), "float32"), 1.0)
    >>> y.shape
    (2, 3)
    """

    cut: Any = None  # in subclasses a method of (optimizer, gradients, variables), in the place of updates

    def __init__(self, training: bool | None = None, building: bool = False, parent: Trace | None = None) -> None:
        self.training, self.building, self.parent = training, building, parent
        self.nodes: list[Node] = []
        self.inputs: list[Symbol] = []
        self.losses: list[Any] = []
        self.values: dict[Variable, Any] = {}
        self.assigns: dict[Variable, Symbol] = {}
        self.were: dict[Variable, list[Symbol]] = {}  # values that were read or assigned before the present ones
        self.outside: dict[Symbol, Symbol] = {}
        self.reads: dict[Variable, Symbol] = {}
        self._constants: dict[Any, Any] = {}
        self.watched: dict[Any, tuple[Any, Symbol]] = {} if parent is None else parent.watched  # by tapes
        self._lifted: dict[Symbol, Symbol] = {}
        self._scopes = [""]
        self._again: list[tuple[int, bool]] = []
        self.marks = Marks()
        self.extra: dict[str, Any] = {}  # per-trace notes of layers (masks, call counts)
        self.watch: Variable | None = None  # see models/watch.py: whether updates look for NaN
        self.seed: Any = None  # of numbers drawn without a generator; None: the process-wide seed
        if parent is not None:
            self.training, self.building, self.seed = parent.training, parent.building, parent.seed
            self.extra, self._scopes = parent.extra, [parent._scopes[-1]]

    def __enter__(self) -> Self:
        enter(self)
        return self

    def __exit__(self, *exc: object) -> None:
        leave()

    @contextlib.contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Nodes made inside carry `name` (a layer path) as their scope."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    @contextlib.contextmanager
    def rematerialized(self, least: int = 0, simple: bool = False) -> Iterator[None]:
        """Nodes made inside are computed once more for backward, not kept, except what others read from outside.

        least: only results of more than so many elements.  simple: only element-wise ones.
        """
        first = len(self.nodes)
        self._again.append((least, simple))
        try:
            yield
        finally:
            self._again.pop()
            self.marks.remat.append((first, len(self.nodes), least, simple))

    def replay(self) -> Any:
        """The trace of calls that gather (compiler/events.py) which this one is, or is inside of; None: neither."""
        return None if self.parent is None else self.parent.replay()

    def again(self, size: int) -> bool:
        """Whether what is made now, of so many elements, is to be computed once more for backward whatever it costs."""
        if any(size > least and not simple for least, simple in self._again):
            return True
        return self.parent is not None and self.parent.again(size)

    def add(
        self, op: Record, inputs: tuple[Any, ...], attrs: Attrs, specs: Iterable[Spec], payload: Any = None
    ) -> Node:
        """Append a node and return it."""
        allowance.step()
        node = Node(op, inputs, attrs, specs, self._scopes[-1], len(self.nodes), payload, self)
        self.nodes.append(node)
        return node

    def input(self, shape: Iterable[int | None], dtype: Any = None, name: str | None = None) -> Symbol:
        """A new input symbol."""
        symbol = self.add(INPUT, (), {}, [Spec(tuple(shape), dtypes.standardize(dtype))], name).output
        symbol.name = name
        self.inputs.append(symbol)
        return symbol

    def constant(self, value: Any, dtype: str | None = None) -> Symbol:
        """The symbol of a constant: a number, or an array that nobody changes afterwards."""
        if self.watched and isinstance(value, np.ndarray):
            kept = self.watched.get((_memory(value), value.shape))
            if kept is not None and dtype in (None, kept[1].dtype):
                return self.symbol(kept[1])
        if dtype is None:
            array = np.asarray(value)
            if array.dtype.kind == "O":
                raise GraphError(
                    f"Expected a number, an array or a symbol; received {type(value).__name__}: {value!r}."
                )
            if not isinstance(value, (np.ndarray, np.generic)) and array.dtype.kind in "fi":
                array = array.astype(
                    dtypes.numpy_type(dtypes.standardize(None) if array.dtype.kind == "f" else "int32")
                )
        else:
            array = np.asarray(value, dtypes.numpy_type(dtype))
        name = dtypes.standardize(array.dtype)
        array = np.ascontiguousarray(array, dtypes.numpy_type(name)).reshape(np.shape(array))
        key = (array.dtype.char, array.shape, array.tobytes() if array.size <= 16 else _memory(value))
        found = self._constants.get(key)
        if found is None:
            if array is value:
                array = array.copy()
            found = self.add(CONSTANT, (), {}, [Spec(array.shape, name)], array).output
            self._constants[key] = found
            if array.size > 16:
                self._constants[id(value), "kept"] = value  # so that its id and memory stay its own
        return found

    def watch_array(self, array: Any, own: Any) -> None:
        """Give an array a symbol of its own, which no other constant of the same value has.

        Args:
            array: what a tape watches.
            own: makes a symbol of its own of a symbol.
        """
        key = _memory(array), array.shape
        if key not in self.watched:
            self.watched[key] = array, own(self.constant(array))

    def read(self, variable: Variable) -> Symbol:
        """The symbol of a variable's value at this point of the trace."""
        found = self.values.get(variable)
        if is_function(found):  # part of a larger value, cut out where somebody asks for it
            found = self.values[variable] = found()
        if found is None:
            if self.parent is not None:
                found = self.reads[variable] = self._from_outside(self.parent.read(variable))
            else:
                found = self.add(VARIABLE, (), {}, [Spec(variable.shape, variable.stored_dtype)], variable).output
            found.name = variable.name
            self.values[variable] = found
        return found

    def sees(self, symbol: Symbol) -> bool:
        """Whether a symbol belongs to this trace or one around it."""
        return symbol.made_in is self or (self.parent is not None and self.parent.sees(symbol))

    def _from_outside(self, outer: Symbol) -> Symbol:
        """The input here that stands for a symbol of the parent."""
        inner = self.add(INPUT, (), {}, [outer.spec]).output
        self.outside[inner] = outer
        return inner

    def _lift(self, symbol: Symbol) -> Symbol:
        """The symbol here of one of a trace around; constants are simply repeated."""
        found = self._lifted.get(symbol)
        if found is None:
            outer = cast(Trace, self.parent).symbol(symbol)
            if outer.node.op is CONSTANT:
                found = self.add(CONSTANT, (), {}, [outer.spec], outer.node.payload).output
            else:
                found = self._from_outside(outer)
            self._lifted[symbol] = found
        return found

    def _of_functional(self, symbol: Symbol) -> Any:
        """What stands, here or in a trace around, for a symbol of the functional API; None if nothing does."""
        for values in self.extra.get("functional", ()):
            found = values.get((symbol.origin, symbol.index))
            if found is None and type(values) is dict and symbol.origin is not None:
                found = hooks.call("functional_value", symbol, values)
            if found is not None:
                return found
        return None if self.parent is None else self.parent._of_functional(symbol)

    def assign(self, variable: Variable, symbol: Symbol) -> None:
        """Record the effect variable <- symbol, after those that are recorded."""
        self.assigns.pop(variable, None)
        self.put(variable, symbol)
        self.assigns[variable] = symbol

    def put(self, variable: Variable, value: Any) -> None:
        """What a variable is from now on: a symbol, or a function that gives it; tapes may ask for what it was."""
        old = self.values.get(variable)
        if old is not None and not is_function(old):
            self.were.setdefault(variable, []).append(old)
        self.values[variable] = value

    def symbol(self, value: Any, dtype: str | None = None) -> Symbol:
        """Any operand as a symbol of this trace."""
        if isinstance(value, Symbol):
            if type(value) is Tensor:
                return self.constant(value.array, dtype)
            if value.made_in is not self:
                if self.sees(value):
                    return self._lift(value)
                found = self._of_functional(value)
                if found is not None:
                    return self.symbol(found)
                raise ForeignSymbolError(
                    f"{value!r} belongs to another graph: a layer must use only its arguments, its variables "
                    "and constants, not symbols kept from outside its call."
                )
            return value
        if hasattr(value, "_fastnn_variable"):
            return self.read(value) if casting() is None else value.value
        again = getattr(value, "_fastnn_again", None)  # an array that says how it is computed of variables
        return self.constant(value, dtype) if again is None else self.symbol(again())


def _memory(value: Any) -> Any:
    """What two views of the same array have in common: gradients are asked along what was used through another view."""
    if not isinstance(value, np.ndarray):
        return id(value)
    return value.__array_interface__["data"][0], value.strides, value.dtype.char


def is_symbolic(values: Iterable[Any]) -> bool:
    """Whether any of the values is a Symbol."""
    return any(isinstance(v, Symbol) for v in values)


def half_of(symbols: Iterable[Symbol | None], attrs: Attrs) -> str | None:
    """The half-precision dtype among symbols and in attributes, float32 where both meet; None if there is none."""
    found = [s.dtype for s in symbols if s is not None and s.dtype in dtypes.HALVES]
    found += [attrs["dtype"]] if attrs.get("dtype") in dtypes.HALVES else []
    return dtypes.promote(*found) if found else None


def apply(op: Record, inputs: Sequence[Any], attrs: dict[str, Any] | None = None) -> Any:
    """Call an operation: a node inside a trace, a call event on functional symbols, else eagerly on arrays.

    inputs: a tuple of symbols, variables, arrays, numbers, or None for an absent optional input.
    Returns a symbol (or array), or a tuple of them where the operation has several results.
    """
    given = op.normalize(attrs or {})
    if op.compose is not None:  # written with others: no kernel would run it
        return op.compose(*inputs, **given)
    trace = current()
    if trace is None:
        if gathers(inputs) or (op.draws and stepping()):
            return hooks.call("gather", op, inputs, given)
        inputs = [known(v) for v in inputs]
        if is_symbolic(inputs):
            allowance.step(10)
            return hooks.call("functional_call", op, inputs, given)
        return hooks.call("eager", op, inputs, given)
    symbols = tuple(None if v is None else trace.symbol(v) for v in inputs)
    if any(s is not None and s.dtype in dtypes.COMPLEX for s in symbols) and not (op.complex or op.alias):
        return hooks.call("in_parts", op, symbols, given)
    try:
        specs = op.infer([None if s is None else Spec(s.shape, s.dtype) for s in symbols], given)
    except DTypeError:
        if not half_of(symbols, given):
            raise
        return hooks.call("in_float32", op, symbols, given)
    single = isinstance(specs, Spec)
    for spec in () if trace.building else (specs,) if single else specs:
        affordable(spec.nbytes, f"{op.name}: a result of shape {spec.shape}")
    node = trace.add(op, symbols, given, [specs] if single else specs)
    return node.outputs[0] if single else node.outputs
