"""Optimizer steps over flat buffers: one operation, one pass over the memory, for each optimizer.

An update takes p, g, the optimizer's slots and `hyper`, and gives the new p and slots in place.  `hyper` is a
float64 vector of 8 words that a `*_hyper` operation computes once per step:

    word      0   1        2      3        4        5      6                                 7
    sgd       lr  lr * wd  scale  momentum
    rmsprop   lr  lr * wd  scale  rho      epsilon  momentum
    adagrad   lr  lr * wd  scale  epsilon
    adam      lr  lr * wd  scale  beta_1   beta_2   epsilon  lr sqrt(1-b2^t) / (1-b1^t)
    adadelta  lr  lr * wd  scale  rho      epsilon
    adamax    lr  lr * wd  scale  beta_1   beta_2   epsilon  lr / (1-b1^t)
    nadam     lr  lr * wd  scale  cm       cg                                                1 / (1-b2^t)
    lion      lr  lr * wd  scale  beta_1   beta_2
    ftrl      lr  lr * wd  scale  -power   l1       l2

Every step begins with p -= p * word 1 (decoupled weight decay) and g *= word 2 (1, or the factor of gradient clipping).
`update_hyper` fills words 0-2 and copies constants to 3, 4, ...; t = iterations + 1.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import update as reference
from fastnn.ops.forms import affine
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records.update_hyper import COUNT, HYPER, NONDIFF, expect

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


# ------------------------------------------------------------------ the updates
def _update_infer(name: str) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        *arrays, hyper = specs
        p = arrays[0]
        if p.dtype not in ("float32", "float64"):
            raise DTypeError(f"{name}: received dtype {p.dtype}, expected float32 or float64.")
        for s in arrays:
            if s != p:
                raise ShapeError(
                    f"{name}: received {s.shape} {s.dtype} beside parameters of {p.shape} {p.dtype}; "
                    "gradients and slots have the layout of the parameters."
                )
        if hyper != HYPER:
            raise ShapeError(f"{name}: received hyper of {hyper.shape} {hyper.dtype}, expected (8,) float64.")
        outputs = (p, *arrays[2:])
        return outputs if len(outputs) > 1 else p

    return infer


def _update_lower(kernel: Any, words: Any) -> Callable[..., Any]:
    def lower(e: Emitter) -> None:
        *arrays, hyper = e.ins
        p, g, outs = arrays[0], arrays[1], e.outs
        for old, new in zip((p, *arrays[2:]), outs):
            if not old.same_place(new):
                e.copy(old, new)
        e.emit(
            f"{kernel}_{p.t}",
            outs[0].rw,
            g.rd,
            *(o.rw for o in outs[1:]),
            hyper.rd_all,
            *words(e.attrs),
            n=p.size,
            elementwise=True,
            flops=12 * p.size,
        )

    return lower


def _update_cases(slots: Any, attrs: Attrs) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        shape = (draw.integer(1, 70),)
        return Case(
            [Array(shape), Array(shape)] + [Array(shape, low=0.1, high=1)] * slots + [Array((8,), "f8", 0.1, 0.9)],
            {k: draw.choice(v) for k, v in attrs.items()},
            tolerance=4.0,
        )

    return cases


def _update_op(
    name: str,
    slots: Any,
    doc: str,
    attrs: dict[str, Any] | None = None,
    choices: Any = None,
    words: Any = lambda attrs: (),
) -> Any:
    kernel, n = name.removesuffix("_update"), len(slots)
    return register(
        Op(
            name=name,
            inputs=("p", "g", *slots, "hyper"),
            attrs=attrs or {},
            infer=_update_infer(name),
            lower=_update_lower(kernel, words),
            nondiff=NONDIFF,
            inplace={0: 0, **{i + 1: i + 2 for i in range(n)}},
            reference=getattr(reference, name),
            cases=_update_cases(n, choices or {}),
            invalid=[
                (
                    [Spec((4,), "float32"), Spec((3,), "float32"), *[Spec((4,), "float32")] * n, HYPER],
                    {k: v[0] for k, v in (choices or {}).items()},
                    ShapeError,
                )
            ],
            cost=lambda specs, outs, attrs: (12 * specs[0].size, specs[0].nbytes * (len(specs) - 1 + len(outs))),
            doc=doc,
        )
    )


sgd_update = _update_op("sgd_update", (), "p -= lr g")
sgd_momentum_update = _update_op(
    "sgd_momentum_update",
    ("m",),
    "m = momentum m - lr g; p += m, or with nesterov p += momentum m - lr g; outputs p, m",
    attrs={"nesterov": False},
    choices={"nesterov": [False, True]},
    words=lambda a: (int(a["nesterov"]),),
)
rmsprop_update = _update_op(
    "rmsprop_update", ("v",), "v = rho v + (1-rho) g^2; p -= lr g / sqrt(v + epsilon); outputs p, v"
)
rmsprop_momentum_update = _update_op(
    "rmsprop_momentum_update", ("v", "m"), "m = momentum m + lr g / sqrt(v + epsilon); p -= m; outputs p, v, m"
)
rmsprop_centered_update = _update_op(
    "rmsprop_centered_update",
    ("v", "m", "c"),
    "c = rho c + (1-rho) g; m = momentum m + lr g / sqrt(max(v - c^2, 0) + epsilon); p -= m; outputs p, v, m, c "
    "(Keras does not clamp v - c^2, and can give NaN there)",
)
adagrad_update = _update_op("adagrad_update", ("v",), "v += g^2; p -= lr g / sqrt(v + epsilon); outputs p, v")
adam_update = _update_op(
    "adam_update",
    ("m", "v"),
    "m += (g - m)(1 - b1); v += (g^2 - v)(1 - b2); p -= word6 m / (sqrt(v) + epsilon); outputs p, m, v",
)
adam_amsgrad_update = _update_op(
    "adam_amsgrad_update",
    ("m", "v", "largest"),
    "adam with the largest v so far under the root; outputs p, m, v, largest",
)
adadelta_update = _update_op(
    "adadelta_update",
    ("v", "u"),
    "v = rho v + (1-rho) g^2; d = g sqrt(u + epsilon) / sqrt(v + epsilon); "
    "u = rho u + (1-rho) d^2; p -= lr d; outputs p, v, u",
)
adamax_update = _update_op(
    "adamax_update",
    ("m", "u"),
    "m += (g - m)(1 - b1); u = max(b2 u, |g|); p -= word6 m / (u + epsilon); outputs p, m, u",
)
nadam_update = _update_op(
    "nadam_update",
    ("m", "v"),
    "m, v as adam; p -= lr (cm m + cg g) / (sqrt(v word7) + epsilon); outputs p, m, v",
    attrs={"beta_1": REQUIRED, "beta_2": REQUIRED, "epsilon": REQUIRED},
    choices={"beta_1": [0.9], "beta_2": [0.999, 0.5], "epsilon": [1e-7]},
    words=lambda a: (1.0 - a["beta_1"], 1.0 - a["beta_2"], float(a["epsilon"])),
)
lion_update = _update_op("lion_update", ("m",), "p -= lr sign(b1 m + (1-b1) g); m = b2 m + (1-b2) g; outputs p, m")
ftrl_update = _update_op(
    "ftrl_update",
    ("n", "z"),
    "total = n + g^2; z += g + 2 l2_shrinkage p - (total^power - n^power) / lr p; "
    "p = (clip(z, -l1, l1) - z) / (total^power / lr + 2 (l2 + beta / (2 lr))); outputs p, n = total, z",
    attrs={"l2_shrinkage": 0.0, "beta": 0.0},
    choices={"l2_shrinkage": [0.0, 0.1], "beta": [0.0, 0.2]},
    words=lambda a: (float(a["l2_shrinkage"]), float(a["beta"])),
)


# ------------------------------------------------------------------ the step number
def _advance_infer(specs: Specs, attrs: Attrs) -> Any:
    expect("advance_step", specs, [COUNT])
    return COUNT


def _advance_lower(e: Emitter) -> None:
    state = copy.copy(e.state)  # as an access that writes: nothing that reads the step may pass it
    state.write = True
    e.emit("advance_step", e.ins[0].rd_all, e.outs[0].wr_all, state, n=1)


advance_step = register(
    Op(
        name="advance_step",
        inputs=("iterations",),
        infer=_advance_infer,
        lower=_advance_lower,
        nondiff=NONDIFF,
        inplace={0: 0},
        reference=reference.advance_step,
        cases=lambda draw: Case([Array((), "int64", 0, 50)]),
        invalid=[([Spec((), "int32")], {}, DTypeError)],
        cost=lambda specs, outs, attrs: (1, 24),
        doc="iterations + 1, which also becomes the step that random kernels hash: call it last in a step",
    )
)


# ------------------------------------------------------------------ the norm of all gradients
SQUARES = 8192  # elements of a partial sum


def _squares_infer(specs: Specs, attrs: Attrs) -> Any:
    if specs[0].dtype not in ("float32", "float64"):
        raise DTypeError(f"sum_squares: received dtype {specs[0].dtype}, expected float32 or float64.")
    return Spec((), specs[0].dtype)


def _squares_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    partials = -(-x.size // SQUARES)
    part = e.scratch(8 * max(partials, 1))
    tile = min(SQUARES, max(x.size, 1))
    e.emit(f"sum_squares_part_{x.t}", x.rd, part.wr_all, tile, n=x.size, tile=tile, flops=2 * x.size)
    e.emit(f"sum_squares_finish_{x.t}", part.rd_all, partials, y.wr_all, n=1)


def _squares_cuda(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    partials = max(-(-x.size // SQUARES), 1)
    part = e.scratch(8 * partials)
    e.emit(f"sum_squares_blocks_{x.t}", x.rd_all, part.wr_all, SQUARES, x.size, n=partials, flops=2 * x.size)
    e.emit(f"sum_squares_finish_{x.t}", part.rd_all, partials, y.wr_all, n=1)


def _squares_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [R.multiply(node.inputs[0], affine(gys[0], 2.0))]


sum_squares = register(
    Op(
        name="sum_squares",
        inputs=("x",),
        infer=_squares_infer,
        lower=_squares_lower,
        cuda=_squares_cuda,
        vjp=_squares_vjp,
        reference=reference.sum_squares,
        cases=lambda draw: Case([Array((draw.choice([1, 7, 100, 9000]),))]),
        invalid=[([Spec((3,), "int32")], {}, DTypeError)],
        cost=lambda specs, outs, attrs: (2 * specs[0].size, specs[0].nbytes),
        doc="sum of x^2 over all elements: partial sums of fixed blocks, added in order in float64",
    )
)
