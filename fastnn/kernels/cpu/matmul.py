"""Matrix products C = act(A·B + bias) in every orientation, by the register tiles of core/simd_tiles.py."""

import numpy as np

from fastnn.core.blocks import ACC, BIAS, COPY_LINE, PACK_A, PACK_B, RELU
from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.core.simd import fma, lanes_dot, microkernel, tile_cols, tile_rows, vector
from fastnn.kernels.cpu.tiles import (
    activate,
    block,
    block_in_place,
    pack_lines,
    pack_rows,
    pack_slices,
    pack_transposed,
    panel_cols,
    panel_tile,
)

KC_IN_PLACE = 256  # the same where B is not packed: its rows and those of A stay in L1
MC = 96  # rows of A per pass
FEW = 64  # rows of A below which packing B costs more than it saves
ROW = 4096  # sums of a row vector times a matrix that are made at a time


@device
def slice_of(F, k):
    """Elements from a slice of A of k steps to the next: off the powers of two."""
    return k * vector(F) + 16


@device(inline=False)
def columns(F, a, ars, aks, b, bks, bns, c, ldc, m, n, K, flags, bias, activation, work, wide, depth, packed):
    """m rows of one block of n columns of C; addresses in bytes, strides in elements."""
    S, W, V = sizeof(F), tile_cols(F, 0), vector(F)
    in_place = bns == 1 and m <= FEW and packed & PACK_B == 0
    copied = packed & PACK_A != 0 and not in_place and m > 8 and n > V  # else a line is used once, and whole
    copy_a = work + depth * wide * S
    rows = at(np.int64, copy_a + depth * COPY_LINE * S - MC * 8)  # where in the copy a row of A begins
    step = min(KC_IN_PLACE, depth) if in_place else depth
    for k0 in range(0, max(K, 1), step):
        kc = min(step, K - k0)
        b0 = b + k0 * bks * S
        if not in_place:
            j = 0
            if bns == 1:
                j = n // W * W
                pack_lines(F, work, W * kc, W, b0, bks, kc, j)
            while j < n:
                w = panel_cols(F, panel_tile(F, n - j))
                if bns == 1:
                    pack_rows(F, work + j * kc * S, w, w, b0 + j * S, bks, kc, n - j)
                else:
                    pack_transposed(F, work + j * kc * S, w, b0 + j * bns * S, bns, kc, min(w, n - j))
                j += w
        if copied:
            for i in range(MC):
                rows[i] = i // V * slice_of(F, kc) + i % V
        fl = (flags & ACC) if k0 == 0 else ACC
        if k0 + kc == K:
            fl |= flags & (BIAS | RELU)
        for i in range(0, m, MC):
            mc, a0 = min(MC, m - i), a + (i * ars + k0 * aks) * S
            if copied:
                pack_slices(F, copy_a, V, slice_of(F, kc), a0, aks, kc, mc)
            if in_place:
                block_in_place(F, a0, ars, aks, kc, b0, bks, c + i * ldc * S, ldc, mc, n, fl, bias)
            else:
                j = 0
                while j < n:
                    tile = panel_tile(F, n - j)
                    w = panel_cols(F, tile)
                    p, q, r = at(F, work + j * kc * S), at(F, c + (i * ldc + j) * S), at(F, bias + j * S)
                    if copied:
                        block(F, tile, at(F, copy_a), rows, V, kc, p, w, q, ldc, mc, min(w, n - j), fl, r)
                    else:
                        block(F, tile, at(F, a0), ars, aks, kc, p, w, q, ldc, mc, min(w, n - j), fl, r)
                    j += w
            if k0 + kc == K and activation > 1:
                activate(F, activation, c + i * ldc * S, ldc, mc, n)


@kernel("f32", "f64")
def matmul(a, lo, hi, F):
    """C = act(A·B + bias) for a batch of matrices.

    args: A, its row and k strides, B, its k and column strides, C, M, N, flags of the micro-kernel, bias,
    activation (0, or 1 relu, 2 sigmoid, 3 tanh), workspace of depth * (columns per item + COPY_LINE) elements, rows per
    item, columns per item (whole wide tiles), depth (rows of B per pass), what is packed (PACK_A: A, PACK_B: B for few
    rows of A, too), table of (offset of A, offset of B, K) in elements per matrix.
    One of A's and one of B's strides is 1.
    items: (matrix, block of columns, block of rows).
    """
    xs, ars, aks, ws, bks, bns, ys, M, N, flags, biases, activation, work, RB, wide, depth, packed, table = words(a, 18)
    S = sizeof(F)
    row_blocks, col_blocks = (M + RB - 1) // RB, (N + wide - 1) // wide
    starts = at(np.int64, table)
    item = lo
    while item < hi:
        r, rest = item % row_blocks, item // row_blocks
        j, matrix = rest % col_blocks * wide, rest // col_blocks
        take = min(hi - item, row_blocks - r)
        i = r * RB
        m = min(take * RB, M - i)
        columns(
            F,
            xs + (starts[3 * matrix] + i * ars) * S,
            ars,
            aks,
            ws + (starts[3 * matrix + 1] + j * bns) * S,
            bks,
            bns,
            ys + ((matrix * M + i) * N + j) * S,
            N,
            m,
            min(wide, N - j),
            starts[3 * matrix + 2],
            flags,
            biases + j * S,
            activation,
            work,
            wide,
            depth,
            packed,
        )
        item += take
    return 0


