"""Images mixed with others, or with parts erased: MixUp, CutMix, RandomErasing."""

import math
from typing import Any

import numpy as np

from fastnn import ops, random
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.layers.images.base import ImageLayer, factor_range, per_image


def symmetric_beta(shape, alpha, dtype, seed):
    """Numbers of the distribution Beta(alpha, alpha), which any graph can draw: no repeats.

    alpha: a number or a scalar > 0.  (1 + t / sqrt(2 alpha + t^2)) / 2 for Student's t of 2 alpha degrees of freedom,
    which is sqrt(2 alpha (u^(-1 / alpha) - 1)) cos(2 pi v) (Bailey, 1994).

    >>> bool(abs(symmetric_beta((1000,), 2.0, "float32", 1).mean() - 0.5) < 0.03)
    True
    """
    first = random.uniform((2, *shape), 0.0, 1.0, dtype, seed)
    u, v = first[0], first[1]
    q, c = ops.power(u, 1.0 / alpha), ops.cos(2 * math.pi * v)
    rest = (1.0 - q) * ops.square(c)
    return 0.5 + 0.5 * ops.sign(c) * ops.sqrt(rest / (q + rest + 1e-30))


def permutation(n, dtype, seed):
    """(n,) the numbers 0 to n - 1 in a random order."""
    return ops.argsort(random.uniform((n,), 0.0, 1.0, dtype, seed))


def _rows(x, order):
    return ops.take(x, np.asarray(order) if isinstance(order, (list, tuple)) else order, axis=0)


class _Mixing(ImageLayer):
    _planned = False

    def _vary_labels(self, labels, transformation):
        weight = ops.cast(ops.reshape(transformation["mix_weight"], (-1, 1)), self.compute_dtype)
        return weight * labels + (1.0 - weight) * _rows(labels, transformation["permutation_order"])


class MixUp(_Mixing):
    """Each image of a batch, and its label, mixed with those of another one, while training.

    Args:
        alpha: float > 0: how evenly; the weight is drawn from Beta(alpha, alpha), one for each image.

    Labels are one-hot or probabilities, (n, classes).  Source: Zhang et al., "mixup" (2018).

    >>> import numpy as np
    >>> data = {"images": np.ones((2, 4, 4, 1), "float32"), "labels": np.eye(2, dtype="float32")}
    >>> MixUp()(data, training=True)["labels"].sum(1).round(5).tolist()
    [1.0, 1.0]
    """

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.alpha = alpha

    def _draw(self, images, seed):
        n = self._count(images)
        order = permutation(n, self.compute_dtype, seed)
        return {"mix_weight": symmetric_beta((n,), self.alpha, self.compute_dtype, seed), "permutation_order": order}

    def _vary(self, images, transformation):
        weight = ops.cast(per_image(transformation["mix_weight"]), self.compute_dtype)
        return weight * images + (1.0 - weight) * _rows(images, transformation["permutation_order"])

    def _vary_masks(self, masks, transformation):
        return self._vary(ops.cast(masks, self.compute_dtype), transformation)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """The boxes of both images, one after the other.

        Args:
            bounding_boxes, transformation, training: as of other layers.
        """
        if not training or transformation is None:
            return bounding_boxes
        boxes, labels, order = bounding_boxes["boxes"], bounding_boxes["labels"], transformation["permutation_order"]
        return {
            "boxes": ops.concatenate([boxes, _rows(boxes, order)], axis=1),
            "labels": ops.concatenate([labels, _rows(labels, order)], axis=min(1, len(labels.shape) - 1)),
        }

    def get_config(self):
        return self._seeded(alpha=self.alpha)


class _Patches(ImageLayer):
    """Base: a random rectangle of each image."""

    FACTOR_BOUNDS = (0, 1)
    _planned = False

    def _bounds(self, size, share, seed):
        """(n,) where a part of this share of an axis starts and ends."""
        length = share * float(size)
        start = self._uniform(tuple(share.shape), 0.0, 1.0, seed) * (float(size) - length)
        return start, start + length

    def _inside(self, images, x0, x1, y0, y1):
        """(n, h, w, 1), or channels first: whether a pixel lies in its image's rectangle."""
        height, width = images.shape[self.height_axis], images.shape[self.width_axis]
        wide = (1, 1, -1) if self.data_format == "channels_first" else (1, -1, 1)
        tall = (1, -1, 1) if self.data_format == "channels_first" else (-1, 1, 1)
        x = np.arange(width, dtype=self.compute_dtype).reshape(wide)
        y = np.arange(height, dtype=self.compute_dtype).reshape(tall)
        x0, x1, y0, y1 = map(per_image, (x0, x1, y0, y1))
        across = ops.logical_and(ops.greater_equal(x, x0), ops.less(x, x1))
        return ops.logical_and(across, ops.logical_and(ops.greater_equal(y, y0), ops.less(y, y1)))


