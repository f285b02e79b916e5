"""Random operations: their numbers are a function of (seed, stream, call, step, element), so nothing has to be kept
for the backward pass and nothing depends on threads, tiles or fusion.

seed, stream: the key of a `SeedGenerator` (a layer has one).  call: how often that generator was asked before in the
same trace, so that a layer called twice draws twice.  step: word 0 of the state block, the optimizer's iterations.
`fastnn.random` has the public functions.
"""
import numpy as np

from fastnn.core import dtypes, random, shapes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.graph import trace as tracing
from fastnn.graph.node import Symbol
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import random as reference
from fastnn.ops.op import REQUIRED, Array, Case, Op, register

__all__ = []

KEY = {"seed": 0, "stream": 0, "call": 0}
NONDIFF = "random numbers depend on no input"


def _digest(attrs):
    """The digest of (seed, stream, call) as a signed word; kernels fold in the step."""
    return random.signed(random.fold((attrs["seed"], attrs["stream"], attrs["call"])))


def _check_size(name, shape):
    if None not in shape and shapes.product(shape) > random.LIMIT:
        raise ShapeError(f"{name}: received shape {shape}, more than 2**32 elements: one stream has no more numbers.")


def _draw_key(draw):
    return {"seed": draw.integer(0, 3), "stream": draw.integer(0, 3), "call": draw.integer(0, 2)}


# ------------------------------------------------------------------ dropout
def _dropout_infer(specs, attrs):
    x, rate = specs[0], attrs["rate"]
    if x.dtype not in ("float32", "float64"):
        raise DTypeError(f"dropout: received dtype {x.dtype}, expected float32 or float64.")
    if not 0 <= rate < 1:
        raise ArgumentError(f"dropout: received rate={rate!r}, expected a number in [0, 1).")
    _check_size("dropout", x.shape)
    return x


def _dropout_lower(e):
    x, y, rate = e.ins[0], e.outs[0], e.attrs["rate"]
    e.emit(f"dropout_{x.t}", x.rd, y.wr, _digest(e.attrs), e.state, random.drop_threshold(rate), 1.0 / (1.0 - rate),
           n=x.size, elementwise=True, flops=20 * x.size)


def _dropout_cases(draw):
    shape = (draw.integer(1, 40), draw.integer(1, 7))
    return Case([Array(shape)], {"rate": draw.choice([0.1, 0.5, 0.0]), **_draw_key(draw)})


dropout_op = register(Op(
    name="dropout", inputs=("x",), attrs={"rate": REQUIRED, **KEY}, infer=_dropout_infer, lower=_dropout_lower,
    vjp=lambda node, gys: [dropout_op(gys[0], **node.attrs)], inplace={0: 0}, elementwise=True,
    reference=reference.dropout, cases=_dropout_cases,
    invalid=[([Spec((4, 3), "float32")], {"rate": 1.5}, ArgumentError),
             ([Spec((4, 3), "int32")], {"rate": 0.5}, DTypeError)],
    cost=lambda specs, outs, attrs: (20 * specs[0].size, 2 * specs[0].nbytes),
    doc="y = x / (1 - rate) where 16 bits of (seed, stream, call, step, element) >= rate 2^16, else 0; linear in x, so "
        "its gradient is the same operation on gy: the mask is hashed again, not kept"))


# ------------------------------------------------------------------ numbers
def _shape_infer(name, check=None):
    def infer(specs, attrs):
        if attrs["dtype"] not in ("float32", "float64"):
            raise DTypeError(f"{name}: received dtype {attrs['dtype']!r}, expected 'float32' or 'float64'.")
        if not all(d is None or d >= 0 for d in attrs["shape"]):
            raise ShapeError(f"{name}: received shape {attrs['shape']!r}, expected ints >= 0.")
        _check_size(name, attrs["shape"])
        if check is not None:
            check(attrs)
        return Spec(attrs["shape"], attrs["dtype"])
    return infer


def _number_op(name, attrs, words, draw_attrs, ref, doc, check=None):
    def lower(e):
        y = e.outs[0]
        e.emit(f"{name}_{y.t}", y.wr, _digest(e.attrs), e.state, *words(e.attrs), n=y.size, elementwise=True,
               flops=60 * y.size)

    def cases(draw):
        shape = (draw.integer(1, 40), draw.integer(1, 7))
        return Case([], {"shape": shape, **draw_attrs(draw), **_draw_key(draw)}, tolerance=8.0)
    return register(Op(
        name=name, inputs=(), attrs={"shape": REQUIRED, "dtype": "float32", **attrs, **KEY},
        infer=_shape_infer(name, check), lower=lower, nondiff=NONDIFF, reference=ref, cases=cases,
        invalid=[([], {"shape": (2,), "dtype": "int32"}, DTypeError), ([], {"shape": (-2,)}, ShapeError)],
        cost=lambda specs, outs, attrs: (60 * outs[0].size, outs[0].nbytes), doc=doc))


