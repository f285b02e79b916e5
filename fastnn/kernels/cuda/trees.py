"""Sums and extremes of what the threads of a block hold, in trees of a fixed shape; rows and columns that use them.

`s` is shared memory with a place for each thread; all threads of the block call these functions together.
"""

import numpy as np

from fastnn.core.blocks import LANES, LONG_ROW, ROW_THREADS
from fastnn.core.jit import device
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, shared, thread


@device
def split(n, d):
    """(n // d, n % d) of numbers from 0 to 2^32 - 1: a quarter of the instructions that 64 bits take."""
    q = np.int64(np.uint32(n) // np.uint32(d))
    return q, n - q * d


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


def across(combine):
    """`f(F, s, v, t, width)`: the result over the `width` threads (a power of 2) that stand side by side with this one."""

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
    """`f(F, s, v, t, deep)`: the result over the `deep` threads (a power of 2) that are LANES apart from this one."""

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


sum_across, max_across, min_across = across(add), across(most), across(least)
sum_down = down(add)


def by_rows(*types, length):
    """Register `body(F, a, i, mine, s, t, lane, width)` as a kernel of its name whose items are rows.

    length: the number of the word that says how long rows are: short ones get LANES threads each, long ones the block.
    `width` threads do row i, this one elements lane, lane + width, ...; it writes where `mine` (others only help with
    the sums).  What it returns is a status.
    """

    def register(source):
        body = device(source)

        def run(a, lo, hi, F):
            s = shared(F, ROW_THREADS)
            t, status = thread(), np.int64(0)
            width = LANES if a[length] <= LONG_ROW else ROW_THREADS
            each = ROW_THREADS // width
            for first in range(lo + block() * each, hi, blocks() * each):
                i = first + t // width
                found = body(F, a, min(i, hi - 1), i < hi, s, t, t % width, width)
                if found != 0:
                    status = np.int64(found)
            return status

        run.__name__, run.__doc__ = source.__name__, source.__doc__
        cuda_kernel(*types, threads=ROW_THREADS)(run)
        return source

    return register