class CutMix(_Patches, _Mixing):
    """A random rectangle of each image replaced with that of another one, and labels mixed likewise, while training.

    Args:
        factor: a number or (low, high) in [0, 1], the range that the parameter of Beta(a, a) is drawn from; the weight
            that this gives is the share of the image that stays.

    Labels are one-hot or probabilities, (n, classes).  Source: Yun et al., "CutMix" (2019).

    >>> import numpy as np
    >>> data = {"images": np.ones((2, 4, 4, 1), "float32"), "labels": np.eye(2, dtype="float32")}
    >>> CutMix()(data, training=True)["labels"].sum(1).round(5).tolist()
    [1.0, 1.0]
    """

    def __init__(self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)

    def _draw(self, images, seed):
        if len(images.shape) == 3:
            return None
        n, height, width = images.shape[0], images.shape[self.height_axis], images.shape[self.width_axis]
        alpha = self._uniform((), *self.factor, seed) + 1e-6
        share = ops.sqrt(1.0 - symmetric_beta((n,), alpha, self.compute_dtype, seed))
        x0, x1 = self._bounds(width, share, seed)
        y0, y1 = self._bounds(height, share, seed)
        return {
            "permutation_order": permutation(n, self.compute_dtype, seed),
            "batch_masks": self._inside(images, x0, x1, y0, y1),
            "mix_weight": 1.0 - (x1 - x0) * (y1 - y0) / (width * height),
        }

    def _vary(self, images, transformation):
        return ops.where(transformation["batch_masks"], _rows(images, transformation["permutation_order"]), images)

    def _vary_masks(self, masks, transformation):
        return self._vary(ops.cast(masks, self.compute_dtype), transformation)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """Boxes cannot be cut with their images: NotSupportedError.

        Args:
            bounding_boxes, transformation, training: as of other layers.
        """
        raise NotSupportedError(
            "CutMix takes no bounding boxes: remove 'bounding_boxes' from its inputs, or use MixUp."
        )

    def get_config(self):
        return self._seeded(factor=self.factor)


class RandomErasing(_Patches):
    """A random rectangle of some images erased, while training.

    Args:
        factor: a number or (low, high) in [0, 1]: the range that an image's probability is drawn from.
        scale: a number or (low, high) in [0, 1]: the rectangle's share of the height and of the width, squared.
        fill_value: a number, three numbers, or None for noise.

    Source: Zhong et al., "Random Erasing" (2020).

    >>> import numpy as np
    >>> RandomErasing(scale=0.5)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        self.scale = factor_range(scale, self.FACTOR_BOUNDS, "scale")
        self.fill_value, self.value_range = fill_value, tuple(value_range)
        pair = isinstance(fill_value, (tuple, list)) and len(fill_value) == 3
        if not pair and fill_value is not None and not isinstance(fill_value, (int, float)):
            raise ArgumentError(
                "The `fill_value` argument should be a number (or a list of three numbers). "
                f"Received: fill_value={fill_value}"
            )

    def _filling(self, images, seed):
        low, high = self.value_range
        if self.fill_value is None:
            noise = random.normal(tuple(images.shape), dtype=self.compute_dtype, seed=seed) * high
            return ops.clip(noise, low, high)
        first = self.data_format == "channels_first" and isinstance(self.fill_value, (tuple, list))
        value = np.clip(np.asarray(self.fill_value, self.compute_dtype), low, high)
        return value.reshape(-1, 1, 1) if first else value

    def _draw(self, images, seed):
        n = self._count(images)
        height, width = images.shape[self.height_axis], images.shape[self.width_axis]
        shares = [ops.sqrt(self._uniform((n,), *self.scale, seed)) for _ in range(2)]
        x0, x1 = self._bounds(width, shares[0], seed)
        y0, y1 = self._bounds(height, shares[1], seed)
        return {
            "apply_erasing": self._chosen(images, seed),
            "batch_masks": self._inside(images, x0, x1, y0, y1),
            "fill_value": self._filling(images, seed),
        }

    def _vary(self, images, transformation):
        erased = ops.where(transformation["batch_masks"], transformation["fill_value"], images)
        return ops.where(per_image(transformation["apply_erasing"]), erased, images)

    def get_config(self):
        return self._seeded(
            factor=self.factor, scale=self.scale, fill_value=self.fill_value, value_range=self.value_range
        )
