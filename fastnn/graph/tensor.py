"""Tensor: a value that is computed when somebody looks at it.

Outside of a trace operations on arrays are computed at once. Under a gradient tape, and on values that are still to
come, they gather (compiler/gather.py), and what has gathered runs as one cached plan when a value is looked at:
printed, converted, compared in an `if`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.docstrings import ConstructorSignature
from fastnn.core.errors import ArgumentTypeError
from fastnn.core.types import Array
from fastnn.graph.active import current
from fastnn.graph.dtype import DType, dtype_of
from fastnn.graph.node import Symbol
from fastnn.graph.numpy_names import CHANGES, ELEMENTWISE, METHODS, PROPERTIES, UNKNOWN


class Here(threading.local):
    """What gathers in this thread.

    recording: how many tapes are recording; log: the Log that calls go to, or None; busy: whether it is running;
    held: arrays that tapes watch in a trace, by id.
    """

    recording = 0
    log: Any = None
    busy = False
    held: dict[int, Any] | tuple[()] = ()


here = Here()


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Inside, nothing gathers, and no tape sees what is called: operations run when they are called."""
    busy, here.busy = here.busy, True
    try:
        yield
    finally:
        here.busy = busy


def stepping() -> bool:
    """Whether what is called now is part of a step that runs as Python: its draws are those of the compiled step."""
    log = here.log
    return log is not None and log.counts is not None and not here.busy and current() is None


def recording() -> bool:
    """Whether a tape of this thread records what is called now."""
    return here.recording > 0 and not here.busy


def gathers(values: Iterable[Any]) -> bool:
    """Whether an operation on these values gathers: a tape records them, or one of them is still to come."""
    if here.busy:
        return False
    if here.recording:
        log = here.log
        return any(
            type(v) is Tensor or hasattr(v, "_fastnn_variable") or (v is not None and id(v) in log.watched)
            for v in values
        )
    return any(type(v) is Tensor and v._value is None for v in values)


def holds(values: Iterable[Any]) -> bool:
    """Whether a tape in the active trace watches one of the values, which are arrays: what follows is part of it."""
    return any(id(v) in here.held for v in values) and current() is not None


def in_trace(values: Iterable[Any]) -> list[Any]:
    """Values with symbols of the active trace in place of the arrays that a tape watches in it."""
    trace: Any = current()
    return [trace.symbol(v) if id(v) in here.held else v for v in values]


def lifted(x: Any) -> Any:
    """An array that a tape watches, as a Tensor: who makes another array of it does not lose it.  Else x itself."""
    if here.recording and not here.busy and isinstance(x, np.ndarray) and id(x) in here.log.watched:
        found = hooks.call("operator", "copy", x)
        found._mask = getattr(x, "_keras_mask", None)
        return found
    return x


def settle() -> None:
    """Let what has gathered, and changes variables, happen."""
    log = here.log
    if log is not None and log.effects and not here.busy:
        log.flush()


