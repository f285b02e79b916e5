"""tf.linalg, and what of it has a name at the top of tf."""

import numpy as np

from fastnn import ops
from fastnn.compat.tf.math import euclidean
from fastnn.compat.tf.values import axes, beside, dtype_of, is_float, only, operand


def _transposed(x, swap):
    return ops.swapaxes(operand(x), -1, -2) if swap else operand(x)


def _matmul(
    a,
    b,
    transpose_a=False,
    transpose_b=False,
    adjoint_a=False,
    adjoint_b=False,
    a_is_sparse=False,
    b_is_sparse=False,
    output_type=None,
    grad_a=False,
    grad_b=False,
    name=None,
):
    a, b = _transposed(a, transpose_a or adjoint_a), _transposed(b, transpose_b or adjoint_b)
    if not is_float(a):  # products of integers are integers, and exact
        return ops.cast(ops.matmul(ops.cast(a, "float64"), ops.cast(b, "float64")), output_type or dtype_of(a))
    return ops.matmul(a, b) if output_type is None else ops.cast(ops.matmul(a, b), output_type)


def _matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    return ops.squeeze(ops.matmul(_transposed(a, transpose_a or adjoint_a), ops.expand_dims(operand(b), -1)), -1)


def _matrix_norm(x, size, ord, axis, keepdims):
    """The largest sum of a column (1) or row (inf), or the largest singular value (2)."""
    only("norm", "ord of a matrix", ord, 1, 2, np.inf)
    if ord == 2:
        rest = [i for i in range(len(x.shape)) if i not in axis]
        found = ops.max(ops.svd(ops.transpose(x, (*rest, *axis)), compute_uv=False), axis=-1)
        return ops.expand_dims(found, tuple(sorted(axis))) if keepdims else found
    along, over = axis if ord == 1 else reversed(axis)
    found = ops.max(ops.sum(size, axis=along, keepdims=True), axis=over, keepdims=True)
    return found if keepdims else ops.squeeze(found, tuple(axis))


def _norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None):
    x, axis, keepdims = operand(tensor), axes(axis), bool(keepdims)
    if ord in ("euclidean", "fro") or (ord == 2 and not isinstance(axis, tuple)):
        return euclidean(x, axis, keepdims)
    if not isinstance(ord, (int, float)) or ord <= 0:
        only("norm", "ord", ord, "euclidean", "fro", 1, 2, np.inf)
    size = ops.abs(x)
    if isinstance(axis, tuple) and len(axis) == 2:
        return _matrix_norm(x, size, ord, [a % len(x.shape) for a in axis], keepdims)
    if ord == np.inf:
        return ops.max(size, axis=axis, keepdims=keepdims)
    total = ops.sum(ops.power(size, beside(float(ord), x)), axis=axis, keepdims=keepdims)
    return ops.power(total, beside(1.0 / ord, x))


def _normalize(tensor, ord="euclidean", axis=None, name=None):
    norm = _norm(tensor, ord, axis, True)
    return ops.divide(operand(tensor), norm), norm


def _svd(tensor, full_matrices=False, compute_uv=True, name=None):
    found = ops.svd(operand(tensor), full_matrices=full_matrices, compute_uv=compute_uv)
    return (found[1], found[0], ops.swapaxes(found[2], -1, -2)) if compute_uv else found


def _diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"):
    for argument, value, default in (
        ("k", k, 0),
        ("num_rows", num_rows, -1),
        ("num_cols", num_cols, -1),
        ("padding_value", padding_value, 0),
    ):
        only("linalg.diag", argument, value, default)
    d = operand(diagonal)
    return ops.multiply(ops.expand_dims(d, -1), np.eye(d.shape[-1], dtype=dtype_of(d)))


def _diag_part(input, name="diag_part", k=0, padding_value=0, align="RIGHT_LEFT"):
    return ops.diagonal(operand(input), k, -2, -1)


def _set_diag(input, diagonal, name="set_diag", k=0, align="RIGHT_LEFT"):
    only("linalg.set_diag", "k", k, 0)
    x = operand(input)
    rows, columns = x.shape[-2:]
    d = ops.take(operand(diagonal), np.minimum(np.arange(columns), min(rows, columns) - 1), axis=-1)
    return ops.where(np.eye(rows, columns, dtype=bool), ops.expand_dims(d, -2), x)


def _band_part(input, num_lower, num_upper, name=None):
    x = operand(input)
    i, j = (ops.arange(n) for n in ops.shape(x)[-2:])
    below = i[:, None] - j
    inside = ((num_lower < 0) | (below <= num_lower)) & ((num_upper < 0) | (-below <= num_upper))
    return ops.where(inside, x, beside(0, x))


def _triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    if adjoint:
        return ops.solve_triangular(_transposed(matrix, True), operand(rhs), lower=not lower)
    return ops.solve_triangular(operand(matrix), operand(rhs), lower=lower)


def _one(function):
    return lambda input, name=None: function(operand(input))


TABLE = {
    "matmul linalg.matmul": _matmul, "linalg.matvec": _matvec, "norm linalg.norm": _norm,
    "linalg.normalize": _normalize,
    "tensordot linalg.tensordot": lambda a, b, axes, name=None: ops.tensordot(operand(a), operand(b), axes),
    "linalg.cholesky": _one(ops.cholesky), "linalg.det": _one(ops.det), "linalg.slogdet": _one(ops.slogdet),
    "linalg.inv": lambda input, adjoint=False, name=None: ops.inv(_transposed(input, adjoint)),
    "linalg.solve": lambda matrix, rhs, adjoint=False, name=None: ops.solve(_transposed(matrix, adjoint), operand(rhs)),
    "linalg.triangular_solve": _triangular_solve, "linalg.svd": _svd,
    "linalg.eigh": lambda tensor, name=None: ops.eigh(operand(tensor)),
    "linalg.qr": lambda input, full_matrices=False, name=None: ops.qr(
        operand(input), mode="complete" if full_matrices else "reduced"),
    "linalg.cross": lambda a, b, name=None: ops.cross(operand(a), operand(b)),
    "linalg.trace": lambda x, name=None: ops.trace(operand(x), 0, -2, -1),
    "linalg.matrix_transpose": lambda a, name="matrix_transpose", conjugate=False: _transposed(a, True),
    "linalg.diag": _diag, "linalg.diag_part": _diag_part, "linalg.set_diag": _set_diag,
    "linalg.band_part": _band_part, "linalg.logdet": lambda matrix, name=None: ops.logdet(operand(matrix)),
    "linalg.tensor_diag_part": _one(lambda x: ops.diagonal(x)),
}  # fmt: skip
