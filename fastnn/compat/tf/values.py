"""What the functions under TensorFlow's names share: operands, axes, dtypes, and words for what cannot be had."""

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor, constant
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, GraphError, NotSupportedError, ValuesError
from fastnn.graph import Symbol, Variable
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.layers.host import is_text
from fastnn.layers.sizes import Size
from fastnn.layers.sizes import listed as sizes_in
from fastnn.ops.functions.operands import is_stack


def operand(x):
    """x as an operand: symbols, variables and arrays as they are, Python's numbers and lists as TensorFlow has them."""
    if isinstance(x, (Symbol, Variable, np.ndarray, np.generic)):
        return x
    if isinstance(x, (list, tuple)) and is_stack(x):
        return ops.stack([operand(v) for v in x])
    return constant(x)


def alone(x):
    """A tensor of one element as a scalar, which a condition may be where TensorFlow runs eagerly.

    >>> alone(np.ones((1, 1))).shape
    ()
    """
    shape = tuple(getattr(x, "shape", ()))
    return ops.reshape(x, ()) if shape and set(shape) == {1} else x


def placed(name, x, *args):
    """ops.<name> of x or of a list of values; of text what NumPy's function of that name gives.

    >>> placed("expand_dims", np.array(["a b"], object), -1).shape
    (1, 1)
    """
    many = name in ("concatenate", "stack")
    if is_text(x):
        return host(getattr(np, name)([np.asarray(v, object) for v in x] if many else np.asarray(x, object), *args))
    return getattr(ops, name)([operand(v) for v in x] if many else operand(x), *args)


def operands(x, y):
    """Both operands in one dtype: a Python number takes that of the other."""
    plain = [isinstance(v, (bool, int, float)) for v in (x, y)]
    if plain == [True, False]:
        y = operand(y)
        return beside(x, y), y
    if plain == [False, True]:
        x = operand(x)
        return x, beside(y, x)
    return operand(x), operand(y)


def beside(number, x):
    """A number (or array) as a constant of the dtype of x; ArgumentError for a fraction beside integers."""
    if isinstance(number, (Symbol, Variable)):
        return number
    kind = dtype_of(x)
    value = np.asarray(number, dtypes.numpy_type(kind))
    if isinstance(number, float) and not dtypes.is_float(kind) and value != number:
        raise ArgumentError(f"received the number {number} beside a tensor of dtype {kind}: cast the tensor first.")
    return value


def dtype_of(x):
    """The name of the dtype of an operand."""
    return dtypes.standardize(x.dtype)


def is_float(x):
    """Whether an operand holds floats."""
    return dtypes.is_float(dtype_of(x))


def kept(result, x):
    """A result in the dtype of the operand x."""
    return result if dtype_of(result) == dtype_of(x) else ops.cast(result, dtype_of(x))


def axes(axis):
    """An axis, or several in a list or array, as fastnn.ops takes them."""
    if axis is None or isinstance(axis, int):
        return axis
    found = np.asarray(axis)
    return int(found) if found.ndim == 0 else tuple(int(a) for a in found)


def ints(values):
    """A shape, or another list of integers, as a tuple; sizes that are not known yet stay as they are."""
    if isinstance(values, (Symbol, Variable)) and not isinstance(values, Size):
        values = sizes_in(values) or _known(values)
    listed = values if isinstance(values, (list, tuple)) or getattr(values, "shape", ()) else [values]
    return tuple(v if v is None or isinstance(v, Size) else int(v) for v in listed)


def _known(values):
    try:
        return np.asarray(values)
    except GraphError:
        raise ValuesError(
            "a shape must be known when the graph is built: received a symbol, expected integers."
        ) from None


def values_of(x, name):
    """x as an array, for what is computed by NumPy; ValuesError for a symbol."""
    if isinstance(x, Symbol) and type(x) is not Lazy:
        raise ValuesError(
            f"tf.{name}: the shape of the result depends on values, so it is computed for arrays "
            f"only; received a symbol of shape {x.shape}. Use it outside of models."
        )
    return np.asarray(x)


def host(result):
    """What NumPy has computed, as a tensor."""
    return np.asarray(result).view(Tensor)


def text_of(x, errors="strict"):
    """The text of an element: a str, bytes, or an array of no axes of either.

    Args:
        x: it.
        errors: as of bytes.decode.

    >>> text_of(b"a"), text_of(np.array("b"))
    ('a', 'b')
    """
    while isinstance(x, np.ndarray):
        x = x.item()
    return x.decode("utf-8", errors) if isinstance(x, bytes) else str(x)


def only(name, argument, value, *allowed):
    """NotSupportedError unless an argument has one of the values that are supported."""
    if not any(value is a or value == a for a in allowed):
        raise NotSupportedError(
            f"tf.{name}: received {argument}={value!r}, expected "
            f"{' or '.join(map(repr, allowed))}; write it with fastnn.ops."
        )


def within(name, argument, value, low=-np.inf, high=np.inf, open_low=False):
    """ArgumentError for a number outside of its range; a symbol has no value yet and passes."""
    if isinstance(value, (Symbol, Variable)):
        return
    if not ((low < value if open_low else low <= value) and value <= high):
        raise ArgumentError(
            f"tf.{name}: received {argument}={value}, expected a number in {'(' if open_low else '['}{low}, {high}]."
        )


def part(x, axis, start, stop):
    """x[start:stop] along an axis."""
    return x[(slice(None),) * (axis % len(x.shape)) + (slice(start, stop),)]
