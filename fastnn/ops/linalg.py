"""Linear algebra by NumPy on the host: determinants, inverses, factorisations; names of keras.ops.linalg."""
import numpy as np

from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.binary import multiply
from fastnn.ops.common import (
    FLOATS,
    WIDE,
    calculate,
    cast_to,
    check_dtype,
    float_dtype,
    floating,
    is_symbol,
    operand,
)
from fastnn.ops.elementwise import negative
from fastnn.ops.layout import expand_dims, reshape, swapaxes
from fastnn.ops.op import Array, Case, Op, register

__all__ = ["det", "inv", "solve", "cholesky", "cholesky_inverse", "qr", "svd", "eig", "eigh", "lu_factor", "lstsq",
           "pinv", "matrix_rank", "slogdet", "logdet", "solve_triangular"]


def _matmul(x, y):
    from fastnn.ops.matmul import matmul
    return matmul(x, y)


def _square(name, spec):
    check_dtype(name, spec, FLOATS)
    if len(spec.shape) < 2 or spec.shape[-1] != spec.shape[-2]:
        raise ShapeError(f"{name}: received shape {spec.shape}, expected square matrices in the last two dimensions.")


def _infer_det(specs, attrs):
    _square("det", specs[0])
    return Spec(specs[0].shape[:-2], specs[0].dtype)


def _infer_inv(specs, attrs):
    _square("inv", specs[0])
    return specs[0]


def _infer_solve(specs, attrs):
    a, b = specs
    _square("solve", a)
    if b.dtype != a.dtype or len(b.shape) != len(a.shape) or b.shape[:-1] != a.shape[:-1]:
        raise ShapeError(f"solve: received a of shape {a.shape} and b of shape {b.shape}; expected b (..., n, k) for a "
                         "(..., n, n).")
    return b


def _host(f):
    def host(ins, outs, attrs):
        try:
            outs[0][...] = f(*ins)
        except np.linalg.LinAlgError:           # a singular matrix has no inverse: NaN, as a kernel would give
            outs[0][...] = np.nan
    return host


def _cost(specs, outs, attrs):
    n = specs[0].shape[-1]
    return n * specs[0].size, sum(s.nbytes for s in specs) + outs[0].nbytes


def _transposed(x):
    return swapaxes(x, -1, -2)


def _det_vjp(node, gys):
    g = multiply(gys[0], node.output)
    return [multiply(expand_dims(g, (-2, -1)), _transposed(_inv(node.inputs[0])))]


def _inv_vjp(node, gys):
    t = _transposed(node.output)
    return [negative(_matmul(_matmul(t, gys[0]), t))]


def _solve_vjp(node, gys):
    gb = _solve(_transposed(node.inputs[0]), gys[0])
    return [negative(_matmul(gb, _transposed(node.output))), gb]


def _numbers(draw):
    """Matrices of one number away from 0; larger ones that are surely regular are in tests/ops."""
    return Case([Array((3, 1, 1), low=0.5)])


