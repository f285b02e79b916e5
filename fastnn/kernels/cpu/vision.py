"""Descriptors of images (NHWC): oriented gradients, colour histograms, local binary patterns.

All of them decide into which bin a pixel falls, so they calculate in float64: a reference that does the same finds the
same bins.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof, words

IMAGES = (("u8", "f32"), ("f32", "f32"), ("f64", "f64"))  # of pixels, of results


# ------------------------------------------------------------------ oriented gradients
@device
def steepest(T, D, image, y, row, h, w, c, root, gxs, gys, squares):
    """The gradient of each pixel of a row, of the channel in which it is largest; 0 across the edges of the image.

    D: the type in which differences are taken.
    """
    S = sizeof(T)
    gx, gy, most = at(np.float64, gxs), at(np.float64, gys), at(np.float64, squares)
    for j in range(w):
        gx[j], gy[j], most[j] = 0.0, 0.0, -1.0
    middle = at(T, row)
    inside = y > 0 and y < h - 1
    above, below = at(T, image + (y - 1) * w * c * S), at(T, image + (y + 1) * w * c * S)
    for k in range(c):
        for j in range(w):
            i = j * c + k
            u = v = 0.0
            if j > 0 and j < w - 1:
                q, p = D(middle[i + c]), D(middle[i - c])
                u = np.float64(np.sqrt(q) - np.sqrt(p)) if root != 0 else np.float64(q - p)
            if inside:
                q, p = D(below[i]), D(above[i])
                v = np.float64(np.sqrt(q) - np.sqrt(p)) if root != 0 else np.float64(q - p)
            square = u * u + v * v
            larger = square > most[j]
            gx[j] = u if larger else gx[j]
            gy[j] = v if larger else gy[j]
            most[j] = square if larger else most[j]


@kernel(("u8", "f32", "f32"), ("f32", "f32", "f32"), ("f64", "f64", "f64"))
def hog_cells(a, lo, hi, T, D, F):
    """Histograms of the directions of gradients, each weighted by its length, in cells of pixels; means of a cell.

    args: x, y, h, w, c, rows and columns of a cell, cells below and beside each other, bins, cosines and sines of the
    angles where bins 1, 2, ... begin, whether to take square roots first, workspaces: 4 rows of w float64, 1 of sums.
    items: rows of cells.
    """
    xs, ys, h, w, c, ch, cw, nr, nc, bins, angles, root, room, sums = words(a, 14)
    S, R = sizeof(T), sizeof(F)
    gxs, gys, squares, places = room, room + w * 8, room + 2 * w * 8, room + 3 * w * 8
    gx, gy, long, place = at(np.float64, gxs), at(np.float64, gys), at(np.float64, squares), at(np.int64, places)
    cosine, sine, total = at(np.float64, angles), at(np.float64, angles + bins * 8), at(np.float64, sums)
    for item in range(lo, hi):
        image, first = xs + item // nr * h * w * c * S, item % nr * ch
        for k in range(nc * bins):
            total[k] = 0.0
        for y in range(first, first + ch):
            steepest(T, D, image, y, image + y * w * c * S, h, w, c, root, gxs, gys, squares)
            for j in range(nc * cw):
                place[j] = 0
                long[j] = np.sqrt(long[j])
                flip = gy[j] < 0.0 or (gy[j] == 0.0 and gx[j] < 0.0)
                gx[j] = -gx[j] if flip else gx[j]
                gy[j] = -gy[j] if flip else gy[j]
            for k in range(1, bins):
                p, q = cosine[k], sine[k]
                for j in range(nc * cw):  # at or behind the angle: the sine of the difference is not negative
                    place[j] += np.int64(1) if gy[j] * p - gx[j] * q >= 0.0 else np.int64(0)
            for cell in range(nc):
                for j in range(cell * cw, (cell + 1) * cw):
                    total[cell * bins + place[j]] += long[j]
        z = at(F, ys + item * nc * bins * R)
        area = np.float64(ch * cw)
        for k in range(nc * bins):
            z[k] = F(total[k] / area)
    return 0


@kernel("f32", "f64")
def hog_blocks(a, lo, hi, F):
    """Overlapping blocks of cells, each made of length 1.

    args: x, y, cells below and beside each other, bins, rows and columns of cells in a block, norm (0 L1, 1 L1-sqrt,
    2 L2, 3 L2-Hys), workspace: a block of float64.  items: rows of blocks.
    """
    xs, ys, nr, nc, bins, br, bc, norm, room = words(a, 9)
    S, below, beside = sizeof(F), nr - br + 1, nc - bc + 1
    size, v = br * bc * bins, at(np.float64, room)
    eps = 1e-5
    for item in range(lo, hi):
        image, y = item // below, item % below
        for x in range(beside):
            total = 0.0
            for r in range(br):
                p = at(F, xs + ((image * nr + y + r) * nc + x) * bins * S)
                for k in range(bc * bins):
                    u = np.float64(p[k])
                    v[r * bc * bins + k] = u
                    total += u * u if norm >= 2 else u
            total = np.sqrt(total + eps * eps) if norm >= 2 else total + eps
            z = at(F, ys + (item * beside + x) * size * S)
            again = 0.0
            for k in range(size):
                u = v[k] / total
                u = np.sqrt(u) if norm == 1 else u
                u = min(u, 0.2) if norm == 3 else u
                v[k] = u
                again += u * u
            again = np.sqrt(again + eps * eps) if norm == 3 else 1.0
            for k in range(size):
                z[k] = F(v[k] / again)
    return 0


# ------------------------------------------------------------------ colours
@device
def bin_of(share, bins):
    """The bin of a share of the range; what lies outside is in the first or the last one."""
    v = share * bins
    v = v if v > 0.0 else 0.0  # NaN, too
    top = np.float64(bins - 1)
    return np.int64(v if v < top else top)


@device
def hue(r, g, b, top, span):
    """The hue of a colour in [0, 1); span: largest less smallest of the three."""
    if span == 0.0:
        return 0.0
    if top == r:
        v = (g - b) / span / 6.0
        return v + 1.0 if v < 0.0 else v
    if top == g:
        return ((b - r) / span + 2.0) / 6.0
    return ((r - g) / span + 4.0) / 6.0


@kernel(*IMAGES)
def color_histogram(a, lo, hi, T, F):
    """Shares of the pixels of each cell in each bin: of every channel for itself, or of three together.

    args: x, y, h, w, c, cells below and beside each other, bins of three channels, bins of a cell, whether together,
    whether as hue, saturation and value, lowest value and range of values, workspace of counts.  items: rows of cells.
    """
    xs, ys, h, w, c, nr, nc, b0, b1, b2, size, joint, hsv, low_word, span_word, counts = words(a, 16)
    S, R, low, span = sizeof(T), sizeof(F), f64(low_word), f64(span_word)
    count = at(np.int64, counts)
    for item in range(lo, hi):
        image, row = item // nr, item % nr
        first, last = row * h // nr, (row + 1) * h // nr
        for k in range(nc * size):
            count[k] = 0
        for y in range(first, last):
            for cell in range(nc):
                base = cell * size
                for x in range(cell * w // nc, (cell + 1) * w // nc):
                    p = at(T, xs + ((image * h + y) * w + x) * c * S)
                    if c == 3:
                        u = (np.float64(p[0]) - low) / span
                        v = (np.float64(p[1]) - low) / span
                        t = (np.float64(p[2]) - low) / span
                        if hsv != 0:
                            top, least = max(u, max(v, t)), min(u, min(v, t))
                            u = hue(u, v, t, top, top - least)
                            v = (top - least) / top if top > 0.0 else 0.0
                            t = top
                        i, j, k = bin_of(u, b0), bin_of(v, b1), bin_of(t, b2)
                        if joint != 0:
                            count[base + (i * b1 + j) * b2 + k] += 1
                        else:
                            count[base + i] += 1
                            count[base + b0 + j] += 1
                            count[base + b0 + b1 + k] += 1
                    else:
                        for k in range(c):
                            count[base + k * b0 + bin_of((np.float64(p[k]) - low) / span, b0)] += 1
        z = at(F, ys + item * nc * size * R)
        for cell in range(nc):
            pixels = (last - first) * ((cell + 1) * w // nc - cell * w // nc)
            for k in range(size):
                z[cell * size + k] = F(np.float64(count[cell * size + k]) / np.float64(pixels))
    return 0


# ------------------------------------------------------------------ local binary patterns
@device
def pixel(T, image, y, x, h, w):
    """A pixel, 0 outside of the image."""
    if y < 0 or x < 0 or y >= h or x >= w:
        return 0.0
    return np.float64(at(T, image)[y * w + x])


@device
def between(T, image, i, i1, dr, q, h, w):
    """The value of an image in row i, dr of the way to row i1, at column q, bilinear."""
    q0 = np.floor(q)
    dq, j = q - q0, np.int64(q0)
    j1 = j + 1 if dq > 0.0 else j
    upper = (1.0 - dq) * pixel(T, image, i, j, h, w) + dq * pixel(T, image, i, j1, h, w)
    lower = (1.0 - dq) * pixel(T, image, i1, j, h, w) + dq * pixel(T, image, i1, j1, h, w)
    return (1.0 - dr) * upper + dr * lower


@device
def ones_of(code, points):
    """How many of the bits are set."""
    found = np.int64(0)
    for k in range(points):
        found += (code >> np.int64(k)) & np.int64(1)
    return found


@kernel("u8", "f32", "f64")
def lbp(a, lo, hi, T):
    """Which of the points on a circle round each pixel are at least as bright as it, as one number.

    args: x, y (int32), h, w, points, their distances downward and to the right, method (0 default: a bit for each,
    1 ror: the least number by rotation, 2 uniform: how many, if they change at most twice, else points + 1).
    items: rows of pixels.
    """
    xs, ys, h, w, points, offsets, method = words(a, 7)
    down, right = at(np.float64, offsets), at(np.float64, offsets + points * 8)
    S = sizeof(T)
    for item in range(lo, hi):
        image, y = xs + item // h * h * w * S, item % h
        z, middle = at(np.int32, ys + item * w * 4), at(T, xs + item * w * S)
        for x in range(w):
            z[x] = np.int32(0)
        for k in range(points):
            r, step, bit = np.float64(y) + down[k], right[k], np.int32(1 << k)
            r0 = np.floor(r)
            dr, i = r - r0, np.int64(r0)
            i1 = i + 1 if dr > 0.0 else i
            margin = np.int64(np.ceil(abs(step))) + 1
            first, last = margin, w - margin
            if i < 0 or i1 >= h or last <= first:
                first, last = w, w
            for x in range(min(first, w)):
                v = between(T, image, i, i1, dr, np.float64(x) + step, h, w)
                z[x] |= bit if v - np.float64(middle[x]) >= 0.0 else np.int32(0)
            # inside, where nothing has to be asked; steps have five digits, so they are whole or not for every x
            whole = np.floor(step)
            left, more = np.int64(whole) + first, np.int64(1) if step > whole else np.int64(0)
            p, p1 = at(T, image + (i * w + left) * S), at(T, image + (i * w + left + more) * S)
            u, u1 = at(T, image + (i1 * w + left) * S), at(T, image + (i1 * w + left + more) * S)
            c, code = at(T, xs + (item * w + first) * S), at(np.int32, ys + (item * w + first) * 4)
            for x in range(last - first):
                place = np.float64(x + first)
                dq = (place + step) - (place + whole)
                upper = (1.0 - dq) * np.float64(p[x]) + dq * np.float64(p1[x])
                lower = (1.0 - dq) * np.float64(u[x]) + dq * np.float64(u1[x])
                v = (1.0 - dr) * upper + dr * lower - np.float64(c[x])
                code[x] |= bit if v >= 0.0 else np.int32(0)
            for x in range(max(last, 0), w):
                v = between(T, image, i, i1, dr, np.float64(x) + step, h, w)
                z[x] |= bit if v - np.float64(middle[x]) >= 0.0 else np.int32(0)
        for x in range(w):
            found = np.int64(z[x])
            if method == 1:
                turned = found
                for _ in range(1, points):
                    turned = (turned >> np.int64(1)) | ((turned & np.int64(1)) << np.int64(points - 1))
                    found = turned if turned < found else found
            elif method == 2:
                changes = ones_of(found ^ (found >> np.int64(1)), points - 1)
                found = ones_of(found, points) if changes <= 2 else np.int64(points + 1)
            z[x] = np.int32(found)
    return 0
