"""The matrix product."""

from typing import Any

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.comparison import not_equal
from fastnn.ops.functions.layout import reshape, swapaxes
from fastnn.ops.functions.operands import dtype_of, operand, result_dtype, same_floats
from fastnn.ops.op import R
from fastnn.ops.records.matmul import product_op

__all__ = ["matmul"]


def _whole_product(a, b, name, transpose_a, transpose_b):
    """The product of integers in the dtype `name`: by float64 where that is exact, else by integers."""
    if name in ("int32", "uint32", "int64", "uint64"):
        wide, op = "int32" if name == "int32" else "int64", R.matmul_whole
        a, b = (swapaxes(x, -1, -2) if t else x for x, t in ((a, transpose_a), (b, transpose_b)))
        return cast(op(cast(a, wide), cast(b, wide)), name)
    y = product_op(cast(a, "float64"), cast(b, "float64"), None, transpose_a=transpose_a, transpose_b=transpose_b)
    return cast(cast(y, "int64"), name) if name != "bool" else not_equal(y, 0)


def matmul(
    x1: Any, x2: Any, bias: Any = None, transpose_a: bool = False, transpose_b: bool = False, activation: Any = None
) -> Tensor:
    """The matrix product of two tensors.

    Args:
        x1: (..., M, K), or (K, M) in its last dimensions with transpose_a; or a vector (K,).
        x2: (..., K, N), or (N, K) with transpose_b; or a vector (K,). Leading dimensions broadcast.
        bias: (N,), added to every row, or None.
        transpose_a, transpose_b: read the last two dimensions of x1 or x2 exchanged.
        activation: None, "relu", "sigmoid" or "tanh", applied to the result.

    Returns:
        (..., M, N); the dimension of a vector operand is left out. Integers give integers (int8 ones int32), exactly;
        with a bias or an activation they become the default float type.

    Raises:
        ShapeError: sizes do not fit. DTypeError: not numbers.

    >>> import numpy as np
    >>> matmul(np.float32([[1, 2], [3, 4]]), np.float32([[1], [1]])).tolist()
    [[3.0], [7.0]]
    """
    whole, result = None, None
    if bias is None and activation is None:
        x1, x2, whole, result = _plain_operands(x1, x2)
    if whole is None:
        x1, x2, bias = same_floats(x1, x2, bias)
    r1, r2 = len(x1.shape), len(x2.shape)
    if r1 == 0 or r2 == 0:
        raise ShapeError(
            f"matmul: received shapes {tuple(x1.shape)} and {tuple(x2.shape)}; expected at least one "
            "dimension (use multiply for a number)."
        )
    a = reshape(x1, (1, x1.shape[0])) if r1 == 1 else x1
    b = reshape(x2, (x2.shape[0], 1)) if r2 == 1 else x2
    transpose_a, transpose_b = transpose_a and r1 > 1, transpose_b and r2 > 1
    if whole is None:
        y = product_op(a, b, bias, transpose_a=transpose_a, transpose_b=transpose_b, activation=activation)
        y = y if result is None else cast(y, result)
    else:
        y = _whole_product(a, b, whole, transpose_a, transpose_b)
    if r1 > 1 and r2 > 1:
        return y
    return reshape(y, y.shape[:-2] + ((y.shape[-2],) if r1 > 1 else ()) + ((y.shape[-1],) if r2 > 1 else ()))


def _plain_operands(x1, x2):
    """(x1, x2, the dtype of an integer product or None, the dtype to cast a float product to or None)."""
    d1, d2 = getattr(x1, "dtype", None), getattr(x2, "dtype", None)
    if d1 is not None and d1 == d2 and d1 in ("float32", "float64"):  # the usual case, first
        return x1, x2, None, None
    x1, x2 = operand(x1), operand(x2)
    name = result_dtype(x1, x2)
    if dtypes.is_inexact(name):
        return x1, x2, None, name if name == "float16" else None
    both = dtype_of(x1) == dtype_of(x2) == "int8"
    return x1, x2, "int32" if both else name, None
