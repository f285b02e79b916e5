"""Pooling over NHWC images.  Forward: items are output rows.  Gradients: items are input rows, so that no two items
write the same place and the order of the additions is fixed by the sizes.

The window of output (oy, ox) covers input rows oy*sh - pt + dy, dy < kh, and columns ox*sw - pl + dx, dx < kw, as
far as they lie inside; tap number dy*kw + dx is what max pooling keeps as the winner's index.
"""

import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.core.simd import fma


@device
def take_max(F, I, x, y, k, c, tap, first):
    """Let tap number `tap` at x compete for the c winners in y, k. The first maximum wins; NaN beats all."""
    if first:
        for j in range(c):
            y[j] = x[j]
            k[j] = I(tap)
    else:
        for j in range(c):
            better = not (x[j] <= y[j]) and y[j] == y[j]
            y[j] = x[j] if better else y[j]
            k[j] = I(tap) if better else k[j]


@device
def take_max3(F, I, x, apart, y, k, c, tap, first):
    """The same for three taps side by side, `apart` bytes from one to the next: winners are read and written once."""
    x0, x1, x2 = at(F, x), at(F, x + apart), at(F, x + 2 * apart)
    if first:
        for j in range(c):
            v, t = x0[j], I(tap)
            better = not (x1[j] <= v) and v == v
            v = x1[j] if better else v
            t = I(tap + 1) if better else t
            better = not (x2[j] <= v) and v == v
            y[j] = x2[j] if better else v
            k[j] = I(tap + 2) if better else t
    else:
        for j in range(c):
            v, t = y[j], k[j]
            better = not (x0[j] <= v) and v == v
            v = x0[j] if better else v
            t = I(tap) if better else t
            better = not (x1[j] <= v) and v == v
            v = x1[j] if better else v
            t = I(tap + 1) if better else t
            better = not (x2[j] <= v) and v == v
            y[j] = x2[j] if better else v
            k[j] = I(tap + 2) if better else t


@kernel(("f32", "u8"), ("f64", "u8"), ("f32", "i32"), ("f64", "i32"))
def max_pool(a, lo, hi, F, I):
    """y = largest of the window, index = its tap.

    args: x, y, index, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, ys, indices, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 14)
    S, SI = sizeof(F), sizeof(I)
    for row in range(lo, hi):
        image, y0 = row // oh, row % oh * sh - pt
        for ox in range(ow):
            x0, place = ox * sw - pl, (row * ow + ox) * c
            y, k = at(F, ys + place * S), at(I, indices + place * SI)
            source = xs + ((image * h + y0) * w + x0) * c * S
            if kh == 2 and kw == 2 and y0 >= 0 and x0 >= 0 and y0 + 1 < h and x0 + 1 < w:
                p, q = at(F, source), at(F, source + c * S)
                r, s = at(F, source + w * c * S), at(F, source + (w + 1) * c * S)
                for j in range(c):
                    v, u = p[j], q[j]
                    t = I(0)
                    better = not (u <= v) and v == v
                    v = u if better else v
                    t = I(1) if better else t
                    u = r[j]
                    better = not (u <= v) and v == v
                    v = u if better else v
                    t = I(2) if better else t
                    u = s[j]
                    better = not (u <= v) and v == v
                    v = u if better else v
                    t = I(3) if better else t
                    y[j] = v
                    k[j] = t
            else:
                first = True
                for dy in range(max(0, -y0), min(kh, h - y0)):
                    dx, end = max(0, -x0), min(kw, w - x0)
                    while dx < end:
                        x = source + (dy * w + dx) * c * S
                        if dx + 3 <= end:
                            take_max3(F, I, x, c * S, y, k, c, dy * kw + dx, first)
                            dx += 3
                        else:
                            take_max(F, I, at(F, x), y, k, c, dy * kw + dx, first)
                            dx += 1
                        first = False
    return 0


@device
def clear(F, target, apart, iy, w, c, oh, ow, kh, kw, sh, sw, pt, pl):
    """Zeros where no window writes input row iy at `target`; windows that overlap add to it, so all of it then."""
    if not apart or kw < sw or iy + pt - (iy + pt) // sh * sh >= kh or (iy + pt) // sh >= oh:
        covered = 0
    else:
        covered = min(w, ow * sw - pl)
    if covered < w:
        gx = at(F, target + covered * c * sizeof(F))
        for j in range((w - covered) * c):
            gx[j] = F(0)


@kernel(("f32", "u8"), ("f64", "u8"), ("f32", "i32"), ("f64", "i32"))
def max_pool_grad(a, lo, hi, F, I):
    """gx = gy at the winners.

    args: gy, index, gx, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: input rows of all images.
    """
    gys, indices, gxs, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 14)
    S, SI = sizeof(F), sizeof(I)
    apart = kh <= sh and kw <= sw  # windows do not overlap: every input has one winner to look at
    for row in range(lo, hi):
        image, iy = row // h, row % h
        target = gxs + row * w * c * S
        clear(F, target, apart, iy, w, c, oh, ow, kh, kw, sh, sw, pt, pl)
        top = min(oh - 1, (iy + pt) // sh)
        oy = max(0, (iy + pt - kh + sh) // sh)
        while oy <= top:
            dy = iy + pt - oy * sh
            for ox in range(ow):
                place = ((image * oh + oy) * ow + ox) * c
                gy, k = at(F, gys + place * S), at(I, indices + place * SI)
                x0 = ox * sw - pl
                if apart and kw == 2 and c < 32 and x0 >= 0 and x0 + 2 <= w:
                    left, right = at(F, target + x0 * c * S), at(F, target + (x0 + 1) * c * S)
                    tap = I(dy * kw)
                    for j in range(c):
                        v, winner = gy[j], k[j]  # read in any case: a choice, no branch
                        left[j] = v if winner == tap else F(0)
                        right[j] = v if winner == I(tap + I(1)) else F(0)
                    continue
                for dx in range(max(0, -x0), min(kw, w - x0)):
                    gx, tap = at(F, target + (x0 + dx) * c * S), I(dy * kw + dx)
                    if apart:
                        for j in range(c):
                            v = gy[j]
                            gx[j] = v if k[j] == tap else F(0)
                    else:
                        for j in range(c):
                            v = gy[j]
                            gx[j] += v if k[j] == tap else F(0)
            oy += 1
    return 0


@kernel(("f32", "u8"), ("f64", "u8"), ("f32", "i32"), ("f64", "i32"))
def max_pool_take(a, lo, hi, F, I):
    """y = x at the winners (what max_pool_grad is the transpose of).

    args: x, index, y, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, indices, ys, h, w, c, oh, ow, _, kw, sh, sw, pt, pl = words(a, 14)
    S, SI = sizeof(F), sizeof(I)
    for row in range(lo, hi):
        image, y0 = row // oh, row % oh * sh - pt
        for ox in range(ow):
            place = (row * ow + ox) * c
            k, y = at(I, indices + place * SI), at(F, ys + place * S)
            for j in range(c):
                tap = np.int64(k[j])
                dy, dx = tap // kw, tap % kw
                y[j] = at(F, xs)[((image * h + y0 + dy) * w + ox * sw - pl + dx) * c + j]
    return 0


