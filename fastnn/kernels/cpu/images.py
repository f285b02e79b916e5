"""Images (NHWC) of another size, cut, in grey; and which of many boxes stay."""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof, words


@kernel(("u8", "f32", "u8"), ("f32", "f32", "f32"), ("f64", "f64", "f64"), ("f32", "f64", "f32"))
def resample(a, lo, hi, T, F, U):
    """y = weighted sums of rows, then of columns of x.

    args: x, y, h, w, c, rows and columns of y, table of rows, most weights of one, table of columns, most weights of
    one, workspace: a row of x in F.  A table: first place and number of weights of each, then their weights (float64).
    items: rows of y.
    """
    xs, ys, h, w, c, height, width, rows, most, columns, many, room = words(a, 12)
    S, Z = sizeof(T), sizeof(U)
    line = at(F, room)
    y0, yn, yw = at(np.int64, rows), at(np.int64, rows + height * 8), at(np.float64, rows + 2 * height * 8)
    x0, xn, xw = at(np.int64, columns), at(np.int64, columns + width * 8), at(np.float64, columns + 2 * width * 8)
    exact = sizeof(U) > 1
    for item in range(lo, hi):
        image, row = item // height, item % height
        source = xs + (image * h + y0[row]) * w * c * S
        for j in range(w * c):
            line[j] = F(0)
        for k in range(yn[row]):
            x, weight = at(T, source + k * w * c * S), F(yw[row * most + k])
            for j in range(w * c):
                line[j] += weight * F(x[j])
        target = at(U, ys + item * width * c * Z)
        for i in range(width):
            if exact and xn[i] == 2:  # what enlarging by straight lines has nearly everywhere
                p, q, near = F(xw[i * many]), F(xw[i * many + 1]), x0[i] * c
                for j in range(c):
                    target[i * c + j] = U(F(0) + p * line[near + j] + q * line[near + c + j])
                continue
            for j in range(c):
                total = F(0)
                for k in range(xn[i]):
                    total += F(xw[i * many + k]) * line[(x0[i] + k) * c + j]
                if exact:
                    target[i * c + j] = U(total)
                else:
                    total = np.rint(total)
                    total = total if total > F(0) else F(0)
                    target[i * c + j] = U(total if total < F(255) else F(255))
    return 0


@kernel(("u8", "f32"), ("f32", "f32"), ("f64", "f64"))
def to_gray(a, lo, hi, T, F):
    """y = p red + q green + r blue.  args: x, y, p, q, r.  items: pixels."""
    xs, ys, first, second, third = words(a, 5)
    S, p, q, r = sizeof(T), F(f64(first)), F(f64(second)), F(f64(third))
    x, y = at(T, xs + 3 * lo * S), at(T, ys + lo * S)
    for i in range(hi - lo):
        y[i] = T(F(x[3 * i]) * p + F(x[3 * i + 1]) * q + F(x[3 * i + 2]) * r)
    return 0


@kernel("u8", "u16", "i32", "i64")
def crop(a, lo, hi, T):
    """y = a part of each image.

    args: x, places of the upper left corners (int32 pairs), y, h, w, c, height, width.  items: images.
    """
    xs, places, ys, h, w, c, height, width = words(a, 8)
    S, place = sizeof(T), at(np.int32, places)
    for item in range(lo, hi):
        top, left = np.int64(place[2 * item]), np.int64(place[2 * item + 1])
        if top < 0 or left < 0 or top + height > h or left + width > w:
            return 1
        for row in range(height):
            x = at(T, xs + (((item * h) + top + row) * w + left) * c * S)
            y = at(T, ys + (item * height + row) * width * c * S)
            for j in range(width * c):
                y[j] = x[j]
    return 0