@kernel("f32", "f64")
def matmul_small(a, lo, hi, F):
    """C = act(A·B + bias), rows [lo, hi), a product so small that packing it would cost more than it saves.

    args: A, its row and k strides, B, its k and column strides, C, N, K, flags, bias, activation, workspace of
    K * (N + 16) elements for a B whose column stride is not 1.  items: rows.
    """
    xs, ars, aks, ws, bks, bns, ys, N, K, flags, biases, activation, work = words(a, 13)
    S = sizeof(F)
    b = ws
    c = ys + lo * N * S
    if bns != 1:
        b, bks = work, (N + vector(F) - 1) // vector(F) * vector(F)
        pack_transposed(F, b, bks, ws, bns, K, N)
    block_in_place(F, xs + lo * ars * S, ars, aks, K, b, bks, c, N, hi - lo, N, flags, biases)
    if activation > 1:
        activate(F, activation, c, N, hi - lo, N)
    return 0


@kernel("f32", "f64")
def matmul_dot(a, lo, hi, F):
    """c[i] = act(<row i of A, b> + bias): a matrix times a vector, both contiguous along k.

    args: A, its row stride, b, c, K, flags, bias, bias step (0: one for all, 1: one per row), activation.
    items: rows.
    """
    xs, rows, ws, ys, K, flags, biases, step, activation = words(a, 9)
    S = sizeof(F)
    b, c, bias = at(F, ws), at(F, ys), at(F, biases)
    for i in range(lo, hi):
        s = lanes_dot(F, at(F, xs + i * rows * S), b, K)
        if flags & BIAS:
            s = s + bias[i * step]
        c[i] = F(0) if (flags & RELU) != 0 and s < F(0) else s
    if activation > 1:
        activate(F, activation, ys + lo * S, 0, 1, hi - lo)
    return 0


@kernel("f32", "f64")
def matmul_row(a, lo, hi, F):
    """Partial sums of a row vector times a matrix that is read from end to end once, as it lies.

    args: x (K), B (K, N), partial sums (items, N), K, N, rows of B per item.  items: ranges of K.
    """
    xs, ws, sums, K, N, step = words(a, 6)
    S = sizeof(F)
    for item in range(lo, hi):
        first, last = item * step, min(K, (item + 1) * step)
        for j0 in range(0, N, ROW):  # sums that stay in L1
            n = min(ROW, N - j0)
            y = at(F, sums + (item * N + j0) * S)
            for j in range(n):
                y[j] = F(0)
            k = first
            while k + 4 <= last:
                x = at(F, xs + k * S)
                p = ws + (k * N + j0) * S
                x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
                b0, b1, b2, b3 = at(F, p), at(F, p + N * S), at(F, p + 2 * N * S), at(F, p + 3 * N * S)
                for j in range(n):
                    y[j] = fma(F, x3, b3[j], fma(F, x2, b2[j], fma(F, x1, b1[j], fma(F, x0, b0[j], y[j]))))
                k += 4
            while k < last:
                x, b = at(F, xs + k * S), at(F, ws + (k * N + j0) * S)
                x0 = x[0]
                for j in range(n):
                    y[j] = fma(F, x0, b[j], y[j])
                k += 1
    return 0


@kernel("f32", "f64")
def add_partials(a, lo, hi, F):
    """y = act(part 0 + part 1 + ... + bias), added in order.

    args: partials, their number, elements from one to the next, y, columns, flags, bias, activation.  items: rows of y.
    """
    partials, n, apart, ys, cols, flags, biases, activation = words(a, 8)
    S = sizeof(F)
    bias = at(F, biases)
    for i in range(lo, hi):
        y = at(F, ys + i * cols * S)
        p = at(F, partials + i * cols * S)
        for j in range(cols):
            y[j] = p[j]
        for k in range(1, n):
            p = at(F, partials + (k * apart + i * cols) * S)
            for j in range(cols):
                y[j] = y[j] + p[j]
        if flags & BIAS:
            for j in range(cols):
                y[j] = y[j] + bias[j]
        if flags & RELU:
            for j in range(cols):
                y[j] = F(0) if y[j] < F(0) else y[j]
    if activation > 1:
        activate(F, activation, ys + lo * cols * S, cols, hi - lo, cols)
    return 0


@kernel("f32", "f64")
def fma_peak(a, lo, hi, F):
    """Nothing but multiply-adds on one cache line: the core's peak.  args: 4 KiB of memory, 0.  items: steps of k.

    Leaves the operations of one item as an int64 at byte 2048.
    """
    p, zero = at(F, a[0]), a[1]  # an argument: LLVM would merge the rows of a constant 0
    microkernel(F, 1, 0, p, zero, zero, hi - lo, p, zero, p, zero, 0, tile_rows(F, 1), tile_cols(F, 1), 0, p)
    at(np.int64, a[0] + 2048)[0] = 2 * tile_rows(F, 1) * tile_cols(F, 1)
    return 0
