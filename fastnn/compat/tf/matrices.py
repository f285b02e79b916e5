"""tf.linalg, the rest: eigenvalues, decompositions, functions of matrices; see tf_math for what a table is."""

import collections
import functools

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import beside, dtype_of, host, ints, operand, values_of
from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing


def _adjoint(matrix, name=None):
    x = operand(matrix)
    x = ops.conj(x) if dtype_of(x).startswith("complex") else x
    return ops.swapaxes(x, -1, -2)


def _cholesky_solve(chol, rhs, name=None):
    chol = operand(chol)
    half = ops.solve_triangular(chol, operand(rhs), lower=True)
    return ops.solve_triangular(ops.swapaxes(chol, -1, -2), half, lower=False)


def _complex_of(x):
    return np.complex128 if x.dtype in (np.float64, np.complex128) else np.complex64


def _eig(tensor, name=None):
    x = values_of(operand(tensor), "linalg.eig")
    found, vectors = np.linalg.eig(x)
    return host(found.astype(_complex_of(x))), host(vectors.astype(_complex_of(x)))


def _eigvals(tensor, name=None):
    x = values_of(operand(tensor), "linalg.eigvals")
    return host(np.linalg.eigvals(x).astype(_complex_of(x)))


def _of_scipy(name, own):
    """A function of square matrices that SciPy has."""

    def function(input, name=None):
        try:
            from scipy import linalg
        except ImportError:
            raise missing(f"tf.{label}", "scipy") from None
        x = values_of(operand(input), label)
        flat = [getattr(linalg, own)(m.astype(np.complex128 if m.dtype.kind == "c" else np.float64))
                for m in x.reshape(-1, *x.shape[-2:])]  # fmt: skip
        return host(np.stack(flat).reshape(x.shape).astype(x.dtype))

    label = name
    return function


# ---- solutions ---------------------------------------------------------------------------------------------------
def _lstsq(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """By the normal equations, or by the pseudoinverse where nothing is regularized and accuracy is asked for."""
    a, b = operand(matrix), operand(rhs)
    rows, columns = a.shape[-2:]
    if not fast or (l2_regularizer == 0 and isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return ops.matmul(_pinv(a), b)
    adjoint = ops.swapaxes(a, -1, -2)
    damped = beside(l2_regularizer, a) * np.eye(min(rows, columns), dtype=dtype_of(a))
    if rows >= columns:
        return ops.solve(ops.matmul(adjoint, a) + damped, ops.matmul(adjoint, b))
    return ops.matmul(adjoint, ops.solve(ops.matmul(a, adjoint) + damped, b))


def _pinv(a, rcond=None, validate_args=False, name=None):
    """By the singular values above rcond of the largest one; 10 max(m, n) eps if None."""
    a = operand(a)
    u, s, vt = ops.svd(a, full_matrices=False)
    limit = 10.0 * max(a.shape[-2:]) * np.finfo(dtype_of(a)).eps if rcond is None else rcond
    limit = beside(limit, s) if np.isscalar(limit) else ops.expand_dims(operand(limit), -1)
    kept = ops.greater(s, ops.multiply(limit, ops.max(s, axis=-1, keepdims=True)))
    inverse = ops.where(kept, ops.divide(beside(1.0, s), ops.where(kept, s, beside(1.0, s))), beside(0.0, s))
    return ops.matmul(ops.swapaxes(vt, -1, -2) * ops.expand_dims(inverse, -2), ops.swapaxes(u, -1, -2))


def _matrix_rank(a, tol=None, validate_args=False, name=None):
    a = operand(a)
    s = ops.svd(a, compute_uv=False)
    if tol is None:
        tol = ops.max(s, axis=-1, keepdims=True) * float(max(a.shape[-2:]) * np.finfo(dtype_of(a)).eps)
    return ops.sum(ops.cast(ops.greater(s, tol), "int32"), axis=-1)


Lu = collections.namedtuple("Lu", ["lu", "p"])


def _lu(input, output_idx_type="int32", name=None):
    """With rows exchanged for the largest pivot: L below the diagonal, where it is 1, and U; the order of the rows."""
    x = values_of(operand(input), "linalg.lu")
    found = [_eliminated(m.copy()) for m in x.reshape(-1, *x.shape[-2:])]
    order = np.array([p for _, p in found]).reshape(x.shape[:-1])
    return Lu(host(np.stack([m for m, _ in found]).reshape(x.shape)), host(order.astype(str(output_idx_type))))


def _eliminated(m):
    n, order = len(m), np.arange(len(m))
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(m[k:, k])))
        m[[k, pivot]], order[[k, pivot]] = m[[pivot, k]], order[[pivot, k]]
        if m[k, k] == 0:
            raise ArgumentError("tf.linalg.lu: Input is not invertible.")
        m[k + 1 :, k] /= m[k, k]
        m[k + 1 :, k + 1 :] -= np.outer(m[k + 1 :, k], m[k, k + 1 :])
    return m, order


