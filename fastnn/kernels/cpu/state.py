"""Whether the numbers of a step are finite."""

import numpy as np

from fastnn.core.jit import at, kernel, sizeof, words
from fastnn.core.simd import lanes_sumsq

NOT_FINITE = 2  # the status; runtime/abi.py
SHORT = 128  # elements that are looked at one by one right away


@kernel("f32", "f64")
def guard(a, lo, hi, F):
    """Status 2 where armed is not 0, and x or the scalar beside it is NaN or infinite.  args: armed, x, scalar or 0.

    Squares of finite numbers may have no finite sum: then, and where they are few, each is looked at.  items: elements.
    """
    if at(np.int64, a[0])[0] == 0:
        return 0
    if a[2] != 0 and lo == 0 and not abs(at(F, a[2])[0]) < np.inf:
        return NOT_FINITE
    x, n = at(F, a[1] + lo * sizeof(F)), hi - lo
    if n > SHORT and lanes_sumsq(F, x, n) < np.inf:
        return 0
    bad = False
    for i in range(n):
        bad |= not abs(x[i]) < np.inf
    return NOT_FINITE if bad else 0


@kernel("f32", "f64")
def first_not_finite(a, lo, hi, F):
    """y = 2 i, or 2 i + 1 for NaN, of the first element of x that is not finite, else -1.  args: x, n, y.  One item."""
    xs, n, ys = words(a, 3)
    x, found = at(F, xs), np.int64(-1)
    for i in range(n):
        if not abs(x[i]) < np.inf:
            found = np.int64(2 * i) + np.int64(x[i] != x[i])
            break
    at(np.int64, ys)[0] = found
    return 0
