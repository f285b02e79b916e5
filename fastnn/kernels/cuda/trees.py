"""Sums and extremes of what the threads of a block hold, in trees of a fixed shape, and divisions that are quick.

`s` is shared memory with a place for each thread; all threads of the block call these functions together.
"""

import numpy as np

from fastnn.core.blocks import LANES
from fastnn.core.jit import device
from fastnn.core.jit_cuda import barrier


@device
def split(n, d):
    """(n // d, n % d) of numbers from 0 to 2^32 - 1: a quarter of the instructions that 64 bits take."""
    q = np.int64(np.uint32(n) // np.uint32(d))
    return q, n - q * d


def across(combine):
    """`f(F, s, v, t, width)`: of the `width` threads (a power of 2) that stand side by side with this one, the result."""

    @device
    def run(F, s, v, t, width):
        s[t] = v
        barrier()
        lane, half = t % width, width // 2
        while half > 0:
            if lane < half:
                s[t] = combine(F, s[t], s[t + half])
            barrier()
            half //= 2
        v = s[t - lane]
        barrier()
        return v

    return run


def down(combine):
    """`f(F, s, v, t, deep)`: the result over the `deep` threads (a power of 2) that are LANES apart, for the first ones."""

    @device
    def run(F, s, v, t, deep):
        s[t] = v
        barrier()
        half = deep // 2
        while half > 0:
            if t < half * LANES:
                s[t] = combine(F, s[t], s[t + half * LANES])
            barrier()
            half //= 2
        v = s[t % LANES]
        barrier()
        return v

    return run


@device
def add(F, x, y):
    """x + y."""
    return F(x + y)


@device
def multiply(F, x, y):
    """x * y."""
    return F(x * y)


@device
def most(F, x, y):
    """The larger one, NaN where one is."""
    return x if (x >= y) | (x != x) else y


@device
def least(F, x, y):
    """The smaller one, NaN where one is."""
    return x if (x <= y) | (x != x) else y


sum_across, max_across = across(add), across(most)
sum_down = down(add)
