"""Kernels that multiply matrices of integers, exact modulo the range of their dtype."""

import numpy as np

from fastnn.core.jit import at, kernel, sizeof, words


@kernel("i32", "i64")
def matmul_whole(a, lo, hi, F):
    """C = A·B for a batch of matrices: a row of C is the sum of B's rows times A's numbers.

    args: A, B, C, M, K, N, table: where A and B of each matrix begin.  items: rows of C.
    """
    left, right, out, m, depth, n, table = words(a, 7)
    S, starts = sizeof(F), at(np.int64, table)
    for item in range(lo, hi):
        batch, row = item // m, item % m
        x, z = at(F, left + (starts[2 * batch] + row * depth) * S), at(F, out + item * n * S)
        for j in range(n):
            z[j] = F(0)
        for k in range(depth):
            v, y = x[k], at(F, right + (starts[2 * batch + 1] + k * n) * S)
            for j in range(n):
                z[j] = F(z[j] + F(v * y[j]))
    return 0
