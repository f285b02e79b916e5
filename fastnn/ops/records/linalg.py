"""Linear algebra by NumPy on the host: determinants, inverses, singular values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.forms import FLOATS, check_dtype
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register


def _matmul(x: Any, y: Any) -> Any:
    return R.matmul(x, y, None)


def _square(name: str, spec: Spec) -> None:
    check_dtype(name, spec, FLOATS)
    wanted = f"{name}: expected square matrices in the last two dimensions."
    if len(spec.shape) < 2:
        raise ShapeError(f"Expected input to have rank >= 2. Received input with shape {spec.shape}. {wanted}")
    if spec.shape[-1] != spec.shape[-2]:
        raise ShapeError(f"Expected a square matrix. Received non-square input with shape {spec.shape}. {wanted}")


def _infer_det(specs: Specs, attrs: Attrs) -> Any:
    _square("det", specs[0])
    return Spec(specs[0].shape[:-2], specs[0].dtype)


def _infer_inv(specs: Specs, attrs: Attrs) -> Any:
    _square("inv", specs[0])
    return specs[0]


def _infer_solve(specs: Specs, attrs: Attrs) -> Any:
    a, b = specs
    _square("solve", a)
    if b.dtype != a.dtype or len(b.shape) != len(a.shape) or b.shape[:-1] != a.shape[:-1]:
        raise ShapeError(
            f"solve: received a of shape {a.shape} and b of shape {b.shape}; expected b (..., n, k) for a (..., n, n)."
        )
    return b


def _host(f: Any) -> Callable[..., Any]:
    def host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
        try:
            outs[0][...] = f(*ins)
        except np.linalg.LinAlgError:  # a singular matrix has no inverse: NaN, as a kernel would give
            outs[0][...] = np.nan

    return host


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    n = specs[0].shape[-1]
    return n * specs[0].size, sum(s.nbytes for s in specs) + outs[0].nbytes


def _transposed(x: Any) -> Any:
    rank = len(x.shape)
    return R.transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def _det_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    g = R.multiply(gys[0], node.output)
    return [R.multiply(R.expand_dims(g, axis=(-2, -1)), _transposed(_inv(node.inputs[0])))]


def _inv_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    t = _transposed(node.output)
    return [R.negative(_matmul(_matmul(t, gys[0]), t))]


def _solve_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    gb = _solve(_transposed(node.inputs[0]), gys[0])
    return [R.negative(_matmul(gb, _transposed(node.output))), gb]


def _numbers(draw: Draw) -> Any:
    """Matrices of one number away from 0; larger ones that are surely regular are in tests/ops_elementwise."""
    return Case([Array((3, 1, 1), low=0.5)])


_BAD: list[Any] = [([Spec((2, 3), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)]
_det = register(
    Op(
        name="det",
        inputs=("x",),
        infer=_infer_det,
        host=_host(np.linalg.det),
        cuda="LAPACK of NumPy",
        vjp=_det_vjp,
        reference=reference.det,
        cost=_cost,
        cases=_numbers,
        invalid=_BAD,
        doc="the determinant of matrices",
    )
)
_inv = register(
    Op(
        name="inv",
        inputs=("x",),
        infer=_infer_inv,
        host=_host(np.linalg.inv),
        cuda="LAPACK of NumPy",
        vjp=_inv_vjp,
        reference=reference.inv,
        cost=_cost,
        cases=_numbers,
        invalid=_BAD,
        doc="the inverse of matrices",
    )
)
_solve = register(
    Op(
        name="solve",
        inputs=("a", "b"),
        infer=_infer_solve,
        host=_host(np.linalg.solve),
        cuda="LAPACK of NumPy",
        vjp=_solve_vjp,
        reference=reference.solve,
        cases=lambda draw: Case([*_numbers(draw).inputs, Array((3, 1, 2))]),
        cost=_cost,
        doc="x with a x = b",
        invalid=[([Spec((2, 2), "float32"), Spec((3, 1), "float32")], {}, ShapeError)],
    )
)


def _slogdet_infer(specs: Specs, attrs: Attrs) -> Any:
    _square("slogdet", specs[0])
    return (Spec(specs[0].shape[:-2], specs[0].dtype),) * 2


def _slogdet_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    outs[0][...], outs[1][...] = np.linalg.slogdet(ins[0])


def _slogdet_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    if gys[1] is None:
        return [None]
    return [R.multiply(R.expand_dims(gys[1], axis=(-2, -1)), _transposed(_inv(node.inputs[0])))]


_slogdet = register(
    Op(
        name="slogdet",
        inputs=("x",),
        infer=_slogdet_infer,
        host=_slogdet_host,
        cuda="LAPACK of NumPy",
        vjp=_slogdet_vjp,
        cost=_cost,
        reference=reference.slogdet,
        cases=_numbers,
        invalid=_BAD,
        doc="the sign of the determinant and the logarithm of its size, which overflows nowhere",
    )
)


def _singular_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("singular_values", specs[0], FLOATS)
    if len(specs[0].shape) < 2:
        raise ShapeError(
            f"singular_values: received shape {specs[0].shape}, expected matrices in the last two dimensions."
        )
    return Spec((*specs[0].shape[:-2], min(specs[0].shape[-2:])), specs[0].dtype)


def _singular_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    outs[0][...] = np.linalg.svd(ins[0], compute_uv=False)


def _singular_grad_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    u, _, vh = np.linalg.svd(ins[0], full_matrices=False)
    np.matmul(u * ins[1][..., None, :], vh, out=outs[0])


_singular = register(
    Op(
        name="singular_values",
        inputs=("x",),
        infer=_singular_infer,
        host=_singular_host,
        cuda="LAPACK of NumPy",
        cost=_cost,
        vjp=lambda n, g: [_singular_grad(n.inputs[0], g[0])],
        reference=reference.singular_values,
        cases=lambda draw: Case([Array((2, 1, 3), distinct=True)]),
        invalid=[([Spec((3,), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
        doc="the singular values of matrices, falling",
    )
)
_singular_grad: Op = register(
    Op(
        name="singular_values_grad",
        inputs=("x", "gy"),
        infer=lambda specs, attrs: _check_singular(specs),
        cost=_cost,
        host=_singular_grad_host,
        cuda="LAPACK of NumPy",
        nondiff="second derivatives of singular values are not offered",
        reference=reference.singular_values_grad,
        cases=lambda draw: Case([Array((2, 1, 3), distinct=True), Array((2, 1))]),
        invalid=[([Spec((2, 3), "float32"), Spec((3,), "float32")], {}, ShapeError)],
        doc="gx = the sum of gy u v^T over the singular values",
    )
)


def _check_singular(specs: Specs) -> Any:
    wanted = _singular_infer(specs[:1], {})
    if specs[1] != wanted:
        raise ShapeError(f"singular_values_grad: received a gradient {specs[1]}, expected {wanted}.")
    return specs[0]
