"""Images of another size, cut, in grey, and boxes that stay, in float64 NumPy."""

import numpy as np

from fastnn.core.resampling import weights


def resample(x, height, width, interpolation, antialias, transposed):
    """Products with the matrices of rows and columns."""
    if transposed:
        rows, columns = (weights(m, n, interpolation, antialias).T for n, m in zip(x.shape[1:3], (height, width)))
    else:
        rows, columns = (weights(n, m, interpolation, antialias) for n, m in zip(x.shape[1:3], (height, width)))
    y = np.einsum("ri,nijc,sj->nrsc", rows, x.astype(float), columns)
    return np.clip(np.rint(y), 0, 255).astype(x.dtype) if x.dtype == np.uint8 else y


def to_gray(x):
    """0.2989 red + 0.587 green + 0.114 blue; of integers the whole part, in float32."""
    shares = np.array([0.2989, 0.587, 0.114], np.float32 if x.dtype == np.uint8 else np.float64)
    return (x * shares).sum(axis=-1, keepdims=True).astype(x.dtype)


def crop(x, places, height, width):
    """Parts of images from their upper left corners."""
    return np.stack([a[t : t + height, s : s + width] for a, (t, s) in zip(x, places)])


def nms(boxes, scores, iou_threshold, score_threshold, max_boxes):
    """The boxes of each class that overlap no better one, best first, then -1."""
    n, _, classes = scores.shape
    kept = np.full((n, classes, max_boxes), -1, np.int32)
    for i, k in np.ndindex(n, classes):
        order = [j for j in np.argsort(-scores[i, :, k], kind="stable") if scores[i, j, k] > score_threshold]
        stays = []
        for j in order:
            if not any(_overlaps(boxes[i, j], boxes[i, m], iou_threshold) for m in stays):
                stays.append(j)
        kept[i, k, : len(stays[:max_boxes])] = stays[:max_boxes]
    return kept


def _overlaps(one, two, share):
    """Whether two boxes share more of what they cover together."""
    size = np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2])
    shared = size[0] * size[1] if (size > 0).all() else 0.0
    return shared > share * (sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, two)) - shared)


def sample(x, rows, columns, order, fill_mode, fill_value):
    """One pixel after the other, between its neighbours"""
    h, w, c = x.shape[1:]
    y = np.zeros((*rows.shape, c))

    def pixel(image, i, j):
        inside = 0 <= i < h and 0 <= j < w
        if fill_mode == "constant" and not inside:
            return np.full(c, float(fill_value))
        places = []
        for k, size in ((i, h), (j, w)):
            if fill_mode == "wrap":
                k = k % size
            elif fill_mode == "mirror":
                k = 0 if size == 1 else abs((k + size - 1) % (2 * (size - 1)) - (size - 1))
            elif fill_mode == "reflect":
                k = min(k % (2 * size), 2 * size - 1 - k % (2 * size))
            places.append(min(max(k, 0), size - 1))
        return image[tuple(places)].astype(float)

    for place in np.ndindex(*rows.shape):
        image, r, s = x[place[0]], float(rows[place]), float(columns[place])
        if order == 0:
            y[place] = pixel(image, *(int(np.trunc(v + np.sign(v) * 0.5)) for v in (r, s)))
            continue
        i, j = int(np.floor(r)), int(np.floor(s))
        for a, wa in ((i, 1 - (r - i)), (i + 1, r - i)):
            for b, wb in ((j, 1 - (s - j)), (j + 1, s - j)):
                y[place] += wa * wb * pixel(image, a, b)
    return y
