"""Convolutions on NHWC images on a device as implicit products, by the tiles of tiles.py: no matrix of patches is
ever written.

`correlate`: out[q] = act(sum over taps t of source[q*step + tap_t] . W_t + bias), q, tap: pairs of row and column.  It is
the forward convolution, and for each residue of the stride the gradient of images.  Rows of A are the pixels q,
k runs over (tap, channel); a thread keeps the place of its pixels and walks along the taps.

`correlate_grad_w`: gw[t, c] = sum over pixels q of x[q*step + tap_t][c] * gy[q].  Rows of A are (tap, channel), k runs
over the pixels; a thread keeps its taps and walks along the pixels.

The geometry words, in elements: 0, 1, 2 source rows, columns and channels · 3, 4 output rows and columns · 5, 6 steps ·
7 taps · then for each tap its row and column in the source for output (0, 0), and the offset of its weights.
"""

import numpy as np

from fastnn.core.blocks import TILES, tile_name
from fastnn.core.jit import at, device, sizeof, words
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, load4, local, shared, thread
from fastnn.kernels.cuda.products import address
from fastnn.kernels.cuda.tiles import registers, tensors, vectors
from fastnn.kernels.cuda.trees import split

HEAD = 8  # geometry words before the taps
NOWHERE = -(1 << 40)  # a row that no image has


def patches(BO, BK, T):
    """`seek(F, g, p0, pixels, where, t)`: the places of the thread's pixels, {offset of the image, row, column}, and
    `fetch(F, r, x, g, where, tap, c, C, left, wide, t)`: their quads of the (tap, channel) from tap, c on to registers.
    """
    QUADS = BO * BK // (4 * T)

    @device
    def seek(g, p0, pixels, where, t):
        for q in range(QUADS):
            p = p0 + (t + q * T) * 4 // BK
            rest, col = split(p, g[4])
            image, row = split(rest, g[3])
            where[3 * q] = image * g[0] * g[1] * g[2]
            where[3 * q + 1] = row * g[5] if p < pixels else NOWHERE
            where[3 * q + 2] = col * g[6]

    @device
    def fetch(F, r, x, g, where, tap, c, C, left, wide, t):
        S, H, W, D = sizeof(F), g[0], g[1], g[2]
        for q in range(QUADS):
            s, e = tap, c
            y, z = where[3 * q + 1] + g[HEAD + 3 * s], where[3 * q + 2] + g[HEAD + 3 * s + 1]
            if wide and c + 4 <= C and left >= 4:
                if 0 <= y < H and 0 <= z < W:
                    r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                        at(F, x + (where[3 * q] + (y * W + z) * D + c) * S), 0
                    )
                else:
                    for i in range(4):
                        r[4 * q + i] = F(0)
            else:
                for i in range(4):
                    inside = i < left and 0 <= y < H and 0 <= z < W
                    r[4 * q + i] = at(F, x + (where[3 * q] + (y * W + z) * D + e) * S)[0] if inside else F(0)
                    e += 1
                    if e == C and i + 1 < left:
                        s, e = s + 1, 0
                        y, z = where[3 * q + 1] + g[HEAD + 3 * s], where[3 * q + 2] + g[HEAD + 3 * s + 1]

    return seek, fetch


def weights(BO, BK, T):
    """`fetch(F, r, w, g, tap, c, C, step, outer, left, wide, t)`: quads of weights that lie along k, as those of
    `patches`: of tap and channel c on, BO columns that are `step` apart.
    """
    QUADS = BO * BK // (4 * T)

    @device
    def fetch(F, r, w, g, tap, c, C, step, outer, left, wide, t):
        S = sizeof(F)
        for q in range(QUADS):
            o, s, e = (t + q * T) * 4 // BK, tap, c
            if wide and c + 4 <= C and left >= 4 and o < outer:
                r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                    at(F, w + (g[HEAD + 3 * s + 2] + o * step + c) * S), 0
                )
            else:
                for i in range(4):
                    inside = i < left and o < outer
                    r[4 * q + i] = at(F, w + (g[HEAD + 3 * s + 2] + o * step + e) * S)[0] if inside else F(0)
                    e += 1
                    if e == C and i + 1 < left:
                        s, e = s + 1, 0

    return fetch


@device
def pixel_address(F, c, g, p0, per_image, per_row, per_col, row):
    """Where the result of pixel p0 + row lies."""
    q, col = split(p0 + row, g[4])
    image, line = split(q, g[3])
    return c + (image * per_image + line * per_row + col * per_col) * sizeof(F)


