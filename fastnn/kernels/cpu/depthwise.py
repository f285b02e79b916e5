"""Depthwise convolution on NHWC: each channel by its own filter, vectors over the channels.

The bands, scratch and offset tables are those of conv.py, with one entry per tap.
"""
import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof
from fastnn.core.simd import ACC, lanewise, vector
from fastnn.kernels.cpu.conv import band_source, next_band
from fastnn.kernels.cpu.tiles import activate


@device(inline=False)
def channels(F, a, aoff, b, boff, nk, c, C, flags, bias):
    """`lanewise` over C channels; a, b, c, bias are addresses."""
    S, step = sizeof(F), 4 * vector(F)
    for j in range(0, C, step):
        lanewise(F, at(F, a + j * S), aoff, at(F, b + j * S), boff, nk, at(F, c + j * S), min(step, C - j), flags,
                 at(F, bias + j * S))


@kernel("f32", "f64")
def depthwise(a, lo, hi, F):
    """out[q][c] = act(sum over taps of source[q*step + tap][c] * w[tap][c] + bias[c]).

    args: x, w (taps, C), out, geometry, pix, tap, weight-offset and out-pixel tables, scratch, taps, out offsets:
    first, per image, per row; flags, bias, activation.  items: output rows of all images.
    """
    S = sizeof(F)
    g, pix, place = at(np.int64, a[3]), at(np.int64, a[4]), at(np.int64, a[7])
    tap, weight = at(np.int64, a[5]), at(np.int64, a[6])
    C, r = g[3], lo
    while r < hi:
        end = next_band(g, r, hi)
        pixels = (end - r) * g[5]
        src = band_source(F, g, a[0], a[8], r, end)
        out = a[2] + (a[10] + r // g[4] * a[11] + r % g[4] * a[12]) * S
        for p in range(pixels):
            channels(F, src + pix[p] * S, tap, a[1], weight, a[9], out + place[p] * S, C, a[13], a[14])
        if a[15] > 1:
            activate(F, a[15], out, 0, 1, pixels * C)
        r = end
    return 0


@kernel("f32", "f64")
def depthwise_grad_w(a, lo, hi, F):
    """Partial sums of gw (taps, C), one per so many output rows; a call goes on where the last one stopped.

    args: x, gy, partial sums, geometry, pix and tap tables, scratch, taps, items per partial sum.
    items: output rows of all images, of one sum.
    """
    S = sizeof(F)
    g, pix, tap = at(np.int64, a[3]), at(np.int64, a[4]), at(np.int64, a[5])
    C, r = g[3], lo
    gw = a[2] + lo // a[8] * a[7] * C * S
    while r < hi:
        end = next_band(g, r, hi)
        src = band_source(F, g, a[0], a[6], r, end)
        for t in range(a[7]):
            channels(F, src + tap[t] * S, pix, a[1] + r * g[5] * C * S, C, (end - r) * g[5], gw + t * C * S, C,
                     0 if r % a[8] == 0 else ACC, gw)
        r = end
    return 0
