"""Factorisations of matrices by NumPy on the host, with gradients as formulas of other operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import factorization as reference
from fastnn.ops.forms import FLOATS, affine, check_dtype, zeros
from fastnn.ops.op import Array, Case, Gradients, Op, R, Specs, register


def _matrices(name: str, spec: Spec, square: bool = False) -> tuple[Any, int, int]:
    """(leading sizes, rows, columns) of float matrices."""
    check_dtype(name, spec, FLOATS)
    shape = spec.shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        kind = "square matrices" if square else "matrices"
        raise ShapeError(f"{name}: received shape {shape}, expected {kind} in the last two dimensions.")
    return shape[:-2], int(shape[-2]), int(shape[-1])


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    n = min(specs[0].shape[-2:])
    return 4 * n * specs[0].size, sum(s.nbytes for s in (*specs, *outs))


def _host(f: Callable[..., Any]) -> Callable[..., None]:
    """f(*inputs, **attrs) written to the results; NaN where LAPACK gives up."""

    def host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
        try:
            found = f(*ins, **attrs)
        except np.linalg.LinAlgError:
            found = [np.nan] * len(outs)
        for y, value in zip(outs, found if len(outs) > 1 or isinstance(found, list) else [found]):
            y[...] = value

    return host


def _t(x: Any) -> Any:
    rank = len(x.shape)
    return R.transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def _mm(x: Any, y: Any) -> Any:
    return R.matmul(x, y, None)


def _masked(x: Any, f: Callable[[Any], Any]) -> Any:
    """x times f(a matrix of ones of its last two sizes)."""
    return R.multiply(x, f(np.ones(x.shape[-2:], dtypes.numpy_type(x.dtype))))


def _half(x: Any) -> Any:
    """The lower triangle, half of the diagonal."""
    return _masked(x, lambda one: np.tril(one) - 0.5 * np.eye(*one.shape, dtype=one.dtype))


def _columns(v: Any) -> Any:
    """(..., n) as rows of factors for columns, (..., 1, n)."""
    return R.expand_dims(v, axis=-2)


def _rows(v: Any) -> Any:
    return R.expand_dims(v, axis=-1)


def _diagonal(v: Any) -> Any:
    return R.multiply(_columns(v), np.eye(v.shape[-1], dtype=dtypes.numpy_type(v.dtype)))


def _given(node: Node, gys: Gradients) -> list[Any]:
    """The gradients of all results, zeros where nothing uses one."""
    return [zeros(y.shape, y.dtype) if g is None else g for y, g in zip(node.outputs, gys)]


# ------------------------------------------------------------------ Cholesky
def _cholesky_infer(specs: Specs, attrs: Attrs) -> Any:
    _matrices("cholesky", specs[0], square=True)
    return specs[0]


def _cholesky_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Murray, 2016: sym(L^-T phi(L^T gL) L^-1)."""
    low = node.output
    up = _t(low)
    p = _half(_mm(up, gys[0]))
    s = R.solve(up, p)  # L^-T phi
    s = _t(R.solve(up, _t(s)))  # ... L^-1
    return [affine(R.add(s, _t(s)), 0.5)]