@kernel("f32", "f64")
def nms(a, lo, hi, F):
    """The boxes of a class that stay, best first: none overlaps a better one; then -1.

    args: boxes (left, top, right, bottom), scores (image, box, class), y (int32), boxes of an image, classes, places
    of a class in y, largest overlap, least score, workspace: a byte per box.  items: (image, class).
    """
    boxes, scores, ys, many, classes, most, overlap, least, room = words(a, 9)
    S, limit, bar = sizeof(F), F(f64(overlap)), F(f64(least))
    live = at(np.uint8, room)
    for item in range(lo, hi):
        image, k = item // classes, item % classes
        box, score = at(F, boxes + image * many * 4 * S), at(F, scores + image * many * classes * S)
        kept, found, best = at(np.int32, ys + item * most * 4), 0, np.int64(-1)
        for i in range(many):
            s = score[i * classes + k]
            live[i] = np.uint8(1) if s > bar else np.uint8(0)
            if live[i] != 0 and (best < 0 or s > score[best * classes + k]):
                best = np.int64(i)
        while best >= 0 and found < most:
            kept[found] = np.int32(best)
            found += 1
            live[best] = np.uint8(0)
            l, t, r, b = box[4 * best], box[4 * best + 1], box[4 * best + 2], box[4 * best + 3]
            area, after = (r - l) * (b - t), np.int64(-1)
            for i in range(many):
                if live[i] == 0:
                    continue
                p, q, u, v = box[4 * i], box[4 * i + 1], box[4 * i + 2], box[4 * i + 3]
                wide, tall = min(r, u) - max(l, p), min(b, v) - max(t, q)
                shared = wide * tall if wide > F(0) and tall > F(0) else F(0)
                if shared > limit * (area + (u - p) * (v - q) - shared):
                    live[i] = np.uint8(0)
                elif after < 0 or score[i * classes + k] > score[after * classes + k]:
                    after = np.int64(i)
            best = after
        while found < most:
            kept[found] = np.int32(-1)
            found += 1
    return 0


# ------------------------------------------------------------------ between the pixels
@device
def _whole(v):
    """A float as an int32, the least one where it is none: what casts make of it."""
    return np.int64(v) if v > -2147483649.0 and v < 2147483648.0 else np.int64(-2147483648)


@device
def _fixed(i, size, mode):
    """An index brought inside: 0 and 1 the nearest, 2 wrapped, 3 mirrored at the last pixel, 4 at its edge."""
    if i >= 0 and i < size:
        return i
    if mode <= 1:
        return np.int64(0) if i < 0 else size - 1
    if mode == 3 and size == 1:
        return np.int64(0)
    period = size if mode == 2 else (2 * (size - 1) if mode == 3 else 2 * size)
    i = i + size - 1 if mode == 3 else i
    i = i % period
    i = i + period if i < 0 else i  # a remainder has the divisor's sign where this runs as Python
    if mode == 3:
        i -= size - 1
        return -i if i < 0 else i
    return min(i, period - 1 - i) if mode == 4 else i


@kernel(("f32", "f32"), ("f32", "f64"), ("f64", "f32"), ("f64", "f64"))
def sample(a, lo, hi, F, G):
    """y = x read at (rows, columns), which lie between its pixels.

    args: x, rows, columns, y, h, w, c, places of an image, order (0: the nearest pixel, 1: between four), mode of what
    lies outside (0: `fill`, and see _fixed), fill.  items: places.
    """
    xs, rows, columns, ys, h, w, c, many, order, mode, fill = words(a, 11)
    S, outside = sizeof(F), F(f64(fill))
    at_row, at_column = at(G, rows), at(G, columns)
    for item in range(lo, hi):
        r, s, y = at_row[item], at_column[item], at(F, ys + item * c * S)
        if order == 0:
            u, v = G(r + np.sign(r) * G(0.5)), G(s + np.sign(s) * G(0.5))
            u = G(np.trunc(u))
            v = G(np.trunc(v))
        else:
            u, v = G(np.floor(r)), G(np.floor(s))
        image = xs + item // many * h * w * c * S
        i, k = _whole(u), _whole(v)
        if order == 0:
            within = mode != 0 or (i >= 0 and i < h and k >= 0 and k < w)
            x = at(F, image + (_fixed(i, h, mode) * w + _fixed(k, w, mode)) * c * S)
            for j in range(c):
                y[j] = x[j] if within else outside
            continue
        p, q = G(r - u), G(s - v)
        for corner in range(4):
            low, left = corner < 2, corner % 2 == 0
            i, k = _whole(u if low else G(u + G(1))), _whole(v if left else G(v + G(1)))
            within = mode != 0 or (i >= 0 and i < h and k >= 0 and k < w)
            x = at(F, image + (_fixed(i, h, mode) * w + _fixed(k, w, mode)) * c * S)
            weight = F((G(1) - p if low else p) * (G(1) - q if left else q))
            for j in range(c):
                value = (x[j] if within else outside) * weight
                y[j] = value if corner == 0 else y[j] + value
    return 0
