"""Winograd F(4x4, 3x3) convolution on NHWC, stride 1: forward, grad_x (a forward with transposed weights) and grad_w.

36 multiplications replace 144: summed over channels they are 36 small products, V (tiles x C) times U (C x K). Tiles
go through in blocks and output channels a few at a time, so that V and M = V·U stay in L2; U is read once a block.
Formulas: fastnn/core/winograd.py. Products: fastnn/core/simd_winograd.py.

What belongs to tiles lies as [group of 16 tiles][vector of channels][plane][tile][lane], so a transform writes its 36
vectors near each other (a core's store TLB has 16 pages). What belongs to weights: [plane][vector of k][c][lane]. Rows
are a constant apart and no product has an edge.
"""

from fastnn.core.blocks import ACC, TILE_GROUP, TILE_PAD, WEIGHT_GAP
from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.core.simd import planes, product_vectors, transform, transpose, vector
from fastnn.core.winograd import GW, GY, INPUT, OUTPUT, WEIGHT
from fastnn.kernels.cpu.tiles import activate


@device
def vectors(F, n):
    """Vectors of n channels."""
    return (n + vector(F) - 1) // vector(F)


@device
def tile_plane(F):
    """Elements of a plane of a group of tiles, one vector of channels.

    TILE_PAD makes planes four cache lines (of 16 float32) times an odd number apart, where V is the widest: the 36
    stores of a tile then spread over cache sets, but fall on few addresses within a page; a load that has the page
    offset of a store on its way waits for it, and a tile's loads follow the stores of the one before.
    """
    return TILE_GROUP * vector(F) + TILE_PAD


@device
def weight_rows(F, n):
    """Rows from one block of a plane of weights to the next where there are n: odd, or blocks would share sets."""
    return vectors(F, n) * vector(F) + 1


@device
def weight_plane(F, C, K):
    """Elements of a plane of weights (C, K)."""
    return weight_rows(F, C) * vectors(F, K) * vector(F) + WEIGHT_GAP


@device
def following(image, th, tw, TH, TW):
    """The tile after this one."""
    tw += 1
    if tw == TW:
        tw, th = 0, th + 1
        if th == TH:
            th, image = 0, image + 1
    return image, th, tw


