"""Winograd F(4x4, 3x3) convolution on NHWC, stride 1: forward, grad_x (a forward with turned weights) and grad_w.

36 multiplications replace 144: summed over channels they are 36 small products, V (tiles x C) times U (C x K). Tiles
go through in blocks, so that V and M = V·U stay near L2. Planes are never a power of two apart, or all 36 would fall
into one cache set. Formulas: fastnn/core/winograd.py.
"""
from fastnn.core.jit import at, device, kernel, sizeof
from fastnn.core.simd import ACC, transform, transpose, vector
from fastnn.core.winograd import GW, GY, INPUT, OUTPUT, WEIGHT
from fastnn.kernels.cpu.tiles import activate, block, padded_cols, panel_cols, panel_tile

GAP = 16            # elements between planes


@device
def plane(rows, cols):
    """Distance of the 36 planes."""
    return rows * cols + GAP


@device(inline=False)
def tiles_in(F, x, H, W, C, top, left, TH, TW, t0, nt, v, P):
    """v[36 planes][nt, C] = BT x B of tiles t0.. (a tile is a 6x6 window at step 4)."""
    S, V = sizeof(F), vector(F)
    for t in range(nt):
        image, th, tw = (t0 + t) // (TH * TW), (t0 + t) // TW % TH, (t0 + t) % TW
        h, q = th * 4 - top, tw * 4 - left
        first = x + ((image * H + h) * W + q) * C * S
        for c in range(0, C, V):
            transform(F, INPUT, at(F, first + c * S), W * C, C, -h, H - h, -q, W - q,
                      at(F, v + (t * C + c) * S), 6 * P, P, 6, 6, min(V, C - c), 0, at(F, v))


@kernel("f32")
def winograd_pack(a, lo, hi, F):
    """Weights (3,3,C,K) to 36 planes of panels.

    args: w, planes, C, K.  items: input channels.
    """
    S, V = sizeof(F), vector(F)
    C, K = a[2], a[3]
    P = plane(C, padded_cols(F, K))
    j = 0
    while j < K:
        w = panel_cols(F, panel_tile(F, K - j))
        for c in range(lo, hi):
            for k in range(0, min(w, K - j), V):
                transform(F, WEIGHT, at(F, a[0] + (c * K + j + k) * S), 3 * C * K, C * K, 0, 3, 0, 3,
                          at(F, a[1] + (j * C + c * w + k) * S), 6 * P, P, 6, 6, min(V, K - j - k), 0, at(F, a[0]))
        j += w
    return 0


