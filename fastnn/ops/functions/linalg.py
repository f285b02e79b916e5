"""Linear algebra by NumPy on the host: determinants, inverses, factorisations; names of keras.ops.linalg."""

import builtins
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import normalize_axes, normalize_axis
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions import reduction
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.comparison import not_equal
from fastnn.ops.functions.create import tril, triu
from fastnn.ops.functions.elementwise import abs, sqrt, square
from fastnn.ops.functions.layout import expand_dims, moveaxis, reshape, squeeze, swapaxes
from fastnn.ops.functions.matmul import matmul
from fastnn.ops.functions.operands import calculate, cast_to, dtype_of, float_dtype, floating, operand
from fastnn.ops.functions.powers import power
from fastnn.ops.functions.reduction import shape_without
from fastnn.ops.op import R

__all__ = ["det", "inv", "solve", "solve_triangular", "slogdet", "logdet", "cholesky", "cholesky_inverse", "qr",
           "svd", "eig", "eigh", "lu_factor", "lstsq", "pinv", "matrix_rank", "norm"]  # fmt: skip


def singular_values(x):
    """The singular values of the matrices in the last two dimensions, as an operation with a gradient."""
    return _call(R.singular_values, x)


def _call(op, *xs):
    """op in a float dtype that NumPy's routines take."""
    return calculate(op, xs, float_dtype(*xs))


def det(x: Any) -> Tensor:
    """The determinants of the matrices x.

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> float(det([[2.0, 0.0], [0.0, 3.0]]))
    6.0
    """
    return _call(R.det, x)