def correlation(z):
    """(source, threads) of `correlate` by such a tile.

    args: source, w, out, geometry, pixels, R = taps * C, groups, C per group, K per group, steps of w along k (0: it
    lies side by side there, tap by tap), along columns and between groups; out offsets: first, per image, per row, per
    column; flags, bias, activation.
    items: (group, block of columns, block of pixels).
    """
    BM, BN, BK, T, ACC, _, SA, SB, BOX = z[:9]
    RA, RB = BM * BK // T, BN * BK // T
    PLACES = 3 * RA // 4
    seek, fetch_a = patches(BM, BK, T)
    fetch_w = weights(BN, BK, T)
    (_, stash_a), (fetch_b, stash_b) = z.a, z.b
    place, multiply, finish = z.place, z.multiply, z.finisher(pixel_address)

    def run(a, lo, hi, F):
        xs, ws, outs, geometry, pixels, R, groups, C, K, wks, wns, apart, first, per_image, per_row, per_col = words(a, 16)
        flags, biases, activation = a[16], a[17], a[18]
        S, t, g = sizeof(F), thread(), at(np.int64, geometry)
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb, where = local(F, ACC), local(F, RA), local(F, RB), local(np.int64, PLACES)
        tx, ty = place(t)
        row_blocks, col_blocks = (pixels + BM - 1) // BM, (K + BN - 1) // BN
        for item in range(lo + block(), hi, blocks()):
            rest = item // row_blocks
            p0, j0, group = item % row_blocks * BM, rest % col_blocks * BN, rest // col_blocks
            n = K - j0
            x = xs + group * C * S
            w = ws + (group * apart + j0 * wns) * S
            wide_a = vectors(F, x, g[2]) and C % 4 == 0
            wide_b = vectors(F, w, wks) if wks else vectors(F, w, wns) and C % 4 == 0
            for i in range(ACC):
                acc[i] = F(0)
            seek(g, p0, pixels, where, t)
            tap, c, k = 0, t * 4 % BK, t * 4 % BK  # where this thread's quads are along k
            while c >= C and tap + 1 < g[7]:
                tap, c = tap + 1, c - C
            k0, buffer = 0, 0
            while k0 < R + BK:
                if k0 < R:
                    fetch_a(F, ra, x, g, where, tap, c, C, R - k, wide_a, t)
                    if wks:
                        fetch_b(F, rb, w + k0 * wks * S, 1, wks, n, R - k0, wide_b, t)
                    else:
                        fetch_w(F, rb, w, g, tap, c, C, wns, n, R - k, wide_b, t)
                    c, k = c + BK, k + BK
                    while c >= C and tap + 1 < g[7]:
                        tap, c = tap + 1, c - C
                if k0 > 0:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                    buffer = 1 - buffer
                if k0 < R:
                    stash_a(F, sa, buffer, ra, False, t)
                    stash_b(F, sb, buffer, rb, wks != 0, t)
                barrier()
                k0 += BK
            out, b = outs + (first + group * K + j0) * S, biases + (group * K + j0) * S
            wide_c = vectors(F, out, per_image | per_row | per_col)
            m = pixels - p0
            finish(F, acc, m, n, wide_c, flags, b, activation, tx, ty, out, g, p0, per_image, per_row, per_col)
        return 0

    return run, T