@kernel("f32", "f64")
def avg_pool(a, lo, hi, F):
    """y = mean of the inputs inside the window.

    args: x, y, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: output rows of all images.
    """
    xs, ys, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 13)
    S = sizeof(F)
    for row in range(lo, hi):
        image, y0 = row // oh, row % oh * sh - pt
        dy0, dy1 = max(0, -y0), min(kh, h - y0)
        for ox in range(ow):
            x0 = ox * sw - pl
            dx0, dx1 = max(0, -x0), min(kw, w - x0)
            y = at(F, ys + (row * ow + ox) * c * S)
            source = xs + ((image * h + y0) * w + x0) * c * S
            inv = F(1) / F((dy1 - dy0) * (dx1 - dx0))
            if dy1 - dy0 == 2 and dx1 - dx0 == 2:
                p = source + (dy0 * w + dx0) * c * S
                x00, x01, x10, x11 = at(F, p), at(F, p + c * S), at(F, p + w * c * S), at(F, p + (w + 1) * c * S)
                for j in range(c):
                    y[j] = ((x00[j] + x01[j]) + (x10[j] + x11[j])) * inv
            else:
                for j in range(c):
                    y[j] = F(0)
                for dy in range(dy0, dy1):
                    for dx in range(dx0, dx1):
                        x = at(F, source + (dy * w + dx) * c * S)
                        for j in range(c):
                            y[j] += x[j]
                for j in range(c):
                    y[j] *= inv
    return 0


@kernel("f32", "f64")
def avg_pool_grad(a, lo, hi, F):
    """gx = sum over the windows that hold it of gy / (inputs in the window).

    args: gy, gx, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl.  items: input rows of all images.
    """
    gys, gxs, h, w, c, oh, ow, kh, kw, sh, sw, pt, pl = words(a, 13)
    S = sizeof(F)
    pairs = c < 8 and kh <= sh and kw == 2 and sw == 2 and pl == 0 and 2 * ow <= w  # too few for vectors
    for row in range(lo, hi):
        image, iy = row // h, row % h
        target = gxs + row * w * c * S
        clear(F, target, pairs, iy, w, c, oh, ow, kh, kw, sh, sw, pt, pl)
        top = min(oh - 1, (iy + pt) // sh)
        oy = max(0, (iy + pt - kh + sh) // sh)
        while oy <= top:
            y0 = oy * sh - pt
            rows = min(kh, h - y0) - max(0, -y0)
            for ox in range(ow):
                x0 = ox * sw - pl
                dx0, dx1 = max(0, -x0), min(kw, w - x0)
                gy = at(F, gys + ((image * oh + oy) * ow + ox) * c * S)
                inv = F(1) / F(rows * (dx1 - dx0))
                if pairs:
                    left, right = at(F, target + x0 * c * S), at(F, target + (x0 + 1) * c * S)
                    for j in range(c):
                        v = gy[j] * inv
                        left[j] = v
                        right[j] = v
                    continue
                for dx in range(dx0, dx1):
                    gx = at(F, target + (x0 + dx) * c * S)
                    for j in range(c):
                        gx[j] = fma(F, gy[j], inv, gx[j])
            oy += 1
    return 0
