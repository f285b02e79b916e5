"""Matrix products C = act(A·B + bias) on a device, in every orientation, by the tiles of tiles.py.

One source in several sizes of tile, `matmul_128x128` and so on; `fastnn.core.blocks.TILES` lists them, and lowering
chooses.  A product whose C is small and whose sums are long is cut along k into several "matrices" of partial sums, which
`add_partials` adds in their order.
"""

import numpy as np

from fastnn.core.blocks import BIAS, CODES, RELU, TILES, tile_name
from fastnn.core.jit import at, device, sizeof, words
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, local, shared, thread
from fastnn.kernels.cpu.vecmath import sigmoid, tanh
from fastnn.kernels.cuda.tiles import registers, tensors, vectors

SUMS = 128  # threads that add partial sums of a row
SIGMOID = CODES["sigmoid"]


@device
def address(F, c, g, p0, ld, s1, s2, row):
    """Where a row of C lies."""
    return c + row * ld * sizeof(F)


def product(z):
    """(source, threads) of the product by such a tile."""
    BM, BN, BK, T, ACC, _, SA, SB, BOX = z[:9]
    RA, RB = BM * BK // T, BN * BK // T
    (fetch_a, stash_a), (fetch_b, stash_b) = z.a, z.b
    place, multiply, finish = z.place, z.multiply, z.finisher(address)

    def run(a, lo, hi, F):
        """C = act(A·B + bias) for a batch of matrices.

        args: A, its row and k strides, B, its k and column strides, C, M, N, flags, bias, activation (0, or 1 relu,
        2 sigmoid, 3 tanh), table of (offset of A, offset of B, K) in elements per matrix.  One of A's and one of B's
        strides is 1.  items: (matrix, block of columns, block of rows).
        """
        xs, ars, aks, ws, bks, bns, ys, M, N, flags, biases, activation, table = words(a, 13)
        S, t = sizeof(F), thread()
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb = local(F, ACC), local(F, RA), local(F, RB)
        tx, ty = place(t)
        row_blocks, col_blocks = (M + BM - 1) // BM, (N + BN - 1) // BN
        starts = at(np.int64, table)
        for item in range(lo + block(), hi, blocks()):
            r, rest = item % row_blocks, item // row_blocks
            i0, j0, matrix = r * BM, rest % col_blocks * BN, rest // col_blocks
            K = starts[3 * matrix + 2]
            x = xs + (starts[3 * matrix] + i0 * ars) * S
            w = ws + (starts[3 * matrix + 1] + j0 * bns) * S
            m, n = M - i0, N - j0
            wide_a, wide_b = vectors(F, x, aks if ars == 1 else ars), vectors(F, w, bks if bns == 1 else bns)
            for i in range(ACC):
                acc[i] = F(0)
            k0, buffer = 0, 0
            while k0 < K + BK:
                if k0 < K:
                    fetch_a(F, ra, x + k0 * aks * S, ars, aks, m, K - k0, wide_a, t)
                    fetch_b(F, rb, w + k0 * bks * S, bns, bks, n, K - k0, wide_b, t)
                if k0 > 0:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                    buffer = 1 - buffer
                if k0 < K:
                    stash_a(F, sa, buffer, ra, ars == 1, t)
                    stash_b(F, sb, buffer, rb, bns == 1, t)
                barrier()
                k0 += BK
            c = ys + ((matrix * M + i0) * N + j0) * S
            finish(F, acc, m, n, vectors(F, c, N), flags, biases + j0 * S, activation, tx, ty, c, starts, 0, N, 0, 0)
        return 0

    return run, T


for _type, _forms in TILES.items():
    for _form in _forms:
        _run, _threads = product((tensors if _type == "tf32" else registers)(*_form))
        _run.__name__ = tile_name("matmul", _type, _form)
        cuda_kernel("f32" if _type == "tf32" else _type, threads=_threads)(_run)


@cuda_kernel("f32", "f64", threads=SUMS)
def add_partials(a, lo, hi, F):
    """y = act(part 0 + part 1 + ... + bias), added in order; a block takes a row.

    args: partials, their number, elements from one to the next, y, columns, flags, bias, activation.  items: rows of y.
    """
    partials, n, apart, ys, cols, flags, biases, activation = words(a, 8)
    S = sizeof(F)
    bias = at(F, biases)
    for i in range(lo + block(), hi, blocks()):
        y = at(F, ys + i * cols * S)
        for j in range(thread(), cols, SUMS):
            v = at(F, partials + (i * cols + j) * S)[0]
            for k in range(1, n):
                v = v + at(F, partials + (k * apart + i * cols + j) * S)[0]
            if flags & BIAS:
                v = v + bias[j]
            if flags & RELU:
                v = F(0) if v < F(0) else v
            if activation > 1:
                v = sigmoid(F, v) if activation == SIGMOID else tanh(F, v)
            y[j] = v
    return 0