def _check_probability(attrs):
    if not 0 <= attrs["p"] <= 1:
        raise ArgumentError(f"random_bernoulli: received p={attrs['p']!r}, expected a number in [0, 1].")


random_uniform = _number_op(
    "random_uniform", {"minval": 0.0, "maxval": 1.0},
    lambda a: (float(a["minval"]), float(a["maxval"]) - float(a["minval"])),
    lambda draw: {"minval": draw.choice([0.0, -1.0]), "maxval": 1.5}, reference.random_uniform,
    "y = minval + (maxval - minval) u, u uniform in [0, 1)")
random_normal = _number_op(
    "random_normal", {"mean": 0.0, "stddev": 1.0, "truncated": False},
    lambda a: (float(a["mean"]), float(a["stddev"]), int(a["truncated"])),
    lambda draw: {"mean": draw.choice([0.0, 1.0]), "stddev": 0.5, "truncated": draw.boolean()}, reference.random_normal,
    "y = mean + stddev z, z normal by the inverse distribution function; truncated: redrawn beyond two stddev")
random_bernoulli = _number_op(
    "random_bernoulli", {"p": 0.5, "low": 0.0, "high": 1.0},
    lambda a: (random.threshold(a["p"]), float(a["low"]), float(a["high"])),
    lambda draw: {"p": draw.choice([0.5, 0.2]), "high": draw.choice([1.0, 1.25])}, reference.random_bernoulli,
    "y = high with probability p, else low", _check_probability)


# ------------------------------------------------------------------ what layers call
def dropout(x, rate, seed=0, stream=0, call=0, noise_shape=None):
    """x with elements set to 0 at `rate`, the others divided by 1 - rate.

    Args:
        x: float symbol or array.
        rate: in [0, 1); 1 gives zeros.
        seed, stream, call: ints, the key of the mask.
        noise_shape: shape of the mask, which broadcasts against x; None in it stands for x's size there.

    Raises:
        ArgumentError: if rate is not in [0, 1].

    >>> sorted(set(dropout(np.ones(100, "float32"), 0.5).tolist()))
    [0.0, 2.0]
    """
    from fastnn import ops
    if not 0 <= rate <= 1:
        raise ArgumentError(f"Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
                            f"Received: rate={rate!r}")
    if rate == 0:
        return x
    if rate == 1:
        return ops.zeros_like(x)
    key = {"seed": int(seed), "stream": int(stream), "call": int(call)}
    if not isinstance(x, Symbol) and tracing.current() is None:
        # a plan for each call number would fill the cache of plans; these are the bits of the kernel at step 0
        x = np.asarray(x)
        shape = x.shape if noise_shape is None else mask_shape(x.shape, noise_shape)
        draw = random.dropped if shape == x.shape else random.bernoulli
        keep = ~draw((*key.values(), 0), shape, rate)
        return np.where(keep, x * x.dtype.type(1.0 / (1.0 - rate)), x.dtype.type(0))
    shape = tuple(x.shape)
    if noise_shape is not None:
        noise_shape = mask_shape(shape, noise_shape)
    if noise_shape is None or noise_shape == shape:
        return dropout_op(x, rate=float(rate), **key)
    name = dtypes.standardize(x.dtype)
    mask = random_bernoulli(shape=noise_shape, dtype=name, p=float(rate), low=1.0 / (1.0 - rate), high=0.0, **key)
    return x * mask


def mask_shape(shape, noise_shape):
    """`noise_shape` with None replaced by the sizes of `shape`.

    >>> mask_shape((8, 5, 3), (None, 1, None))
    (8, 1, 3)
    """
    noise_shape = tuple(noise_shape)
    if len(noise_shape) != len(shape) or any(m not in (None, 1, s) for m, s in zip(noise_shape, shape)):
        raise ArgumentError(f"noise_shape: received {noise_shape} for an input of shape {shape}, expected as many "
                            "sizes, each None, 1 or the input's.")
    return tuple(s if m is None else m for m, s in zip(noise_shape, shape))
