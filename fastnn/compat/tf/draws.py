"""tf.random, the rest: gamma and Poisson numbers, stateless draws, seeds of seeds; see tf_math for what a table is.

The numbers are others than TensorFlow's of the same seed; a seed gives the same ones again.
"""

import enum

import numpy as np

from fastnn import ops, random
from fastnn.compat.tf.arrays import _two
from fastnn.compat.tf.values import dtype_of, host, ints, operand, values_of
from fastnn.core import dtypes


class Algorithm(enum.Enum):
    """Ways to make random numbers; there is one here."""

    PHILOX, THREEFRY, AUTO_SELECT = 1, 2, 3


def _gamma(shape, alpha, beta=None, dtype="float32", seed=None, name=None):
    """Numbers of shape + the parameters' shape."""
    alpha = ops.cast(operand(alpha), dtype)
    rate = ops.cast(operand(1.0 if beta is None else beta), dtype)
    sizes = (*ints(shape), *np.broadcast_shapes(tuple(alpha.shape), tuple(rate.shape)))
    return random.gamma(sizes, ops.broadcast_to(alpha, sizes), dtype=dtypes.standardize(dtype), seed=seed) / rate


def _stateless_gamma(shape, seed, alpha, beta=None, dtype="float32", name=None):
    """Numbers of a shape that ends as the parameters' do."""
    sizes = ints(shape)
    drawn = random.gamma(sizes, ops.broadcast_to(ops.cast(operand(alpha), dtype), sizes),
                         dtype=dtypes.standardize(dtype), seed=_two(seed))  # fmt: skip
    return drawn if beta is None else drawn / ops.cast(operand(beta), dtype)


def _generator(seed):
    """NumPy's, of a seed or of the numbers that are drawn next."""
    return np.random.default_rng(int(np.asarray(random.randint((), 0, 2**31 - 1, seed=seed))))


def _of_dtype(found, dtype):
    return host(np.asarray(found).astype(dtypes.numpy_type(dtypes.standardize(dtype))))


def _poisson(shape, lam, dtype="float32", seed=None, name=None):
    lam = values_of(operand(lam), "random.poisson")
    return _of_dtype(_generator(seed).poisson(lam, (*ints(shape), *lam.shape)), dtype)


def _stateless_poisson(shape, seed, lam, dtype="int32", name=None):
    lam = values_of(operand(lam), "random.stateless_poisson")
    return _of_dtype(_generator(_two(seed)).poisson(lam, ints(shape)), dtype)


def _stateless_binomial(shape, seed, counts, probs, output_dtype="int32", name=None):
    counts, probs = (values_of(operand(v), "random.stateless_binomial") for v in (counts, probs))
    return _of_dtype(_generator(_two(seed)).binomial(counts.astype(np.int64), probs, ints(shape)), output_dtype)


def _stateless_categorical(logits, num_samples, seed, dtype="int64", name=None):
    return ops.cast(random.categorical(operand(logits), int(num_samples), seed=_two(seed)), dtype)


def _stateless_truncated(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    return random.truncated_normal(ints(shape), mean, stddev, dtype, _two(seed))


def _split(seed, num=2, alg="auto_select"):
    """Seeds (num, 2) of a seed."""
    kind = dtype_of(operand(seed))
    found = _generator(_two(seed)).integers(-(2**31), 2**31, (int(num), 2))
    return _of_dtype(found, kind)


def _fold_in(seed, data, alg="auto_select"):
    """Another seed, of a seed and a number."""
    first, second = np.asarray(seed).reshape(2).tolist()
    found = np.random.default_rng([abs(first), abs(second), abs(int(data))]).integers(-(2**31), 2**31, 2)
    return _of_dtype(found, dtype_of(operand(seed)))


def _state(seed, alg):
    """[seed, number of uses], which `tf.random.Generator(state=...)` takes."""
    return host(np.array([int(np.ravel(np.asarray(seed))[0]), 0, 0], np.int64))


TABLE = {
    "random.gamma": _gamma, "random.poisson": _poisson, "random.stateless_gamma": _stateless_gamma,
    "random.stateless_poisson": _stateless_poisson, "random.stateless_binomial": _stateless_binomial,
    "random.stateless_categorical": _stateless_categorical, "random.stateless_truncated_normal": _stateless_truncated,
    "random.split": _split, "random.fold_in": _fold_in, "random.create_rng_state": _state,
}  # fmt: skip
