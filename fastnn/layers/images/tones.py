"""Tones of images: Solarization, RandomPosterization, AutoContrast, Equalization, and CLAHE."""

from typing import Any

import numpy as np

from fastnn import ops, random
from fastnn.layers.data_format import from_last, to_last
from fastnn.layers.images.base import ImageLayer, factor_range, rescaled, strict_range, value_pair

FULL = (0, 255)


class Solarization(ImageLayer):
    """Pixels from a random threshold on inverted, after a random amount was added, while training.

    Args:
        addition_factor: f for shares of 255 in [0, f], or (low, high): what is added first.
        threshold_factor: likewise: from where on pixels are inverted; 0 inverts all.

    >>> import numpy as np
    >>> Solarization()(np.full((1, 2, 2, 1), 55.0, "float32"), training=True).max().item()
    200.0
    """

    TEXT = (
        "The `addition_factor` and `threshold_factor` arguments should be a number (or a list of two numbers) in the "
        "range [0, 1]. "
    )

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = FULL,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.addition_factor, self.threshold_factor = (
            strict_range(factor, name, self.TEXT, lambda x: 0 <= x <= 1, least=0)
            for factor, name in ((addition_factor, "addition_factor"), (threshold_factor, "threshold_factor"))
        )
        self.value_range = value_pair(value_range)

    def _draw(self, images, seed):
        shape = (self._count(images), 1, 1, 1)
        both = (("additions", self.addition_factor), ("thresholds", self.threshold_factor))
        return {name: self._uniform(shape, 255.0 * low, 255.0 * high, seed) for name, (low, high) in both}

    def _vary(self, images, transformation):
        x = rescaled(images, self.value_range, FULL)
        x = ops.clip(x + ops.cast(transformation["additions"], self.compute_dtype), *FULL)
        x = ops.where(x < ops.cast(transformation["thresholds"], self.compute_dtype), x, 255 - x)
        return rescaled(x, FULL, self.value_range)

    def get_config(self):
        return self._seeded(
            value_range=self.value_range, addition_factor=self.addition_factor, threshold_factor=self.threshold_factor
        )


