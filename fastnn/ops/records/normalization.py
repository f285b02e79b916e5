"""Batch and layer normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.blocks import CODES
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import norm as reference
from fastnn.ops.forms import affine, words, zeros
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records import normalization_cuda as cuda
from fastnn.ops.records import second
from fastnn.ops.records.matmul import activation_grad

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

FLOPS = {None: 0, "relu": 1, "sigmoid": 22, "tanh": 25}
WIDE = 256  # elements per pass over the channel vectors
BLOCK_BYTES = 32 * 1024  # of rows whose statistics are taken together: stays in L1


def check_channels(name: str, specs: Specs, channels: Specs) -> None:
    """x of rank >= 1 and a float type; every other given operand has `channels` elements and x's dtype.

    An unknown size (None), of symbols whose shapes alone are asked for, is any.
    """
    x = specs[0]
    if x.dtype not in ("float32", "float64"):
        raise DTypeError(f"{name}: received dtype {x.dtype}, expected float32 or float64.")
    if len(x.shape) < 1 or (x.shape[-1] is not None and x.shape[-1] < 1):
        raise ShapeError(f"{name}: received shape {x.shape}, expected at least one channel on the last axis.")
    for s in channels:
        unknown = s is not None and len(s.shape) == 1 and None in (s.shape[0], x.shape[-1])
        if s is not None and ((s.shape != x.shape[-1:] and not unknown) or s.dtype != x.dtype):
            raise ShapeError(
                f"{name}: received {s.shape} ({s.dtype}) for one value per channel, expected "
                f"{x.shape[-1:]} ({x.dtype})."
            )


def _check_activation(name: str, attrs: Attrs) -> None:
    if attrs["activation"] not in CODES:
        raise ArgumentError(f"{name}: received activation {attrs['activation']!r}, expected one of {list(CODES)}.")


class _Sizes:
    """What the kernels need to know of x (..., c)."""

    def __init__(self, x: Any) -> None:
        self.c = x.shape[-1]
        self.rows = x.size // self.c
        self.wide = -(-WIDE // self.c) * self.c
        self.length = self.wide + self.c
        self.block = min(max(8, BLOCK_BYTES // (self.c * x.itemsize)), max(self.rows, 1))
        self.images = None  # blocks are parts of an image, so that images can go one by one
        each = self.rows // x.shape[0] if len(x.shape) > 2 and x.shape[0] else 0
        if each:
            fit = max(d for d in range(1, min(each, self.block) + 1) if each % d == 0)
            if 4 * fit >= min(each, self.block):
                self.block, self.images = fit, x.shape[0]
        self.blocks = -(-self.rows // self.block)

    @property
    def align(self) -> Any:
        """Rows that stay in one chunk: an image or a block."""
        return self.rows // self.images if self.images else self.block


def _apply(e: Emitter, x: Any, y: Any, mean: Any, var: Any, gamma: Any, beta: Any, z: Any) -> None:
    t, S = x.t, x.itemsize
    vectors = e.scratch(3 * z.length * S)
    e.emit(
        f"batch_norm_prepare_{t}",
        mean.rd_all,
        var.rd_all,
        *words(gamma, beta),
        vectors.wr_all,
        float(e.attrs["epsilon"]),
        z.c,
        z.length,
        n=1,
    )
    e.emit(
        f"batch_norm_apply_{t}",
        x.rd,
        y.wr,
        vectors.rd_all,
        z.c,
        z.wide,
        CODES[e.attrs["activation"]],
        n=x.size,
        elementwise=True,
    )


# ------------------------------------------------------------------ batch normalisation, training
def _batch_norm_infer(specs: Specs, attrs: Attrs) -> Any:
    check_channels("batch_norm", specs, specs[1:3])
    _check_activation("batch_norm", attrs)
    x = specs[0]
    if 0 in x.shape:
        raise ShapeError(f"batch_norm: received shape {x.shape}; statistics of no rows do not exist.")
    return x, Spec(x.shape[-1:], x.dtype), Spec(x.shape[-1:], x.dtype)


def _batch_norm_lower(e: Emitter) -> None:
    (x, gamma, beta), (y, mean, var) = e.ins, e.outs
    z, t, S = _Sizes(x), x.t, x.itemsize
    part = e.scratch(z.blocks * 2 * z.c * S)
    e.emit(
        f"batch_stats_{t}",
        x.rd,
        part.wr_all,
        z.block,
        z.c,
        z.wide,
        e.local(2 * z.wide * S),
        n=z.rows,
        align=z.align,
        flops=4 * x.size,
        parts=z.images,
    )
    e.emit(
        f"batch_stats_finish_{t}", part.rd_all, mean.wr_all, var.wr_all, z.rows, z.block, z.c, e.local(16 * z.c), n=1
    )
    _apply(e, x, y, mean, var, gamma, beta, z)


def _batch_norm_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, gamma, beta = node.inputs
    y, mean, var = node.outputs
    gy = zeros(x.shape, x.dtype) if gys[0] is None else gys[0]
    keep = y if node.attrs["activation"] else None
    gx, ggamma, gbeta = _batch_norm_grad(gy, x, mean, var, gamma, keep, gys[1], gys[2], **node.attrs)
    return [gx, None if gamma is None else ggamma, None if beta is None else gbeta]


def _batch_norm_remat(node: Node) -> Any:
    """y once more, from the statistics that are there."""
    x, gamma, beta = node.inputs
    return batch_norm_inference, (x, *node.outputs[1:], gamma, beta), node.attrs


def _batch_norm_cases(draw: Draw) -> Any:
    c = draw.choice([1, 2, 3, 17, 70])
    shape = (draw.integer(2, 5), draw.integer(1, 6), c) if draw.boolean() else (draw.integer(2, 40), c)
    attrs = {"epsilon": draw.choice([1e-3, 1e-1]), "activation": draw.choice([None, "sigmoid", "tanh"])}
    return Case(
        [
            Array(shape, low=-3, high=5),
            Array((c,), low=0.5, high=2) if draw.boolean() else None,
            Array((c,)) if draw.boolean() else None,
        ],
        attrs,
        tolerance=8.0,
    )  # 1 / deviation amplifies rounding


batch_norm = register(
    Op(
        name="batch_norm",
        inputs=("x", "gamma?", "beta?"),
        attrs={"epsilon": 1e-3, "activation": None},
        infer=_batch_norm_infer,
        lower=_batch_norm_lower,
        cuda=cuda.batch_norm,
        vjp=_batch_norm_vjp,
        inplace={0: 0},
        reference=reference.batch_norm,
        cases=_batch_norm_cases,
        invalid=[
            ([Spec((4, 3), "float32"), Spec((4,), "float32"), None], {}, ShapeError),
            ([Spec((4, 3), "int32"), None, None], {}, DTypeError),
        ],
        cost=lambda specs, outs, attrs: (9 * specs[0].size, 3 * specs[0].nbytes),
        remat=_batch_norm_remat,
        fusion=Fusion(activation="activation"),
        doc="mean, var over all axes but the last (population variance, centred); "
        "y = act((x - mean) / sqrt(var + epsilon) * gamma + beta); outputs y, mean, var",
    )
)


def _batch_norm_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    check_channels("batch_norm_grad", specs[1:2], [specs[2], specs[3], specs[4], specs[6], specs[7]])
    _check_activation("batch_norm_grad", attrs)
    gy, x, y = specs[0], specs[1], specs[5]
    if gy != x or (attrs["activation"] and y != x):
        raise ShapeError(f"batch_norm_grad: gy {gy}, x {x} and, with an activation, y {y} must agree.")
    return x, Spec(x.shape[-1:], x.dtype), Spec(x.shape[-1:], x.dtype)


def _batch_norm_grad_lower(e: Emitter) -> None:
    gy, x, mean, var, gamma, y, gmean, gvar = e.ins
    gx, ggamma, gbeta = e.outs
    z, t, S, act = _Sizes(x), x.t, x.itemsize, CODES[e.attrs["activation"]]
    part, vectors = e.scratch(z.blocks * 2 * z.c * S), e.scratch(4 * z.length * S)
    keep = y.rd if act else 0
    e.emit(
        f"batch_norm_grad_sums_{t}",
        gy.rd,
        x.rd,
        keep,
        mean.rd_all,
        part.wr_all,
        z.block,
        z.c,
        z.wide,
        act,
        e.local(3 * z.wide * S),
        n=z.rows,
        align=z.align,
        flops=4 * x.size,
        parts=z.images,
    )
    e.emit(
        f"batch_norm_grad_finish_{t}",
        part.rd_all,
        mean.rd_all,
        var.rd_all,
        *words(gamma, gmean, gvar),
        ggamma.wr_all,
        gbeta.wr_all,
        vectors.wr_all,
        float(e.attrs["epsilon"]),
        z.rows,
        z.blocks,
        z.c,
        z.length,
        e.local(16 * z.c),
        n=1,
    )
    e.emit(
        f"batch_norm_grad_apply_{t}",
        gy.rd,
        x.rd,
        keep,
        gx.wr,
        vectors.rd_all,
        z.c,
        z.wide,
        act,
        n=x.size,
        elementwise=True,
    )


def _batch_norm_grad_cases(draw: Draw) -> Any:
    case = _batch_norm_cases(draw)
    x, c = case.inputs[0], case.inputs[0].shape[-1]
    act = case.attrs["activation"]
    return Case([Array(x.shape), x, Array((c,)), Array((c,), low=0.5, high=3), case.inputs[1],
                 Array(x.shape, low=0.1, high=0.9) if act else None, Array((c,)) if draw.boolean() else None,
                 Array((c,)) if draw.boolean() else None], case.attrs, tolerance=8.0)  # fmt: skip


_batch_norm_grad = register(
    Op(
        name="batch_norm_grad",
        inputs=("gy", "x", "mean", "var", "gamma?", "y?", "gmean?", "gvar?"),
        attrs={"epsilon": 1e-3, "activation": None},
        infer=_batch_norm_grad_infer,
        lower=_batch_norm_grad_lower,
        cuda=cuda.batch_norm_grad,
        inplace={0: 0},
        vjp=second.by_parts(second.batch_norm_grad),
        reference=reference.batch_norm_grad,
        cases=_batch_norm_grad_cases,
        invalid=[
            (
                [
                    Spec((4, 3), "float32"),
                    Spec((4, 2), "float32"),
                    Spec((2,), "float32"),
                    Spec((2,), "float32"),
                    None,
                    None,
                    None,
                    None,
                ],
                {},
                ShapeError,
            )
        ],
        cost=lambda specs, outs, attrs: (10 * specs[0].size, 5 * specs[0].nbytes),
        fusion=Fusion(activation_grad=("activation", 0, 5)),
        doc="g = gy act'(y); gx = gamma r (g - mean(g) - xhat mean(g xhat)) + gmean / n + 2 gvar (x - mean) / n; "
        "ggamma = sum(g xhat); gbeta = sum(g)",
    )
)


# ------------------------------------------------------------------ batch normalisation, inference
def _inference_infer(specs: Specs, attrs: Attrs) -> Any:
    check_channels("batch_norm_inference", specs, specs[1:])
    _check_activation("batch_norm_inference", attrs)
    return specs[0]


def _inference_lower(e: Emitter) -> None:
    x, mean, var, gamma, beta = e.ins
    _apply(e, x, e.outs[0], mean, var, gamma, beta, _Sizes(x))


def _inference_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, mean, var, gamma, beta = node.inputs
    g = activation_grad(node.output, gys[0], node.attrs["activation"])
    r = R.rsqrt(affine(var, 1.0, float(node.attrs["epsilon"])))
    s = r if gamma is None else R.multiply(r, gamma)
    axes = tuple(range(len(x.shape) - 1))
    sum_g = R.sum(g, axis=axes)
    sum_gd = R.sum(R.multiply(g, R.subtract(x, mean)), axis=axes)
    gvar = affine(R.multiply(R.multiply(R.multiply(sum_gd, s), r), r), -0.5)
    return [
        R.multiply(g, s),
        R.negative(R.multiply(sum_g, s)),
        gvar,
        None if gamma is None else R.multiply(sum_gd, r),
        None if beta is None else sum_g,
    ]


def _inference_cases(draw: Draw) -> Any:
    case = _batch_norm_cases(draw)
    c = case.inputs[0].shape[-1]
    return Case(
        [case.inputs[0], Array((c,)), Array((c,), low=0.5, high=3), *case.inputs[1:]], case.attrs, tolerance=4.0
    )


batch_norm_inference = register(
    Op(
        name="batch_norm_inference",
        inputs=("x", "mean", "var", "gamma?", "beta?"),
        attrs={"epsilon": 1e-3, "activation": None},
        infer=_inference_infer,
        lower=_inference_lower,
        cuda=cuda.batch_norm_inference,
        vjp=_inference_vjp,
        inplace={0: 0},
        reference=reference.batch_norm_inference,
        cases=_inference_cases,
        invalid=[([Spec((4, 3), "float32"), Spec((4,), "float32"), Spec((3,), "float32"), None, None], {}, ShapeError)],
        cost=lambda specs, outs, attrs: ((3 + FLOPS[attrs["activation"]]) * specs[0].size, 2 * specs[0].nbytes),
        doc="y = act((x - mean) / sqrt(var + epsilon) * gamma + beta), one value per channel of the last axis",
    )
)
