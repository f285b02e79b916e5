"""Images blurred, sharpened, seen from elsewhere and warped at random."""

from typing import Any

import numpy as np

from fastnn import ops, random
from fastnn.core.errors import ArgumentError
from fastnn.layers.data_format import from_last, to_last
from fastnn.layers.images.base import ImageLayer, factor_range, one_of, per_image, value_pair
from fastnn.layers.images.boxes import columns, joined
from fastnn.layers.images.geometry import INTERPOLATIONS
from fastnn.ops import image
from fastnn.ops.functions.image_places import sampled


def blurred(x, sizes, sigmas):
    """Images (n, h, w, c) weighted with a Gaussian around each pixel; zeros surround them.

    sizes: odd ints along the width and along the height; sigmas: likewise, numbers or scalars of a graph.
    """
    channels = x.shape[-1]
    for size, sigma, shape in zip(sizes, sigmas, ((1, -1, 1, 1), (-1, 1, 1, 1))):
        at = (np.arange(size) - (size - 1) / 2).astype(x.dtype)
        bell = ops.exp(-0.5 * ops.square(at / sigma))
        bell = ops.reshape(bell / ops.sum(bell), shape)
        x = ops.depthwise_conv(x, ops.repeat(bell, channels, axis=2), padding="same", data_format="channels_last")
    return x


