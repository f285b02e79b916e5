"""``keras.random``: random arrays and symbols, and the SeedGenerator that layers hold.

An int seed always gives the same values.  A SeedGenerator gives new values at every call; so does seed=None, from
the stream of the whole process that `fastnn.utils.set_random_seed` sets.  Inside a layer's call the numbers of a
SeedGenerator (or of None) are drawn anew at every training step, as a function of (seed, stream, call, step, element).
"""

import functools

import numpy as np

from fastnn import ops
from fastnn.core import dtypes, hooks, shapes
from fastnn.core import random as core
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError, ValuesError
from fastnn.core.results import giving, own
from fastnn.graph import trace as tracing
from fastnn.graph.node import Symbol
from fastnn.graph.seeds import SeedGenerator, draw_seed
from fastnn.graph.tensor import here, known, stepping
from fastnn.ops.functions import random as operations
from fastnn.ops.op import R
from fastnn.ops.records.random import random_uniform

__all__ = ["SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle",
           "truncated_normal", "uniform"]  # fmt: skip

MOST_TRIALS = 64  # of a binomial number, made one by one


def _attrs(key):
    return dict(zip(("seed", "stream", "call"), key))


def _of_sizes(function):
    """A function of a shape that also takes one with sizes of functional symbols: its call is an event then."""

    @functools.wraps(function)
    def call(shape, *args, **kwargs):
        if tracing.current() is None and tracing.is_symbolic(shape):
            return hooks.call("record", call.public_name, call, (shape, *args), kwargs)
        return function(shape, *args, **kwargs)

    call.public_name = f"random.{function.__name__}"
    return call


def _numbers(op_name, sample, shape, dtype, seed, **attrs):
    """Numbers of one distribution: an operation inside a trace, unless the seed fixes them; else an array."""
    key, changing = draw_seed(seed)
    shape = tuple(shape)
    if (changing and stepping()) or (tracing.current() is not None and (changing or None in shape)):
        return getattr(R, op_name)(shape=shape, dtype=dtypes.standardize(dtype), **_attrs(key), **attrs)
    return sample((*key, 0), shape)


@giving
@_of_sizes
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers.

    Args:
        shape: ints.
        mean, stddev: floats.
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> bool((normal((3,), seed=1) == normal((3,), seed=1)).all())
    True
    """
    return _numbers(
        "random_normal",
        lambda key, s: core.normal(key, s, mean, stddev, dtype),
        shape,
        dtype,
        seed,
        mean=float(mean),
        stddev=float(stddev),
    )


@giving
@_of_sizes
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers, those beyond two standard deviations drawn again.

    Args:
        shape: ints.
        mean, stddev: floats, of the distribution before that.
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> bool(abs(truncated_normal((100,), seed=1)).max() <= 2)
    True
    """
    return _numbers(
        "random_normal",
        lambda key, s: core.truncated_normal(key, s, mean, stddev, dtype),
        shape,
        dtype,
        seed,
        mean=float(mean),
        stddev=float(stddev),
        truncated=True,
    )


@giving
@_of_sizes
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Uniform numbers in [minval, maxval).

    Args:
        shape: ints.
        minval, maxval: the bounds, numbers.
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> uniform((2,), seed=1).shape
    (2,)
    """
    if dtype is not None and not dtypes.is_float(dtypes.standardize(dtype)):
        raise DTypeError(
            f"`keras.random.uniform` requires a floating point `dtype`. Received: dtype={dtype}. Use randint for "
            "integers."
        )
    return _numbers(
        "random_uniform",
        lambda key, s: core.uniform(key, s, minval, maxval, dtype),
        shape,
        dtype,
        seed,
        minval=float(minval),
        maxval=float(maxval),
    )


@giving
@_of_sizes
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers in [minval, maxval).

    Args:
        shape: ints.
        minval, maxval: the bounds, ints.
        dtype: an integer dtype.
        seed: int, SeedGenerator or None.

    >>> sorted(set(randint((50,), 0, 3, seed=1).tolist()))
    [0, 1, 2]
    """
    if dtypes.is_float(dtypes.standardize(dtype)):
        raise DTypeError(f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype}.")
    key, changing = draw_seed(seed)
    if not changing or not (tracing.current() is not None or stepping()):
        return core.integers((*key, 0), shape, minval, maxval, dtype)
    u = random_uniform(shape=tuple(shape), dtype="float64", minval=float(minval), maxval=float(maxval), **_attrs(key))
    return ops.cast(ops.floor(u), dtype)


