"""What a pipeline gives: arrays with the method numpy(), and what they look like."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from fastnn.core import dtypes, results
from fastnn.graph.array import Array
from fastnn.graph.dtype import DType
from fastnn.graph.tensor import Tensor as Lazy


class Text(str):
    """Text of a tensor as numpy() gives it: a str that also does what scripts do with TensorFlow's bytes.

    >>> Text("né").decode("utf-8"), Text("a") == b"a", Text("a") == "a"
    ('né', True, True)
    """

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The text as a plain str.

        Args:
            encoding, errors: as of bytes.decode; of no effect: it is no longer encoded.
        """
        return str(self)

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other.decode("utf-8", "replace") if isinstance(other, bytes) else other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


_text: Any = Text  # what becomes of a str


def give_text_as(kind: Any) -> None:
    """Give the text of tensors as what a function makes of a str; None: as Text.

    Args:
        kind: the function, or None.
    """
    global _text
    _text = kind or Text


def as_texts(array: Any) -> Any:
    """An array of text (or one text) whose strings are Text, or what `give_text_as` said; bytes as they are.

    >>> as_texts(np.array(["a", "b"]))[0].decode()
    'a'
    """
    if not np.ndim(array):
        one = np.asarray(array)[()]
        return _text(one) if isinstance(one, str) else bytes(one) if isinstance(one, bytes) else one
    found = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        found[place] = as_texts(array[place])
    return found


class NumberType(DType):
    """A dtype of numbers: equal to its name, to NumPy's dtype and to NumPy's type; it has what either library's has.

    >>> one = NumberType("float32")
    >>> one == np.float32, one == np.dtype("float32"), one.is_floating, one.char, {"float32": 1}[one]
    (True, True, True, 'f', 1)
    """

    __slots__ = ()
    _is_numeric = _legacy = True  # what NumPy's own functions ask the class of a dtype

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return str.__eq__(self, other)
        if isinstance(other, (type, np.dtype)):
            return self.numpy == other
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __len__(self) -> int:
        return 0  # fields, of which a dtype of numbers has none

    def __bool__(self) -> bool:
        return True

    @property
    def __class__(self) -> Any:  # libraries for tables ask isinstance(x.dtype, np.dtype)
        return np.dtype

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise AttributeError("The class of a dtype does not change.")

    def __reduce__(self) -> Any:
        return NumberType, (str(self),)

    @property
    def numpy(self) -> np.dtype[Any]:
        """NumPy's dtype."""
        return np.dtype(dtypes.numpy_type(str(self)))

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(f"'DType' object has no attribute {name!r}")
        return getattr(self.numpy, name)


@functools.cache
def _number_type(dtype: np.dtype[Any]) -> Any:
    """The dtype of a tensor whose array has one of NumPy's; NumPy's own where it is no dtype of numbers."""
    return NumberType(dtype.name) if dtype.kind in "biufc" else dtype


_plain_dtype: Any = np.ndarray.dtype


class _AnyTensor(type):
    """Values that are still to come are tensors, too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(cls, instance) or (cls is Tensor and type(instance) is Lazy)


class Tensor(Array, metaclass=_AnyTensor):
    """An array whose values stay as they are.

    Args:
        shape, dtype, buffer, offset, strides, order: as of numpy.ndarray; `array.view(Tensor)` is the usual way.

    >>> np.ones(2).view(Tensor).numpy()
    array([1., 1.])
    """

    _texts = (str, bytes)

    @property
    def dtype(self) -> Any:
        """The dtype, with the words of NumPy's and of TensorFlow's."""
        return _number_type(_plain_dtype.__get__(self))

    @dtype.setter
    def dtype(self, value: Any) -> None:
        _plain_dtype.__set__(self, value)

    def numpy(self) -> Any:
        """The values as a plain array; of a scalar, the number; text as Text."""
        return as_texts(np.asarray(self)) if self.dtype.kind in "OU" else super().numpy()

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("'Tensor' object does not support item assignment. Change a copy: array = t.numpy().copy()")


results.ARRAYS.add(Tensor)


class TensorSpec:
    """Shape and dtype of an array of an element; None stands for a size that is not known.

    Args:
        shape: a tuple of ints and None, an int, or None: not known.
        dtype: a name, or "string".
        name: str or None.

    >>> TensorSpec((None, 3), "int32")
    TensorSpec(shape=(None, 3), dtype='int32')
    """

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = None if shape is None else tuple(shape) if hasattr(shape, "__iter__") else (shape,)
        self.dtype = "string" if str(dtype) in ("string", "object", "str") else dtypes.standardize(dtype)
        self.name = name

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    @classmethod
    def of(cls, value: Any) -> Any:
        """The spec of an array; of anything else, the thing itself.

        Args:
            value: an array, or anything else.
        """
        if not isinstance(value, np.ndarray):
            return value
        return cls(value.shape, "string" if value.dtype.kind == "O" else value.dtype.name)

    def grown(self, rows: int | None) -> TensorSpec:
        """The spec of several such arrays, stacked.

        Args:
            rows: how many, or None: not known.
        """
        return TensorSpec(None if self.shape is None else (rows, *self.shape), self.dtype)
