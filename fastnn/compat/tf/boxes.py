"""tf.image: boxes in images, parts of images by boxes, and changes of colour by other colour spaces."""

import collections
import io

import numpy as np

from fastnn import ops, random
from fastnn.compat.tf import images as tf_images
from fastnn.compat.tf.files import MODES, encoded
from fastnn.compat.tf.values import beside, host, ints, only, operand, values_of, within
from fastnn.core.errors import ArgumentError

# Rows: what each channel of the other space takes of red, green and blue.
YUV = np.array([[0.299, 0.587, 0.114], [-0.14714119, -0.28886916, 0.43601035], [0.61497538, -0.51496512, -0.10001026]])
YIQ = np.array([[0.299, 0.587, 0.114], [0.59590059, -0.27455667, -0.32134392], [0.2115, -0.52273617, 0.31119955]])
FROM_YUV = np.array([[1, 0, 1.13988303], [1, -0.394642334, -0.58062185], [1, 2.03206185, 0]])
FROM_YIQ = np.array([[1, 0.95598634, 0.6208248], [1, -0.27201283, -0.64720424], [1, -1.10674021, 1.70423049]])


def _mixed(matrix):
    def mixed(images):
        x = operand(images)
        return ops.tensordot(x, beside(matrix.T, x), axes=[[len(x.shape) - 1], [0]])

    return mixed


def _resize_with_pad(image, target_height, target_width, method="bilinear", antialias=False):
    x = operand(image)
    height, width = x.shape[-3:-1]
    ratio = max(width / target_width, height / target_height)
    size = max(int(np.floor(height / ratio)), 1), max(int(np.floor(width / ratio)), 1)
    resized = tf_images.TABLE["image.resize"](x, size, method, antialias=antialias)
    top, left = (max(int((n - m / ratio) / 2), 0) for n, m in ((target_height, height), (target_width, width)))
    return tf_images.TABLE["image.pad_to_bounding_box"](resized, top, left, target_height, target_width)


# ---- random changes --------------------------------------------------------------------------------------------
def _random_by(name, low=None):
    """A random change by an adjust_ function: its amount is uniform in [lower, upper), or around 0."""
    adjust = tf_images.TABLE[f"image.adjust_{name}"]

    def by_delta(image, max_delta, seed=None):
        within(f"image.random_{name}", "max_delta", max_delta, 0, 0.5)
        return adjust(image, random.uniform((), -max_delta, max_delta, seed=seed))

    def by_range(image, lower, upper, seed=None):
        within(f"image.random_{name}", "lower", lower, 0)
        within(f"image.random_{name}", "upper", upper, lower, open_low=True)
        return adjust(image, random.uniform((), lower, upper, seed=seed))

    return by_delta if low is None else by_range


def _jpeg_quality(image, jpeg_quality, dct_method="", name=None):
    x = values_of(operand(image), "image.adjust_jpeg_quality")
    whole = tf_images.TABLE["image.convert_image_dtype"](x, "uint8", saturate=True)
    from PIL import Image

    data = io.BytesIO(encoded(whole, "jpeg", quality=int(jpeg_quality)))
    again = np.asarray(Image.open(data).convert(MODES[x.shape[-1]])).reshape(x.shape)
    return tf_images.TABLE["image.convert_image_dtype"](host(again), str(x.dtype))


def _random_jpeg_quality(image, min_jpeg_quality, max_jpeg_quality, seed=None):
    return _jpeg_quality(image, int(random.randint((), min_jpeg_quality, max_jpeg_quality, "int32", seed)))


def _one(seed):
    """A pair of numbers as one seed."""
    first, second = (int(s) for s in np.asarray(seed).reshape(2))
    return (first * 1_000_003 + second) % 2**31


_drawn = tf_images.TABLE


def _stateless_brightness(image, max_delta, seed):
    return _drawn["image.random_brightness"](image, max_delta, _one(seed))