_SQUARES: list[Any] = [([Spec((2, 3), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)]
_cholesky = register(
    Op(
        name="cholesky",
        inputs=("x",),
        infer=_cholesky_infer,
        host=_host(np.linalg.cholesky),
        cuda="LAPACK of NumPy",
        vjp=_cholesky_vjp,
        reference=reference.cholesky,
        cost=_cost,
        cases=lambda draw: Case([Array((3, 1, 1), low=0.5)]),
        invalid=_SQUARES,
        doc="the lower triangular L with L L^T = x, of symmetric positive definite x",
    )
)


# ------------------------------------------------------------------ eigenvalues of symmetric matrices
def _eigh_infer(specs: Specs, attrs: Attrs) -> Any:
    lead, n, _ = _matrices("eigh", specs[0], square=True)
    return Spec((*lead, n), specs[0].dtype), specs[0]


def _gaps(values: Any) -> Any:
    """1 / (value of the column - value of the row), 0 on the diagonal and where two are the same."""
    gap = R.subtract(_columns(values), _rows(values))
    same = R.equal(gap, np.zeros((), dtypes.numpy_type(gap.dtype)))
    one = np.ones((), dtypes.numpy_type(gap.dtype))
    return R.where(same, np.zeros_like(one), R.reciprocal(R.where(same, one, gap)))


def _eigh_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    values, vectors = node.outputs
    inner = None if gys[0] is None else _diagonal(gys[0])
    if gys[1] is not None:
        turned = R.multiply(_gaps(values), _mm(_t(vectors), gys[1]))
        inner = turned if inner is None else R.add(inner, turned)
    g = _mm(_mm(vectors, inner), _t(vectors))
    return [affine(R.add(g, _t(g)), 0.5)]


def _eigh(x: Any) -> Any:
    return np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2)


_eigh_op = register(
    Op(
        name="eigh",
        inputs=("x",),
        infer=_eigh_infer,
        host=_host(_eigh),
        cuda="LAPACK of NumPy",
        vjp=_eigh_vjp,
        reference=reference.eigh,
        cost=_cost,
        cases=lambda draw: Case([Array((3, 1, 1), low=0.5)]),
        invalid=_SQUARES,
        doc="the eigenvalues of the symmetric part of x, rising, and the eigenvectors as columns",
    )
)


# ------------------------------------------------------------------ singular values with their vectors
def _svd_infer(specs: Specs, attrs: Attrs) -> Any:
    lead, m, n = _matrices("svd", specs[0])
    k, kind = min(m, n), specs[0].dtype
    rows, columns = (m, n) if attrs["full"] else (k, k)
    return Spec((*lead, m, rows), kind), Spec((*lead, k), kind), Spec((*lead, columns, n), kind)


def _svd_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Townsend, 2016; of a full decomposition the further vectors are no function of x."""
    u, s, vt = node.outputs
    m, n = node.inputs[0].shape[-2:]
    k = s.shape[-1]
    gu, gs, gvt = _given(node, gys)
    if node.attrs["full"] and m != n:
        rank = len(u.shape)
        first = ((None, None, None),) * (rank - 1)
        cut = (*first, (0, k, None)), (*first[:-1], (0, k, None), (None, None, None))
        u, gu = (R.strided_slice(v, key=cut[0]) for v in (u, gu))
        vt, gvt = (R.strided_slice(v, key=cut[1]) for v in (vt, gvt))
    v, gv = _t(vt), _t(gvt)
    f = _gaps(R.square(s))
    utgu, vtgv = _mm(_t(u), gu), _mm(vt, gv)
    left = R.multiply(R.multiply(f, R.subtract(utgu, _t(utgu))), _columns(s))
    right = R.multiply(_rows(s), R.multiply(f, R.subtract(vtgv, _t(vtgv))))
    g = _mm(_mm(u, R.add(_diagonal(gs), R.add(left, right))), vt)
    inverse = R.reciprocal(s)
    if m > k:
        rest = R.multiply(R.subtract(gu, _mm(u, utgu)), _columns(inverse))
        g = R.add(g, _mm(rest, vt))
    if n > k:
        rest = R.multiply(R.subtract(gv, _mm(v, vtgv)), _columns(inverse))
        g = R.add(g, _mm(u, _t(rest)))
    return [g]


def _svd(x: Any, full: bool) -> Any:
    return np.linalg.svd(x, full_matrices=full)


_svd_op = register(
    Op(
        name="svd",
        inputs=("x",),
        attrs={"full": False},
        infer=_svd_infer,
        host=_host(_svd),
        cuda="LAPACK of NumPy",
        vjp=_svd_vjp,
        reference=reference.svd,
        cost=_cost,
        cases=lambda draw: Case([Array((3, 1, 1), low=0.5)], {"full": draw.boolean()}),
        invalid=[([Spec((3,), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
        doc="u, s, v^T with u diag(s) v^T = x, s falling; full: square u and v",
    )
)


# ------------------------------------------------------------------ QR
def _qr_infer(specs: Specs, attrs: Attrs) -> Any:
    lead, m, n = _matrices("qr", specs[0])
    k = m if attrs["complete"] else min(m, n)
    return Spec((*lead, m, k), specs[0].dtype), Spec((*lead, k, n), specs[0].dtype)


def _qr_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Walter and Lehmann, 2018: (gQ + Q copyltu(R gR^T - gQ^T Q)) R^-T, for at least as many rows as columns."""
    q, r = node.outputs
    m, n = node.inputs[0].shape[-2:]
    if m < n or q.shape[-1] != min(m, n):
        raise ShapeError(f"qr: a gradient needs mode 'reduced' and no more columns than rows, received {m} x {n}.")
    gq, gr = _given(node, gys)
    inner = R.subtract(_mm(r, _t(gr)), _mm(_t(gq), q))
    low = _masked(inner, np.tril)
    sym = R.add(low, _t(_masked(inner, lambda one: np.tril(one, -1))))
    g = R.add(gq, _mm(q, sym))
    return [_t(R.solve(r, _t(g)))]  # g R^-T


def _qr(x: Any, complete: bool) -> Any:
    return np.linalg.qr(x, mode="complete" if complete else "reduced")


_qr_op = register(
    Op(
        name="qr",
        inputs=("x",),
        attrs={"complete": False},
        infer=_qr_infer,
        host=_host(_qr),
        cuda="LAPACK of NumPy",
        vjp=_qr_vjp,
        reference=reference.qr,
        cost=_cost,
        cases=lambda draw: Case([Array((3, 1, 1), low=0.5)]),
        invalid=[([Spec((3,), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
        doc="q with orthonormal columns and upper triangular r, q r = x",
    )
)


# ------------------------------------------------------------------ pseudo-inverse
def _pinv_infer(specs: Specs, attrs: Attrs) -> Any:
    lead, m, n = _matrices("pinv", specs[0])
    return Spec((*lead, n, m), specs[0].dtype)


def _pinv_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Golub and Pereyra, 1973, transposed."""
    x, p, g = node.inputs[0], node.output, gys[0]
    gt, pt = _t(g), _t(p)
    part = R.negative(_mm(_mm(pt, g), pt))
    beside = R.subtract(gt, _mm(_mm(x, p), gt))  # (1 - x p) g^T
    part = R.add(part, _mm(beside, _mm(p, pt)))
    behind = R.subtract(gt, _mm(_mm(gt, p), x))  # g^T (1 - p x)
    return [R.add(part, _mm(_mm(pt, p), behind))]


def _pinv(x: Any, rcond: float) -> Any:
    return np.linalg.pinv(x, rcond=rcond)


_pinv_op = register(
    Op(
        name="pinv",
        inputs=("x",),
        attrs={"rcond": 1e-15},
        infer=_pinv_infer,
        host=_host(_pinv),
        cuda="LAPACK of NumPy",
        vjp=_pinv_vjp,
        reference=reference.pinv,
        cost=_cost,
        cases=lambda draw: Case([Array((2, draw.integer(2, 3), 1), low=0.5)]),
        invalid=[([Spec((3,), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
        doc="the pseudo-inverse; singular values below rcond times the largest count as 0",
    )
)


# ------------------------------------------------------------------ without a gradient
def _lu_infer(specs: Specs, attrs: Attrs) -> Any:
    lead, m, n = _matrices("lu_factor", specs[0])
    return specs[0], Spec((*lead, min(m, n)), "int32")


def _lu(x: Any) -> Any:
    """LU in one matrix and the row exchanged with each, by elimination with the largest pivots."""
    a = x.copy()
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


_lu_op = register(
    Op(
        name="lu_factor",
        inputs=("x",),
        infer=_lu_infer,
        host=_host(_lu),
        cuda="LAPACK of NumPy",
        nondiff="solve, inv and det have gradients",
        reference=reference.lu_factor,
        cost=_cost,
        cases=lambda draw: Case([Array((2, 1, 3), low=0.5)]),
        invalid=[([Spec((3,), "float32")], {}, ShapeError)],
        doc="lower and upper triangle in one matrix, and the row that each row was exchanged with",
    )
)


def _rank_infer(specs: Specs, attrs: Attrs) -> Any:
    return Spec(_matrices("matrix_rank", specs[0])[0], "int32")


def _rank(x: Any, tol: float | None) -> Any:
    return np.linalg.matrix_rank(x, tol)


_rank_op = register(
    Op(
        name="matrix_rank",
        inputs=("x",),
        attrs={"tol": None},
        infer=_rank_infer,
        host=_host(_rank),
        cuda="LAPACK of NumPy",
        nondiff="numbers of dimensions",
        reference=reference.matrix_rank,
        cost=_cost,
        cases=lambda draw: Case([Array((2, 1, 3), low=0.5)]),
        invalid=[([Spec((3,), "float32")], {}, ShapeError)],
        doc="how many singular values are larger than a tolerance",
    )
)