@device(inline=False)
def tiles_in(F, which, x, H, W, C, first, n, top, left, TH, TW, t0, nt, v):
    """Planes of nt tiles from number t0 on, n vectors of channels from number `first` on.

    BT x B of 6x6 windows at step 4, or (which is GY) A gy AT of 4x4 ones.
    """
    S, V, P = sizeof(F), vector(F), tile_plane(F)
    image, th, tw = t0 // (TH * TW), t0 // TW % TH, t0 % TW
    for t in range(nt):
        h, q = th * 4 - top, tw * 4 - left
        src = x + ((image * H + h) * W + q) * C * S
        dst = v + (t // TILE_GROUP * n * 36 * P + t % TILE_GROUP * V) * S
        for c in range(first * V, min(C, (first + n) * V), V):
            if which == GY:
                transform(
                    F,
                    GY,
                    at(F, src + c * S),
                    W * C,
                    C,
                    -h,
                    H - h,
                    -q,
                    W - q,
                    at(F, dst),
                    6 * P,
                    P,
                    6,
                    6,
                    min(V, C - c),
                    0,
                    at(F, v),
                )
            else:
                transform(
                    F,
                    INPUT,
                    at(F, src + c * S),
                    W * C,
                    C,
                    -h,
                    H - h,
                    -q,
                    W - q,
                    at(F, dst),
                    6 * P,
                    P,
                    6,
                    6,
                    min(V, C - c),
                    0,
                    at(F, v),
                )
            dst += 36 * P * S
        image, th, tw = following(image, th, tw, TH, TW)


@device(inline=False)
def tiles_out(F, m, y, HO, WO, K, first, n, TH, TW, t0, nt, flags, bias):
    """y = act(AT m A + bias) of nt tiles from number t0 on, n vectors of channels from number `first` on."""
    S, V, P = sizeof(F), vector(F), tile_plane(F)
    image, th, tw = t0 // (TH * TW), t0 // TW % TH, t0 % TW
    for t in range(nt):
        src = m + (t // TILE_GROUP * n * 36 * P + t % TILE_GROUP * V) * S
        dst = y + ((image * HO + th * 4) * WO + tw * 4) * K * S
        for k in range(first * V, min(K, (first + n) * V), V):
            transform(
                F,
                OUTPUT,
                at(F, src),
                6 * P,
                P,
                0,
                6,
                0,
                6,
                at(F, dst + k * S),
                WO * K,
                K,
                HO - th * 4,
                WO - tw * 4,
                min(V, K - k),
                flags,
                at(F, bias + k * S),
            )
            src += 36 * P * S
        image, th, tw = following(image, th, tw, TH, TW)


@kernel("f32")
def winograd_weights(a, lo, hi, F):
    """Weights (3,3,C,K) to 36 planes (C, K).

    args: w, planes, C, K.  items: input channels.
    """
    ws, us, C, K = words(a, 4)
    S, V = sizeof(F), vector(F)
    P, rows = weight_plane(F, C, K), weight_rows(F, C)
    for k in range(0, K, V):
        for c in range(lo, hi):
            transform(
                F,
                WEIGHT,
                at(F, ws + (c * K + k) * S),
                3 * C * K,
                C * K,
                0,
                3,
                0,
                3,
                at(F, us + (k * rows + c * V) * S),
                6 * P,
                P,
                6,
                6,
                min(V, K - k),
                0,
                at(F, ws),
            )
    return 0


@kernel("f32")
def transpose_weights(a, lo, hi, F):
    """Weights (taps,C,K) to (taps,K,C), taps in reverse order.  args: w, transposed, taps, C, K.  items: taps."""
    ws, transposed, taps, C, K = words(a, 5)
    S, V = sizeof(F), vector(F)
    for t in range(lo, hi):
        x, y = ws + t * C * K * S, transposed + (taps - 1 - t) * C * K * S
        for c in range(0, C // V * V, V):
            for k in range(0, K, V):
                transpose(F, at(F, y + (k * C + c) * S), C, at(F, x + (c * K + k) * S), K, V, K - k)
        for c in range(C // V * V, C):
            for k in range(K):
                at(F, y)[k * C + c] = at(F, x)[c * K + k]
    return 0


@kernel("f32")
def winograd(a, lo, hi, F):
    """y = act(correlation of x with packed weights + bias).

    args: x, H, W, C, top, left, planes, y, HO, WO, K, flags, bias, activation, two workspaces (planes of a block of
    tiles, of C channels and of as many as a product takes), tiles per block (whole groups).
    items: rows of tiles of all images.
    """
    xs, H, W, C, top, left, us, ys, HO, WO, K, flags, biases, activation, v, m, TB = words(a, 17)
    S, V = sizeof(F), vector(F)
    TH, TW = (HO + 3) // 4, (WO + 3) // 4
    P, PU, rows, deep, across = tile_plane(F), weight_plane(F, C, K), weight_rows(F, C), vectors(F, C), vectors(F, K)
    for t0 in range(lo * TW, hi * TW, TB):
        nt = min(TB, hi * TW - t0)
        tiles_in(F, INPUT, xs, H, W, C, 0, deep, top, left, TH, TW, t0, nt, v)
        j, pieces = 0, (across + product_vectors(F) - 1) // product_vectors(F)
        while pieces > 0:  # of nearly the same width
            nv = (across - j + pieces - 1) // pieces
            for e in range(36):
                u = at(F, us + (e * PU + j * rows * V) * S)
                for g in range(0, nt, TILE_GROUP):
                    planes(
                        F,
                        0,
                        at(F, v + (g // TILE_GROUP * deep * 36 + e) * P * S),
                        0,
                        36 * P,
                        C,
                        u,
                        rows * V,
                        0,
                        at(F, m + (g // TILE_GROUP * nv * 36 + e) * P * S),
                        36 * P,
                        nv,
                        min(TILE_GROUP, nt - g),
                        0,
                    )
            tiles_out(F, m, ys, HO, WO, K, j, nv, TH, TW, t0, nt, flags, biases)
            j += nv
            pieces -= 1
        if activation > 1:
            for t in range(t0, t0 + nt):
                image, th, tw = t // (TH * TW), t // TW % TH, t % TW
                activate(
                    F,
                    activation,
                    ys + ((image * HO + th * 4) * WO + tw * 4) * K * S,
                    WO * K,
                    min(4, HO - th * 4),
                    min(4, WO - tw * 4) * K,
                )
    return 0


@kernel("f32")
def winograd_grad_w(a, lo, hi, F):
    """Partial sums of 36 planes (C,K), one per so many rows of tiles; a call goes on where the last one stopped.

    args: x, H, W, C, top, left, gy, HO, WO, K, partial sums, two workspaces (planes of a block of tiles, of C channels
    and of as many as a product takes), tiles per block (whole groups), items per partial sum.
    items: rows of tiles of all images, of one sum.
    """
    xs, H, W, C, top, left, gys, HO, WO, K, sums, v, z, TB, each = words(a, 15)
    S, V = sizeof(F), vector(F)
    TH, TW = (HO + 3) // 4, (WO + 3) // 4
    P, PS, rows, deep, across = tile_plane(F), weight_plane(F, C, K), weight_rows(F, C), vectors(F, C), vectors(F, K)
    s = sums + lo // each * 36 * PS * S
    for t0 in range(lo * TW, hi * TW, TB):
        nt = min(TB, hi * TW - t0)
        flags = 0 if t0 % (each * TW) == 0 else ACC
        tiles_in(F, INPUT, xs, H, W, C, 0, deep, top, left, TH, TW, t0, nt, v)
        j, pieces = 0, (across + product_vectors(F) - 1) // product_vectors(F)
        while pieces > 0:
            nv = (across - j + pieces - 1) // pieces
            tiles_in(F, GY, gys, HO, WO, K, j, nv, 0, 0, TH, TW, t0, nt, z)
            for e in range(36):
                planes(
                    F,
                    1,
                    at(F, v + e * P * S),
                    36 * P,
                    deep * 36 * P,
                    nt,
                    at(F, z + e * P * S),
                    36 * P,
                    nv * 36 * P,
                    at(F, s + (e * PS + j * rows * V) * S),
                    rows * V,
                    nv,
                    C,
                    flags,
                )
            j += nv
            pieces -= 1
    return 0


@kernel("f32")
def winograd_weights_grad(a, lo, hi, F):
    """gw (3,3,C,K) = GT (part 0 + part 1 + ...) G, added in order.

    args: partial sums, their number, C, K, gw.  items: input channels.
    """
    sums, partials, C, K, gws = words(a, 5)
    S, V = sizeof(F), vector(F)
    P, rows, n = weight_plane(F, C, K), weight_rows(F, C), (hi - lo) * V
    for k in range(0, K, V):
        first = sums + (k * rows + lo * V) * S
        for e in range(36):
            y = at(F, first + e * P * S)
            for p in range(1, partials):
                x = at(F, first + (p * 36 + e) * P * S)
                for i in range(n):
                    y[i] = y[i] + x[i]
        for c in range(lo, hi):
            transform(
                F,
                GW,
                at(F, first + (c - lo) * V * S),
                6 * P,
                P,
                0,
                6,
                0,
                6,
                at(F, gws + (c * K + k) * S),
                3 * C * K,
                C * K,
                3,
                3,
                min(V, K - k),
                0,
                at(F, sums),
            )
    return 0