@giving
def dropout(inputs, rate, noise_shape=None, seed=None):
    """inputs with elements set to 0 at `rate`, the others divided by 1 - rate.

    Args:
        inputs: float array or symbol.
        rate: in [0, 1].
        noise_shape: shape of the mask; None, or None in it, stands for the input's sizes.
        seed: int, SeedGenerator or None.

    Raises:
        ArgumentError: if rate is not in [0, 1].

    >>> sorted(set(dropout(np.ones(100, "float32"), 0.5, seed=1).tolist()))
    [0.0, 2.0]
    """
    key, changing = draw_seed(seed)
    if changing and (isinstance(inputs, Symbol) or tracing.current() is not None or stepping()):
        return operations.dropout(inputs, rate, *key, noise_shape=noise_shape)
    if not 0 <= rate <= 1:
        return operations.dropout(inputs, rate)  # raises
    if rate == 0:
        return inputs if isinstance(inputs, Symbol) else own(np.asarray(inputs))
    shape = tuple(inputs.shape if hasattr(inputs, "shape") else np.shape(inputs))
    if noise_shape is not None:
        shape = operations.mask_shape(shape, noise_shape)
    keep = ~core.bernoulli((*key, 0), shape, rate)
    if isinstance(inputs, Symbol):
        return inputs * (keep * (0.0 if rate == 1 else 1.0 / (1.0 - rate))).astype(dtypes.numpy_type(inputs.dtype))
    x = np.asarray(inputs)
    return np.where(keep, x / (1 - rate) if rate < 1 else x, 0).astype(x.dtype)


@giving
def shuffle(x, axis=0, seed=None):
    """x with its slices along `axis` in random order.

    Args:
        x: an array or symbol.
        axis: an int.
        seed: int, SeedGenerator or None.

    >>> sorted(shuffle([1, 2, 3], seed=1).tolist())
    [1, 2, 3]
    """
    if _in_graph(x):
        axis = shapes.normalize_axis(axis, len(x.shape))
        return ops.take(x, ops.argsort(uniform((ops.shape(x)[axis],), seed=seed)), axis=axis)
    key, x = _values("shuffle", seed, x)
    x = np.asarray(x)
    axis = shapes.normalize_axis(axis, x.ndim)
    return np.take(x, core.permutation((*key, 0), x.shape[axis]), axis=axis)