@kernel("f32")
def turn_weights(a, lo, hi, F):
    """Weights (taps,C,K) to (taps,K,C), taps in reverse order.  args: w, turned, taps, C, K.  items: taps."""
    S, V = sizeof(F), vector(F)
    C, K = a[3], a[4]
    for t in range(lo, hi):
        x, y = a[0] + t * C * K * S, a[1] + (a[2] - 1 - t) * C * K * S
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

    args: x, H, W, C, top, left, planes, y, HO, WO, K, flags, bias, activation, two workspaces (of 36 planes of
    tiles x C and of tiles x K), tiles per block.  items: rows of tiles of all images.
    """
    S, V = sizeof(F), vector(F)
    H, W, C, HO, WO, K, v, m, TB = a[1], a[2], a[3], a[8], a[9], a[10], a[14], a[15], a[16]
    TH, TW = (HO + 3) // 4, (WO + 3) // 4
    PV, PU, PM = plane(TB, C), plane(C, padded_cols(F, K)), plane(TB, K)
    for t0 in range(lo * TW, hi * TW, TB):
        nt = min(TB, hi * TW - t0)
        tiles_in(F, a[0], H, W, C, a[4], a[5], TH, TW, t0, nt, v, PV)
        for e in range(36):
            j = 0
            while j < K:
                tile = panel_tile(F, K - j)
                w = panel_cols(F, tile)
                block(F, tile, at(F, v + e * PV * S), C, 1, C, at(F, a[6] + (e * PU + j * C) * S), w,
                      at(F, m + (e * PM + j) * S), K, nt, min(w, K - j), 0, at(F, m))
                j += w
        for t in range(nt):
            image, th, tw = (t0 + t) // (TH * TW), (t0 + t) // TW % TH, (t0 + t) % TW
            y = a[7] + ((image * HO + th * 4) * WO + tw * 4) * K * S
            for k in range(0, K, V):
                transform(F, OUTPUT, at(F, m + (t * K + k) * S), 6 * PM, PM, 0, 6, 0, 6, at(F, y + k * S), WO * K, K,
                          HO - th * 4, WO - tw * 4, min(V, K - k), a[11], at(F, a[12] + k * S))
            if a[13] > 1:
                activate(F, a[13], y, WO * K, min(4, HO - th * 4), min(4, WO - tw * 4) * K)
    return 0


@kernel("f32")
def winograd_grad_w(a, lo, hi, F):
    """Partial sums of 36 planes (C,K), one per so many rows of tiles; a call goes on where the last one stopped.

    args: x, H, W, C, top, left, gy, HO, WO, K, partial sums, workspaces (36 planes of tiles x C, of tiles x K
    padded), tiles per block, items per partial sum.  items: rows of tiles of all images, of one sum.
    """
    S, V = sizeof(F), vector(F)
    H, W, C, HO, WO, K, v, z, TB = a[1], a[2], a[3], a[7], a[8], a[9], a[11], a[12], a[13]
    TH, TW, KP = (HO + 3) // 4, (WO + 3) // 4, padded_cols(F, K)
    PV, PZ, PS = plane(TB, C), plane(TB, KP), plane(C, K)
    s = a[10] + lo // a[14] * 36 * PS * S
    for t0 in range(lo * TW, hi * TW, TB):
        nt = min(TB, hi * TW - t0)
        flags = 0 if t0 % (a[14] * TW) == 0 else ACC
        tiles_in(F, a[0], H, W, C, a[4], a[5], TH, TW, t0, nt, v, PV)
        for t in range(nt):
            image, th, tw = (t0 + t) // (TH * TW), (t0 + t) // TW % TH, (t0 + t) % TW
            gy = a[6] + ((image * HO + th * 4) * WO + tw * 4) * K * S
            for k in range(0, K, V):
                transform(F, GY, at(F, gy + k * S), WO * K, K, 0, HO - th * 4, 0, WO - tw * 4,
                          at(F, z + (t * KP + k) * S), 6 * PZ, PZ, 6, 6, min(V, K - k), 0, at(F, z))
        for e in range(36):
            j = 0
            while j < K:
                tile = panel_tile(F, K - j)
                w = panel_cols(F, tile)
                block(F, tile, at(F, v + e * PV * S), 1, C, nt, at(F, z + (e * PZ + j) * S), KP,
                      at(F, s + (e * PS + j) * S), K, C, min(w, K - j), flags, at(F, s))
                j += w
    return 0


@kernel("f32")
def winograd_unpack(a, lo, hi, F):
    """gw (3,3,C,K) = GT (part 0 + part 1 + ...) G, added in order.

    args: partial sums, their number, C, K, gw.  items: input channels.
    """
    S, V = sizeof(F), vector(F)
    parts, C, K = a[1], a[2], a[3]
    P = plane(C, K)
    for c in range(lo, hi):
        for e in range(36):
            y = at(F, a[0] + (e * P + c * K) * S)
            for p in range(1, parts):
                x = at(F, a[0] + ((p * 36 + e) * P + c * K) * S)
                for k in range(K):
                    y[k] = y[k] + x[k]
        for k in range(0, K, V):
            transform(F, GW, at(F, a[0] + (c * K + k) * S), 6 * P, P, 0, 6, 0, 6, at(F, a[4] + (c * K + k) * S),
                      3 * C * K, C * K, 3, 3, min(V, K - k), 0, at(F, a[0]))
    return 0