class RandomSharpness(ImageLayer):
    """Each image blurred or sharpened by a random amount, while training.

    Args:
        factor: a number or (low, high) in [0, 1]: 0 blurs, 0.5 leaves an image, 1 sharpens.

    >>> import numpy as np
    >>> RandomSharpness(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    FACTOR_BOUNDS = (0, 1)
    KERNEL = np.array([1, 1, 1, 1, 5, 1, 1, 1, 1]).reshape(3, 3, 1, 1) / 13.0

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor, self.value_range = factor_range(factor, self.FACTOR_BOUNDS), value_pair(value_range)

    def _draw(self, images, seed):
        return {"factor": self._uniform((self._count(images),), *self.factor, seed)}

    def _vary(self, images, transformation):
        batched = len(images.shape) == 4
        x = to_last(images if batched else ops.expand_dims(images, 0), self.data_format)
        kernel = np.repeat(self.KERNEL, x.shape[-1], axis=2).astype(self.compute_dtype)
        smooth = ops.depthwise_conv(x, kernel, padding="same", data_format="channels_last")
        factor = ops.cast(per_image(transformation["factor"]), self.compute_dtype) * 2
        x = ops.clip(x + (1.0 - factor) * (smooth - x), *self.value_range)
        x = from_last(x, self.data_format)
        return x if batched else ops.squeeze(x, 0)

    def get_config(self):
        return self._seeded(factor=self.factor, value_range=self.value_range)


def _kernel_size(size):
    """(width, height) of a kernel, odd numbers."""
    pair = isinstance(size, (tuple, list))
    if (len(size) != 2) if pair else not isinstance(size, (int, float)):
        raise ArgumentError(
            f"The `kernel_size` argument should be a number (or a list of two numbers) Received: kernel_size={size}"
        )
    sizes = tuple(size) if pair else (size, size)
    if any(s % 2 == 0 for s in sizes):
        raise ArgumentError(f"kernel_size must be an odd number. Received: kernel_size={size}")
    return sizes


class RandomGaussianBlur(ImageLayer):
    """Some images blurred with a Gaussian of random width, while training.

    Args:
        factor: a number or (low, high) in [0, 1]: the range that an image's probability is drawn from.
        kernel_size: an odd int, or two.
        sigma: a number or (low, high) in [0, 1]: the range of the Gaussian's standard deviation, in pixels.

    >>> import numpy as np
    >>> RandomGaussianBlur()(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        self.kernel_size = _kernel_size(kernel_size)
        self.sigma = factor_range(sigma, self.FACTOR_BOUNDS, "sigma")
        self.value_range = tuple(value_range)

    def _draw(self, images, seed):
        chosen = self._chosen(images, seed)
        return {"should_apply_blur": chosen, "blur_factor": self._uniform((2,), *self.sigma, seed) + 1e-6}

    def _vary(self, images, transformation):
        batched = len(images.shape) == 4
        x = to_last(images if batched else ops.expand_dims(images, 0), self.data_format)
        sigma = ops.cast(transformation["blur_factor"], self.compute_dtype)
        blur = blurred(x, self.kernel_size, (sigma[0], sigma[1]))
        x = ops.where(per_image(transformation["should_apply_blur"]), blur, x)
        x = from_last(ops.clip(x, *self.value_range), self.data_format)
        return x if batched else ops.squeeze(x, 0)

    def get_config(self):
        return self._seeded(
            factor=self.factor, kernel_size=self.kernel_size, sigma=self.sigma, value_range=self.value_range
        )


class _Warp(ImageLayer):
    """Base: pixels from other places, of some images."""

    FACTOR_BOUNDS = (0, 1)

    def _read(self, images, transformation, interpolation):
        raise NotImplementedError

    def _vary(self, images, transformation):
        return self._read(images, transformation, self.interpolation)

    def _vary_masks(self, masks, transformation):
        return self._read(ops.convert_to_tensor(masks), transformation, "nearest")


def homography(start, end):
    """(n, 3, 3) matrices that map four start points to four end points, (n, 4, 2) each, as (x, y, 1)."""
    (sx, sy), (ex, ey) = ((p[..., 0], p[..., 1]) for p in (start, end))
    one, none = ops.ones_like(sx), ops.zeros_like(sx)
    first = ops.stack([sx, sy, one, none, none, none, -sx * ex, -sy * ex], axis=-1)
    second = ops.stack([none, none, none, sx, sy, one, -sx * ey, -sy * ey], axis=-1)
    known = ops.expand_dims(ops.concatenate([ex, ey], axis=-1), -1)
    found = ops.solve(ops.concatenate([first, second], axis=1), known)[..., 0]
    return ops.reshape(ops.concatenate([found, ops.ones_like(found[:, :1])], axis=-1), (-1, 3, 3))


class RandomPerspective(_Warp):
    """Some images seen from elsewhere, while training: their corners are moved at random.

    Args:
        factor: a number or (low, high) in [0, 1]: the range that an image's probability is drawn from.
        scale: how far corners move, a number in [0, 1].

    >>> import numpy as np
    >>> RandomPerspective()(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        if not 0.0 <= scale <= 1.0:
            raise ArgumentError(f"The `scale` argument should be a number in the range [0,1]. Received: scale={scale}")
        self.scale, self.fill_value = scale, fill_value
        self.interpolation = one_of(type(self).__name__, "interpolation", interpolation, INTERPOLATIONS)

    def _draw(self, images, seed):
        n, height, width = self._count(images), images.shape[self.height_axis], images.shape[self.width_axis]
        chosen = self._chosen(images, seed)
        share = self._uniform((n, 4, 2), -0.5 * self.scale, 0.5 * self.scale, seed)
        right, bottom = width - 1, height - 1
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], self.compute_dtype)
        start = ops.zeros_like(share) + corners
        return {
            "apply_perspective": chosen,
            "start_points": start,
            "end_points": start + start * share,
            "input_shape": tuple(images.shape),
        }

    def _read(self, images, transformation, interpolation):
        single = len(images.shape) == 3
        x = ops.expand_dims(images, 0) if single else images
        points = (ops.convert_to_tensor(transformation[name]) for name in ("start_points", "end_points"))
        seen = image.perspective_transform(
            x, *points, interpolation=interpolation, fill_value=self.fill_value, data_format=self.data_format
        )
        x = ops.where(per_image(ops.convert_to_tensor(transformation["apply_perspective"])), seen, x)
        return ops.squeeze(x, 0) if single else x

    def _vary_boxes(self, boxes, transformation, height, width):
        points = (ops.cast(transformation[name], boxes.dtype) for name in ("start_points", "end_points"))
        m = ops.expand_dims(homography(*points), 1)
        a, b, c, d = columns(boxes)
        seen = []
        for x, y in ((a, b), (c, b), (a, d), (c, d)):
            u, v, w = (m[..., k, 0:1] * x + m[..., k, 1:2] * y + m[..., k, 2:3] for k in range(3))
            seen.append((u / w, v / w))
        xs, ys = (ops.concatenate(list(v), axis=-1) for v in zip(*seen))
        ends = [f(v, axis=-1, keepdims=True) for f in (ops.min, ops.max) for v in (xs, ys)]
        chosen = ops.reshape(ops.convert_to_tensor(transformation["apply_perspective"]), (-1, 1, 1))
        return ops.where(chosen, joined(*ends), boxes), height, width

    def get_config(self):
        return self._seeded(
            factor=self.factor, scale=self.scale, interpolation=self.interpolation, fill_value=self.fill_value
        )


class RandomElasticTransform(_Warp):
    """Some images warped as if on rubber, while training: pixels move by smooth random distances.

    Args:
        factor: a number or (low, high) in [0, 1]: the range that an image's probability is drawn from.
        scale: a number or (low, high) in [0, 1]: how strong the warp is.
        fill_mode: what lies outside: "constant" (fill_value), "nearest", "wrap", "mirror" or "reflect".

    Source: Simard et al., "Best Practices for Convolutional Neural Networks" (2003).

    >>> import numpy as np
    >>> RandomElasticTransform()(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    FILLS = ("constant", "nearest", "wrap", "mirror", "reflect")
    _planned = False  # the distances are drawn for these images

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        kind = type(self).__name__
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        self.scale = factor_range(scale, self.FACTOR_BOUNDS, "scale")
        self.interpolation = one_of(kind, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = one_of(kind, "fill_mode", fill_mode, self.FILLS)
        self.fill_value, self.value_range = fill_value, tuple(value_range)

    def _draw(self, images, seed):
        if self.scale[1] == 0 or self.factor[1] == 0:
            return None
        n, height, width = self._count(images), images.shape[self.height_axis], images.shape[self.width_axis]
        chosen = self._chosen(images, seed)
        strength = self._uniform((), *self.scale, seed)
        distances = self._distances(n, height, width, strength, seed)
        return {"apply_transform": chosen, "distortion_factor": strength, "distances": distances}

    def _distances(self, n, height, width, strength, seed):
        """(n, h, w, 2) how far pixels move, along rows and along columns."""
        reach = 0.05 * min(height, width)
        sigma = strength * reach + 1e-6
        size = int(6 * reach * self.scale[1]) | 1  # of the widest Gaussian: what lies beyond three sigmas is small
        noise = random.normal((n, height, width, 2), dtype=self.compute_dtype, seed=seed) * sigma
        return blurred(noise, (size, size), (sigma, sigma)) * (0.1 * max(height, width)) * strength

    def _read(self, images, transformation, interpolation):
        batched = len(images.shape) == 4
        x = to_last(images if batched else ops.expand_dims(images, 0), self.data_format)
        n, height, width = x.shape[:3]
        moved = transformation.get("distances")
        if moved is None:
            strength = ops.cast(transformation["distortion_factor"], self.compute_dtype)
            moved = self._distances(n, height, width, strength, transformation.get("seed", self.generator))
        rows = moved[..., 1] + np.arange(height, dtype="float32").reshape(1, -1, 1)
        at = moved[..., 0] + np.arange(width, dtype="float32").reshape(1, 1, -1)
        order = INTERPOLATIONS.index(interpolation)
        warped = ops.cast(sampled(x, [rows, at], order, self.fill_mode, self.fill_value), x.dtype)
        x = ops.where(per_image(transformation["apply_transform"]), warped, x)
        x = from_last(ops.clip(x, *self.value_range), self.data_format)
        return x if batched else ops.squeeze(x, 0)

    def get_config(self):
        return self._seeded(
            factor=self.factor,
            scale=self.scale,
            interpolation=self.interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            value_range=self.value_range,
        )
