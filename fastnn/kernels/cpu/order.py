"""Kernels that put values in order: the largest of each row, and places in rising sequences."""

import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof, words

TYPES = ("f32", "f64", "i32", "i64")


@device
def _behind(x, i, j):
    """Whether the value of place i comes behind that of place j: smaller, NaN being the largest, or equal and later."""
    u, v = x[i], x[j]
    if u == v or (u != u and v != v):
        return i > j
    return u < v or v != v


@device
def _sink(x, y, root, n):
    """Let y[root] sink in the heap y[0:n], whose root comes behind all others."""
    place = y[root]
    child = 2 * root + 1
    while child < n:
        if child + 1 < n and _behind(x, y[child + 1], y[child]):
            child += 1
        if not _behind(x, y[child], place):
            break
        y[root] = y[child]
        root, child = child, 2 * child + 1
    y[root] = place


@kernel(*TYPES)
def top_k(a, lo, hi, F):
    """y[i] = places of the k largest values of x[i], the largest first; of equal ones the first. NaN is the largest.

    A heap of the k best so far, in y itself: nearly all values only meet its root.  args: x, y (int32), n, k. Items: i.
    """
    xs, ys, n, k = words(a, 4)
    for item in range(lo, hi):
        x, y = at(F, xs + item * n * sizeof(F)), at(np.int32, ys + item * k * 4)
        for i in range(k):
            y[i] = np.int32(i)
        for i in range(k // 2):
            _sink(x, y, k // 2 - 1 - i, k)
        worst = x[y[0]]
        for i in range(k, n):
            v = x[i]
            if v > worst or (v != v and worst == worst):
                y[0] = np.int32(i)
                _sink(x, y, 0, k)
                worst = x[y[0]]
        for i in range(k - 1):
            end = k - 1 - i
            y[0], y[end] = y[end], y[0]
            _sink(x, y, 0, end)
    return 0


@device
def _below(sequence, n, v):
    """How many lie below v: as many steps for each v, without a branch."""
    first = np.int64(0)
    while n > 1:
        half = n // 2
        first += half if sequence[first + half - 1] < v else np.int64(0)
        n -= half
    return first + np.int64(1) if n > 0 and sequence[first] < v else first


@device
def _up_to(sequence, n, v):
    """How many lie below or at v, which may be infinity: then how many are no NaN."""
    first = np.int64(0)
    while n > 1:
        half = n // 2
        first += half if sequence[first + half - 1] <= v else np.int64(0)
        n -= half
    return first + np.int64(1) if n > 0 and sequence[first] <= v else first


@kernel(*TYPES)
def search(a, lo, hi, F):
    """y[i] = how many of the n rising values lie below x[i], or up to it where `upto`; NaN is the largest.

    args: values, x, y (int32), n, upto. Items: i.
    """
    values, xs, ys, n, upto = words(a, 5)
    sequence, x, y = at(F, values), at(F, xs), at(np.int32, ys)
    for i in range(lo, hi):
        v = x[i]
        if v != v:
            y[i] = np.int32(n if upto != 0 else _up_to(sequence, n, F(np.inf)))
        elif upto != 0:
            y[i] = np.int32(_up_to(sequence, n, v))
        else:
            y[i] = np.int32(_below(sequence, n, v))
    return 0
