"""Values with one number everywhere, and conversions from and to arrays."""

from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import ShapeError
from fastnn.core.memory import affordable
from fastnn.core.shapes import broadcast, product
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.array import Array
from fastnn.graph.tensor import gathers
from fastnn.ops.functions.layout import broadcast_to, ints
from fastnn.ops.functions.operands import cast_to, dtype_of, is_symbol, operand, reserve
from fastnn.ops.op import R

__all__ = ["full", "zeros", "ones", "empty", "full_like", "zeros_like", "ones_like", "empty_like",
           "convert_to_tensor", "array", "copy", "convert_to_numpy", "is_tensor", "shape", "ndim", "size",
           "broadcast_shapes"]  # fmt: skip


# ------------------------------------------------------------------ public functions
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A value of a shape with one number everywhere (the default float type, unless dtype says otherwise).

    Args:
        shape: an int, or a tuple of them.
        fill_value: a number, or an array that broadcasts to the shape.
        dtype: of the result; the default float type if None.

    >>> full((2,), 3)
    array([3., 3.], dtype=float32)
    """
    name = dtypes.standardize(dtype)
    shape = ints(shape)
    if is_symbol(fill_value) or np.ndim(fill_value):
        return broadcast_to(cast_to(fill_value, name), shape)
    trace = current()
    if trace is None:
        affordable(product(shape) * dtypes.itemsize(name), f"full: a result of shape {shape}")
        return np.full(shape, fill_value, dtypes.numpy_type(name))
    return broadcast_to(trace.constant(fill_value, name), shape)


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros of a shape.

    Args:
        shape: an int, or a tuple of them.
        dtype: of the result; the default float type if None.

    >>> zeros((2,))
    array([0., 0.], dtype=float32)
    """
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones of a shape.

    Args:
        shape: an int, or a tuple of them.
        dtype: of the result; the default float type if None.

    >>> ones((2,), "int32")
    array([1, 1], dtype=int32)
    """
    return full(shape, 1, dtype)


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A value of a shape whose numbers are not promised (they are zeros).

    Args:
        shape: an int, or a tuple of them.
        dtype: of the result; the default float type if None.

    >>> empty((2, 3)).shape
    (2, 3)
    """
    return full(shape, 0, dtype)


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """One number everywhere, in x's shape and dtype.

    Args:
        x: a value whose shape is taken.
        fill_value: a number, or an array that broadcasts to the shape.
        dtype: the dtype of the result; x's by default.

    >>> full_like([1, 2], 7)
    array([7, 7], dtype=int32)
    """
    x = operand(x)
    name = dtypes.standardize(dtype, dtype_of(x))
    if None in x.shape:
        return R.full_like(x, value=fill_value, dtype=name)
    if is_symbol(x):
        reserve(product(x.shape))
    return full(x.shape, fill_value, name)


def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros in x's shape and dtype.

    Args:
        x: a value whose shape is taken.
        dtype: the dtype of the result; x's by default.

    >>> zeros_like([1.0, 2.0])
    array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones in x's shape and dtype.

    Args:
        x: a value whose shape is taken.
        dtype: the dtype of the result; x's by default.

    >>> ones_like([1.0, 2.0])
    array([1., 1.], dtype=float32)
    """
    return full_like(x, 1, dtype)


empty_like = zeros_like


# ------------------------------------------------------------------ conversion
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Tensor:
    """x as an array; inside a trace, as a symbol.

    Args:
        x: a number, list, array, variable or symbol.
        dtype: of the result; x's by default, Python floats in the default float type, ints in int32.
        sparse, ragged: False or None; there are no sparse or ragged tensors.

    >>> convert_to_tensor([1, 2], "float32")
    array([1., 2.], dtype=float32)
    """
    x = operand(x)
    if gathers((x,)):  # a tape that watches an array sees that there is a new one
        x = R.identity(x)
    elif hasattr(x, "_fastnn_variable"):
        x = x.value
    return x if dtype is None else cast_to(x, dtypes.standardize(dtype))


def array(x: Any, dtype: Any = None) -> Tensor:
    """A new array with x's values.

    Args:
        x: a number, list, array, variable or symbol.
        dtype: the dtype of the result; x's by default.

    >>> array([1, 2])
    array([1, 2], dtype=int32)
    """
    x = convert_to_tensor(x, dtype)
    return x.copy() if isinstance(x, np.ndarray) else x


def copy(x: Any) -> Tensor:
    """A copy of x.

    Args:
        x: a number, list, array, variable or symbol.

    >>> copy([1.0])
    array([1.], dtype=float32)
    """
    return array(x)


def convert_to_numpy(x: Any) -> Tensor:
    """x as a NumPy array.

    Args:
        x: a number, list, array, variable or Tensor with a value.

    >>> convert_to_numpy([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(operand(x))


def is_tensor(x: Any) -> Tensor:
    """Whether x is a value that operations return: a tensor or a symbol, no array of NumPy's.

    Args:
        x: anything.

    >>> is_tensor(zeros(2)), is_tensor(np.zeros(2)), is_tensor([0.0])
    (True, False, False)
    """
    return is_symbol(x) or isinstance(x, Array)


def shape(x: Any) -> Tensor:
    """The sizes of x as a tuple of ints.

    Of a symbol of the functional API an unknown size is a symbol that other operations take for an int, as in
    `arange(shape(x)[1])`; it equals None, which `x.shape` has there.

    Args:
        x: a number, list, array, variable or symbol.

    >>> shape([[1, 2]])
    (1, 2)
    """
    x = operand(x)
    if None in x.shape and current() is None:
        return hooks.call("shape", x)
    return tuple(x.shape)


def ndim(x: Any) -> Tensor:
    """The number of dimensions of x.

    Args:
        x: a number, list, array, variable or symbol.

    >>> ndim([[1, 2]])
    2
    """
    return len(operand(x).shape)


def size(x: Any) -> Tensor:
    """The number of elements of x; of a symbol of the functional API what `shape` gives for unknown sizes.

    Args:
        x: a number, list, array, variable or symbol.

    >>> size([[1, 2]])
    2
    """
    sizes = shape(x)
    if current() is not None and None in sizes:
        raise ShapeError(f"size: not all sizes of the shape {sizes} are known.")
    return product(sizes)


def broadcast_shapes(*shapes: Any) -> Tensor:
    """The shape that values of these shapes broadcast to, as a list.

    Args:
        shapes: tuples of ints and None.

    Raises ShapeError where sizes differ and none of them is 1.

    >>> broadcast_shapes((2, 1), (3,))
    [2, 3]
    """
    return list(broadcast(*(tuple(s) for s in shapes)))
