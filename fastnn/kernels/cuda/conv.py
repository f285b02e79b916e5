"""Convolutions on NHWC images on a device as implicit products, by the tiles of tiles.py: no matrix of patches is
ever written.

`correlate`: out[q] = act(sum over taps t of source[q*step + tap_t] . W_t + bias), q, tap: pairs of row and column.  It
is the forward convolution, and for each residue of the stride the gradient of images.  Rows of A are the pixels q,
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


@device
def taps_of(g, tap, c, C, down, right, behind, channel):
    """Of the four (tap, channel) from tap, c on: how far down and right in the source, where their weights lie, and the
    channel.

    No branch, whatever C is: a branch for each of some dozen numbers would take the compiler minutes.
    """
    for i in range(4):
        k = HEAD + 3 * min(tap, g[7] - 1)
        down[i], right[i], behind[i], channel[i] = g[k], g[k + 1], g[k + 2], c
        c += 1
        tap, c = tap + 1 if c == C else tap, 0 if c == C else c


@device
def source(F, x, offset, inside):
    """The number at an offset from x, 0 where it is not inside."""
    return at(F, x + offset * sizeof(F))[0] if inside else F(0)


def patches(BO, BK, T):
    """`seek(g, p0, pixels, where)`: the places of the thread's pixels from p0 on, (offset of the image, row, column),
    and `fetch(F, r, x, g, where, tap, c, C, left, wide)`: their quads from (tap, c) on to registers.
    """
    QUADS, DEEP = BO * BK // (4 * T), 4 * T // BK

    @device
    def seek(g, p0, pixels, where):
        for q in range(QUADS):
            p = p0 + q * DEEP
            rest, col = split(p, g[4])
            image, row = split(rest, g[3])
            where[3 * q] = image * g[0] * g[1] * g[2]
            where[3 * q + 1] = row * g[5] if p < pixels else NOWHERE
            where[3 * q + 2] = col * g[6]

    @device
    def fetch(F, r, x, g, where, tap, c, C, left, wide):
        H, W, D = g[0], g[1], g[2]
        down, right, behind, channel = local(np.int64, 4), local(np.int64, 4), local(np.int64, 4), local(np.int64, 4)
        taps_of(g, tap, c, C, down, right, behind, channel)
        for q in range(QUADS):
            base = where[3 * q]
            if wide:  # all of a quad is inside, or nothing
                y, z = where[3 * q + 1] + down[0], where[3 * q + 2] + right[0]
                if left > 0 and 0 <= y < H and 0 <= z < W:
                    r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                        at(F, x + (base + (y * W + z) * D + c) * sizeof(F)), 0
                    )
                else:
                    for i in range(4):
                        r[4 * q + i] = F(0)
            else:
                for i in range(4):
                    y, z = where[3 * q + 1] + down[i], where[3 * q + 2] + right[i]
                    inside = (i < left) & (y >= 0) & (y < H) & (z >= 0) & (z < W)
                    r[4 * q + i] = source(F, x, base + (y * W + z) * D + channel[i], inside)

    return seek, fetch


def weights(BO, BK, T):
    """`fetch(F, r, w, g, tap, c, C, step, outer, left, wide)`: quads of weights that lie along k, as those of
    `patches`: from (tap, c) on, from the address of the thread's first column on, of which `outer` are left, `step`
    numbers apart.
    """
    QUADS, DEEP = BO * BK // (4 * T), 4 * T // BK

    @device
    def fetch(F, r, w, g, tap, c, C, step, outer, left, wide):
        down, right, behind, channel = local(np.int64, 4), local(np.int64, 4), local(np.int64, 4), local(np.int64, 4)
        taps_of(g, tap, c, C, down, right, behind, channel)
        for q in range(QUADS):
            o = q * DEEP
            if wide:
                if left > 0 and o < outer:
                    r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                        at(F, w + (behind[0] + o * step + c) * sizeof(F)), 0
                    )
                else:
                    for i in range(4):
                        r[4 * q + i] = F(0)
            else:
                for i in range(4):
                    inside = (i < left) & (o < outer)
                    r[4 * q + i] = source(F, w, behind[i] + o * step + channel[i], inside)

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
    (begin_a, _, stash_a, _, _), (begin_b, fetch_b, stash_b, FLAT_B, _) = z.a, z.b
    corner, place, multiply, finish = z.corner, z.place, z.multiply, z.finisher(pixel_address)

    def run(a, lo, hi, F):
        t, S = thread(), sizeof(F)
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb, where = local(F, ACC), local(F, RA), local(F, RB), local(np.int64, PLACES)
        tx, ty = place(t)
        oa, ka = begin_a(False, t)
        for item in range(lo + block(), hi, blocks()):
            # Words are read where they are needed: what is not alive while tiles are multiplied takes no registers.
            xs, ws, _, geometry, pixels, R, _, C, K, wks, wns, apart = words(a, 12)
            g, left = at(np.int64, geometry), R
            p0, j0, group = corner(item, pixels, K)
            flat = wks != 0
            ob, kb = begin_b(flat, t)
            x, w = xs + group * C * S, ws + (group * apart + j0 * wns) * S
            wide_a = vectors(F, x, g[2]) and C % 4 == 0
            wide_b = vectors(F, w, wks) if flat else vectors(F, w, wns) and C % 4 == 0
            w += (ob * wns + kb * wks) * S
            n = K - j0 - ob
            for i in range(ACC):
                acc[i] = F(0)
            seek(g, p0 + oa, pixels, where)
            tap, c = 0, ka  # where this thread's quads are along k
            while c >= C and tap + 1 < g[7]:
                tap, c = tap + 1, c - C
            buffer, filled = 1, False
            while left > -BK:
                if left > 0:
                    fetch_a(F, ra, x, g, where, tap, c, C, left - ka, wide_a)
                    if flat:
                        fetch_b(F, rb, w, FLAT_B * wks * S, n, left - kb, True, wide_b)
                    else:
                        fetch_w(F, rb, w, g, tap, c, C, wns, n, left - kb, wide_b)
                    c += BK
                    while c >= C and tap + 1 < g[7]:
                        tap, c = tap + 1, c - C
                if filled:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                buffer = 1 - buffer
                if left > 0:
                    stash_a(F, sa, buffer, ra, oa, ka, False)
                    stash_b(F, sb, buffer, rb, ob, kb, flat)
                barrier()
                filled = True
                w, left = w + BK * wks * S, left - BK
            outs, pixels, K, g = a[2], a[4], a[8], at(np.int64, a[3])
            first, per_image, per_row, per_col, flags, biases, activation = (
                a[12],
                a[13],
                a[14],
                a[15],
                a[16],
                a[17],
                a[18],
            )
            p0, j0, group = corner(item, pixels, K)
            out, b, m, n = outs + (first + group * K + j0) * S, biases + (group * K + j0) * S, pixels - p0, K - j0
            wide = vectors(F, out, per_image | per_row | per_col)
            finish(F, acc, m, n, wide, flags, b, activation, tx, ty, out, g, p0, per_image, per_row, per_col)
        return 0

    return run, T


def columns_of_patches(BO, BK, T):
    """`seek(g, p0, where)`: image, row and column of the thread's pixels from p0 on; `step(g, where)`: those BK later;
    `fetch(F, r, x, g, where, tap, c, C, left, depth, wide)`: quads of the (tap, channel) from tap, c on of these
    pixels.
    """
    QUADS, FLAT = BO * BK // (4 * T), 4 * T // BO

    @device
    def seek(g, p0, where):
        for q in range(QUADS):
            p = p0 + q * FLAT
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
    def fetch(F, r, x, g, where, tap, c, C, left, depth, wide):
        H, W, D = g[0], g[1], g[2]
        down, right, behind, channel = local(np.int64, 4), local(np.int64, 4), local(np.int64, 4), local(np.int64, 4)
        taps_of(g, tap, c, C, down, right, behind, channel)
        for q in range(QUADS):
            base, y0, z0 = where[3 * q] * H, where[3 * q + 1] * g[5], where[3 * q + 2] * g[6]
            if wide:
                y, z = y0 + down[0], z0 + right[0]
                if q * FLAT < depth and left > 0 and 0 <= y < H and 0 <= z < W:
                    r[4 * q], r[4 * q + 1], r[4 * q + 2], r[4 * q + 3] = load4(
                        at(F, x + (((base + y) * W + z) * D + c) * sizeof(F)), 0
                    )
                else:
                    for i in range(4):
                        r[4 * q + i] = F(0)
            else:
                for i in range(4):
                    y, z = y0 + down[i], z0 + right[i]
                    inside = (q * FLAT < depth) & (i < left) & (y >= 0) & (y < H) & (z >= 0) & (z < W)
                    r[4 * q + i] = source(F, x, ((base + y) * W + z) * D + channel[i], inside)

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
    (begin_a, _, stash_a, _, _), (begin_b, fetch_b, stash_b, FLAT_B, _) = z.a, z.b
    corner, place, multiply, finish = z.corner, z.place, z.multiply, z.finisher(address)

    def run(a, lo, hi, F):
        t, S = thread(), sizeof(F)
        sa = shared(F, SA)
        sb = shared(F, SB)
        box = shared(F, BOX)
        acc, ra, rb, where = local(F, ACC), local(F, RA), local(F, RB), local(np.int64, PLACES)
        tx, ty = place(t)
        (oa, ka), (ob, kb) = begin_a(True, t), begin_b(True, t)
        for item in range(lo + block(), hi, blocks()):
            xs, gys, _, geometry, pixels, R, groups, C, K, part = words(a, 10)
            g, ld = at(np.int64, geometry), groups * K
            i0, j0, rest = corner(item, R, K)
            number, group = split(rest, groups)
            p0 = number * part
            left = min(part, pixels - p0)
            x, w = xs + group * C * S, gys + (p0 * ld + group * K + j0) * S
            tap, c = split(i0 + oa, C)  # the row of this thread's quads
            tap = min(tap, g[7] - 1)
            wide_a, wide_b = vectors(F, x, g[2]) and C % 4 == 0, vectors(F, w, ld)
            w += (ob + kb * ld) * S
            m, n = R - i0 - oa, K - j0 - ob
            for i in range(ACC):
                acc[i] = F(0)
            seek(g, p0 + ka, where)
            buffer, filled = 1, False
            while left > -BK:
                if left > 0:
                    fetch_a(F, ra, x, g, where, tap, c, C, m, left - ka, wide_a)
                    fetch_b(F, rb, w, FLAT_B * ld * S, n, left - kb, True, wide_b)
                    step(g, where)
                if filled:
                    multiply(F, acc, sa, sb, box, buffer, tx, ty)
                buffer = 1 - buffer
                if left > 0:
                    stash_a(F, sa, buffer, ra, oa, ka, True)
                    stash_b(F, sb, buffer, rb, ob, kb, True)
                barrier()
                filled = True
                w, left = w + BK * ld * S, left - BK
            sums, R, groups, K = a[2], a[5], a[6], a[8]
            i0, j0, rest = corner(item, R, K)
            number, group = split(rest, groups)
            ld, m, n = groups * K, R - i0, K - j0
            out = sums + ((number * R + i0) * ld + group * K + j0) * S
            finish(F, acc, m, n, vectors(F, out, ld), 0, 0, 0, tx, ty, out, at(np.int64, a[3]), 0, ld, 0, 0)
        return 0

    return run, T


for _type, _forms in TILES.items():
    for _form in _forms:
        _tile = (tensors if _type == "tf32" else registers)(*_form)
        for _name, _make in (("correlate", correlation), ("correlate_grad_w", gradient)):
            _run, _threads = _make(_tile)
            _run.__name__ = tile_name(_name, _type, _form)
            cuda_kernel("f32" if _type == "tf32" else _type, threads=_threads)(_run)
