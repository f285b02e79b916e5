"""Random variants of images while training; unchanged images otherwise."""

import math
from typing import Any

import numpy as np

from fastnn import ops, random
from fastnn.core.errors import ArgumentError
from fastnn.layers.data_format import from_last, sized_shape, standardize_data_format, to_last
from fastnn.layers.dropout import _Noise
from fastnn.ops import image

_FILLS = ("constant", "nearest", "reflect", "wrap")


def _span(factor, name, positive=False):
    """(low, high) of a factor: a number f means (-f, f)."""
    if isinstance(factor, (int, float)):
        low, high = (-abs(factor), abs(factor))
    elif isinstance(factor, (list, tuple)) and len(factor) == 2:
        low, high = map(float, factor)
    else:
        raise ArgumentError(f"The `{name}` argument should be a number or two numbers. Received: {name}={factor!r}")
    if low > high or (positive and low < -1):
        raise ArgumentError(
            f"The `{name}` argument should be (low, high) with low <= high"
            f"{' and low >= -1' if positive else ''}. Received: {name}={factor!r}"
        )
    return low, high


class _Augmentation(_Noise):
    """Base: one draw per image; a batch axis is optional."""

    def __init__(self, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.data_format = standardize_data_format(data_format)

    def call(self, inputs, training=True):
        if not training:
            return ops.cast(inputs, self.compute_dtype)
        batched = len(inputs.shape) == 4
        x = ops.cast(inputs if batched else ops.expand_dims(inputs, 0), self.compute_dtype)
        out = from_last(self._vary(to_last(x, self.data_format)), self.data_format)
        return out if batched else ops.squeeze(out, 0)

    def _uniform(self, x, low, high):
        """(n, 1, 1, 1) numbers in [low, high)."""
        return random.uniform((x.shape[0], 1, 1, 1), low, high, self.compute_dtype, self.seed_generator)


class RandomFlip(_Augmentation):
    """Each image turned left to right and upside down at random, while training.

    mode: "horizontal", "vertical" or "horizontal_and_vertical".  seed: int or None.

    >>> RandomFlip("horizontal")(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format, seed, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ArgumentError(
                "RandomFlip: `mode` must be 'horizontal', 'vertical' or 'horizontal_and_vertical'. "
                f"Received: mode={mode!r}"
            )
        self.mode = mode

    def _vary(self, x):
        for word, axis in (("horizontal", 2), ("vertical", 1)):
            if word in self.mode:
                x = ops.where(self._uniform(x, 0, 1) < 0.5, ops.flip(x, axis=axis), x)
        return x

    def get_config(self):
        return self._config(mode=self.mode, data_format=self.data_format)


class RandomBrightness(_Augmentation):
    """A random amount added to each image, while training.

    factor: a number or (low, high) in [-1, 1], the share of the value range that is added.
    value_range: (least, largest) value of a pixel.

    >>> RandomBrightness(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format, seed, **kwargs)
        self.factor, self.value_range = _span(factor, "factor"), tuple(value_range)

    def _vary(self, x):
        low, high = self.value_range
        return ops.clip(x + self._uniform(x, *self.factor) * (high - low), low, high)

    def get_config(self):
        return self._config(factor=self.factor, value_range=self.value_range)


class RandomContrast(_Augmentation):
    """Each channel of an image stretched about its mean by a random factor, while training.

    factor: f or (below, above): the factor lies in [1 - below, 1 + above].  value_range: (least, largest) value.

    >>> RandomContrast(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format, seed, **kwargs)
        below, above = (factor, factor) if isinstance(factor, (int, float)) else factor
        if not 0 <= below <= 1 or above < 0:
            raise ArgumentError(f"RandomContrast: `factor` must be >= 0, below at most 1. Received: factor={factor!r}")
        self.factor, self.lower, self.upper, self.value_range = factor, below, above, tuple(value_range)

    def _vary(self, x):
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        return ops.clip((x - mean) * self._uniform(x, 1 - self.lower, 1 + self.upper) + mean, *self.value_range)

    def get_config(self):
        return self._config(factor=self.factor, value_range=self.value_range)


class RandomCrop(_Augmentation):
    """A random part of each batch of images while training, the middle otherwise; smaller images are resized.

    height, width: ints.

    >>> RandomCrop(2, 3)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 2, 3, 1)
    """

    def __init__(
        self, height: Any, width: int, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format, seed, **kwargs)
        self.height, self.width = int(height), int(width)

    def call(self, inputs, training=True):
        self._random = bool(training)
        return super().call(inputs, training=True)

    def _vary(self, x):
        rows, columns = x.shape[1:3]
        if rows < self.height or columns < self.width:
            return image.resize(x, (self.height, self.width), data_format="channels_last")
        for axis, size, kept in ((1, rows, self.height), (2, columns, self.width)):
            room = size - kept
            start = room // 2
            if self._random and room:
                share = random.uniform((1,), 0, 1, self.compute_dtype, self.seed_generator)
                start = ops.cast(ops.floor(share * (room + 1)), "int32")
            x = ops.take(x, np.arange(kept, dtype="int32") + start, axis=axis)
        return x

    def compute_output_shape(self, input_shape):
        return sized_shape(input_shape, self.height, self.width, self.data_format)

    def get_config(self):
        return self._config(height=self.height, width=self.width, data_format=self.data_format)


class _RandomAffine(_Augmentation):
    """Base: each image sampled at the places that a random affine map gives."""

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format, seed, **kwargs)
        for name, value, allowed in (
            ("fill_mode", fill_mode, _FILLS),
            ("interpolation", interpolation, ("nearest", "bilinear")),
        ):
            if value not in allowed:
                raise ArgumentError(
                    f"{type(self).__name__}: `{name}` must be one of {', '.join(allowed)}. Received: {name}={value!r}"
                )
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value

    def _vary(self, x):
        rows, columns = x.shape[1:3]
        i, j = (
            a.astype(self.compute_dtype)[None, :, :, None]
            for a in np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        )
        y, z = self._places(x, i - (rows - 1) / 2, j - (columns - 1) / 2)
        y, z = y + (rows - 1) / 2 + np.zeros_like(i + j), z + (columns - 1) / 2 + np.zeros_like(i + j)
        if self.interpolation == "nearest":
            return self._pixels(x, ops.round(y), ops.round(z))
        top, left = ops.floor(y), ops.floor(z)
        down, right = y - top, z - left
        upper = self._pixels(x, top, left) * (1 - right) + self._pixels(x, top, left + 1) * right
        lower = self._pixels(x, top + 1, left) * (1 - right) + self._pixels(x, top + 1, left + 1) * right
        return upper * (1 - down) + lower * down

    def _inside(self, index, n):
        if self.fill_mode == "wrap":
            return index - n * ops.floor(index / n)
        if self.fill_mode == "reflect":  # dcba|abcd|dcba
            folded = index - 2 * n * ops.floor(index / (2 * n))
            return ops.minimum(folded, 2 * n - 1 - folded)
        return ops.clip(index, 0, n - 1)

    def _pixels(self, x, y, z):
        """The pixels of each image at whole (n, h, w, 1) places."""
        n, rows, columns, channels = x.shape
        at = [ops.cast(self._inside(a, size), "int32") for a, size in ((y, rows), (z, columns))]
        first = np.arange(n, dtype="int32").reshape(n, 1, 1, 1) * (rows * columns)
        flat = ops.reshape(first + at[0] * columns + at[1], (n * rows * columns,))
        found = ops.reshape(ops.take(ops.reshape(x, (n * rows * columns, channels)), flat, axis=0), x.shape)
        if self.fill_mode != "constant":
            return found
        inside = ops.logical_and(ops.logical_and(y >= 0, y <= rows - 1), ops.logical_and(z >= 0, z <= columns - 1))
        return ops.where(inside, found, ops.full_like(found, self.fill_value))

    def _affine_config(self, **own):
        return self._config(
            **own,
            fill_mode=self.fill_mode,
            interpolation=self.interpolation,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


class RandomRotation(_RandomAffine):
    """Each image turned by a random angle, while training.

    factor: a share f of a full turn, for angles in [-f, f] * 2 pi; or (low, high).
    fill_mode: what lies outside: "constant" (fill_value), "nearest", "reflect" or "wrap".
    interpolation: "bilinear" or "nearest".

    >>> RandomRotation(0.1)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = _span(factor, "factor")

    def _places(self, x, i, j):
        angle = self._uniform(x, *self.factor) * (2 * math.pi)
        sin, cos = ops.sin(angle), ops.cos(angle)
        return cos * i + sin * j, cos * j - sin * i

    def get_config(self):
        return self._affine_config(factor=self.factor)


