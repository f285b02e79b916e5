"""Depthwise convolutions on a device: each channel by its own filter.  Geometry words as of conv.py."""

import numpy as np

from fastnn.core.blocks import BIAS, CODES, LANES, RELU
from fastnn.core.jit import at, words
from fastnn.core.jit_cuda import block, blocks, cuda_kernel, shared, thread
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh
from fastnn.kernels.cuda.conv import HEAD
from fastnn.kernels.cuda.trees import split, sum_down

SIGMOID = CODES["sigmoid"]
THREADS, DEEP = 256, 8  # threads; pixels that a block takes at a time
COLUMN_THREADS = LANES * DEEP


@cuda_kernel("f32", "f64", threads=THREADS)
def depthwise_pixels(a, lo, hi, F):
    """out[q][c] = act(sum over taps of source[q*step + tap][c] * w[tap][c] + bias[c]), one (q, c) for each thread.

    args: source, w, out, geometry, elements, out offsets: first, per image, per row, per column; flags, bias,
    activation.  items: THREADS elements.
    """
    xs, ws, outs, geometry, n, first, per_image, per_row, per_col, flags, biases, activation = words(a, 12)
    g, x, w, out, bias = at(np.int64, geometry), at(F, xs), at(F, ws), at(F, outs), at(F, biases)
    H, W, C, taps = g[0], g[1], g[2], g[7]
    for item in range(lo + block(), hi, blocks()):
        e = item * THREADS + thread()
        if e < n:
            q, c = split(e, C)
            q, col = split(q, g[4])
            image, row = split(q, g[3])
            y0, z0, v = row * g[5], col * g[6], F(0)
            for k in range(taps):
                y, z = y0 + g[HEAD + 3 * k], z0 + g[HEAD + 3 * k + 1]
                if 0 <= y < H and 0 <= z < W:
                    v = fma(F, x[((image * H + y) * W + z) * C + c], w[g[HEAD + 3 * k + 2] + c], v)
            if flags & BIAS:
                v = v + bias[c]
            if flags & RELU:
                v = F(0) if v < F(0) else v
            if activation > 1:
                v = sigmoid(F, v) if activation == SIGMOID else tanh(F, v)
            out[first + image * per_image + row * per_row + col * per_col + c] = v
    return 0


@cuda_kernel("f32", "f64", threads=COLUMN_THREADS)
def depthwise_sums(a, lo, hi, F):
    """Partial sums of gw[tap][c] = sum over pixels q of x[q*step + tap][c] * gy[q][c], one for each part of the pixels.

    args: x, gy, sums (parts, taps, C), geometry, pixels, pixels of a part.  items: (part, tap, stripe of LANES
    channels).
    """
    xs, gys, sums, geometry, pixels, part = words(a, 6)
    g, x, gy, y = at(np.int64, geometry), at(F, xs), at(F, gys), at(F, sums)
    s = shared(F, COLUMN_THREADS)
    H, W, C, taps = g[0], g[1], g[2], g[7]
    stripes = (C + LANES - 1) // LANES
    t = thread()
    for item in range(lo + block(), hi, blocks()):
        rest, c = item // stripes, item % stripes * LANES + t % LANES
        number, k = rest // taps, rest % taps
        v = F(0)
        if c < C:
            for p in range(number * part + t // LANES, min((number + 1) * part, pixels), DEEP):
                q, col = split(p, g[4])
                image, row = split(q, g[3])
                i, j = row * g[5] + g[HEAD + 3 * k], col * g[6] + g[HEAD + 3 * k + 1]
                if 0 <= i < H and 0 <= j < W:
                    v = fma(F, x[((image * H + i) * W + j) * C + c], gy[p * C + c], v)
        v = sum_down(F, s, v, t, DEEP)
        if t < LANES and c < C:
            y[rest * C + c] = v
    return 0
