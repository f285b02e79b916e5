"""Matrix products C = act(A·B + bias) on a device, in every orientation, by the tiles of tiles.py.

One source in several sizes of tile, `matmul_128x128` and so on; `fastnn.core.blocks.TILES` lists them, and lowering
chooses.  A product whose C is small and whose sums are long is cut along k into several "matrices" of partial sums,
which `add_partials` adds in their order.
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
    (begin_a, fetch_a, stash_a, FLAT_A, DEEP_A), (begin_b, fetch_b, stash_b, FLAT_B, DEEP_B) = z.a, z.b
    corner, place, multiply, finish = z.corner, z.place, z.multiply, z.finisher(address)

    def run(a, lo, hi, F):
        """C = act(A·B + bias) for a batch of matrices.

        args: A, its row and k strides, B, its k and column strides, C, M, N, flags, bias, activation (0, or 1 relu,
        2 sigmoid, 3 tanh), table of (offset of A, offset of B, K) in elements per matrix.  One of A's and one of B's
        strides is 1.  items: (matrix, block of columns, block of rows).
        """
        t, S = thread(), sizeof(F)
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb = local(F, ACC), local(F, RA), local(F, RB)
        tx, ty = place(t)
        for item in range(lo + block(), hi, blocks()):
            # Words are read where they are needed: what is not alive while tiles are multiplied takes no registers.
            xs, ars, aks, ws, bks, bns, _, M, N = words(a, 9)
            i0, j0, matrix = corner(item, M, N)
            start = at(np.int64, a[12] + 24 * matrix)
            K = start[2]
            flat_a, flat_b = ars == 1, bns == 1
            (oa, ka), (ob, kb) = begin_a(flat_a, t), begin_b(flat_b, t)
            x, w = xs + (start[0] + i0 * ars) * S, ws + (start[1] + j0 * bns) * S
            wide_a, wide_b = vectors(F, x, aks if flat_a else ars), vectors(F, w, bks if flat_b else bns)
            x, w = x + (oa * ars + ka * aks) * S, w + (ob * bns + kb * bks) * S
            step_a, step_b = (
                FLAT_A * aks * S if flat_a else DEEP_A * ars * S,
                FLAT_B * bks * S if flat_b else DEEP_B * bns * S,
            )
            next_a, next_b = BK * aks * S, BK * bks * S
            m, n = M - i0 - oa, N - j0 - ob
            for i in range(ACC):
                acc[i] = F(0)
            buffer, filled = 1, False
            while K > -BK:
                if K > 0:
                    fetch_a(F, ra, x, step_a, m if flat_a else K - ka, K - ka if flat_a else m, flat_a, wide_a)
                    fetch_b(F, rb, w, step_b, n if flat_b else K - kb, K - kb if flat_b else n, flat_b, wide_b)
                if filled:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                buffer = 1 - buffer
                if K > 0:
                    stash_a(F, sa, buffer, ra, oa, ka, flat_a)
                    stash_b(F, sb, buffer, rb, ob, kb, flat_b)
                barrier()
                filled = True
                x, w, K = x + next_a, w + next_b, K - BK
            ys, M, N, flags, biases, activation = a[6], a[7], a[8], a[9], a[10], a[11]
            i0, j0, matrix = corner(item, M, N)
            c = ys + ((matrix * M + i0) * N + j0) * S
            bias, wide = biases + j0 * S, vectors(F, c, N)
            finish(F, acc, M - i0, N - j0, wide, flags, bias, activation, tx, ty, c, at(np.int64, a[12]), 0, N, 0, 0)
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
