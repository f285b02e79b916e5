"""Complex values: they lie as pairs of floats, and are read and made as such; nothing else calculates with them.

What is calculated with them is calculated with their parts (see in_parts.py). The gradient of a real loss for a complex
value is that for its real part, plus i times that for its imaginary part: the direction in which the loss grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import complex as reference
from fastnn.ops.forms import FLOATS, check_dtype, draw_shape, moved_bytes, same_dtype, strides, zeros
from fastnn.ops.op import Array, Case, Gradients, Op, Specs, register
from fastnn.ops.records.copying import emit_copy

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

COMPLEX = tuple(dtypes.COMPLEX)


def of_parts(dtype: str) -> str:
    """The complex dtype whose parts have this float dtype."""
    return dtypes.promote("complex64", dtype)


# ------------------------------------------------------------------ the same memory
def _as_complex_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("view_as_complex", specs[0], FLOATS)
    if specs[0].shape[-1:] != (2,):
        raise ShapeError(
            f"Last dimension of input must be size 2 (real and imaginary). Received shape: {specs[0].shape}"
        )
    return Spec(specs[0].shape[:-1], of_parts(specs[0].dtype))


def _as_real_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("view_as_real", specs[0], COMPLEX)
    return Spec((*specs[0].shape, 2), dtypes.COMPLEX[specs[0].dtype])


_as_complex: Op = register(
    Op(
        name="view_as_complex",
        inputs=("x",),
        infer=_as_complex_infer,
        alias={0: 0},
        vjp=lambda n, g: [_as_real(g[0])],
        reference=reference.view_as_complex,
        cases=lambda draw: Case([Array((*draw_shape(draw), 2))]),
        cost=lambda specs, outs, attrs: (0, 0),
        doc="pairs of floats read as complex numbers",
        invalid=[([Spec((2, 3), "float32")], {}, ShapeError), ([Spec((2,), "int32")], {}, DTypeError)],
    )
)
_as_real: Op = register(
    Op(
        name="view_as_real",
        inputs=("x",),
        infer=_as_real_infer,
        alias={0: 0},
        vjp=lambda n, g: [_as_complex(g[0])],
        reference=reference.view_as_real,
        cases=lambda draw: Case([Array(draw_shape(draw), "complex64")]),
        cost=lambda specs, outs, attrs: (0, 0),
        doc="complex numbers read as pairs of floats",
        invalid=[([Spec((2,), "float32")], {}, DTypeError)],
    )
)


# ------------------------------------------------------------------ parts
def _join_infer(specs: Specs, attrs: Attrs) -> Any:
    same_dtype("complex_join", specs, FLOATS)
    if specs[0].shape != specs[1].shape:
        raise ShapeError(f"complex_join: received shapes {specs[0].shape} and {specs[1].shape}, expected equal ones.")
    return Spec(specs[0].shape, of_parts(specs[0].dtype))


def _join_lower(e: Emitter) -> None:
    shape, own = e.outs[0].shape, strides(e.outs[0].shape)
    for at, x in enumerate(e.ins):
        emit_copy(e, x, e.outs[0].real, shape, own, tuple(2 * s for s in own), 0, at, dense=False)


def _split_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("complex_split", specs[0], COMPLEX)
    return (Spec(specs[0].shape, dtypes.COMPLEX[specs[0].dtype]),) * 2


def _split_lower(e: Emitter) -> None:
    shape, own = e.outs[0].shape, strides(e.outs[0].shape)
    for at, y in enumerate(e.outs):
        emit_copy(e, e.ins[0].real, y, shape, tuple(2 * s for s in own), own, at, 0, blocks=False)


def _split_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [_join(*(zeros(y.shape, y.dtype) if g is None else g for y, g in zip(node.outputs, gys)))]


_join: Op = register(
    Op(
        name="complex_join",
        inputs=("re", "im"),
        infer=_join_infer,
        lower=_join_lower,
        cuda=_join_lower,
        vjp=lambda n, g: list(_split(g[0])),
        reference=reference.complex_join,
        cases=lambda draw: Case([Array((3, 4)), Array((3, 4))]),
        cost=moved_bytes,
        doc="z = re + i im",
        invalid=[
            ([Spec((2,), "float32"), Spec((3,), "float32")], {}, ShapeError),
            ([Spec((2,), "int32")] * 2, {}, DTypeError),
        ],
    )
)
_split: Op = register(
    Op(
        name="complex_split",
        inputs=("z",),
        infer=_split_infer,
        lower=_split_lower,
        cuda=_split_lower,
        vjp=_split_vjp,
        complex=True,
        reference=reference.complex_split,
        cases=lambda draw: Case([Array(draw_shape(draw), "complex64")]),
        cost=moved_bytes,
        doc="the real and the imaginary part of z",
        invalid=[([Spec((2,), "float32")], {}, DTypeError)],
    )
)


def parts(z: Any) -> tuple[Any, Any]:
    """(real part, imaginary part) of a symbol, or of an array; zeros are the imaginary part of a real one."""
    if dtypes.standardize(z.dtype) not in dtypes.COMPLEX:
        return z, zeros(z.shape, dtypes.standardize(z.dtype))
    node = getattr(z, "node", None)
    re, im = node.inputs if node is not None and node.op is _join else _split(z)
    return re, im


def joined(re: Any, im: Any) -> Any:
    """re + i im, of two symbols or arrays of one shape and float dtype."""
    return _join(re, im)


# ------------------------------------------------------------------ eigenvalues
def _eig_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("eig", specs[0], (*FLOATS, *COMPLEX))
    shape = specs[0].shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"eig: received shape {shape}, expected square matrices in the last two dimensions.")
    kind = of_parts(specs[0].dtype)
    return Spec(shape[:-1], kind), Spec(shape, kind)


def _eig_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    found: Any = np.linalg.eig(ins[0])
    outs[0][...], outs[1][...] = found


_eig = register(
    Op(
        name="eig",
        inputs=("x",),
        infer=_eig_infer,
        host=_eig_host,
        cuda="LAPACK of NumPy",
        nondiff="its gradient is not offered",
        complex=True,
        reference=reference.eig,
        cases=lambda draw: Case([Array((draw.integer(1, 3), 1, 1))]),
        cost=lambda specs, outs, attrs: (
            25 * specs[0].shape[-1] * specs[0].size,
            sum(s.nbytes for s in (*specs, *outs)),
        ),
        doc="(eigenvalues, eigenvectors) of square matrices, complex ones",
        invalid=[([Spec((2, 3), "float32")], {}, ShapeError), ([Spec((2, 2), "int32")], {}, DTypeError)],
    )
)
