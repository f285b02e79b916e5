"""Pooling over NHWC images on a device: words, items and windows as on the CPU (kernels/cpu/pool.py).

A block makes a row of the result, its threads neighbouring channels of neighbouring columns.  Gradients are gathered:
each place of gx looks for the windows that hold it, in the order of the CPU.
"""

import numpy as np

from fastnn.core.jit import at, device, words
from fastnn.core.jit_cuda import block, blocks, cuda_kernel, thread
from fastnn.core.simd import fma
from fastnn.kernels.cuda.trees import split

THREADS = 128
WITH_INDEX = (("f32", "u8"), ("f64", "u8"), ("f32", "i32"), ("f64", "i32"))


@device
def taps(start, size, extent):
    """The taps [first, last) inside an axis of `extent` places, of a window of that size that begins at `start`."""
    return max(0, -start), min(size, extent - start)


@device
def windows(i, pad, size, step, many):
    """The windows [first, last) that hold place i of an axis, of `many` windows."""
    return max(0, (i + pad - size + step) // step), min(many, (i + pad) // step + 1)


@cuda_kernel(*WITH_INDEX, threads=THREADS)
def max_pool(a, lo, hi, F, I):
    """y = largest of the window, index = its tap.

    args: x, y, index, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, ys, indices, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 14)
    x, y, index = at(F, xs), at(F, ys), at(I, indices)
    for row in range(lo + block(), hi, blocks()):
        image, y0 = row // oh, row % oh * sh - pt
        dy0, dy1 = taps(y0, kh, h)
        for e in range(thread(), ow * c, THREADS):
            ox, j = split(e, c)
            x0 = ox * sw - pl
            dx0, dx1 = taps(x0, kw, w)
            v, tap, none = F(0), np.int64(0), True
            for dy in range(dy0, dy1):
                for dx in range(dx0, dx1):
                    u = x[((image * h + y0 + dy) * w + x0 + dx) * c + j]
                    if none or (not (u <= v) and v == v):  # the first maximum wins; NaN beats all
                        v, tap, none = u, np.int64(dy * kw + dx), False
            y[row * ow * c + e] = v
            index[row * ow * c + e] = I(tap)
    return 0


@cuda_kernel(*WITH_INDEX, threads=THREADS)
def max_pool_grad(a, lo, hi, F, I):
    """gx = gy at the winners.

    args: gy, index, gx, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: input rows of all images.
    """
    gys, indices, gxs, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 14)
    gy, index, gx = at(F, gys), at(I, indices), at(F, gxs)
    for row in range(lo + block(), hi, blocks()):
        image, iy = row // h, row % h
        oy0, oy1 = windows(iy, pt, kh, sh, oh)
        for e in range(thread(), w * c, THREADS):
            ix, j = split(e, c)
            ox0, ox1 = windows(ix, pl, kw, sw, ow)
            v = F(0)
            for oy in range(oy0, oy1):
                for ox in range(ox0, ox1):
                    place = ((image * oh + oy) * ow + ox) * c + j
                    if np.int64(index[place]) == (iy + pt - oy * sh) * kw + ix + pl - ox * sw:
                        v = v + gy[place]
            gx[row * w * c + e] = v
    return 0


@cuda_kernel(*WITH_INDEX, threads=THREADS)
def max_pool_take(a, lo, hi, F, I):
    """y = x at the winners (what max_pool_grad is the transpose of).

    args: x, index, y, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, indices, ys, h, w, c, oh, ow, _, kw, sh, sw, pt, pl = words(a, 14)
    x, y, index = at(F, xs), at(F, ys), at(I, indices)
    for row in range(lo + block(), hi, blocks()):
        image, y0 = row // oh, row % oh * sh - pt
        for e in range(thread(), ow * c, THREADS):
            ox, j = split(e, c)
            dy, dx = split(np.int64(index[row * ow * c + e]), kw)
            y[row * ow * c + e] = x[((image * h + y0 + dy) * w + ox * sw - pl + dx) * c + j]
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def avg_pool(a, lo, hi, F):
    """y = mean of the inputs inside the window.

    args: x, y, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, ys, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 13)
    x, y = at(F, xs), at(F, ys)
    for row in range(lo + block(), hi, blocks()):
        image, y0 = row // oh, row % oh * sh - pt
        dy0, dy1 = taps(y0, kh, h)
        for e in range(thread(), ow * c, THREADS):
            ox, j = split(e, c)
            x0 = ox * sw - pl
            dx0, dx1 = taps(x0, kw, w)
            v = F(0)
            for dy in range(dy0, dy1):
                for dx in range(dx0, dx1):
                    v = v + x[((image * h + y0 + dy) * w + x0 + dx) * c + j]
            y[row * ow * c + e] = v * (F(1) / F((dy1 - dy0) * (dx1 - dx0)))
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def avg_pool_grad(a, lo, hi, F):
    """gx = sum over the windows that hold it of gy / (inputs in the window).

    args: gy, gx, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: input rows of all images.
    """
    gys, gxs, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 13)
    gy, gx = at(F, gys), at(F, gxs)
    for row in range(lo + block(), hi, blocks()):
        image, iy = row // h, row % h
        oy0, oy1 = windows(iy, pt, kh, sh, oh)
        for e in range(thread(), w * c, THREADS):
            ix, j = split(e, c)
            ox0, ox1 = windows(ix, pl, kw, sw, ow)
            v = F(0)
            for oy in range(oy0, oy1):
                dy0, dy1 = taps(oy * sh - pt, kh, h)
                for ox in range(ox0, ox1):
                    dx0, dx1 = taps(ox * sw - pl, kw, w)
                    share = F(1) / F((dy1 - dy0) * (dx1 - dx0))
                    v = fma(F, gy[((image * oh + oy) * ow + ox) * c + j], share, v)
            gx[row * w * c + e] = v
    return 0