def columns_of_patches(BO, BK, T):
    """`seek(g, p, where, t)`: image, row and column of the thread's pixels from pixel p on; `step(g, where)`: those BK
    later; `fetch(F, r, x, g, where, tap, c, C, left, depth, wide, t)`: quads of the (tap, channel) from tap, c on of
    these pixels.
    """
    QUADS = BO * BK // (4 * T)

    @device
    def seek(g, p0, where, t):
        for q in range(QUADS):
            p = p0 + (t + q * T) * 4 // BO
            rest, col = split(p, g[4])
            image, row = split(rest, g[3])
            where[3 * q], where[3 * q + 1], where[3 * q + 2] = image, row, col

    @device
    def step(g, where):
        for q in range(QUADS):
            where[3 * q + 2] += BK
            while where[3 * q + 2] >= g[4]:
                where[3 * q + 2] -= g[4]
                where[3 * q + 1] += 1
                if where[3 * q + 1] == g[3]:
                    where[3 * q + 1] = 0
                    where[3 * q] += 1

    @device
    def fetch(F, r, x, g, where, tap, c, C, left, depth, wide, t):
        S, H, W, D = sizeof(F), g[0], g[1], g[2]
        for q in range(QUADS):
            s, e = tap, c
            near = (t + q * T) * 4 // BO < depth
            y0, z0 = where[3 * q + 1] * g[5], where[3 * q + 2] * g[6]
            y, z = y0 + g[HEAD + 3 * s], z0 + g[HEAD + 3 * s + 1]
            if wide and c + 4 <= C and left >= 4:
                if near and 0 <= y < H and 0 <= z < W:
                    r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                        at(F, x + (((where[3 * q] * H + y) * W + z) * D + c) * S), 0
                    )
                else:
                    for i in range(4):
                        r[4 * q + i] = F(0)
            else:
                for i in range(4):
                    inside = near and i < left and 0 <= y < H and 0 <= z < W
                    r[4 * q + i] = (
                        at(F, x + (((where[3 * q] * H + y) * W + z) * D + e) * S)[0] if inside else F(0)
                    )
                    e += 1
                    if e == C and i + 1 < left:
                        s, e = s + 1, 0
                        y, z = y0 + g[HEAD + 3 * s], z0 + g[HEAD + 3 * s + 1]

    return seek, step, fetch


def gradient(z):
    """(source, threads) of `correlate_grad_w` by such a tile.

    args: x, gy, sums, geometry, pixels, R = taps * C, groups, C per group, K per group, pixels of a part.
    items: (part, group, block of columns, block of rows); each part gives sums of its own, (parts, R, groups * K).
    """
    BM, BN, BK, T, ACC, _, SA, SB, BOX = z[:9]
    RA, RB = BM * BK // T, BN * BK // T
    PLACES = 3 * RA // 4
    seek, step, fetch_a = columns_of_patches(BM, BK, T)
    (_, stash_a), (fetch_b, stash_b) = z.a, z.b
    place, multiply, finish = z.place, z.multiply, z.finisher(address)

    def run(a, lo, hi, F):
        xs, gys, sums, geometry, pixels, R, groups, C, K, part = words(a, 10)
        S, t, g = sizeof(F), thread(), at(np.int64, geometry)
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb, where = local(F, ACC), local(F, RA), local(F, RB), local(np.int64, PLACES)
        tx, ty = place(t)
        ld = groups * K
        row_blocks, col_blocks = (R + BM - 1) // BM, (K + BN - 1) // BN
        for item in range(lo + block(), hi, blocks()):
            rest = item // row_blocks
            i0, j0, group = item % row_blocks * BM, rest % col_blocks * BN, rest // col_blocks % groups
            number = rest // col_blocks // groups
            p0 = number * part
            depth, n = min(part, pixels - p0), K - j0
            x, w = xs + group * C * S, gys + (p0 * ld + group * K + j0) * S
            wide_a, wide_b = vectors(F, x, g[2]), vectors(F, w, ld)
            for i in range(ACC):
                acc[i] = F(0)
            first = i0 + t * 4 % BM  # the row of this thread's quads
            tap, c = split(first, C)
            tap = min(tap, g[7] - 1)
            seek(g, p0, where, t)
            k0, buffer = 0, 0
            while k0 < depth + BK:
                if k0 < depth:
                    fetch_a(F, ra, x, g, where, tap, c, C, R - first, depth - k0, wide_a and c % 4 == 0, t)
                    fetch_b(F, rb, w + k0 * ld * S, 1, ld, n, depth - k0, wide_b, t)
                    step(g, where)
                if k0 > 0:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                    buffer = 1 - buffer
                if k0 < depth:
                    stash_a(F, sa, buffer, ra, True, t)
                    stash_b(F, sb, buffer, rb, True, t)
                barrier()
                k0 += BK
            out = sums + ((number * R + i0) * ld + group * K + j0) * S
            finish(F, acc, R - i0, n, vectors(F, out, ld), 0, 0, 0, tx, ty, out, g, 0, ld, 0, 0)
        return 0

    return run, T


for _type, _forms in TILES.items():
    for _form in _forms:
        _tile = (tensors if _type == "tf32" else registers)(*_form)
        for _name, _make in (("correlate", correlation), ("correlate_grad_w", gradient)):
            _run, _threads = _make(_tile)
            _run.__name__ = tile_name(_name, _type, _form)
            cuda_kernel("f32" if _type == "tf32" else _type, threads=_threads)(_run)