def _factors(lower_upper):
    x = operand(lower_upper)
    below = np.tril(np.ones(x.shape[-2:], dtype_of(x)), -1)
    return x * below + np.eye(x.shape[-1], dtype=dtype_of(x)), x * (1 - below)


def _back(perm, x):
    """The rows of x where `perm` took them from."""
    order = ops.argsort(operand(perm), axis=-1)
    return ops.take_along_axis(x, ops.broadcast_to(ops.expand_dims(order, -1), x.shape), axis=-2)


def _lu_reconstruct(lower_upper, perm, validate_args=False, name=None):
    return _back(perm, ops.matmul(*_factors(lower_upper)))


def _lu_solve(lower_upper, perm, rhs, validate_args=False, name=None):
    lower, upper = _factors(lower_upper)
    b, p = operand(rhs), operand(perm)
    rows = ops.take_along_axis(b, ops.broadcast_to(ops.expand_dims(p, -1), b.shape), axis=-2)
    return ops.solve_triangular(upper, ops.solve_triangular(lower, rows, lower=True), lower=False)


def _lu_inverse(lower_upper, perm, validate_args=False, name=None):
    x = operand(lower_upper)
    one = np.broadcast_to(np.eye(x.shape[-1], dtype=dtype_of(x)), x.shape)
    return _lu_solve(x, perm, one)


def _tridiagonal(diagonals, diagonals_format="compact", name="linalg.tridiagonal_solve"):
    """The matrix, whose three diagonals are given: [above, on, below], or the whole matrix."""
    if diagonals_format == "matrix":
        return operand(diagonals)
    if diagonals_format == "compact":
        d = operand(diagonals)
        above, on, below = d[..., 0, :], d[..., 1, :], d[..., 2, :]
    elif diagonals_format == "sequence":
        above, on, below = map(operand, diagonals)
    else:
        raise ArgumentError(f"tf.{name}: received diagonals_format={diagonals_format!r}.")
    n, kind = on.shape[-1], dtype_of(on)
    eye = functools.partial(np.eye, n, dtype=kind)
    rows = [ops.expand_dims(v, -1) for v in (above, on, below)]
    return rows[0] * eye(k=1) + rows[1] * eye() + rows[2] * eye(k=-1)


def _tridiagonal_solve(diagonals, rhs, diagonals_format="compact", transpose_rhs=False, conjugate_rhs=False, name=None,
                       partial_pivoting=True, perturb_singular=False):  # fmt: skip
    matrix, b = _tridiagonal(diagonals, diagonals_format), operand(rhs)
    b = ops.swapaxes(b, -1, -2) if transpose_rhs else b
    if len(b.shape) == len(matrix.shape) - 1:
        return ops.squeeze(ops.solve(matrix, ops.expand_dims(b, -1)), -1)
    return ops.solve(matrix, b)


def _tridiagonal_matmul(diagonals, rhs, diagonals_format="compact", name=None):
    return ops.matmul(_tridiagonal(diagonals, diagonals_format, "linalg.tridiagonal_matmul"), operand(rhs))


def _tensor_diag(diagonal, name=None):
    d = operand(diagonal)
    sizes, count = ints(d.shape), int(np.prod(d.shape))
    return ops.reshape(ops.reshape(d, (-1, 1)) * np.eye(count, dtype=dtype_of(d)), (*sizes, *sizes))


_ROOT = _of_scipy("linalg.sqrtm", "sqrtm")

TABLE = {
    "linalg.adjoint": _adjoint, "linalg.cholesky_solve": _cholesky_solve, "eig linalg.eig": _eig,
    "eigvals linalg.eigvals": _eigvals,
    "linalg.eigvalsh": lambda tensor, name=None: ops.eigh(operand(tensor))[0],
    "linalg.expm": _of_scipy("linalg.expm", "expm"), "linalg.logm": _of_scipy("linalg.logm", "logm"),
    "linalg.sqrtm matrix_square_root": lambda input, name=None: _ROOT(input), "linalg.lstsq": _lstsq,
    "linalg.pinv": _pinv, "linalg.matrix_rank": _matrix_rank, "linalg.lu": _lu, "linalg.lu_solve": _lu_solve,
    "linalg.lu_reconstruct": _lu_reconstruct, "linalg.lu_matrix_inverse": _lu_inverse,
    "linalg.tridiagonal_solve": _tridiagonal_solve, "linalg.tridiagonal_matmul": _tridiagonal_matmul,
    "linalg.tensor_diag": _tensor_diag,
}  # fmt: skip
