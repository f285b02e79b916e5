"""Device functions of matrix products: which tile a panel of columns takes, packing, and rows of tiles.

A panel is up to one tile's width NR of columns of B, stored as k rows of NR contiguous elements, zeros past
the last column.
"""

from fastnn.core.blocks import CODES
from fastnn.core.jit import at, device, sizeof
from fastnn.core.simd import copy_row, microkernel, prefetch, tile_cols, tile_rows, transpose, vector
from fastnn.kernels.cpu.vecmath import sigmoid, tanh

SIGMOID = CODES["sigmoid"]
AHEAD = 8  # rows that packing asks for in advance


@device
def panel_tile(F, n):
    """The tile for the next panel when n columns are left: the widest, unless narrower ones pad less."""
    if n >= tile_cols(F, 0) or n > tile_cols(F, 1) + tile_cols(F, 2):
        return 0
    return 1 if n > tile_cols(F, 2) else 2


@device
def panel_cols(F, tile):
    """Columns of register tile number `tile` (not a literal here)."""
    if tile == 0:
        return tile_cols(F, 0)
    return tile_cols(F, 1) if tile == 1 else tile_cols(F, 2)


@device(inline=False)
def pack_lines(F, dst, across, along, src, step, k, n):
    """dst[j*across + i*along : +W] = src[i*step + j*W : +W] for i < k, whole tiles j of W columns, zeros past column n.

    A row after the other, each from end to end: rows may be pages apart.
    """
    S, W = sizeof(F), tile_cols(F, 0)
    for i in range(k):
        p, q = src + i * step * S, dst + i * along * S
        for j in range(0, n, W):
            for line in range(0, W, 64 // S):  # rows far apart: the hardware does not see the pattern
                prefetch(at(F, p + j * S), AHEAD * step + line)
            copy_row(F, 0, at(F, q), at(F, p + j * S), n - j)
            q += across * S


@device(inline=False)
def pack_slices(F, dst, along, across, src, step, k, n):
    """The same by single vectors V: dst[j*across + i*along : +V] = src[i*step + j*V : +V]."""
    S, V = sizeof(F), vector(F)
    for i in range(k):
        p, q = src + i * step * S, dst + i * along * S
        for j in range(0, n, V):
            prefetch(at(F, p + j * S), AHEAD * step)
            copy_row(F, 2, at(F, q), at(F, p + j * S), n - j)
            q += across * S


@device(inline=False)
def pack_rows(F, dst, ld, width, src, step, k, n):
    """dst[i*ld : +width] = src[i*step : +n], zeros after, for i < k; width is that of some tile."""
    S = sizeof(F)
    if width == tile_cols(F, 0):
        for i in range(k):
            p = at(F, src + i * step * S)
            for line in range(0, width, 64 // S):  # rows far apart: the hardware does not see the pattern
                prefetch(p, AHEAD * step + line)
            copy_row(F, 0, at(F, dst + i * ld * S), at(F, src + i * step * S), n)
    elif width == tile_cols(F, 1):
        for i in range(k):
            copy_row(F, 1, at(F, dst + i * ld * S), at(F, src + i * step * S), n)
    else:
        for i in range(k):
            copy_row(F, 2, at(F, dst + i * ld * S), at(F, src + i * step * S), n)


@device(inline=False)
def pack_transposed(F, dst, ld, src, step, k, n):
    """dst[i*ld + j] = src[j*step + i] for i < k, j < n, zeros up to the width ld of the panel."""
    S, V = sizeof(F), vector(F)
    for j in range(0, ld, V):
        left = max(0, n - j)
        for i in range(0, k, V):
            transpose(
                F, at(F, dst + (i * ld + j) * S), ld, at(F, src + (min(j, n - 1) * step + i) * S), step, left, k - i
            )


@device(inline=False)
def block(F, tile, a, arow, akof, nk, b, bks, c, crow, m, n, flags, bias):
    """Rows 0..m-1 of C, columns 0..n-1 of one panel: arguments as `microkernel`, tile not a literal."""
    if tile == 0:
        for i in range(0, m, tile_rows(F, 0)):
            microkernel(F, 0, 0, a, arow, akof, nk, b, bks, c, crow, i, min(tile_rows(F, 0), m - i), n, flags, bias)
    elif tile == 1:
        for i in range(0, m, tile_rows(F, 1)):
            microkernel(F, 1, 0, a, arow, akof, nk, b, bks, c, crow, i, min(tile_rows(F, 1), m - i), n, flags, bias)
    else:
        for i in range(0, m, tile_rows(F, 2)):
            microkernel(F, 2, 0, a, arow, akof, nk, b, bks, c, crow, i, min(tile_rows(F, 2), m - i), n, flags, bias)


@device(inline=False)
def block_in_place(F, a, ars, aks, nk, b, bks, c, ldc, m, n, flags, bias):
    """Rows 0..m-1, columns 0..n-1 of C with B read where it lies: whole tiles, the last columns masked."""
    S, j = sizeof(F), 0
    wide = tile_cols(F, 3)
    if m <= tile_rows(F, 3):
        while j < n:
            microkernel(
                F,
                3,
                1,
                at(F, a),
                ars,
                aks,
                nk,
                at(F, b + j * S),
                bks,
                at(F, c + j * S),
                ldc,
                0,
                m,
                min(wide, n - j),
                flags,
                at(F, bias + j * S),
            )
            j += wide
    while n - j >= tile_cols(F, 0):
        for i in range(0, m, tile_rows(F, 0)):
            microkernel(
                F,
                0,
                0,
                at(F, a),
                ars,
                aks,
                nk,
                at(F, b + j * S),
                bks,
                at(F, c + j * S),
                ldc,
                i,
                min(tile_rows(F, 0), m - i),
                tile_cols(F, 0),
                flags,
                at(F, bias + j * S),
            )
        j += tile_cols(F, 0)
    while n - j >= tile_cols(F, 1):
        for i in range(0, m, tile_rows(F, 1)):
            microkernel(
                F,
                1,
                0,
                at(F, a),
                ars,
                aks,
                nk,
                at(F, b + j * S),
                bks,
                at(F, c + j * S),
                ldc,
                i,
                min(tile_rows(F, 1), m - i),
                tile_cols(F, 1),
                flags,
                at(F, bias + j * S),
            )
        j += tile_cols(F, 1)
    while j < n:
        for i in range(0, m, tile_rows(F, 2)):
            microkernel(
                F,
                2,
                1,
                at(F, a),
                ars,
                aks,
                nk,
                at(F, b + j * S),
                bks,
                at(F, c + j * S),
                ldc,
                i,
                min(tile_rows(F, 2), m - i),
                min(tile_cols(F, 2), n - j),
                flags,
                at(F, bias + j * S),
            )
        j += tile_cols(F, 2)


@device(inline=False)
def activate(F, activation, c, ldc, m, n):
    """Apply sigmoid (2) or tanh (3) to m rows of n elements that were just computed."""
    if ldc == n:  # rows of a few elements end before a loop of vectors begins
        m, n = 1, m * n
    for i in range(m):
        p = at(F, c + i * ldc * sizeof(F))
        if activation == SIGMOID:
            for j in range(n):
                p[j] = sigmoid(F, p[j])
        else:
            for j in range(n):
                p[j] = tanh(F, p[j])
