"""The gradient of a convolution with respect to its weights: the product of conv.py with its two offset tables
exchanged.

    gw[(t, c), k] = sum over output pixels q of  x[q*step + tap_t][c] * gy[q][k]
"""

import numpy as np

from fastnn.core.blocks import ACC, GRAD_PIXELS
from fastnn.core.jit import at, kernel, sizeof, words
from fastnn.kernels.cpu.conv import band_source, next_band
from fastnn.kernels.cpu.tiles import block, pack_rows, panel_cols, panel_tile


@kernel("f32", "f64")
def conv_grad_w(a, lo, hi, F):
    """Partial sums of gw (taps*C, groups*K), one per so many output rows; a call goes on where the last one stopped.

    args: x, gy, partial sums, geometry, pix and tap tables, scratch, workspace of GRAD_PIXELS * PANEL_BYTES bytes,
    rows taps*C, groups, C per group, K per group, items per partial sum.  items: output rows of all images, of one
    sum.
    """
    xs, gys, sums, geometry, pixel_table, tap_table, scratch, work, R, groups, C, K, each = words(a, 13)
    S = sizeof(F)
    g = at(np.int64, geometry)
    tap = at(np.int64, tap_table)
    KG = K * groups
    gw = sums + lo // each * R * KG * S
    r = lo
    while r < hi:
        end = next_band(g, r, hi)
        pixels = (end - r) * g[5]
        src = band_source(F, g, xs, scratch, r, end)
        for p in range(0, pixels, GRAD_PIXELS):
            pn = min(GRAD_PIXELS, pixels - p)
            rows = gys + (r * g[5] + p) * KG * S
            flags = 0 if r % each == 0 and p == 0 else ACC
            for group in range(groups):
                j = 0
                while j < K:
                    tile = panel_tile(F, K - j)
                    w = panel_cols(F, tile)
                    b, ld = rows, KG  # gy as it lies: one full panel
                    if groups > 1 or K != w:  # a compact copy: long steps would collide in L1
                        b, ld = work, w
                        pack_rows(F, b, w, w, rows + (group * K + j) * S, KG, pn, K - j)
                    block(
                        F,
                        tile,
                        at(F, src + group * C * S),
                        tap,
                        at(np.int64, pixel_table + p * 8),
                        pn,
                        at(F, b),
                        ld,
                        at(F, gw + (group * K + j) * S),
                        KG,
                        R,
                        min(w, K - j),
                        flags,
                        at(F, gw),
                    )
                    j += w
        r = end
    return 0


@kernel("f32", "f64")
def conv_merge(a, lo, hi, F):
    """gw from partial sums for f neighbouring pixels as one: where the taps of each of them lie, added in order.

    args: partial sums, their number, gw, kernel rows, columns, step, f, C, K.  items: kernel rows.
    """
    sums, partials, gws, rows, cols, step, f, C, K = words(a, 9)
    S = sizeof(F)
    wide = cols + (f - 1) * step
    each = rows * wide * C * f * K * S
    for r in range(lo, hi):
        for q in range(cols):
            for c in range(C):
                gw = at(F, gws + ((r * cols + q) * C + c) * K * S)
                for i in range(f):
                    for p in range(partials):
                        x = at(F, sums + p * each + (((r * wide + q + i * step) * C + c) * f + i) * K * S)
                        if i + p:
                            for k in range(K):
                                gw[k] += x[k]
                        else:
                            for k in range(K):
                                gw[k] = x[k]
    return 0