class RandomTranslation(_RandomAffine):
    """Each image moved by random shares of its height and width, while training.

    height_factor, width_factor: f for shares in [-f, f], or (low, high); positive is down and right.
    Others as of RandomRotation.

    >>> RandomTranslation(0.1, 0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = _span(height_factor, "height_factor", positive=True)
        self.width_factor = _span(width_factor, "width_factor", positive=True)

    def _places(self, x, i, j):
        rows, columns = x.shape[1:3]
        return i - self._uniform(x, *self.height_factor) * rows, j - self._uniform(x, *self.width_factor) * columns

    def get_config(self):
        return self._affine_config(height_factor=self.height_factor, width_factor=self.width_factor)


class RandomZoom(_RandomAffine):
    """Each image made smaller or larger by random factors, while training.

    height_factor: f for [-f, f], or (low, high): positive zooms out, negative in.
    width_factor: the same along the width; None keeps the shape.  Others as of RandomRotation.

    >>> RandomZoom(0.1)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = _span(height_factor, "height_factor", positive=True)
        self.width_factor = None if width_factor is None else _span(width_factor, "width_factor", positive=True)

    def _places(self, x, i, j):
        tall = 1 + self._uniform(x, *self.height_factor)
        wide = tall if self.width_factor is None else 1 + self._uniform(x, *self.width_factor)
        return i * tall, j * wide

    def get_config(self):
        return self._affine_config(height_factor=self.height_factor, width_factor=self.width_factor)
