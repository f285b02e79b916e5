"""Random operations: their numbers are a function of (seed, stream, call, step, element), so nothing has to be kept
for the backward pass and nothing depends on threads, tiles or fusion.

seed, stream: the key of a `SeedGenerator` (a layer has one).  call: how often that generator was asked before in the
same trace, so that a layer called twice draws twice.  step: word 0 of the state block, the optimizer's iterations.
`fastnn.random` has the public functions.

loop_step: what the steps of loops around a call add to the digest (core/random.py, `loop_step_of`), where a loop is
written out; the tape adds it where it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn.core import random, shapes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs, Dims
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import random as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Op, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

KEY = {"seed": 0, "stream": 0, "call": 0, "loop_step": 0}
NONDIFF = "random numbers depend on no input"


def _check_size(name: str, shape: Dims) -> None:
    if None not in shape and shapes.product(shape) > random.LIMIT:
        raise ShapeError(f"{name}: received shape {shape}, more than 2**32 elements: one stream has no more numbers.")


def _draw_key(draw: Draw) -> Any:
    return {
        "seed": draw.integer(0, 3),
        "stream": draw.integer(0, 3),
        "call": draw.integer(0, 2),
        "loop_step": random.loop_step_of((draw.integer(0, 2),)),
    }


# ------------------------------------------------------------------ dropout
def _dropout_infer(specs: Specs, attrs: Attrs) -> Any:
    x, rate = specs[0], attrs["rate"]
    if x.dtype not in ("float32", "float64"):
        raise DTypeError(f"dropout: received dtype {x.dtype}, expected float32 or float64.")
    if not 0 <= rate < 1:
        raise ArgumentError(f"dropout: received rate={rate!r}, expected a number in [0, 1).")
    _check_size("dropout", x.shape)
    return x


def _dropout_lower(e: Emitter) -> None:
    x, y, rate = e.ins[0], e.outs[0], e.attrs["rate"]
    e.emit(
        f"dropout_{x.t}",
        x.rd,
        y.wr,
        e.key(),
        e.state,
        random.drop_threshold(rate),
        1.0 / (1.0 - rate),
        n=x.size,
        elementwise=True,
        flops=20 * x.size,
    )


def _dropout_cases(draw: Draw) -> Any:
    shape = (draw.integer(1, 40), draw.integer(1, 7))
    return Case([Array(shape)], {"rate": draw.choice([0.1, 0.5, 0.0]), **_draw_key(draw)})


dropout_op: Op = register(
    Op(
        name="dropout",
        inputs=("x",),
        attrs={"rate": REQUIRED, **KEY},
        infer=_dropout_infer,
        lower=_dropout_lower,
        vjp=lambda node, gys: [dropout_op(gys[0], **node.attrs)],
        inplace={0: 0},
        elementwise=True,
        reference=reference.dropout,
        cases=_dropout_cases,
        invalid=[
            ([Spec((4, 3), "float32")], {"rate": 1.5}, ArgumentError),
            ([Spec((4, 3), "int32")], {"rate": 0.5}, DTypeError),
        ],
        cost=lambda specs, outs, attrs: (20 * specs[0].size, 2 * specs[0].nbytes),
        doc="y = x / (1 - rate) where 16 bits of (seed, stream, call, step, element) >= rate 2^16, else 0; linear in x,"
        " so "
        "its gradient is the same operation on gy: the mask is hashed again, not kept",
    )
)


# ------------------------------------------------------------------ numbers
def _shape_infer(name: str, check: Any = None) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        if attrs["dtype"] not in ("float32", "float64"):
            raise DTypeError(f"{name}: received dtype {attrs['dtype']!r}, expected 'float32' or 'float64'.")
        if not all(d is None or d >= 0 for d in attrs["shape"]):
            raise ShapeError(f"{name}: received shape {attrs['shape']!r}, expected ints >= 0.")
        _check_size(name, attrs["shape"])
        if check is not None:
            check(attrs)
        return Spec(attrs["shape"], attrs["dtype"])

    return infer


def _number_op(name: str, attrs: Attrs, words: Any, draw_attrs: Any, ref: Any, doc: str, check: Any = None) -> Any:
    def lower(e: Emitter) -> None:
        y = e.outs[0]
        e.emit(f"{name}_{y.t}", y.wr, e.key(), e.state, *words(e.attrs), n=y.size, elementwise=True, flops=60 * y.size)

    def cases(draw: Draw) -> Any:
        shape = (draw.integer(1, 40), draw.integer(1, 7))
        return Case([], {"shape": shape, **draw_attrs(draw), **_draw_key(draw)}, tolerance=8.0)

    return register(
        Op(
            name=name,
            inputs=(),
            attrs={"shape": REQUIRED, "dtype": "float32", **attrs, **KEY},
            infer=_shape_infer(name, check),
            lower=lower,
            nondiff=NONDIFF,
            reference=ref,
            cases=cases,
            invalid=[([], {"shape": (2,), "dtype": "int32"}, DTypeError), ([], {"shape": (-2,)}, ShapeError)],
            cost=lambda specs, outs, attrs: (60 * outs[0].size, outs[0].nbytes),
            doc=doc,
        )
    )


def _check_probability(attrs: Attrs) -> None:
    if not 0 <= attrs["p"] <= 1:
        raise ArgumentError(f"random_bernoulli: received p={attrs['p']!r}, expected a number in [0, 1].")


random_uniform = _number_op(
    "random_uniform",
    {"minval": 0.0, "maxval": 1.0},
    lambda a: (float(a["minval"]), float(a["maxval"]) - float(a["minval"])),
    lambda draw: {"minval": draw.choice([0.0, -1.0]), "maxval": 1.5},
    reference.random_uniform,
    "y = minval + (maxval - minval) u, u uniform in [0, 1)",
)
random_normal = _number_op(
    "random_normal",
    {"mean": 0.0, "stddev": 1.0, "truncated": False},
    lambda a: (float(a["mean"]), float(a["stddev"]), int(a["truncated"])),
    lambda draw: {"mean": draw.choice([0.0, 1.0]), "stddev": 0.5, "truncated": draw.boolean()},
    reference.random_normal,
    "y = mean + stddev z, z normal by the inverse distribution function; truncated: redrawn beyond two stddev",
)
random_bernoulli = _number_op(
    "random_bernoulli",
    {"p": 0.5, "low": 0.0, "high": 1.0},
    lambda a: (random.threshold(a["p"]), float(a["low"]), float(a["high"])),
    lambda draw: {"p": draw.choice([0.5, 0.2]), "high": draw.choice([1.0, 1.25])},
    reference.random_bernoulli,
    "y = high with probability p, else low",
    _check_probability,
)
