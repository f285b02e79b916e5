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
