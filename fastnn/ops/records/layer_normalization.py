"""Layer and RMS normalisation: statistics of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import norm as reference
from fastnn.ops.forms import words, zeros
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records import normalization_cuda as cuda
from fastnn.ops.records import second
from fastnn.ops.records.normalization import check_channels

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


def _layer_norm_infer(specs: Specs, attrs: Attrs) -> Any:
    check_channels("layer_norm", specs, specs[1:3])
    x = specs[0]
    return x, Spec(x.shape[:-1], x.dtype), Spec(x.shape[:-1], x.dtype)


def _layer_norm_lower(e: Emitter) -> None:
    (x, gamma, beta), (y, mean, r) = e.ins, e.outs
    c = x.shape[-1]
    e.emit(
        f"layer_norm_{x.t}",
        x.rd,
        y.wr,
        mean.wr,
        r.wr,
        *words(gamma, beta),
        float(e.attrs["epsilon"]),
        c,
        int(e.attrs["centered"]),
        n=x.size // c,
        flops=8 * x.size,
    )


def _layer_norm_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, gamma, beta = node.inputs
    _, mean, r = node.outputs
    gy = zeros(x.shape, x.dtype) if gys[0] is None else gys[0]
    gx, ggamma, gbeta = _layer_norm_grad(gy, x, mean, r, gamma, centered=node.attrs["centered"])
    c = np.asarray(x.shape[-1], dtypes.numpy_type(x.dtype))
    if gys[1] is not None and node.attrs["centered"]:
        gx = R.add(gx, R.expand_dims(R.divide(gys[1], c), axis=-1))
    if gys[2] is not None:
        slope = R.divide(R.multiply(R.multiply(R.multiply(gys[2], r), r), r), c)
        centred = R.subtract(x, R.expand_dims(mean, axis=-1))
        gx = R.subtract(gx, R.multiply(centred, R.expand_dims(slope, axis=-1)))
    return [gx, None if gamma is None else ggamma, None if beta is None else gbeta]


def _layer_norm_cases(draw: Draw) -> Any:
    c = draw.choice([1, 2, 5, 33])
    shape = (draw.integer(1, 4), draw.integer(1, 5), c) if draw.boolean() else (draw.integer(1, 9), c)
    return Case(
        [
            Array(shape),
            Array((c,), low=0.5, high=2) if draw.boolean() else None,
            Array((c,)) if draw.boolean() else None,
        ],
        {"epsilon": draw.choice([1e-1, 1e-2]), "centered": draw.boolean()},
        tolerance=8.0,
    )


layer_norm = register(
    Op(
        name="layer_norm",
        inputs=("x", "gamma?", "beta?"),
        attrs={"epsilon": 1e-3, "centered": True},
        infer=_layer_norm_infer,
        lower=_layer_norm_lower,
        cuda=_layer_norm_lower,
        vjp=_layer_norm_vjp,
        reference=reference.layer_norm,
        cases=_layer_norm_cases,
        invalid=[([Spec((4, 3), "float32"), Spec((4,), "float32"), None], {}, ShapeError)],
        cost=lambda specs, outs, attrs: (8 * specs[0].size, 2 * specs[0].nbytes),
        doc="y = (x - mean) r gamma + beta on the last axis, r = 1 / sqrt(mean((x - mean)^2) + epsilon); centered=False"
        ": "
        "mean = 0 (RMS normalisation); outputs y, mean, r",
    )
)


def _layer_norm_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    gy, x, mean, r, gamma = specs
    check_channels("layer_norm_grad", [x], [gamma])
    if gy != x or mean.shape != x.shape[:-1] or r.shape != x.shape[:-1]:
        raise ShapeError(f"layer_norm_grad: gy {gy} and x {x} must agree, mean {mean} and r {r} have their rows.")
    return x, Spec(x.shape[-1:], x.dtype), Spec(x.shape[-1:], x.dtype)


def _layer_norm_grad_lower(e: Emitter) -> None:
    (gy, x, mean, r, gamma), (gx, ggamma, gbeta) = e.ins, e.outs
    c, S, t = x.shape[-1], x.itemsize, x.t
    rows = x.size // c
    block = max(8, -(-rows // 16))
    calls = -(-rows // block)
    part = e.scratch(max(calls, 1) * 2 * c * S)
    e.emit(
        f"layer_norm_grad_{t}",
        gy.rd,
        x.rd,
        mean.rd,
        r.rd,
        *words(gamma),
        gx.wr,
        part.wr_all,
        block,
        c,
        int(e.attrs["centered"]),
        e.local(2 * c * S),
        n=rows,
        tile=block,
        flops=12 * x.size,
    )
    e.emit(f"sum_partials_{t}", part.rd_all, ggamma.wr, calls, 2 * c, 0, n=c)
    e.emit(f"sum_partials_{t}", part.rd_all, gbeta.wr, calls, 2 * c, c, n=c)


def _layer_norm_grad_cases(draw: Draw) -> Any:
    case = _layer_norm_cases(draw)
    x = case.inputs[0]
    return Case(
        [Array(x.shape), x, Array(x.shape[:-1]), Array(x.shape[:-1], low=0.5, high=2), case.inputs[1]],
        {"centered": case.attrs["centered"]},
        tolerance=4.0,
    )


_layer_norm_grad = register(
    Op(
        name="layer_norm_grad",
        inputs=("gy", "x", "mean", "r", "gamma?"),
        attrs={"centered": True},
        infer=_layer_norm_grad_infer,
        lower=_layer_norm_grad_lower,
        cuda=cuda.layer_norm_grad,
        vjp=second.by_parts(second.layer_norm_grad),
        reference=reference.layer_norm_grad,
        cases=_layer_norm_grad_cases,
        invalid=[
            (
                [Spec((4, 3), "float32"), Spec((4, 2), "float32"), Spec((4,), "float32"), Spec((4,), "float32"), None],
                {},
                ShapeError,
            )
        ],
        cost=lambda specs, outs, attrs: (14 * specs[0].size, 3 * specs[0].nbytes),
        doc="g = gy gamma; gx = r (g - mean(g) - xhat mean(g xhat)); ggamma = sum(gy xhat); gbeta = sum(gy)",
    )
)
