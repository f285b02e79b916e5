"""How tensors, variables and specs print in scripts that import TensorFlow: as TensorFlow prints them.

`arguments` puts METHODS and WRAPPED on the classes of today when a script first imports `tensorflow`, and takes them
away again.
"""

import functools

import numpy as np

from fastnn.data.tensor import NumberType, Tensor, TensorSpec, as_texts
from fastnn.graph import Variable
from fastnn.graph.dtype import DType
from fastnn.graph.tensor import Tensor as Lazy


def _values(tensor):
    """The values as NumPy has them in TensorFlow: text as bytes."""
    found = np.asarray(tensor)
    return as_texts(found) if found.dtype.kind in "OUS" else found


def _dtype(tensor):
    """The name of the dtype."""
    found = np.asarray(tensor).dtype
    return "string" if found.kind in "OUS" else found.name


def _on_lines(text):
    return f"\n{text}" if "\n" in text else text


def text(tensor):
    """What print() shows of a tensor.

    Args:
        tensor: an array.

    >>> text(np.ones(2, "float32"))
    'tf.Tensor([1. 1.], shape=(2,), dtype=float32)'
    """
    found = str(_values(tensor))
    return f"tf.Tensor({_on_lines(found)}, shape={tuple(tensor.shape)}, dtype={_dtype(tensor)})"


def numbers(tensor):
    """The part of a tensor's or variable's representation that holds its values.

    Args:
        tensor: an array.

    >>> numbers(np.float32(3)), numbers(np.ones(2))
    ('numpy=3.0', 'numpy=array([1., 1.])')
    """
    found = _values(tensor)
    scalar = np.ndim(found) == 0 and not isinstance(found, bytes)
    return f"numpy={_on_lines(repr(found.item() if scalar and hasattr(found, 'item') else found))}"


def representation(tensor):
    """What lists and interactive sessions show of a tensor.

    Args:
        tensor: an array.

    >>> representation(np.array(True))
    '<tf.Tensor: shape=(), dtype=bool, numpy=True>'
    """
    return f"<tf.Tensor: shape={tuple(tensor.shape)}, dtype={_dtype(tensor)}, {numbers(tensor)}>"


def _formatted(tensor, spec):
    found = _values(tensor)
    return format(found if np.ndim(found) else found[()] if isinstance(found, np.ndarray) else found, spec)


def _numpy_of_lazy(today):
    @functools.wraps(today)
    def numpy(self):
        return as_texts(self.array) if self.array.dtype.kind in "OU" else today(self)

    return numpy


def _variable(today):
    """The representation of what `tf.Variable` made; variables of layers keep Keras's."""

    @functools.wraps(today)
    def __repr__(self):
        name = self.__dict__.get("name_in_tensorflow")
        if name is None:
            return today(self)
        return f"<tf.Variable {name!r} shape={tuple(self.shape)} dtype={self.stored_dtype}, {numbers(self.numpy())}>"

    return __repr__


def _spec(self):
    shape = None if self.shape is None else tuple(self.shape)
    return f"TensorSpec(shape={shape}, dtype=tf.{self.dtype}, name={self.name!r})"


_TENSOR = {"__str__": text, "__repr__": representation, "__format__": _formatted}
METHODS = {
    Tensor: _TENSOR,
    Lazy: _TENSOR,
    TensorSpec: {"__repr__": _spec},
    **{cls: {"__repr__": lambda self: f"tf.{str.__str__(self)}"} for cls in (NumberType, DType)},
}


# ---- tf.print ------------------------------------------------------------------------------------------------------
def _number(value):
    """A number with as few digits as hold it, as TensorFlow writes numbers."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if not isinstance(value, (float, np.floating)):
        return str(value)
    few, many = (15, 17) if isinstance(value, float) else (6, 9)  # NumPy's float64 is a float of Python's
    short = f"{float(value):.{few}g}"
    return short if type(value)(short) == value or value != value else f"{float(value):.{many}g}"


def _array(found, edge, depth=0):
    if not np.ndim(found):
        one = np.asarray(found)[()]
        one = one.decode("utf-8", "replace") if isinstance(one, bytes) else one
        return f'"{one}"' if isinstance(one, str) else _number(one)
    cut = edge is not None and edge >= 0 and len(found) > 2 * edge
    rows = [found[:edge], found[len(found) - edge :]] if cut else [found]
    parts = [[_array(row, edge, depth + 1) for row in half] for half in rows]
    listed = [*parts[0], *(["...", *parts[1]] if cut else [])]
    gap = " " if found.ndim == 1 else "\n" * (found.ndim - 1) + " " * (depth + 1)
    return f"[{gap.join(listed)}]"


def line(value, summarize=3):
    """A value as tf.print writes it: arrays with their first and last values.

    Args:
        value: a str, a number, an array, or a structure of them.
        summarize: how many at either end; -1: all.

    >>> line(np.arange(10.0)), line({"a": np.float32(0.1)}), line("loss")
    ('[0 1 2 ... 7 8 9]', "{'a': 0.1}", 'loss')
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {line(v, summarize)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        ends = "[]" if isinstance(value, list) else "()"
        return ends[0] + ", ".join(line(v, summarize) for v in value) + ends[1]
    if hasattr(value, "_fastnn_variable"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)) or type(value) is Lazy:
        return _array(np.asarray(value), summarize)
    return str(value)


WRAPPED = {Lazy: {"numpy": _numpy_of_lazy}, Variable: {"__repr__": _variable}}