def inv(x: Any) -> Tensor:
    """The inverses of the matrices x (NaN, if one is singular).

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    return _call(R.inv, x)


def solve(a: Any, b: Any) -> Tensor:
    """x with a @ x = b; b may be a vector.

    Args:
        a: floats (..., n, n); integers become the default float type.
        b: (..., n, k), or (n,).

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
    array([1., 1.], dtype=float32)
    """
    a, b = operand(a), operand(b)
    if len(b.shape) == len(a.shape) - 1:
        return reshape(_call(R.solve, a, expand_dims(b, -1)), tuple(-1 if d is None else d for d in b.shape))
    return _call(R.solve, a, b)


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """x with a @ x = b, a triangular: what is on the other side of its diagonal is not read.

    Args:
        a: floats (..., n, n); integers become the default float type.
        b: (..., n, k), or (n,).
        lower: whether a is lower triangular, in place of upper.

    >>> solve_triangular([[2.0, 9.0], [0.0, 4.0]], [20.0, 4.0])
    array([5.5, 1. ], dtype=float32)
    """
    return solve(tril(a) if lower else triu(a), b)


def slogdet(x: Any) -> Tensor:
    """(sign, log |det|) of the matrices x.

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> [float(v) for v in slogdet([[1.0, 0.0], [0.0, -1.0]])]
    [-1.0, 0.0]
    """
    dtype = float_dtype(x)
    return tuple(cast_to(v, dtype) for v in R.slogdet(cast_to(x, WIDE.get(dtype, dtype))))


def logdet(x: Any) -> Tensor:
    """The logarithms of the determinants of symmetric positive definite matrices x.

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> float(logdet([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """
    return slogdet(x)[1]


# ------------------------------------------------------------------ factorisations
def _several(op, x, **attrs):
    """The results of op(x), in x's float dtype."""
    kind = float_dtype(x)
    return tuple(cast_to(v, kind) for v in op(cast_to(x, WIDE.get(kind, kind)), **attrs))


def cholesky(x: Any, upper: bool = False) -> Tensor:
    """The lower (or upper) triangular factor of symmetric positive definite matrices x.

    Args:
        x: floats (..., n, n); integers become the default float type.
        upper: whether the factor is upper triangular.

    Raises ArgumentError if the factor of an array has NaN; in a graph the NaN go on.

    >>> cholesky([[4.0]])
    array([[2.]], dtype=float32)
    """
    y = _call(R.cholesky, x)
    if isinstance(y, np.ndarray) and np.isnan(y).any():
        raise ArgumentError(
            "Cholesky decomposition failed. The input might not be a valid positive definite matrix. Received: "
            f"x.shape={y.shape}"
        )
    return swapaxes(y, -1, -2) if upper else y


def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverse of the matrix whose Cholesky factor is x.

    Args:
        x: triangular floats (..., n, n).
        upper: whether x is upper triangular, in place of lower.

    >>> cholesky_inverse([[2.0]])
    array([[0.25]], dtype=float32)
    """
    x = floating(x)
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"cholesky_inverse: received shape {tuple(x.shape)}, expected square matrices.")
    t = swapaxes(x, -1, -2)
    return inv(matmul(t, x) if upper else matmul(x, t))


def qr(x: Any, mode: Any = "reduced") -> Tensor:
    """(q, r) with orthonormal columns in q and upper triangular r, q @ r = x.

    Args:
        x: floats (..., m, n); integers become the default float type.
        mode: "reduced", or "complete" for a square q. A gradient needs "reduced" and no more columns than rows.

    Raises ArgumentError for another mode, ShapeError for less than two dimensions.

    >>> [v.shape for v in qr([[1.0], [2.0]])]
    [(2, 1), (1, 1)]
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError(
            f"`mode` argument value not supported. Expected one of {{'reduced', 'complete'}}. Received: mode={mode}"
        )
    x = operand(x)
    if len(x.shape) < 2:
        raise ShapeError(f"Input should have rank >= 2. Received: input.shape = {tuple(x.shape)}")
    return _several(R.qr, x, complete=mode == "complete")


def svd(x: Any, full_matrices: Any = True, compute_uv: Any = True) -> Tensor:
    """The singular value decomposition of the matrices x: (u, s, vh) with u @ diag(s) @ vh = x, or s alone.

    Args:
        x: floats (..., m, n); integers become the default float type.
        full_matrices: whether u and vh are square.
        compute_uv: whether to return u and vh, too.

    Returns s (..., min(m, n)), falling.

    >>> svd([[3.0]], compute_uv=False)
    array([3.], dtype=float32)
    """
    return _several(R.svd, x, full=bool(full_matrices)) if compute_uv else singular_values(x)


def eig(x: Any) -> Tensor:
    """(eigenvalues, eigenvectors) of square matrices x, complex numbers. Has no gradient.

    Args:
        x: floats or complex numbers (..., n, n); integers become the default float type.

    >>> eig([[0.0, -1.0], [1.0, 0.0]])[0]
    array([0.+1.j, 0.-1.j], dtype=complex64)
    """
    x = floating(x)
    return R.eig(cast_to(x, "float32") if dtype_of(x) in dtypes.HALVES else x)


def eigh(x: Any) -> Tensor:
    """(eigenvalues in rising order, eigenvectors) of symmetric matrices x.

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> eigh([[2.0]])[0]
    array([2.], dtype=float32)
    """
    return _several(R.eigh, x)


def lu_factor(x: Any) -> Tensor:
    """(LU in one matrix, row exchanges) of the matrices x, with partial pivoting.

    Args:
        x: floats (..., n, n); integers become the default float type.

    >>> lu_factor([[4.0]])
    (array([[4.]], dtype=float32), array([0], dtype=int32))
    """
    kind = float_dtype(x)
    lu, pivots = R.lu_factor(cast_to(x, WIDE.get(kind, kind)))
    return cast_to(lu, kind), pivots


def lstsq(a: Any, b: Any, rcond: Any = None) -> Tensor:
    """x for which |a @ x - b| is smallest, and of those the shortest.

    Args:
        a: floats (m, n).
        b: (m, k), or (m,).
        rcond: singular values below rcond times the largest count as 0; by default the dtype's precision times the
            longer side of a.

    >>> lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4)
    array([2.], dtype=float32)
    """
    a, b = operand(a), operand(b)
    kind = float_dtype(a, b)
    wide = WIDE.get(kind, kind)
    a, b = cast_to(a, wide), cast_to(b, wide)
    if len(a.shape) != 2 or len(b.shape) not in (1, 2) or b.shape[0] != a.shape[0]:
        raise ShapeError(f"lstsq: received shapes {tuple(a.shape)} and {tuple(b.shape)}, expected (m, n) and (m[, k]).")
    if rcond is None:
        rcond = float(dtypes.finfo(wide).eps) * builtins.max(a.shape)
    x = matmul(R.pinv(a, rcond=float(rcond)), b if len(b.shape) == 2 else expand_dims(b, -1))
    return cast_to(x if len(b.shape) == 2 else squeeze(x, -1), kind)


def pinv(x: Any, rcond: Any = None) -> Tensor:
    """The pseudo-inverses (Moore, Penrose) of the matrices x.

    Args:
        x: floats (..., m, n); integers become the default float type.
        rcond: singular values below rcond times the largest count as 0; 1e-15 if None.

    >>> pinv([[2.0]])
    array([[0.5]], dtype=float32)
    """
    return calculate(lambda v: R.pinv(v, rcond=1e-15 if rcond is None else float(rcond)), [x], float_dtype(x))


def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """The rank of the matrices x: how many singular values exceed tol.

    Args:
        x: floats (..., m, n); integers become the default float type.
        tol: a number; by default the largest singular value times the longer side and the dtype's precision.

    >>> int(matrix_rank([[1.0, 1.0], [1.0, 1.0]]))
    1
    """
    kind = float_dtype(x)
    return R.matrix_rank(cast_to(x, WIDE.get(kind, kind)), tol=None if tol is None else float(tol))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors along one axis of x, or of the matrices of two.

    Args:
        x: numbers of any shape; integers become the default float type. Of complex ones lengths count, and the norm is
            a float; singular values are of real ones only.
        ord: of vectors 2 (None), 1, 0, inf, -inf or another power; of matrices "fro" (None), 1 and inf (the largest sum
            of a column or row), -1 and -inf (the smallest), 2 and -2 (the largest and smallest singular value), "nuc"
            (their sum).
        axis: an int, or two; None takes all values, and with an ord x must be a vector or a matrix.
        keepdims: whether the axes stay, with size 1.

    >>> norm([3.0, 4.0])
    array(5., dtype=float32)
    >>> norm([[3.0, 4.0], [0.0, 0.0]], ord=1)
    array(4., dtype=float32)
    """
    x = floating(x)
    singular = ord in (2, -2, "nuc") and len(normalize_axes(axis, len(x.shape))) > 1
    if dtype_of(x) in dtypes.COMPLEX and not singular:
        x = abs(x)
    return calculate(lambda v: _norm(v, ord, axis, keepdims), [x], dtype_of(x))


def _norm(x, ord, axis, keepdims):
    rank = len(x.shape)
    if axis is None and ord is None:
        return _vector_norm(x, 2, None, keepdims)
    axes = normalize_axes(axis, rank)
    if len(axes) not in (1, 2):
        raise ArgumentError(
            f"norm: received ord={ord!r}, axis={axis!r} for a value of shape {tuple(x.shape)}; "
            "expected one axis (vectors) or two (matrices)."
        )
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    axes = axes if axis is None else tuple(normalize_axis(a, rank) for a in axis)
    return _matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)


def _vector_norm(x, ord, axes, keepdims):
    if ord == 2 and not keepdims and (axes is None or len(axes) == len(x.shape)):
        return sqrt(reduction.sum_of_squares(x))
    if ord == 2:
        return sqrt(reduction.sum(square(x), axes, keepdims))
    if ord == 1:
        return reduction.sum(abs(x), axes, keepdims)
    if ord == 0:
        return reduction.sum(cast(not_equal(x, 0), dtype_of(x)), axes, keepdims)
    if ord in (np.inf, -np.inf):
        return (reduction.max if ord > 0 else reduction.min)(abs(x), axes, keepdims)
    if isinstance(ord, str):
        raise ArgumentError(f"norm: received ord={ord!r} for vectors, expected a number.")
    return power(reduction.sum(power(abs(x), float(ord)), axes, keepdims), 1.0 / float(ord))


def _matrix_norm(x, ord, axes, keepdims):
    if ord == "fro":
        return _vector_norm(x, 2, axes, keepdims)
    row, column = axes
    if ord in (1, -1, np.inf, -np.inf):  # lengths of columns, or of rows
        inner, outer = (row, column) if ord in (1, -1) else (column, row)
        y = (reduction.max if ord > 0 else reduction.min)(reduction.sum(abs(x), inner, True), outer, True)
    elif ord in (2, -2, "nuc"):
        s = singular_values(moveaxis(x, axes, (-2, -1)))
        y = (reduction.sum if ord == "nuc" else reduction.max if ord == 2 else reduction.min)(s, -1)
        y = expand_dims(y, tuple(sorted(axes)))
    else:
        raise ArgumentError(
            f"norm: received ord={ord!r} for matrices, expected 'fro', 'nuc', 1, -1, 2, -2, inf or -inf."
        )
    return y if keepdims else reshape(y, shape_without(x.shape, axes))
