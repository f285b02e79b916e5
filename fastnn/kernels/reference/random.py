"""Random operations by the NumPy form of the generator, at step 0."""

import numpy as np

from fastnn.core import random


def _key(seed, stream, call, loop_step):
    return seed, stream, call, random.Shift(loop_step), 0


def dropout(x, rate, seed, stream, call, loop_step):
    """0 at `rate`, else x / (1 - rate)."""
    drop = random.dropped(_key(seed, stream, call, loop_step), x.shape, rate)
    return np.where(drop, 0, x.astype(np.float64) / (1 - rate))


def random_uniform(shape, dtype, minval, maxval, seed, stream, call, loop_step):
    """Uniform numbers."""
    u = random.uniform(_key(seed, stream, call, loop_step), shape, dtype=dtype)
    return minval + (maxval - minval) * u.astype(np.float64)


def random_normal(shape, dtype, mean, stddev, truncated, seed, stream, call, loop_step):
    """Normal numbers."""
    draw = random.truncated_normal if truncated else random.normal
    return mean + stddev * draw(_key(seed, stream, call, loop_step), shape, dtype=dtype).astype(np.float64)


def random_bernoulli(shape, dtype, p, low, high, seed, stream, call, loop_step):
    """One of two values."""
    return np.where(random.bernoulli(_key(seed, stream, call, loop_step), shape, p), high, low)