def _stateless_contrast(image, lower, upper, seed):
    return _drawn["image.random_contrast"](image, lower, upper, _one(seed))


def _stateless_crop(value, size, seed, name=None):
    return _drawn["image.random_crop"](value, size, _one(seed))


def _stateless_left_right(image, seed):
    return _drawn["image.random_flip_left_right"](image, _one(seed))


def _stateless_up_down(image, seed):
    return _drawn["image.random_flip_up_down"](image, _one(seed))


def _stateless_hue(image, max_delta, seed):
    return _random_by("hue")(image, max_delta, _one(seed))


def _stateless_saturation(image, lower, upper, seed=None):
    return _random_by("saturation", 0)(image, lower, upper, _one(seed))


def _stateless_jpeg(image, min_jpeg_quality, max_jpeg_quality, seed):
    return _random_jpeg_quality(image, min_jpeg_quality, max_jpeg_quality, _one(seed))


# ---- boxes -----------------------------------------------------------------------------------------------------
def _crop_and_resize(image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0, name=None):
    """Parts of images by boxes [y1, x1, y2, x2] in [0, 1], each sampled at crop_size points."""
    only("image.crop_and_resize", "method", method, "bilinear", "nearest")
    x, boxes = ops.cast(operand(image), "float32"), ops.cast(operand(boxes), "float32")
    (rows, cols), (height, width) = ints(crop_size), x.shape[1:3]
    places, inside = [], []
    for k, (size, count) in enumerate(((height, rows), (width, cols))):
        first, last = boxes[:, k : k + 1], boxes[:, k + 2 : k + 3]
        steps = np.arange(count, dtype="float32")[None] / np.float32(max(count - 1, 1))
        if count > 1:
            at = ops.multiply(ops.add(first, ops.multiply(ops.subtract(last, first), steps)), np.float32(size - 1))
        else:
            at = ops.multiply(ops.multiply(ops.add(first, last), np.float32(0.5)), np.float32(size - 1))
        inside.append(ops.logical_and(ops.greater_equal(at, np.float32(0)), ops.less_equal(at, np.float32(size - 1))))
        places.append(ops.clip(at, 0.0, float(size - 1)))
    y, x_at = places[0][:, :, None], places[1][:, None, :]
    which = ops.cast(operand(box_indices), "int32")[:, None, None]
    flat = ops.reshape(x, (-1, x.shape[3]))

    def rows_at(r, c):
        r, c = ops.cast(r, "int32"), ops.cast(c, "int32")
        place = ops.add(ops.multiply(ops.add(ops.multiply(which, np.int32(height)), r), np.int32(width)), c)
        return ops.take(flat, place, axis=0)

    if method == "nearest":
        found = rows_at(ops.round(y), ops.round(x_at))
    else:
        top, left = ops.floor(y), ops.floor(x_at)
        bottom, right = (
            ops.minimum(ops.add(v, np.float32(1)), np.float32(n - 1)) for v, n in ((top, height), (left, width))
        )
        dy, dx = ops.subtract(y, top)[..., None], ops.subtract(x_at, left)[..., None]
        upper, lower = (
            ops.add(rows_at(r, left), ops.multiply(ops.subtract(rows_at(r, right), rows_at(r, left)), dx))
            for r in (top, bottom)
        )
        found = ops.add(upper, ops.multiply(ops.subtract(lower, upper), dy))
    seen = ops.logical_and(inside[0][:, :, None], inside[1][:, None, :])[..., None]
    return ops.where(seen, found, np.float32(extrapolation_value))


def _areas(boxes):
    return np.abs((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))


def _overlap(box, boxes):
    """Intersection over union of a box and others, whichever corners they name."""
    low = np.maximum(np.minimum(box[:2], box[2:]), np.minimum(boxes[:, :2], boxes[:, 2:]))
    high = np.minimum(np.maximum(box[:2], box[2:]), np.maximum(boxes[:, :2], boxes[:, 2:]))
    common = np.prod(np.maximum(high - low, 0), axis=1)
    union = _areas(box) + _areas(boxes) - common
    return np.where(union > 0, common / np.where(union > 0, union, 1), 0)


