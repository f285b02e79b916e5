"""tf.image: sizes, colours, random changes and measures of images."""

import numpy as np

from fastnn import ops, random
from fastnn.compat.tf.values import beside, dtype_of, host, ints, is_float, kept, only, operand, values_of, within
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError


def _resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None):
    x, size = operand(images), ints(size)
    only("image.resize", "method", method, "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")
    if preserve_aspect_ratio:
        height, width = x.shape[-3:-1]
        scale = min(size[0] / height, size[1] / width)
        size = tuple(max(round(n * scale), 1) for n in (height, width))
    if method == "area":
        return _by_areas(ops.cast(x, "float32"), size)
    resized = ops.image.resize(ops.cast(x, "float32"), size, method, antialias, data_format="channels_last")
    return kept(resized, x) if method == "nearest" else resized


def _by_areas(x, size):
    """Each pixel is the mean of the part of the image that it covers: a product with its weights along each axis."""
    for axis, (n, m) in zip((-3, -2), zip(x.shape[-3:-1], size)):
        edges = np.arange(m + 1) * n / m
        low, high = (np.clip(e[:, None], np.arange(n), np.arange(n) + 1) for e in (edges[:-1], edges[1:]))
        weights = ((high - low) * m / n).astype("float32")
        x = ops.moveaxis(ops.tensordot(x, weights.T, axes=[[len(x.shape) + axis], [0]]), -1, axis)
    return x


def _range_of(dtype):
    return 1.0 if dtypes.is_float(dtype) else float(np.iinfo(dtypes.numpy_type(dtype)).max)