_BAD = [([Spec((2, 3), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)]
_det = register(Op(
    name="det", inputs=("x",), infer=_infer_det, host=_host(np.linalg.det), vjp=_det_vjp, reference=reference.det,
    cost=_cost, cases=_numbers, invalid=_BAD,
    doc="the determinant of matrices"))
_inv = register(Op(
    name="inv", inputs=("x",), infer=_infer_inv, host=_host(np.linalg.inv), vjp=_inv_vjp, reference=reference.inv,
    cost=_cost, cases=_numbers, invalid=_BAD, doc="the inverse of matrices"))
_solve = register(Op(
    name="solve", inputs=("a", "b"), infer=_infer_solve, host=_host(np.linalg.solve), vjp=_solve_vjp,
    reference=reference.solve,
    cases=lambda draw: Case([*_numbers(draw).inputs, Array((3, 1, 2))]), cost=_cost,
    doc="x with a x = b",
    invalid=[([Spec((2, 2), "float32"), Spec((3, 1), "float32")], {}, ShapeError)]))


def _slogdet_infer(specs, attrs):
    _square("slogdet", specs[0])
    return (Spec(specs[0].shape[:-2], specs[0].dtype),) * 2


def _slogdet_host(ins, outs, attrs):
    outs[0][...], outs[1][...] = np.linalg.slogdet(ins[0])


def _slogdet_vjp(node, gys):
    if gys[1] is None:
        return [None]
    return [multiply(expand_dims(gys[1], (-2, -1)), _transposed(_inv(node.inputs[0])))]


_slogdet = register(Op(
    name="slogdet", inputs=("x",), infer=_slogdet_infer, host=_slogdet_host, vjp=_slogdet_vjp, cost=_cost,
    reference=reference.slogdet, cases=_numbers, invalid=_BAD,
    doc="the sign of the determinant and the logarithm of its size, which overflows nowhere"))


def _singular_infer(specs, attrs):
    check_dtype("singular_values", specs[0], FLOATS)
    if len(specs[0].shape) < 2:
        raise ShapeError(f"singular_values: received shape {specs[0].shape}, expected matrices in the last two "
                         "dimensions.")
    return Spec((*specs[0].shape[:-2], min(specs[0].shape[-2:])), specs[0].dtype)


def _singular_host(ins, outs, attrs):
    outs[0][...] = np.linalg.svd(ins[0], compute_uv=False)


def _singular_grad_host(ins, outs, attrs):
    u, _, vh = np.linalg.svd(ins[0], full_matrices=False)
    np.matmul(u * ins[1][..., None, :], vh, out=outs[0])


_singular = register(Op(
    name="singular_values", inputs=("x",), infer=_singular_infer, host=_singular_host, cost=_cost,
    vjp=lambda n, g: [_singular_grad(n.inputs[0], g[0])], reference=reference.singular_values,
    cases=lambda draw: Case([Array((2, 1, 3), distinct=True)]),
    invalid=[([Spec((3,), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
    doc="the singular values of matrices, falling"))
_singular_grad = register(Op(
    name="singular_values_grad", inputs=("x", "gy"), infer=lambda specs, attrs: _check_singular(specs), cost=_cost,
    host=_singular_grad_host, nondiff="second derivatives of singular values are not offered",
    reference=reference.singular_values_grad, cases=lambda draw: Case([Array((2, 1, 3), distinct=True), Array((2, 1))]),
    invalid=[([Spec((2, 3), "float32"), Spec((3,), "float32")], {}, ShapeError)],
    doc="gx = the sum of gy u v^T over the singular values"))


def _check_singular(specs):
    wanted = _singular_infer(specs[:1], {})
    if specs[1] != wanted:
        raise ShapeError(f"singular_values_grad: received a gradient {specs[1]}, expected {wanted}.")
    return specs[0]


def singular_values(x):
    """The singular values of the matrices in the last two dimensions, as an operation with a gradient."""
    return _call(_singular, x)


def _call(op, *xs):
    """op in a float dtype that NumPy's routines take."""
    return calculate(op, xs, float_dtype(*xs))


def det(x):
    """The determinants of the matrices in the last two dimensions.

    >>> float(det([[2.0, 0.0], [0.0, 3.0]]))
    6.0
    """
    return _call(_det, x)


def inv(x):
    """The inverses of the matrices in the last two dimensions (NaN, if one is singular).

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    return _call(_inv, x)


def solve(a, b):
    """x with a @ x = b; b may be a vector.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
    array([1., 1.], dtype=float32)
    """
    a, b = operand(a), operand(b)
    if len(b.shape) == len(a.shape) - 1:
        return reshape(_call(_solve, a, expand_dims(b, -1)), tuple(-1 if d is None else d for d in b.shape))
    return _call(_solve, a, b)


def solve_triangular(a, b, lower=False):
    """x with a @ x = b, a triangular: what is on the other side of its diagonal is not read.

    >>> solve_triangular([[2.0, 9.0], [0.0, 4.0]], [20.0, 4.0])
    array([5.5, 1. ], dtype=float32)
    """
    from fastnn.ops.create import tril, triu
    return solve(tril(a) if lower else triu(a), b)


def slogdet(x):
    """(sign, log |det|) of matrices.

    >>> [float(v) for v in slogdet([[1.0, 0.0], [0.0, -1.0]])]
    [-1.0, 0.0]
    """
    dtype = float_dtype(x)
    return tuple(cast_to(v, dtype) for v in _slogdet(cast_to(x, WIDE.get(dtype, dtype))))


def logdet(x):
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


def cholesky(x, upper=False):
    """The lower (or upper) triangular factor of symmetric positive definite matrices. Takes arrays only.

    >>> cholesky([[4.0]])
    array([[2.]], dtype=float32)
    """
    y = np.linalg.cholesky(_array("cholesky", x))
    return np.swapaxes(y, -1, -2).copy() if upper else y


def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is x. Takes arrays only.

    >>> cholesky_inverse([[2.0]])
    array([[0.25]], dtype=float32)
    """
    f = _array("cholesky_inverse", x)
    f = np.swapaxes(f, -1, -2) if upper else f
    return np.linalg.inv(f @ np.swapaxes(f, -1, -2))


def qr(x, mode="reduced"):
    """(q, r) with orthonormal q and upper triangular r, q @ r = x. Takes arrays only.

    >>> [v.shape for v in qr([[1.0], [2.0]])]
    [(2, 1), (1, 1)]
    """
    return tuple(np.linalg.qr(_array("qr", x), mode=mode))


def svd(x, full_matrices=True, compute_uv=True):
    """(u, s, vh) of the singular value decomposition, or s alone. Takes arrays only.

    >>> svd([[3.0]], compute_uv=False)
    array([3.], dtype=float32)
    """
    out = np.linalg.svd(_array("svd", x), full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(out) if compute_uv else out


def eig(x):
    """(eigenvalues, eigenvectors) of square matrices. Takes arrays only.

    >>> eig([[2.0]])[0]
    array([2.], dtype=float32)
    """
    return tuple(np.linalg.eig(_array("eig", x)))


def eigh(x):
    """(eigenvalues in rising order, eigenvectors) of symmetric matrices. Takes arrays only.

    >>> eigh([[2.0]])[0]
    array([2.], dtype=float32)
    """
    return tuple(np.linalg.eigh(_array("eigh", x)))


def lu_factor(x):
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
                lu[k + 1:, k] /= lu[k, k]
                lu[k + 1:, k + 1:] -= np.outer(lu[k + 1:, k], lu[k, k + 1:])
    return a, pivots


def lstsq(a, b, rcond=None):
    """x for which |a @ x - b| is smallest. Takes arrays only.

    >>> lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4)
    array([2.], dtype=float32)
    """
    a, b = _array("lstsq", a), _array("lstsq", b)
    return np.linalg.lstsq(a, b, rcond=rcond)[0]


def pinv(x, rcond=None):
    """The pseudo-inverse of matrices. Takes arrays only.

    >>> pinv([[2.0]])
    array([[0.5]], dtype=float32)
    """
    return np.linalg.pinv(_array("pinv", x), rcond=1e-15 if rcond is None else rcond)


def matrix_rank(x, tol=None):
    """The rank of matrices. Takes arrays only.

    >>> int(matrix_rank([[1.0, 1.0], [1.0, 1.0]]))
    1
    """
    return np.asarray(np.linalg.matrix_rank(_array("matrix_rank", x), tol)).astype(np.int32)




def __getattr__(name):
    """Keras also finds operations of other families under this name."""
    from fastnn import ops
    if name.startswith("__") or name not in ops.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(ops, name)
