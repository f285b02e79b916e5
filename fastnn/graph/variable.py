"""Variable: state that a graph reads and writes."""

import copy
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np

from fastnn.core import allowance, changes, dtypes, hooks, mirrors, results, scopes, turns
from fastnn.core.arguments import name_of
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.memory import affordable, no_memory
from fastnn.core.shapes import known_shape, product, standard_shape
from fastnn.core.types import Array, Shape, Tensor, is_function
from fastnn.core.values import storable, whole_dtype
from fastnn.graph.active import casting, current
from fastnn.graph.attributes import AsNumber, Switch, function_or_none, truth
from fastnn.graph.node import Symbol
from fastnn.graph.numpy_calls import by_function, by_ufunc
from fastnn.graph.operators import Operators
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import here, recording, settle
from fastnn.graph.trace import active

_layout = itertools.count(1)
layout_version = 0
_names: dict[str, int] = {}
_made = itertools.count()
watchers: list[Any] = []  # entered StatelessScopes (graph/stateless.py): told before a variable is changed


class Variable(AsNumber, Operators):
    """State with a fixed shape and dtype: a weight, a moving average, a metric's total, an optimizer slot.

    Inside a trace `value` is a symbol and `assign` records an effect; outside, they read and write the array at once.

    Args:
        initializer: an array or number, a callable (shape, dtype) -> array, or the name or config of an Initializer.
        shape: tuple of ints, needed with a callable; else that of the array.
        dtype: dtype name; None: that of an array, else the default float type.
        trainable: whether tapes watch it and optimizers change it.
        autocast: whether a layer that computes in another dtype sees it in that one.
        aggregation: how replicas would be put together, kept as an attribute: "none", "mean", "sum" or
            "only_first_replica".
        synchronization: when they would be, likewise: "none", "on_read", "on_write" or "auto".
        name: str without "/"; None: "variable", numbered.
        layout: kept as an attribute: there is one device.
        regularizer: penalty on it, added to the loss of the model that it is in; None: none.
        constraint: what it becomes after each update: a function of the weight; None: itself.
        path: names of the layers around it and its own, joined by "/"; found if None.
        seed: of an initializer's name, taken for Keras's sake.

    Raises:
        ArgumentError: for a callable without a shape, and unknown words.
        ShapeError: for a value of another shape.

    >>> v = Variable([1.0, 2.0], name="scale")
    >>> _ = v.assign_add([1.0, 1.0])
    >>> v.numpy()
    array([2., 3.], dtype=float32)
    """

    _fastnn_variable = True
    _host: Array  # where the value lies; read it as `_seen`, change it as `_array`
    regularizer, constraint = function_or_none("Regularizer"), function_or_none("Constraint")
    overwrite_with_gradient, trainable = truth(), Switch()

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
        regularizer: Any = None,
        constraint: Any = None,
        path: str | None = None,
        seed: Any = None,
    ) -> None:
        name = name_of(name)
        for argument, given, known in (
            ("aggregation", aggregation, (None, "none", "mean", "sum", "only_first_replica")),
            ("synchronization", synchronization, (None, "none", "on_read", "on_write", "auto")),
        ):
            if given not in known:
                raise ArgumentError(
                    f"Invalid value for argument `{argument}`. Expected one of {known}. Received: {argument}={given}"
                )
        self.aggregation, self.synchronization = aggregation or "none", synchronization or "none"
        self._layout = layout  # of several devices, as Keras's; here there is one
        if initializer is None:
            raise ArgumentError("Variable: expected an initializer: a value, a function or a name. Received: None.")
        if isinstance(initializer, (str, dict)):
            initializer = hooks.call("initializer", initializer)
        if is_function(initializer):
            if shape is None:
                raise ArgumentError(
                    "When creating a Variable from an initializer, the `shape` argument should be specified. "
                    f"Received: initializer={initializer} and shape={shape}"
                )
            self.stored_dtype = dtypes.standardize(dtype)
            shape = known_shape(shape, path or name or "variable")
            allowance.spend(shape, dtypes.itemsize(self.stored_dtype))
            nbytes, what = (
                product(shape) * dtypes.itemsize(self.stored_dtype),
                f"A variable of shape {shape} ({self.stored_dtype})",
            )
            affordable(nbytes, what)
            try:
                value = initializer(shape, dtype=self.stored_dtype)
            except MemoryError:
                raise no_memory(nbytes, what) from None
            except TypeError as error:
                if "dtype" not in str(error):
                    raise
                value = initializer(shape)
        else:
            value = (
                initializer.numpy()
                if hasattr(initializer, "_fastnn_variable")
                else storable(initializer, f"the initial value of variable {name or ''}".strip(), dtype)
            )
            default: str | None = "float32" if value.dtype.kind not in "fiubc" else dtypes.standardize(value.dtype)
            if not hasattr(initializer, "dtype") and value.dtype.kind in "fic":  # Python's, as operations take them
                python = {"f": float, "c": complex}.get(value.dtype.kind)
                default = whole_dtype(value) if python is None else dtypes.standardize(python)
            self.stored_dtype = dtypes.standardize(dtype, default)
            shape = value.shape if shape is None else standard_shape(shape)
        kind = dtypes.numpy_type(self.stored_dtype)
        own = getattr(initializer, "_makes_new", False) and value.flags.writeable
        array = np.asarray(value, kind, order="C") if own else np.array(value, kind, order="C")
        if array.shape != shape:
            raise ShapeError(f"Variable {name}: the initial value has shape {array.shape}, expected {shape}.")
        self._array = array
        self.name = name or auto_name("variable")
        self.path = path or "/".join(filter(None, (scopes.path(), self.name)))
        self.trainable, self.regularizer, self.constraint = trainable, regularizer, constraint
        self.born_trainable, self.order = trainable, next(_made)  # what tapes watch, and in which order they say so
        self.autocast = autocast
        self.overwrite_with_gradient = False  # True: an optimizer gives it its gradient as its value
        self.initializer = initializer if is_function(initializer) else None
        self.owner: Any = None  # the flat buffer that holds it, once a model trains it

    @classmethod
    def over(cls, array: Array, name: str | None = None, path: str | None = None) -> Self:
        """A Variable, not trainable, that lives in `array` (no copy).

        Args:
            array: the array, of a dtype that variables have.
            name: str; None: "variable", numbered.
            path: names of the layers around it and its own; found if None.
        """
        v = cls(np.zeros((), array.dtype), dtype=array.dtype.name, trainable=False, name=name, path=path)
        v._array = array
        return v

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = memo[id(self)] = copy.copy(self)
        twin._array, twin.owner = self.numpy(), None
        return twin

    @property
    def dtype(self) -> str:
        """Its dtype; inside the call of a layer that computes in another one (mixed precision), that."""
        to = casting()
        seen = to is not None and self.autocast and dtypes.is_float(self.stored_dtype)
        return to if seen and to is not None else self.stored_dtype

    @property
    def _array(self) -> Array:
        """Where the value lies, for who may change it there: a device that has a copy takes it again."""
        if mirrors.HELD:
            mirrors.change(self._host)
        return self._host

    @_array.setter
    def _array(self, array: Array) -> None:
        self._host = array

    @property
    def _seen(self) -> Array:
        """Where the value lies, for who only reads it."""
        if mirrors.HELD:
            mirrors.look(self._host)
        return self._host

    def __getstate__(self) -> dict[str, Any]:
        if mirrors.HELD:
            mirrors.look(self._host)
        return dict(self.__dict__)

    @property
    def shape(self) -> Shape:
        """Tuple of ints."""
        found: Shape = self._host.shape
        return found

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self._host.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._host.size

    @property
    def value(self) -> Tensor:
        """The current value: a symbol inside a trace, else a read-only array that keeps it afterwards."""
        trace = current()
        if trace is not None:
            found = trace.read(self)
            return found if casting() is None or self.dtype == found.dtype else found.astype(self.dtype)
        if recording():
            return hooks.call("gather_read", self)
        kept = np.asarray(self.numpy()).view(results.kind)  # compat: that of a scalar is a number
        kept.flags.writeable = False
        return kept if casting() is None else kept.astype(dtypes.numpy_type(self.dtype), copy=False)

    def numpy(self) -> Array:
        """A copy of the value as a NumPy array; of a step's end, where another thread trains the variable."""
        settle()
        taken = turns.begin(((self,), False))
        try:
            return self._seen.copy()
        finally:
            if taken:
                turns.end()

    def assign(self, value: Any) -> Self:
        """Set the value (same shape; cast to this variable's dtype).

        Args:
            value: an array, symbol, Variable or number, of its shape.
        """
        trace = current()
        if trace is None and self._gathers(value):
            return self
        if type(value) is Lazy:
            value = value.array
        if isinstance(value, Symbol) or (trace is not None and hasattr(value, "_fastnn_variable")):
            trace = active(f"assign to {self.path}")
            symbol = trace.symbol(value)
            if symbol.shape != self.shape:
                raise ShapeError(f"assign to {self.path}: received shape {symbol.shape}, expected {self.shape}.")
            trace.assign(self, symbol if symbol.dtype == self.stored_dtype else symbol.astype(self.stored_dtype))
            return self
        array = value.numpy() if hasattr(value, "_fastnn_variable") else self._given(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                f"must match. variable.shape={self.shape}, Received: value.shape={array.shape}. "
                f"Target variable: {self.path}"
            )
        if trace is not None and not trace.building:
            trace.assign(self, trace.constant(array, self.stored_dtype))
            return self
        self._set(array)
        return self

    def _given(self, value: Any) -> Array:
        return storable(value, f"assign to {self.path}", self.stored_dtype)

    def _gathers(self, value: Any) -> bool:
        """Assign as a call among others, where calls gather that this one has to wait for, or that wait for it."""
        if here.busy or (here.log is None and type(value) is not Lazy):
            return False
        if watchers or (not recording() and (type(value) is not Lazy or value._value is not None)):
            hooks.call("changing", (self,))
            return False
        if not hasattr(value, "_fastnn_variable") and type(value) is not Lazy:
            value = self._given(value)
        if tuple(value.shape) != self.shape:
            raise ShapeError(f"assign to {self.path}: received shape {tuple(value.shape)}, expected {self.shape}.")
        hooks.call("gather_assign", self, value)
        return True

    def _set(self, array: Array) -> None:
        if watchers:
            watchers[-1].keep(self)
        taken = turns.begin(((self,), True))
        try:
            self._array[...] = array
        finally:
            if taken:
                turns.end()

    def assign_add(self, value: Any) -> Self:
        """Add to the value.

        Args:
            value: an array, symbol, Variable or number that broadcasts to its shape.
        """
        if current() is not None or recording() or (type(value) is Lazy and value._value is None):
            return self.assign(self.value + value)
        with turns.turn((self,), writes=True):
            return self.assign(self._seen + np.asarray(value))

    def assign_sub(self, value: Any) -> Self:
        """Subtract from the value.

        Args:
            value: an array, symbol, Variable or number that broadcasts to its shape.
        """
        if current() is not None or recording() or (type(value) is Lazy and value._value is None):
            return self.assign(self.value - value)
        with turns.turn((self,), writes=True):
            return self.assign(self._seen - np.asarray(value))

    def rebase(self, view: Array) -> None:
        """Move the value into `view` (an array of the same shape and dtype) and live there from now on.

        Args:
            view: the array.
        """
        with turns.turn((self,), writes=True):
            value = self._seen
            if mirrors.HELD:
                mirrors.change(view)
            view[...] = value
            self._array = view
        moved()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        settle()
        with turns.turn((self,)):
            return np.array(self._seen, dtype)

    def _settled(self) -> Array:
        """Where the value lies, with all that has gathered; `fit` asks for two numbers of each metric an epoch."""
        settle()
        return self._seen

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return by_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return by_function(function, args, kwargs)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self._host)))

    def _same(self, other: Any) -> Any:
        """== of two variables is identity; a symbol decides for itself."""
        return self is other if isinstance(other, Variable) else other == self

    def __repr__(self) -> str:
        settle()
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._seen}>"


def zero(variables: Iterable[Variable]) -> None:
    """Set variables to zero: as `assign` for each, in one turn.

    >>> v = Variable([1.0, 2.0])
    >>> zero([v])
    >>> v.numpy().tolist()
    [0.0, 0.0]
    """
    variables = tuple(variables)
    if current() is not None or watchers or recording():
        for v in variables:
            v.assign(np.zeros(v.shape, dtypes.numpy_type(v.dtype)))
        return
    if here.log is not None and not here.busy:
        hooks.call("changing", variables)
    taken = turns.begin((variables, True))
    try:
        for v in variables:
            v._array.fill(0)
    finally:
        if taken:
            turns.end()


def moved() -> None:
    """Say that a variable lives elsewhere now: plans that know where it was are stale."""
    global layout_version
    layout_version = next(_layout)
    changes.note()


def auto_name(base: str) -> str:
    """base, base_1, base_2, ... in the order of asking."""
    n = _names.get(base, 0)
    _names[base] = n + 1
    return base if n == 0 else f"{base}_{n}"
