"""Depthwise convolution on NHWC: each channel by its own filter, vectors over the channels.

The bands, scratch and offset tables are those of conv.py, with one entry per tap.
"""

import numpy as np

from fastnn.core.blocks import ACC
from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.core.simd import copy_row, lanewise, tile_cols, vector
from fastnn.kernels.cpu.conv import band_source, next_band
from fastnn.kernels.cpu.tiles import activate


@device(inline=False)
def channels(F, a, aoff, b, boff, nk, c, C, flags, bias):
    """`lanewise` over C channels; a, b, c, bias are addresses."""
    S, step = sizeof(F), 4 * vector(F)
    for j in range(0, C, step):
        lanewise(
            F,
            at(F, a + j * S),
            aoff,
            at(F, b + j * S),
            boff,
            nk,
            at(F, c + j * S),
            min(step, C - j),
            flags,
            at(F, bias + j * S),
        )


@device(inline=False)
def repeat(F, dst, src, C, n):
    """dst[i] = src[i % C], i < n; addresses."""
    d, s = at(F, dst), at(F, src)
    for i in range(min(C, n)):
        d[i] = s[i]
    for i in range(C, n):
        d[i] = d[i - C]


@device(inline=False)
def lines(F, src, pix, tap, w, weight, taps, out, place, pixels, Q, C, flags, bias, row):
    """Output rows whose Q pixels lie side by side in the source: blocks of a row, whatever their channels.

    w and bias: repeated for as far as a block reaches that starts at any channel.  row: where a row is made whose
    pixels do not lie side by side in the output, or 0.
    """
    S, step, line = sizeof(F), 4 * vector(F), Q * C
    for p in range(0, pixels, Q):
        s, c = src + pix[p] * S, 0
        o = row if row else out + place[p] * S
        for j in range(0, line, step):
            lanewise(
                F,
                at(F, s + j * S),
                tap,
                at(F, w + c * S),
                weight,
                taps,
                at(F, o + j * S),
                min(step, line - j),
                flags,
                at(F, bias + c * S),
            )
            c += step
            while c >= C:
                c -= C
        if row:
            for q in range(Q):
                x, y = at(F, row + q * C * S), at(F, out + place[p + q] * S)
                for i in range(C):
                    y[i] = x[i]


@kernel("f32", "f64")
def depthwise(a, lo, hi, F):
    """out[q][c] = act(sum over taps of source[q*step + tap][c] * w[tap][c] + bias[c]).

    args: x, w (taps, C), out, geometry, pix, tap, weight-offset and out-pixel tables, scratch, taps, out offsets:
    first, per image, per row; flags, bias, activation, room for taps + 1 rows of repeated weights, their length (0:
    pixels do not lie side by side in x), room for a row or 0.  items: output rows of all images.
    """
    (
        xs,
        ws,
        outs,
        geometry,
        pixel_table,
        tap_table,
        weight_table,
        place_table,
        scratch,
        taps,
        first,
        per_image,
        per_row,
        flags,
        biases,
        activation,
        repeats,
        long,
        row,
    ) = words(a, 19)
    S = sizeof(F)
    g, pix, place = at(np.int64, geometry), at(np.int64, pixel_table), at(np.int64, place_table)
    tap, weight = at(np.int64, tap_table), at(np.int64, weight_table)
    C, r = g[3], lo
    if long:
        for t in range(taps):
            repeat(F, repeats + t * long * S, ws + weight[t] * S, C, long)
        if biases:
            repeat(F, repeats + taps * long * S, biases, C, long)
    while r < hi:
        end = next_band(g, r, hi)
        pixels = (end - r) * g[5]
        src = band_source(F, g, xs, scratch, r, end)
        out = outs + (first + r // g[4] * per_image + r % g[4] * per_row) * S
        if long:
            lines(
                F,
                src,
                pix,
                tap,
                repeats,
                long,
                taps,
                out,
                place,
                pixels,
                g[5],
                C,
                flags,
                repeats + taps * long * S,
                row,
            )
        else:
            for p in range(pixels):
                channels(F, src + pix[p] * S, tap, ws, weight, taps, out + place[p] * S, C, flags, biases)
        if activation > 1:
            activate(F, activation, out, 0, 1, pixels * C)
        r = end
    return 0


@device(inline=False)
def repeat_rows(F, dst, ld, n, src, C, rows):
    """Rows of C elements at src as the first n elements of rows of ld at dst, repeated; ld >= n + a vector."""
    S, V = sizeof(F), tile_cols(F, 2)
    for m in range(0, n, C):
        for i in range(0, min(C, n - m), V):  # what is written beyond C is written again, or beyond n
            d, s = dst + (m + i) * S, src + i * S
            for k in range(rows):
                copy_row(F, 2, at(F, d + k * ld * S), at(F, s + k * C * S), C - i)


@kernel("f32", "f64")
def depthwise_grad_w(a, lo, hi, F):
    """Partial sums of gw (taps, C), one per so many output rows; a call goes on where the last one stopped.

    Taps side by side in x are one vector with their channels; gy is repeated for them, some pixels at a time.

    args: x, gy, partial sums, geometry, pix and tap tables, scratch, taps, items per partial sum, taps side by side,
    room for repeated pixels of gy, their length and a vector (0: gy as it lies), their number.
    items: output rows of all images, of one sum.
    """
    xs, gys, sums, geometry, pixel_table, tap_table, scratch, taps, each, run, repeats, long, most = words(a, 13)
    S = sizeof(F)
    g, tap = at(np.int64, geometry), at(np.int64, tap_table)
    C, r, step = g[3], lo, 4 * vector(F)
    gw = sums + lo // each * taps * C * S
    while r < hi:
        end = next_band(g, r, hi)
        src = band_source(F, g, xs, scratch, r, end)
        pixels = (end - r) * g[5]
        for p in range(0, pixels, most):
            n = min(most, pixels - p)
            gy, ld = gys + (r * g[5] + p) * C * S, C
            if long:
                repeat_rows(F, repeats, long, long - tile_cols(F, 2), gy, C, n)
                gy, ld = repeats, long
            flags = 0 if r % each == 0 and p == 0 else ACC
            for t in range(0, taps, run):
                x, y, c = src + tap[t] * S, gw + t * C * S, 0
                for j in range(0, run * C, step):
                    lanewise(
                        F,
                        at(F, x + j * S),
                        at(np.int64, pixel_table + p * 8),
                        at(F, gy + c * S),
                        ld,
                        n,
                        at(F, y + j * S),
                        min(step, run * C - j),
                        flags,
                        at(F, gw),
                    )
                    c += step
                    while c >= C:
                        c -= C
        r = end
    return 0
