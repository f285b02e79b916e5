"""Descriptors of images in float64 NumPy: one pixel, cell or block after the other."""

import numpy as np


def _directions(image, root):
    """(length, angle in [0, 180)) of the gradient of each pixel (h, w, c), of the channel where it is longest."""
    x = np.sqrt(image.astype(float)) if root else image.astype(float)
    down, right = np.zeros_like(x), np.zeros_like(x)
    down[1:-1], right[:, 1:-1] = x[2:] - x[:-2], x[:, 2:] - x[:, :-2]
    best = (down**2 + right**2).argmax(axis=2)[..., None]
    down, right = (np.take_along_axis(v, best, 2)[..., 0] for v in (down, right))
    return np.hypot(down, right), np.rad2deg(np.arctan2(down, right)) % 180


def _normalised(block, norm):
    eps = 1e-5
    if norm in ("L1", "L1-sqrt"):
        shares = block / (np.abs(block).sum() + eps)
        return shares if norm == "L1" else np.sqrt(shares)
    unit = block / np.sqrt((block**2).sum() + eps**2)
    if norm == "L2":
        return unit
    cut = np.minimum(unit, 0.2)
    return cut / np.sqrt((cut**2).sum() + eps**2)


def hog(x, orientations, pixels_per_cell, cells_per_block, block_norm, transform_sqrt):
    """Blocks (n, rows, columns, rows of a block, columns of a block, orientations) of histograms of directions."""
    (ch, cw), (br, bc) = pixels_per_cell, cells_per_block
    n, h, w, _ = x.shape
    rows, columns = h // ch, w // cw
    y = np.zeros((n, rows - br + 1, columns - bc + 1, br, bc, orientations))
    for i in range(n):
        length, angle = _directions(x[i], transform_sqrt)
        cells = np.zeros((rows, columns, orientations))
        for r, c, k in np.ndindex(cells.shape):
            part = slice(r * ch, (r + 1) * ch), slice(c * cw, (c + 1) * cw)
            inside = (angle[part] >= 180 / orientations * k) & (angle[part] < 180 / orientations * (k + 1))
            cells[r, c, k] = length[part][inside].sum() / (ch * cw)
        for r, c in np.ndindex(y.shape[1:3]):
            y[i, r, c] = _normalised(cells[r : r + br, c : c + bc], block_norm)
    return y


def _hsv(share):
    """Hue, saturation and value of one colour."""
    r, g, b = share
    top, span = max(share), max(share) - min(share)
    if span == 0:
        turn = 0.0
    elif top == r:
        turn = (g - b) / span / 6.0
        turn += turn < 0
    elif top == g:
        turn = ((b - r) / span + 2.0) / 6.0
    else:
        turn = ((r - g) / span + 4.0) / 6.0
    return np.array([turn, span / top if top > 0 else 0.0, top])


def color_histogram(x, bins, cells, joint, hsv, low, high):
    """Shares of the pixels of each cell (n, rows, columns, bins of a cell) in each bin."""
    n, h, w, c = x.shape
    shares = (x.astype(float) - low) / (high - low)
    if hsv:
        shares = np.apply_along_axis(_hsv, -1, shares)
    places = np.clip(np.floor(shares * np.array(bins)), 0, np.array(bins) - 1).astype(int)
    size = int(np.prod(bins)) if joint else sum(bins)
    y = np.zeros((n, *cells, size))
    for i, r, k in np.ndindex(n, *cells):
        part = places[i, r * h // cells[0] : (r + 1) * h // cells[0], k * w // cells[1] : (k + 1) * w // cells[1]]
        for place in part.reshape(-1, c):
            found = [np.ravel_multi_index(place, bins)] if joint else place + np.cumsum((0, *bins[:-1]))
            y[i, r, k, found] += 1
        y[i, r, k] /= part.shape[0] * part.shape[1]
    return y


def lbp(x, points, radius, method):
    """The pattern round each pixel of grey images (n, h, w): points on a circle, values between pixels bilinear."""
    n, h, w = x.shape
    margin = int(np.ceil(radius)) + 1
    wide = np.pad(x.astype(float), ((0, 0), (margin, margin), (margin, margin)))
    turns = 2 * np.pi * np.arange(points) / points
    downs, rights = np.round(-radius * np.sin(turns), 5), np.round(radius * np.cos(turns), 5)
    y = np.zeros(x.shape, np.int32)
    for i, r, c in np.ndindex(n, h, w):
        bits = []
        for down, right in zip(downs, rights):
            top, left = int(np.floor(r + down)), int(np.floor(c + right))
            v, u = (r + down) - top, (c + right) - left
            bottom, end = top + (v > 0), left + (u > 0)
            at = lambda a, b: wide[i, a + margin, b + margin]  # noqa: B023
            above = (1 - u) * at(top, left) + u * at(top, end)
            below = (1 - u) * at(bottom, left) + u * at(bottom, end)
            bits.append(int((1 - v) * above + v * below - at(r, c) >= 0))
        if method == "uniform":
            changes = sum(a != b for a, b in zip(bits[1:], bits))
            y[i, r, c] = sum(bits) if changes <= 2 else points + 1
        else:
            turned = range(points if method == "ror" else 1)
            y[i, r, c] = min(sum(b << k for k, b in enumerate(bits[t:] + bits[:t])) for t in turned)
    return y