@giving
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Samples (batch, num_samples) of classes with probabilities softmax(logits), logits (batch, classes).

    Args:
        logits: floats (batch, classes).
        num_samples: how many of each row, an int.
        dtype: an integer dtype.
        seed: int, SeedGenerator or None.

    >>> categorical(np.array([[0.0, -1e9]]), 3, seed=1)
    array([[0, 0, 0]], dtype=int32)
    """
    if _in_graph(logits):
        return _drawn(logits, num_samples, dtype, seed)
    key, logits = _values("categorical", seed, logits)
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 2:
        raise ShapeError(f"categorical: received logits of shape {logits.shape}, expected (batch, classes).")
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    edges = np.cumsum(p, axis=1)
    u = core.uniform((*key, 0), (len(p), num_samples), dtype="float64") * edges[:, -1:]
    index = (u[:, :, None] >= edges[:, None, :]).sum(axis=2)
    return np.minimum(index, p.shape[1] - 1).astype(dtypes.numpy_type(dtypes.standardize(dtype)))


def _drawn(logits, num_samples, dtype, seed):
    """Samples of classes inside a trace: how many edges between the classes a uniform number is above."""
    if len(logits.shape) != 2:
        raise ShapeError(f"categorical: received logits of shape {tuple(logits.shape)}, expected (batch, classes).")
    edges = ops.cumsum(ops.softmax(logits, axis=-1), axis=1)
    drawn = uniform((ops.shape(logits)[0], int(num_samples)), dtype=edges.dtype, seed=seed)
    above = ops.greater_equal(ops.expand_dims(ops.multiply(drawn, edges[:, -1:]), 2), ops.expand_dims(edges, 1))
    index = ops.minimum(ops.sum(ops.cast(above, "int32"), axis=2), np.int32(logits.shape[1] - 1))
    return ops.cast(index, dtypes.standardize(dtype))


@giving
def gamma(shape, alpha, dtype=None, seed=None):
    """Gamma numbers of shape parameter alpha (broadcast to `shape`) and scale 1.

    Args:
        shape: ints.
        alpha: the shape parameter, floats > 0.
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> bool(gamma((5,), 2.0, seed=1).min() > 0)
    True
    """
    if not dtypes.is_float(dtypes.standardize(dtype)):
        raise DTypeError(f"dtype argument to `gamma` must be a float dtype. Received: dtype={dtype}")
    key, alpha = _values("gamma", seed, alpha)
    return _gamma(key, tuple(shape), alpha).astype(dtypes.numpy_type(dtypes.standardize(dtype)))


def _gamma(key, shape, alpha):
    """Marsaglia and Tsang (2000); round r of the rejection has its own key, alpha < 1 goes through alpha + 1."""
    alpha = np.broadcast_to(np.asarray(alpha, np.float64), shape).reshape(-1)
    if (alpha <= 0).any():
        raise ArgumentError(f"gamma: received alpha={alpha.min()}, expected positive numbers.")
    n = alpha.size
    d = np.where(alpha < 1, alpha + 1, alpha) - 1 / 3
    c = 1 / np.sqrt(9 * d)
    out, left, r = np.empty(n), np.arange(n), 1
    while left.size:  # one in twenty is drawn again
        z = core.normal((*key, 0, 2 * r), n, dtype="float64")[left]
        u = core.uniform((*key, 0, 2 * r + 1), n, dtype="float64")[left]
        v = (1 + c[left] * z) ** 3
        with np.errstate(invalid="ignore", divide="ignore"):
            good = (v > 0) & (np.log(u) < 0.5 * z * z + d[left] * (1 - v + np.log(v)))
        out[left[good]] = (d[left] * v)[good]
        left, r = left[~good], r + 1
    boost = core.uniform((*key, 0, 1), n, dtype="float64") ** (1 / alpha)
    return np.where(alpha < 1, out * boost, out).reshape(shape)


@giving
def beta(shape, alpha, beta, dtype=None, seed=None):
    """Beta numbers with parameters alpha and beta (broadcast to `shape`).

    Args:
        shape: ints.
        alpha, beta: the parameters, floats > 0.
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> bool(0 < beta((1,), 2.0, 3.0, seed=1)[0] < 1)
    True
    """
    key, alpha, beta = _values("beta", seed, alpha, beta)
    x, y = _gamma((*key, 1), tuple(shape), alpha), _gamma((*key, 2), tuple(shape), beta)
    return (x / (x + y)).astype(dtypes.numpy_type(dtypes.standardize(dtype)))


@giving
def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed, each with its probability (both broadcast to `shape`).

    Args:
        shape: ints.
        counts: of trials, numbers.
        probabilities: of each, in [0, 1].
        dtype: a float dtype, floatx by default.
        seed: int, SeedGenerator or None.

    >>> binomial((2,), 5, 1.0, seed=1)
    array([5., 5.], dtype=float32)
    """
    key, counts, probabilities = _values("binomial", seed, counts, probabilities)
    n = np.ceil(np.broadcast_to(np.asarray(counts, np.float64), tuple(shape)))
    if not np.isfinite(n).all():
        raise ArgumentError(f"binomial: received counts={counts}, expected numbers of trials, which are finite.")
    p = np.array(np.broadcast_to(np.asarray(probabilities, np.float64), n.shape))
    out, n, p = _halved(key, n, p)
    for trial in range(int(n.max()) if n.size else 0):
        out += (core.uniform((*key, 0, trial), n.shape, dtype="float64") < p) & (trial < n)
    return out.astype(dtypes.numpy_type(dtypes.standardize(dtype)))


def _halved(key, n, p):
    """Successes among many trials, and the few trials and their probabilities that are left to be made.

    Devroye, "Non-Uniform Random Variate Generation" (1986), X.4.3: the i-th smallest of n uniform numbers is
    Beta(i, n + 1 - i); where it is below p so are the i - 1 before it, else none of those after it.
    """
    out, r = np.zeros(n.shape), 0
    while (many := n > MOST_TRIALS).any():
        count, chance = n[many], p[many]
        i = np.floor(count / 2) + 1
        x = _gamma((*key, 1, r), i.shape, i)
        x /= x + _gamma((*key, 2, r), i.shape, count + 1 - i)
        below = x <= chance
        out[many] += np.where(below, i, 0)
        n[many] = np.where(below, count - i, i - 1)
        p[many] = np.where(below, (chance - x) / (1 - x), chance / x)
        r += 1
    return out, n, p


def _in_graph(x):
    """Whether what is drawn for x is computed with it: where x is, or where all is drawn anew at every step."""
    return tracing.is_symbolic([x]) or tracing.current() is not None or stepping()


def _values(name, seed, *values):
    """The key of a draw that is made on arrays, and the arrays: a step that makes one runs as Python."""
    trace = tracing.current()
    if any(isinstance(known(v), Symbol) for v in values) or (trace is not None and not trace.building):
        raise ValuesError(
            f"fastnn.random.{name} works on arrays only, and asks for their values inside a layer's call or a step; "
            "normal, uniform, truncated_normal, randint and dropout do not."
        )
    (seed, stream, call), changing = draw_seed(seed)
    if changing and stepping():
        stream = core.fold((stream, here.log.step))
    return (seed, stream, call), *[known(v) for v in values]


hooks.register("drawn_seed", lambda generator: randint((2,), 0, 2**31 - 1, "int64", generator))
hooks.register("random_normal", lambda shape, seed: normal(shape, seed=seed))


def __dir__():
    return __all__