def _kept(boxes, scores, most, iou_threshold, score_threshold, overlap=None):
    """Numbers of the boxes that are kept, best first: none overlaps a better one by more than the threshold."""
    within("image.non_max_suppression", "iou_threshold", iou_threshold, 0, 1)
    order, kept = np.argsort(-scores, kind="stable"), []
    for k in order[scores[order] > score_threshold]:
        if len(kept) >= most:
            break
        shared = (_overlap(boxes[k], boxes[kept]) if overlap is None else overlap[k, kept]) if kept else np.zeros(0)
        if not (shared > iou_threshold).any():
            kept.append(int(k))
    return np.array(kept, "int32")


def _nms(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), name=None):
    b, s = (values_of(operand(v), "image.non_max_suppression") for v in (boxes, scores))
    return host(_kept(b, s, int(max_output_size), iou_threshold, score_threshold))


def _nms_overlaps(overlaps, scores, max_output_size, overlap_threshold=0.5, score_threshold=float("-inf"), name=None):
    o, s = (values_of(operand(v), "image.non_max_suppression_overlaps") for v in (overlaps, scores))
    return host(_kept(None, s, int(max_output_size), overlap_threshold, score_threshold, o))


def _nms_with_scores(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"),
                     soft_nms_sigma=0.0, name=None):  # fmt: skip
    only("image.non_max_suppression_with_scores", "soft_nms_sigma", soft_nms_sigma, 0.0)
    kept = _nms(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return kept, host(np.asarray(operand(scores))[np.asarray(kept)])


def _nms_padded(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"),
                pad_to_max_output_size=False, name=None, sorted_input=False, canonicalized_coordinates=False,
                tile_size=512):  # fmt: skip
    kept = np.asarray(_nms(boxes, scores, max_output_size, iou_threshold, score_threshold))
    count = np.int32(len(kept))
    if pad_to_max_output_size:
        kept = np.pad(kept, (0, int(max_output_size) - len(kept)))
    return host(kept), host(np.asarray(count))


CombinedNonMaxSuppression = collections.namedtuple(
    "CombinedNonMaxSuppression", ["nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"]
)


def _combined_nms(boxes, scores, max_output_size_per_class, max_total_size, iou_threshold=0.5,
                  score_threshold=float("-inf"), pad_per_class=False, clip_boxes=True, name=None):  # fmt: skip
    b, s = (values_of(operand(v), "image.combined_non_max_suppression") for v in (boxes, scores))
    each, total = int(max_output_size_per_class), int(max_total_size)
    size = min(total, each * s.shape[2]) if pad_per_class else total
    shapes = ((4,), (), ())
    found = [np.zeros((len(b), size, *shape), "float32") for shape in shapes]
    counts = np.zeros(len(b), "int32")
    for n, (rows, marks) in enumerate(zip(b, s)):
        hits = []
        for c in range(marks.shape[1]):
            own = rows[:, c if rows.shape[1] > 1 else 0]
            hits += [(marks[k, c], c, own[k]) for k in _kept(own, marks[:, c], each, iou_threshold, score_threshold)]
        hits = sorted(hits, key=lambda hit: -hit[0])[:size]
        counts[n] = len(hits)
        for place, (score, c, box) in enumerate(hits):
            found[0][n, place], found[1][n, place] = (np.clip(box, 0, 1) if clip_boxes else box), score
            found[2][n, place] = c
    return CombinedNonMaxSuppression(*map(host, found), host(counts))


COLORS = np.array([[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.5, 0, 0],
                   [0, 0, 0.5], [0, 1, 1], [1, 0, 1]], "float32")  # fmt: skip


def _draw(images, boxes, colors, name=None):
    x, b = (values_of(operand(v), "image.draw_bounding_boxes").copy() for v in (images, boxes))
    table = COLORS if colors is None or not np.size(colors) else np.asarray(colors, "float32")
    _, height, width, channels = x.shape
    for image, rows in zip(x, b):
        for k, (top, left, bottom, right) in enumerate(rows):
            color = np.resize(table[k % len(table)], 4)
            color = np.where(np.arange(4) < table.shape[1], color, 1)[:channels].astype(x.dtype)
            y0, y1 = int(top * (height - 1)), int(bottom * (height - 1))
            x0, x1 = int(left * (width - 1)), int(right * (width - 1))
            if y0 > y1 or x0 > x1 or y0 >= height or x0 >= width or y1 < 0 or x1 < 0:
                continue
            ys, xs = slice(max(y0, 0), y1 + 1), slice(max(x0, 0), x1 + 1)
            for at, inner in ((y0, (y0, xs)), (y1, (y1, xs)), (x0, (ys, x0)), (x1, (ys, x1))):
                limit = height if isinstance(inner[0], int) else width
                if 0 <= at < limit:
                    image[inner] = color
    return host(x)


# ---- slopes ----------------------------------------------------------------------------------------------------
def _image_gradients(image):
    x = operand(image)
    if len(x.shape) != 4:
        raise ArgumentError(f"tf.image.image_gradients: received shape {tuple(x.shape)}, expected (n, h, w, channels).")
    down, right = ops.subtract(x[:, 1:], x[:, :-1]), ops.subtract(x[:, :, 1:], x[:, :, :-1])
    return (ops.pad(down, ((0, 0), (0, 1), (0, 0), (0, 0))), ops.pad(right, ((0, 0), (0, 0), (0, 1), (0, 0))))


def _sobel(image):
    x = ops.pad(ops.cast(operand(image), "float32"), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    h, w = x.shape[1] - 2, x.shape[2] - 2

    def at(r, c):
        return x[:, r : r + h, c : c + w]

    def slope(far, near):
        sums = [ops.add(ops.add(a, ops.multiply(b, np.float32(2))), c) for a, b, c in (far, near)]
        return ops.subtract(*sums)

    down = slope([at(2, c) for c in range(3)], [at(0, c) for c in range(3)])
    right = slope([at(r, 2) for r in range(3)], [at(r, 0) for r in range(3)])
    return ops.stack([down, right], axis=-1)


TABLE = {
    "image.resize_with_pad": _resize_with_pad, "image.rgb_to_yuv": _mixed(YUV), "image.yuv_to_rgb": _mixed(FROM_YUV),
    "image.rgb_to_yiq": _mixed(YIQ), "image.yiq_to_rgb": _mixed(FROM_YIQ), "image.random_hue": _random_by("hue"),
    "image.random_saturation": _random_by("saturation", 0), "image.random_jpeg_quality": _random_jpeg_quality,
    "image.adjust_jpeg_quality": _jpeg_quality, "image.stateless_random_brightness": _stateless_brightness,
    "image.stateless_random_contrast": _stateless_contrast, "image.stateless_random_crop": _stateless_crop,
    "image.stateless_random_flip_left_right": _stateless_left_right,
    "image.stateless_random_flip_up_down": _stateless_up_down, "image.stateless_random_hue": _stateless_hue,
    "image.stateless_random_saturation": _stateless_saturation,
    "image.stateless_random_jpeg_quality": _stateless_jpeg, "image.crop_and_resize": _crop_and_resize,
    "image.non_max_suppression": _nms, "image.non_max_suppression_overlaps": _nms_overlaps,
    "image.non_max_suppression_with_scores": _nms_with_scores, "image.non_max_suppression_padded": _nms_padded,
    "image.combined_non_max_suppression": _combined_nms, "image.draw_bounding_boxes": _draw,
    "image.image_gradients": _image_gradients, "image.sobel_edges": _sobel,
}  # fmt: skip
