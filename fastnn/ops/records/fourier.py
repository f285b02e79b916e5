"""Discrete Fourier transforms along the last axis, by NumPy on the host: complex numbers are pairs of real arrays.

None of them is scaled, so the transposed of each is another one and gradients of any order follow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import fourier as reference
from fastnn.ops.forms import FLOATS, same_dtype, zeros
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, Specs, register


def _check(name: str, specs: Specs, bins: int | None = None) -> None:
    same_dtype(name, specs, FLOATS)
    shapes = [s.shape for s in specs]
    if not shapes[0] or not shapes[0][-1] or len(set(shapes)) > 1 or bins not in (None, shapes[0][-1]):
        expected = "equal ones with a last dimension" + (f" of {bins}" if bins else "")
        raise ShapeError(f"{name}: received shapes {' and '.join(map(str, shapes))}, expected {expected}.")


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    n = max(s.shape[-1] for s in (*specs, *outs))
    return 5 * n.bit_length() * sum(o.size for o in outs), sum(s.nbytes for s in (*specs, *outs))


def _pair(node: Node, gys: Gradients) -> list[Any]:
    """The gradients of two results, zeros where nothing uses one."""
    return [zeros(y.shape, y.dtype) if g is None else g for y, g in zip(node.outputs, gys)]


def _complex(re: Any, im: Any) -> Any:
    z = np.empty(re.shape, np.result_type(re, np.complex64))
    z.real, z.imag = re, im
    return z


def _dft_infer(specs: Specs, attrs: Attrs) -> Any:
    _check("dft", specs)
    return specs[0], specs[0]


def _dft_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    z = _complex(*ins)
    z = np.fft.ifft(z, norm="forward") if attrs["inverse"] else np.fft.fft(z)
    outs[0][...], outs[1][...] = z.real, z.imag


def _dft_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return list(_dft(*_pair(node, gys), inverse=not node.attrs["inverse"]))


_dft = register(
    Op(
        name="dft",
        inputs=("re", "im"),
        attrs={"inverse": False},
        infer=_dft_infer,
        host=_dft_host,
        cuda="the transforms of NumPy",
        vjp=_dft_vjp,
        reference=reference.dft,
        cost=_cost,
        cases=lambda draw: Case([Array((2, draw.integer(1, 9)))] * 2, {"inverse": draw.boolean()}),
        invalid=[
            ([Spec((2, 3), "float32"), Spec((2, 2), "float32")], {}, ShapeError),
            ([Spec((2,), "int32")] * 2, {}, DTypeError),
        ],
        doc="y_k = sum over n of x_n exp(-2 pi i k n / N), or with exp(+...) for the inverse, which is not scaled",
    )
)


def _rdft_infer(specs: Specs, attrs: Attrs) -> Any:
    _check("rdft", specs)
    shape = specs[0].shape
    return (Spec((*shape[:-1], shape[-1] // 2 + 1), specs[0].dtype),) * 2


def _rdft_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    z = np.fft.rfft(ins[0])
    outs[0][...], outs[1][...] = z.real, z.imag


def _rdft_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [_transposed(*_pair(node, gys), size=node.inputs[0].shape[-1])]


_rdft = register(
    Op(
        name="rdft",
        inputs=("x",),
        infer=_rdft_infer,
        host=_rdft_host,
        cuda="the transforms of NumPy",
        vjp=_rdft_vjp,
        reference=reference.rdft,
        cost=_cost,
        cases=lambda draw: Case([Array((2, draw.integer(1, 9)))]),
        invalid=[([Spec((), "float32")], {}, ShapeError), ([Spec((2,), "int32")], {}, DTypeError)],
        doc="the first N // 2 + 1 numbers of the dft of real values",
    )
)


def _transposed_infer(specs: Specs, attrs: Attrs) -> Any:
    _check("rdft_transposed", specs, attrs["size"] // 2 + 1)
    return Spec((*specs[0].shape[:-1], attrs["size"]), specs[0].dtype)


def _transposed_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    z, n = _complex(*ins), attrs["size"]
    z[..., 1 : math.ceil(n / 2)] *= 0.5  # irfft counts these twice, at k and at N - k
    outs[0][...] = np.fft.irfft(z, n, norm="forward")


def _transposed_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return list(_rdft(gys[0]))


def _transposed_cases(draw: Draw) -> Any:
    n = draw.integer(1, 9)
    return Case([Array((2, n // 2 + 1))] * 2, {"size": n})


_transposed = register(
    Op(
        name="rdft_transposed",
        inputs=("re", "im"),
        attrs={"size": REQUIRED},
        infer=_transposed_infer,
        host=_transposed_host,
        cuda="the transforms of NumPy",
        vjp=_transposed_vjp,
        reference=reference.rdft_transposed,
        cost=_cost,
        cases=_transposed_cases,
        invalid=[([Spec((2, 3), "float32")] * 2, {"size": 8}, ShapeError)],
        doc="x_n = the real part of the sum over k <= N / 2 of y_k exp(2 pi i k n / N): rdft transposed",
    )
)