def known(value: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return value.array if type(value) is Tensor else value


class Tensor(Symbol):
    """A value of an operation outside of a graph, computed when somebody looks; in all else an array.

    Operators, indexing and `fastnn.ops` take it, beside arrays too; NumPy, float(), `if`, print, pickle and plots look
    at its values.  It never changes: what it was made from is read when it is made.

    >>> import fastnn
    >>> x = np.array([1.0, 2.0], "float32")
    >>> with fastnn.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = fastnn.ops.sum(x * fastnn.ops.square(x))
    >>> float(y), tape.gradient(y, x).numpy()
    (9.0, array([ 3., 12.], dtype=float32))
    """

    __slots__ = ("_at", "_lent", "_log", "_mask", "_value")
    # It is in no graph. What is the same in all costs nothing where one is made.
    name = node = origin = made_in = None  # type: ignore[assignment]
    index, _sparse, _ragged = 0, False, False

    def __init__(self, shape: Any, dtype: DType, log: Any = None, number: int = -1, value: Array | None = None) -> None:
        self._shape, self._dtype = shape, dtype
        self._log, self._at, self._value, self._mask = log, number, value, None
        self._lent = False  # whether the array lies in memory of a program that writes it again when it runs

    @classmethod
    def of(cls, array: Array) -> Tensor:
        """A Tensor that has its values."""
        return cls(array.shape, dtype_of(dtypes.standardize(array.dtype)), value=array)

    # ------------------------------------------------------------------ its values
    @property
    def array(self) -> Array:
        """The values, an array that nobody may change."""
        if self._value is None:
            self._log.flush()
        if self._lent:
            self.keep()
        value = self._value
        assert value is not None
        return value

    def keep(self) -> None:
        """Have a copy of what lies in a program's memory."""
        assert self._value is not None
        self._value, self._lent = self._value.copy(), False

    def numpy(self) -> Any:
        """The values as an array of the caller's own; of a scalar, the number."""
        return self.array.copy() if self._shape else self.array[()]

    @property
    def value(self) -> Tensor:
        """Itself."""
        return self

    @property
    def _keras_mask(self) -> Any:
        return self._mask

    @_keras_mask.setter
    def _keras_mask(self, mask: Any) -> None:
        self._mask = mask

    @property
    def device(self) -> str:
        """Where it lies."""
        return "cpu"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.array, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return hooks.call("by_ufunc", ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return hooks.call("by_function", function, args, kwargs)

    def __float__(self) -> float:
        return float(self.array.reshape(()) if self.array.size == 1 else self.array)

    def __int__(self) -> int:
        return int(self.array.reshape(()) if self.array.size == 1 else self.array)

    def __complex__(self) -> complex:
        return complex(self.array.reshape(()) if self.array.size == 1 else self.array)

    def __index__(self) -> int:
        return self.array.__index__()

    def __bool__(self) -> bool:
        return bool(self.array)

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("iteration over a scalar Tensor")
        return (self[i] for i in range(self._shape[0]))

    def __contains__(self, value: Any) -> bool:
        return known(value) in self.array

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("a scalar Tensor has no length")
        return int(self._shape[0])

    def _same(self, other: Any) -> Any:
        return hooks.call("operator", "equal", self, other)

    def __eq__(self, other: Any) -> Any:
        return hooks.call("operator", "equal", self, other) if _comparable(other) else False

    def __ne__(self, other: Any) -> Any:
        return hooks.call("operator", "not_equal", self, other) if _comparable(other) else True

    __hash__ = Symbol.__hash__

    # ------------------------------------------------------------------ what arrays have
    def __getattr__(self, name: str) -> Any:
        if name[:1] == "_" or not hasattr(np.ndarray, name):
            raise AttributeError(f"'Tensor' object has no attribute {name!r}")
        if name in METHODS or name in ELEMENTWISE or name in UNKNOWN:
            return hooks.call("method_of_tensor", self, name)
        if name in PROPERTIES:
            return hooks.call("operator", name, self)
        if name in CHANGES:
            raise ArgumentTypeError(
                f"Tensor.{name}: a Tensor never changes. Expected a method that gives another one, or the same of an "
                f"array of your own: array = t.numpy(); array.{name}(...)."
            )
        return getattr(self.array, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *(n for n in dir(np.ndarray) if n[0] != "_")})

    def __pos__(self) -> Tensor:
        return self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    @property
    def mT(self) -> Any:
        """The value with its last two axes exchanged."""
        return hooks.call("operator", "swapaxes", self, -1, -2)

    def transpose(self, *axes: Any) -> Any:
        """The value with its axes in another order, given as numbers or as one tuple; reversed without."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return hooks.call("operator", "transpose", self, given)

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The value in another dtype."""
        return hooks.call("operator", "cast", self, dtypes.standardize(dtype))

    def ref(self) -> Any:
        """Itself, for dictionaries."""
        return self

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor.of(self.array.copy())

    def __reduce__(self) -> Any:
        return Tensor.of, (np.array(self.array),)

    def __format__(self, spec: str) -> str:
        return format(self.array[()] if not self._shape else self.array, spec)

    def __str__(self) -> str:
        return str(self.array)

    def __repr__(self) -> str:
        text = repr(self.array)
        return "Tensor" + text.removeprefix("array") if text.startswith("array") else f"Tensor({text})"

    def __jax_array__(self) -> Any:
        return self.array


if TYPE_CHECKING:
    KerasTensor = Symbol
else:

    class _Placeholders(type):
        """Symbols are instances, values that gather are not."""

        def __instancecheck__(cls, instance: Any) -> bool:
            if cls is KerasTensor:
                return isinstance(instance, Symbol) and type(instance) is not Tensor
            return type.__instancecheck__(cls, instance)

    class KerasTensor(Symbol, metaclass=_Placeholders):
        """A symbol of the functional API: a shape and a dtype, and no numbers.

        Args:
            shape: tuple of ints, None for dimensions that vary.
            dtype: dtype name; "float32" if it is not given.
            sparse, ragged: what the values would be; kept as attributes.
            record_history: taken for Keras's sake.
            name: str; None: made where one is needed.
            node, index, origin, trace: where it is in a graph; set by what makes it.

        Raises ArgumentError where it is to be both sparse and ragged.

        >>> isinstance(KerasTensor((None, 3)), KerasTensor), isinstance(Tensor.of(np.zeros(2)), KerasTensor)
        (True, False)
        """

        __slots__ = ()
        __signature__ = ConstructorSignature()

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return Symbol(*args, **kwargs)


def _comparable(x: Any) -> bool:
    return isinstance(x, (Symbol, int, float, np.generic)) or hasattr(x, "__array__") or isinstance(x, (list, tuple))