class RandomPosterization(ImageLayer):
    """Each image with fewer tones, while training: of a pixel's eight bits a random number is kept.

    Args:
        factor: an int or (low, high) in [1, 8]: how many bits are kept.

    >>> import numpy as np
    >>> RandomPosterization(1)(np.full((1, 2, 2, 1), 200.0, "float32"), training=True).max().item()
    128.0
    """

    FACTOR_BOUNDS = (1, 8)

    def __init__(
        self, factor: Any, value_range: Any = FULL, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        self.value_range = value_pair(value_range)

    def _draw(self, images, seed):
        n, (low, high) = self._count(images), self.factor
        if low == high:
            return {"shift_factor": 8 - int(low) * ops.cast(self._uniform((n,), 1.0, 1.0, seed), "int32")}
        return {"shift_factor": 8 - random.randint((n,), low, high, seed=seed)}

    def _vary(self, images, transformation):
        steps = ops.take(np.array([2.0**k for k in range(9)], self.compute_dtype), transformation["shift_factor"])
        steps = ops.reshape(steps, (-1, 1, 1, 1))
        x = ops.floor(ops.clip(rescaled(images, self.value_range, FULL), *FULL))
        return rescaled(ops.floor(x / steps) * steps, FULL, self.value_range)

    def get_config(self):
        return self._seeded(factor=self.factor, value_range=self.value_range)


class AutoContrast(ImageLayer):
    """Each channel of an image stretched to the whole value range, in training and in inference.

    A channel of one value stays.

    >>> import numpy as np
    >>> AutoContrast((0, 1))(np.array([[[0.25], [0.5]]], "float32")).ravel().tolist()
    [0.0, 1.0]
    """

    _always, _draws, _random = True, False, False

    def __init__(self, value_range: Any = FULL, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = value_pair(value_range)

    def _vary(self, images, transformation):
        axes = (self.height_axis, self.width_axis)
        low, high = (f(images, axis=axes, keepdims=True) for f in (ops.min, ops.max))
        flat = ops.equal(low, high)
        share = (images - low) / ops.where(flat, ops.ones_like(low), high - low)
        return ops.where(flat, images, rescaled(ops.clip(share, 0.0, 1.0), (0, 1), self.value_range))

    def get_config(self):
        return self._config(value_range=self.value_range)


class Equalization(ImageLayer):
    """Each channel of a batch with its tones equally frequent, while training.

    Args:
        bins: how many tones are counted.

    >>> import numpy as np
    >>> Equalization()(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]], "float32"), training=True).ravel().tolist()
    [0.0, 85.0, 170.0, 255.0]
    """

    _draws = _random = False

    def __init__(self, value_range: Any = FULL, bins: int = 256, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.bins, self.value_range = bins, value_pair(value_range)

    def _vary(self, images, transformation):
        bins, channels = self.bins, images.shape[self.channel_axis]
        x = rescaled(images, self.value_range, FULL)
        at = np.arange(channels, dtype="int32").reshape((-1, 1, 1) if self.channel_axis == -3 else (-1,)) * bins
        index = ops.cast(ops.clip(x / 255.0 * (bins - 1), 0, bins - 1), "int32") + at
        ones = ops.ones_like(ops.reshape(x, (-1,)))
        counts = ops.reshape(ops.segment_sum(ones, ops.reshape(index, (-1,)), channels * bins), (channels, bins))
        total = ops.cumsum(counts, axis=-1)
        least = ops.min(ops.where(total > 0, total, total[:, -1:]), axis=-1, keepdims=True)
        rest = total[:, -1:] - least  # 0: one tone only
        table = ops.round((total - least) * 255 / ops.maximum(rest, 1.0))
        table = ops.reshape(ops.clip(table, *FULL), (-1,))
        single = ops.take(ops.reshape(rest == 0, (-1,)), at // bins)
        return rescaled(ops.where(single, x, ops.take(table, index)), FULL, self.value_range)

    def get_config(self):
        return self._config(bins=self.bins, value_range=self.value_range)


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Tones equally frequent within each part of an image (CLAHE), in training and in inference.

    Args:
        clip_limit: how much more frequent than the mean a tone may count, so that noise is not made stronger; 0: any.
        tile_grid_size: (rows, columns) of parts.

    Source: Zuiderveld, "Contrast Limited Adaptive Histogram Equalization" (1994).

    >>> import numpy as np
    >>> ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))(np.ones((1, 4, 4, 1), "float32")).shape
    (1, 4, 4, 1)
    """

    _always, _draws, _random = True, False, False

    def __init__(
        self,
        value_range: Any = FULL,
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range, self.clip_limit, self.tile_grid_size = tuple(value_range), clip_limit, tuple(tile_grid_size)

    def _vary(self, images, transformation):
        batched = len(images.shape) == 4
        x = to_last(images if batched else ops.expand_dims(images, 0), self.data_format)
        x = rescaled(self._equalized(rescaled(x, self.value_range, FULL)), FULL, self.value_range)
        x = from_last(x, self.data_format)
        return x if batched else ops.squeeze(x, 0)

    def _equalized(self, x):
        n, height, width, channels = x.shape
        (rows, columns), kind = self.tile_grid_size, self.compute_dtype
        tall, wide = -(-height // rows), -(-width // columns)
        margins = [(0, 0), (0, tall * rows - height), (0, wide * columns - width), (0, 0)]
        whole = ops.pad(x, margins, mode="symmetric") if any(b for _, b in margins) else x
        tone = ops.cast(ops.clip(whole, *FULL), "int32")
        # the tones' frequencies in each part: (n, rows, columns, channels, 256)
        y, z = np.arange(tall * rows), np.arange(wide * columns)
        part = ((y // tall)[:, None, None] * columns + (z // wide)[None, :, None]) * channels + np.arange(channels)
        image = np.arange(n).reshape(-1, 1, 1, 1) * (rows * columns * channels)
        index = ops.reshape(tone + ((image + part) * 256).astype("int32"), (-1,))
        ones = np.ones(n * tall * rows * wide * columns * channels, kind)
        counts = ops.segment_sum(ones, index, n * rows * columns * channels * 256)
        counts = ops.reshape(counts, (n, rows, columns, channels, 256))
        if self.clip_limit > 0:
            cut = ops.minimum(counts, self.clip_limit * tall * wide / 256.0)
            counts = cut + ops.sum(counts - cut, axis=-1, keepdims=True) / 256.0
        total = ops.cumsum(counts, axis=-1)
        least = total[..., :1]
        rest = tall * wide - least
        table = ops.clip((total - least) * 255.0 / ops.where(rest == 0, ops.ones_like(rest), rest), *FULL)
        table = ops.reshape(table, (-1,))
        # between the middles of four parts, the edges' parts reach outward
        (y0, y1, down), (z0, z1, right) = (self._between(size, step, parts)
                                           for size, step, parts in ((tall * rows, tall, rows),
                                                                     (wide * columns, wide, columns)))  # fmt: skip
        down, right = down.reshape(-1, 1, 1).astype(kind), right.reshape(-1, 1).astype(kind)

        def found(i, j):
            at = (i[:, None, None] * columns + j[None, :, None]) * channels + np.arange(channels)
            return ops.take(table, tone + ((image + at) * 256).astype("int32"))

        above = found(y0, z0) * (1 - right) + found(y0, z1) * right
        below = found(y1, z0) * (1 - right) + found(y1, z1) * right
        return (above * (1 - down) + below * down)[:, :height, :width]

    @staticmethod
    def _between(size, step, parts):
        """(the part before, the part after, how near the latter) for each place along an axis."""
        at = (np.arange(size) - step / 2.0) / step
        low = np.floor(at)
        ends = [np.clip(low + k, 0, parts - 1).astype(int) for k in (0, 1)]
        return *ends, at - low

    def get_config(self):
        return self._config(
            value_range=self.value_range, clip_limit=self.clip_limit, tile_grid_size=self.tile_grid_size
        )
