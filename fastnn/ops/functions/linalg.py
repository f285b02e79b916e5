"""Linear algebra by NumPy on the host: determinants, inverses, factorisations; names of keras.ops.linalg."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axes, normalize_axis
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions import reduction
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.comparison import not_equal
from fastnn.ops.functions.create import tril, triu
from fastnn.ops.functions.elementwise import abs, sqrt, square
from fastnn.ops.functions.layout import expand_dims, moveaxis, reshape
from fastnn.ops.functions.operands import calculate, cast_to, dtype_of, float_dtype, floating, is_symbol, operand
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
    """The determinants of the matrices in the last two dimensions.

    >>> float(det([[2.0, 0.0], [0.0, 3.0]]))
    6.0
    """
    return _call(R.det, x)


def inv(x: Any) -> Tensor:
    """The inverses of the matrices in the last two dimensions (NaN, if one is singular).

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    return _call(R.inv, x)


def solve(a: Any, b: Any) -> Tensor:
    """x with a @ x = b; b may be a vector.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
    array([1., 1.], dtype=float32)
    """
    a, b = operand(a), operand(b)
    if len(b.shape) == len(a.shape) - 1:
        return reshape(_call(R.solve, a, expand_dims(b, -1)), tuple(-1 if d is None else d for d in b.shape))
    return _call(R.solve, a, b)


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """x with a @ x = b, a triangular: what is on the other side of its diagonal is not read.

    >>> solve_triangular([[2.0, 9.0], [0.0, 4.0]], [20.0, 4.0])
    array([5.5, 1. ], dtype=float32)
    """
    return solve(tril(a) if lower else triu(a), b)


def slogdet(x: Any) -> Tensor:
    """(sign, log |det|) of matrices.

    >>> [float(v) for v in slogdet([[1.0, 0.0], [0.0, -1.0]])]
    [-1.0, 0.0]
    """
    dtype = float_dtype(x)
    return tuple(cast_to(v, dtype) for v in R.slogdet(cast_to(x, WIDE.get(dtype, dtype))))


def logdet(x: Any) -> Tensor:
    """The logarithm of the determinant of symmetric positive definite matrices.

    >>> float(logdet([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """
    return slogdet(x)[1]


# ------------------------------------------------------------------ factorisations: of arrays
def _array(name, x):
    x = floating(x)
    if is_symbol(x):
        raise ArgumentError(f"{name}: factorisations take arrays, not symbols of a graph; call it on the values.")
    x = np.asarray(x)
    return x.astype(np.float32) if x.dtype == np.float16 else x


def cholesky(x: Any, upper: bool = False) -> Tensor:
    """The lower (or upper) triangular factor of symmetric positive definite matrices. Takes arrays only.

    >>> cholesky([[4.0]])
    array([[2.]], dtype=float32)
    """
    y = np.linalg.cholesky(_array("cholesky", x))
    return np.swapaxes(y, -1, -2).copy() if upper else y


def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverse of the matrix whose Cholesky factor is x. Takes arrays only.

    >>> cholesky_inverse([[2.0]])
    array([[0.25]], dtype=float32)
    """
    f = _array("cholesky_inverse", x)
    f = np.swapaxes(f, -1, -2) if upper else f
    return np.linalg.inv(f @ np.swapaxes(f, -1, -2))


def qr(x: Any, mode: Any = "reduced") -> Tensor:
    """(q, r) with orthonormal q and upper triangular r, q @ r = x. Takes arrays only.

    >>> [v.shape for v in qr([[1.0], [2.0]])]
    [(2, 1), (1, 1)]
    """
    return tuple(np.linalg.qr(_array("qr", x), mode=mode))


def svd(x: Any, full_matrices: Any = True, compute_uv: Any = True) -> Tensor:
    """(u, s, vh) of the singular value decomposition, or s alone. Takes arrays only.

    >>> svd([[3.0]], compute_uv=False)
    array([3.], dtype=float32)
    """
    out = np.linalg.svd(_array("svd", x), full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(out) if compute_uv else out


def eig(x: Any) -> Tensor:
    """(eigenvalues, eigenvectors) of square matrices. Takes arrays only.

    >>> eig([[2.0]])[0]
    array([2.], dtype=float32)
    """
    return tuple(np.linalg.eig(_array("eig", x)))


def eigh(x: Any) -> Tensor:
    """(eigenvalues in rising order, eigenvectors) of symmetric matrices. Takes arrays only.

    >>> eigh([[2.0]])[0]
    array([2.], dtype=float32)
    """
    return tuple(np.linalg.eigh(_array("eigh", x)))


def lu_factor(x: Any) -> Tensor:
    """(LU in one matrix, row exchanges) with partial pivoting. Takes arrays only.

    >>> lu_factor([[4.0]])
    (array([[4.]], dtype=float32), array([0], dtype=int32))
    """
    a = _array("lu_factor", x).copy()
    lead, (n, m) = a.shape[:-2], a.shape[-2:]
    pivots = np.zeros((*lead, min(n, m)), np.int32)
    for index in np.ndindex(*lead):
        lu = a[index]
        for k in range(min(n, m)):
            p = k + int(np.argmax(np.abs(lu[k:, k])))
            pivots[(*index, k)] = p
            if p != k:
                lu[[k, p]] = lu[[p, k]]
            if lu[k, k] != 0:
                lu[k + 1 :, k] /= lu[k, k]
                lu[k + 1 :, k + 1 :] -= np.outer(lu[k + 1 :, k], lu[k, k + 1 :])
    return a, pivots


def lstsq(a: Any, b: Any, rcond: Any = None) -> Tensor:
    """x for which |a @ x - b| is smallest. Takes arrays only.

    >>> lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4)
    array([2.], dtype=float32)
    """
    a, b = _array("lstsq", a), _array("lstsq", b)
    return np.linalg.lstsq(a, b, rcond=rcond)[0]


def pinv(x: Any, rcond: Any = None) -> Tensor:
    """The pseudo-inverse of matrices. Takes arrays only.

    >>> pinv([[2.0]])
    array([[0.5]], dtype=float32)
    """
    return np.linalg.pinv(_array("pinv", x), rcond=1e-15 if rcond is None else rcond)


def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """The rank of matrices. Takes arrays only.

    >>> int(matrix_rank([[1.0, 1.0], [1.0, 1.0]]))
    1
    """
    return np.asarray(np.linalg.matrix_rank(_array("matrix_rank", x), tol)).astype(np.int32)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors along one axis, or of the matrices of two.

    ord: of vectors 2 (None), 1, 0, inf, -inf or another power; of matrices "fro" (None), 1 and inf (the largest sum of
    a column or row), -1 and -inf (the smallest), 2 and -2 (the largest and smallest singular value), "nuc" (their sum).
    axis: None takes all values; with an ord, x must be a vector or a matrix.

    >>> norm([3.0, 4.0])
    array(5., dtype=float32)
    >>> norm([[3.0, 4.0], [0.0, 0.0]], ord=1)
    array(4., dtype=float32)
    """
    x = floating(x)
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