def _convert_image_dtype(image, dtype, saturate=False, name=None):
    """Floats are in [0, 1], integers go up to the largest of their dtype."""
    x, dtype = operand(image), dtypes.standardize(dtype)
    if dtype_of(x) == dtype:
        return x
    if is_float(x) and dtypes.is_float(dtype):
        return ops.cast(x, dtype)
    if is_float(x):
        scaled = ops.multiply(x, beside(_range_of(dtype) + 0.5, x))
        return (ops.saturate_cast if saturate else ops.cast)(scaled, dtype)
    if dtypes.is_float(dtype):
        return ops.multiply(ops.cast(x, dtype), np.asarray(1.0 / _range_of(dtype_of(x)), dtypes.numpy_type(dtype)))
    cast, (low, high) = ops.saturate_cast if saturate else ops.cast, map(_steps_of, (dtype_of(x), dtype))
    if low > high:
        return cast(ops.floor_divide(x, beside(low // high, x)), dtype)
    return ops.multiply(cast(x, dtype), np.asarray(high // low, dtypes.numpy_type(dtype)))


def _steps_of(dtype):
    return int(np.iinfo(dtypes.numpy_type(dtype)).max) + 1


def _as_floats(change):
    """A change of images of floats, for images of any dtype."""

    def changed(image, *args):
        x = operand(image)
        return _convert_image_dtype(
            change(_convert_image_dtype(x, dtype_of(x) if is_float(x) else "float32"), *args), dtype_of(x), True
        )

    return changed


_brightness = _as_floats(lambda x, delta: ops.add(x, beside(delta, x)))


def _contrasted(x, factor):
    mean = ops.mean(x, axis=(-3, -2), keepdims=True)
    return ops.add(ops.multiply(ops.subtract(x, mean), beside(factor, x)), mean)


_contrast = _as_floats(_contrasted)
_gamma = _as_floats(lambda x, gamma, gain: ops.multiply(beside(gain, x), ops.power(x, beside(gamma, x))))


def _grayscale(images, name=None):
    def gray(x):
        return ops.sum(
            ops.multiply(x, np.asarray([0.2989, 0.587, 0.114], dtypes.numpy_type(dtype_of(x)))), axis=-1, keepdims=True
        )

    return _as_floats(gray)(images)


def _rot90(image, k=1, name=None):
    return ops.rot90(operand(image), k, (-3, -2))


def _image_transpose(image, name=None):
    return ops.swapaxes(operand(image), -3, -2)


def _crop(image, offset_height, offset_width, target_height, target_width):
    x = operand(image)
    height, width = x.shape[-3:-1]
    if (
        min(offset_height, offset_width) < 0
        or offset_height + target_height > height
        or (offset_width + target_width > width)
    ):
        raise ArgumentError(
            f"tf.image.crop_to_bounding_box: the box of {target_height}x{target_width} at "
            f"({offset_height}, {offset_width}) is not inside the image of {height}x{width}."
        )
    return x[..., offset_height : offset_height + target_height, offset_width : offset_width + target_width, :]


def _pad_image(image, offset_height, offset_width, target_height, target_width):
    x = operand(image)
    height, width = x.shape[-3:-1]
    widths = [(0, 0)] * (len(x.shape) - 3) + [
        (offset_height, target_height - height - offset_height),
        (offset_width, target_width - width - offset_width),
        (0, 0),
    ]
    if min(n for pair in widths for n in pair) < 0:
        raise ArgumentError(
            f"tf.image.pad_to_bounding_box: the image of {height}x{width} at ({offset_height}, "
            f"{offset_width}) does not fit into {target_height}x{target_width}."
        )
    return ops.pad(x, tuple(widths))


def _crop_or_pad(image, target_height, target_width):
    within("image.resize_with_crop_or_pad", "target_height", target_height, 1)
    within("image.resize_with_crop_or_pad", "target_width", target_width, 1)
    x = operand(image)
    height, width = x.shape[-3:-1]
    inner = min(height, target_height), min(width, target_width)
    x = _crop(x, (height - inner[0]) // 2, (width - inner[1]) // 2, *inner)
    return _pad_image(x, (target_height - inner[0]) // 2, (target_width - inner[1]) // 2, target_height, target_width)


def _central_crop(image, central_fraction):
    within("image.central_crop", "central_fraction", central_fraction, 0, 1, open_low=True)
    x = operand(image)
    starts = [int((n - n * central_fraction) / 2) for n in x.shape[-3:-1]]
    return _crop(x, *starts, *(n - 2 * start for n, start in zip(x.shape[-3:-1], starts)))


def _standardized(image):
    x = operand(image)
    x = x if is_float(x) else ops.cast(x, "float32")
    mean = ops.mean(x, axis=(-3, -2, -1), keepdims=True)
    least = beside(1.0 / np.sqrt(float(np.prod(x.shape[-3:]))), x)
    return ops.divide(ops.subtract(x, mean), ops.maximum(ops.std(x, axis=(-3, -2, -1), keepdims=True), least))


def _perhaps(flip):
    """A flip of an image, or of each image of a batch, with probability a half."""

    def flipped(image, seed=None):
        x = operand(image)
        one = random.uniform((*x.shape[:-3], 1, 1, 1) if len(x.shape) > 3 else (1, 1, 1), seed=seed)
        return ops.where(ops.less(one, np.float32(0.5)), flip(x), x)

    return flipped


def _random_brightness(image, max_delta, seed=None):
    within("image.random_brightness", "max_delta", max_delta, 0)
    return _brightness(image, random.uniform((), -max_delta, max_delta, seed=seed))


def _random_contrast(image, lower, upper, seed=None):
    within("image.random_contrast", "lower", lower, 0)
    within("image.random_contrast", "upper", upper, lower, open_low=True)
    return _contrast(image, random.uniform((), lower, upper, seed=seed))


def _random_crop(value, size, seed=None, name=None):
    x, size = values_of(operand(value), "image.random_crop"), ints(size)
    most = np.array(x.shape) - np.array(size)
    if most.min() < 0:
        raise ArgumentError(f"tf.image.random_crop: received size {size}, expected at most {x.shape} in each axis.")
    starts = [int(s) for s in np.floor(np.asarray(random.uniform((len(size),), seed=seed)) * (most + 1))]
    return host(x[tuple(slice(s, s + n) for s, n in zip(starts, size))])


def _top(max_val, image):
    """The largest value of images as floats in [0, 1], of that in their dtype."""
    return float(max_val) / (1.0 if is_float(operand(image)) else _range_of(dtype_of(operand(image))))


def _psnr(a, b, max_val, name=None):
    top = _top(max_val, a)
    a, b = (ops.cast(_convert_image_dtype(x, "float32"), "float32") for x in (a, b))
    error = ops.mean(ops.square(ops.subtract(a, b)), axis=(-3, -2, -1))
    return ops.subtract(np.float32(20.0 * np.log10(top)), ops.multiply(np.float32(10.0), ops.log10(error)))


def _total_variation(images, name=None):
    x = operand(images)
    down = ops.subtract(x[..., 1:, :, :], x[..., :-1, :, :])
    right = ops.subtract(x[..., :, 1:, :], x[..., :, :-1, :])
    return ops.add(*(ops.sum(ops.abs(d), axis=(-3, -2, -1)) for d in (down, right)))


def _in_hsv(change):
    """A change of hue, saturation and value, for images of floats in [0, 1] or of integers."""

    def changed(image, amount, name=None):
        def change_floats(x):
            hue, saturation, value = ops.split(ops.image.rgb_to_hsv(x, data_format="channels_last"), 3, axis=-1)
            hsv = ops.concatenate([*change(hue, saturation, beside(float(amount), x)), value], axis=-1)
            return ops.image.hsv_to_rgb(hsv, data_format="channels_last")

        return _as_floats(change_floats)(image)

    return changed


_saturation = _in_hsv(lambda hue, saturation, factor: (hue, ops.clip(ops.multiply(saturation, factor), 0.0, 1.0)))
_hue = _in_hsv(lambda hue, saturation, delta: (ops.mod(ops.add(hue, delta), 1.0), saturation))


def _adjust_hue(image, delta, name=None):
    within("image.adjust_hue", "delta", delta, -1, 1)
    return _hue(image, delta)


def _adjust_gamma(image, gamma=1, gain=1):
    within("image.adjust_gamma", "gamma", gamma, 0)
    return _gamma(image, gamma, gain)


def _to_rgb(images, name=None):
    x = operand(images)
    within("image.grayscale_to_rgb", "number of channels", x.shape[-1], 1, 1)
    return ops.repeat(x, 3, axis=-1)


def _patches(images, sizes, strides, rates, padding, name=None):
    for argument, numbers in (("sizes", sizes), ("strides", strides), ("rates", rates)):
        if len(numbers) != 4 or numbers[0] != 1 or numbers[3] != 1:
            raise ArgumentError(
                f"tf.image.extract_patches: received {argument}={numbers}, expected [1, rows, cols, 1]."
            )
    return ops.image.extract_patches(operand(images), ints(sizes)[1:3], ints(strides)[1:3], ints(rates)[1:3],
                                     padding.lower(), data_format="channels_last")  # fmt: skip


def _ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=False):
    only("image.ssim", "return_index_map", return_index_map, False)
    a, b = (_convert_image_dtype(x, "float32") for x in (operand(img1), operand(img2)))
    return ops.image.ssim(a, b, _top(max_val, img1), filter_size, filter_sigma, k1, k2, data_format="channels_last")


TABLE = {
    "image.resize": _resize, "image.convert_image_dtype": _convert_image_dtype,
    "image.flip_left_right": lambda image: ops.flip(operand(image), axis=-2),
    "image.flip_up_down": lambda image: ops.flip(operand(image), axis=-3),
    "image.random_flip_left_right": _perhaps(lambda x: ops.flip(x, axis=-2)),
    "image.random_flip_up_down": _perhaps(lambda x: ops.flip(x, axis=-3)), "image.rot90": _rot90,
    "image.transpose": _image_transpose, "image.rgb_to_grayscale": _grayscale,
    "image.grayscale_to_rgb": _to_rgb,
    "image.adjust_brightness": lambda image, delta: _brightness(image, delta),
    "image.adjust_contrast": lambda images, contrast_factor: _contrast(images, contrast_factor),
    "image.adjust_gamma": _adjust_gamma,
    "image.random_brightness": _random_brightness, "image.random_contrast": _random_contrast,
    "image.random_crop": _random_crop, "image.central_crop": _central_crop, "image.crop_to_bounding_box": _crop,
    "image.pad_to_bounding_box": _pad_image, "image.resize_with_crop_or_pad": _crop_or_pad,
    "image.per_image_standardization": _standardized, "image.psnr": _psnr, "image.total_variation": _total_variation,
    "image.rgb_to_hsv": lambda images, name=None: ops.image.rgb_to_hsv(operand(images), data_format="channels_last"),
    "image.hsv_to_rgb": lambda images, name=None: ops.image.hsv_to_rgb(operand(images), data_format="channels_last"),
    "image.adjust_saturation": lambda image, saturation_factor, name=None: _saturation(image, saturation_factor),
    "image.adjust_hue": _adjust_hue,
    "image.extract_patches": _patches, "image.ssim": _ssim,
}  # fmt: skip


class ResizeMethod:
    """The words for `method` of tf.image.resize, by name.

    >>> ResizeMethod.NEAREST_NEIGHBOR
    'nearest'
    """

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC = "bilinear", "nearest", "bicubic"
    LANCZOS3, LANCZOS5 = "lanczos3", "lanczos5"
    AREA, GAUSSIAN, MITCHELLCUBIC = "area", "gaussian", "mitchellcubic"  # resize says that it has none of them
