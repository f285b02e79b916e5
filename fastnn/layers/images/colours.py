"""Random colours of images: brightness, contrast, hue, saturation, grey, inverted."""

from typing import Any

from fastnn import ops
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.images.base import ImageLayer, factor_range, per_image, rescaled, value_pair
from fastnn.ops import image


class _Colours(ImageLayer):
    """Base: one number per image, drawn from `factor`."""

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        self.value_range = value_pair(value_range)

    def _drawn(self, images, seed, low, high):
        return self._uniform((self._count(images), 1, 1, 1), low, high, seed)

    def get_config(self):
        return self._seeded(factor=self.factor, value_range=self.value_range)


class RandomBrightness(_Colours):
    """A random amount added to each image, while training.

    Args:
        factor: a number or (low, high) in [-1, 1], the share of the value range that is added.

    >>> import numpy as np
    >>> RandomBrightness(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _draw(self, images, seed):
        low, high = self.value_range
        return {"rgb_delta": self._drawn(images, seed, *self.factor) * (high - low)}

    def _vary(self, images, transformation):
        return ops.clip(images + ops.cast(transformation["rgb_delta"], self.compute_dtype), *self.value_range)


class RandomContrast(_Colours):
    """Each channel of an image stretched about its mean by a random factor, while training.

    Args:
        factor: f or (below, above) in [0, 1]: the factor lies in [1 - below, 1 + above].

    >>> import numpy as np
    >>> RandomContrast(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    FACTOR_BOUNDS = (0, 1)

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _draw(self, images, seed):
        return {"contrast_factor": self._drawn(images, seed, 1.0 - self.factor[0], 1.0 + self.factor[1])}

    def _vary(self, images, transformation):
        mean = ops.mean(images, axis=(self.height_axis, self.width_axis), keepdims=True)
        factor = ops.cast(transformation["contrast_factor"], self.compute_dtype)
        return ops.clip((images - mean) * factor + mean, *self.value_range)


class RandomColorDegeneration(_Colours):
    """Each image mixed with its grey values by a random share, while training.

    Args:
        factor: a number or (low, high): 0 leaves an image, 1 makes it grey.

    Images have three channels.

    >>> import numpy as np
    >>> RandomColorDegeneration((1, 1))(np.ones((2, 4, 4, 3), "float32"), training=True).round(2).max().item()
    1.0
    """

    def _draw(self, images, seed):
        return {"factor": self._drawn(images, seed, *self.factor)}

    def _vary(self, images, transformation):
        grey = image.rgb_to_grayscale(images, data_format=self.data_format)
        factor = ops.cast(transformation["factor"], self.compute_dtype)
        return ops.clip(images + factor * (grey - images), *self.value_range)

    def compute_output_shape(self, input_shape):
        if len(input_shape) not in (3, 4):
            raise ShapeError(
                "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
                f"Received: input_shape={input_shape}"
            )
        channels = input_shape[self.channel_axis]
        if channels not in (None, 3):
            raise ShapeError(f"Input images must have 3 channels, but received images with {channels} channels.")
        return input_shape


class RandomHue(_Colours):
    """Each image's colours turned round the circle by a random angle, while training.

    Args:
        factor: a number or (low, high) in [0, 1]: shares of half a turn, either way.

    Images have three channels.

    >>> import numpy as np
    >>> RandomHue(0.2)(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 4, 4, 3)
    """

    FACTOR_BOUNDS = (0, 1)

    def _draw(self, images, seed):
        n = self._count(images)
        way = ops.where(self._uniform((n,), 0.0, 1.0, seed) > 0.5, -0.5, 0.5)
        return {"factor": way * self._uniform((n,), *self.factor, seed)}

    def _vary(self, images, transformation):
        images = image.rgb_to_hsv(rescaled(images, self.value_range, (0, 1)), data_format=self.data_format)
        hue, saturation, value = ops.split(images, 3, axis=self.channel_axis)
        hue = hue + ops.cast(per_image(transformation["factor"]), self.compute_dtype)
        hue = ops.where(hue > 1.0, hue - 1.0, hue)
        hue = ops.where(hue < 0.0, hue + 1.0, hue)
        images = ops.concatenate([hue, saturation, value], axis=self.channel_axis)
        images = image.hsv_to_rgb(images, data_format=self.data_format)
        return rescaled(ops.clip(images, 0, 1), (0, 1), self.value_range)


class RandomSaturation(_Colours):
    """Each image's saturation multiplied by a random number, while training.

    Args:
        factor: f or (low, high) in [0, 1]: 0 is grey, 0.5 leaves an image, 1 is fully saturated.

    Images have three channels.

    >>> import numpy as np
    >>> RandomSaturation(0.2)(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 4, 4, 3)
    """

    def _draw(self, images, seed):
        factor = self._uniform((self._count(images),), *self.factor, seed)
        return {"factor": factor / (1 - factor + 1e-7)}

    def _vary(self, images, transformation):
        images = image.rgb_to_hsv(images, data_format=self.data_format)
        hue, saturation, value = ops.split(images, 3, axis=self.channel_axis)
        factor = ops.cast(per_image(transformation["factor"]), self.compute_dtype)
        saturation = ops.clip(saturation * factor, *self.value_range)
        images = ops.concatenate([hue, saturation, value], axis=self.channel_axis)
        return image.hsv_to_rgb(images, data_format=self.data_format)


class RandomInvert(ImageLayer):
    """Some images inverted, while training: the largest value less each pixel.

    Args:
        factor: a number or (low, high) in [0, 1]: the range that an image's probability is drawn from.

    >>> import numpy as np
    >>> RandomInvert((1, 1), value_range=(0, 1))(np.ones((2, 4, 4, 1), "float32"), training=True).max().item()
    0.0
    """

    FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor, self.value_range = factor_range(factor, self.FACTOR_BOUNDS), tuple(value_range)

    def _draw(self, images, seed):
        return {"apply_inversion": self._chosen(images, seed)}

    def _vary(self, images, transformation):
        return ops.where(per_image(transformation["apply_inversion"]), self.value_range[1] - images, images)

    def get_config(self):
        return self._seeded(factor=self.factor, value_range=self.value_range)


class RandomGrayscale(ImageLayer):
    """Some images made grey, while training; they keep their three channels.

    Args:
        factor: a number in [0, 1], the probability for each image.

    >>> import numpy as np
    >>> RandomGrayscale(1.0)(np.ones((2, 4, 4, 3), "float32"), training=True).shape
    (2, 4, 4, 3)
    """

    def __init__(self, factor: Any = 0.5, data_format: str | None = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        if not 0 <= factor <= 1:
            raise ArgumentError(f"`factor` should be between 0 and 1. Received: factor={factor}")
        self.factor = factor

    def _draw(self, images, seed):
        return self._uniform((self._count(images), 1, 1, 1), 0.0, 1.0, seed) < self.factor

    def _vary(self, images, transformation):
        return ops.where(transformation, image.rgb_to_grayscale(images, data_format=self.data_format), images)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if training and transformation is None:
            transformation = self.get_random_transformation(images)
        return super().transform_images(images, transformation, training)

    def get_config(self):
        return self._seeded(factor=self.factor)


class RandomColorJitter(ImageLayer):
    """Brightness, contrast, saturation and hue of each image changed at random, one after the other, while training.

    Args:
        brightness_factor, contrast_factor, saturation_factor, hue_factor: as `factor` of RandomBrightness,
            RandomContrast, RandomSaturation and RandomHue; None leaves it.

    >>> import numpy as np
    >>> RandomColorJitter(brightness_factor=0.2, hue_factor=0.1)(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 4, 4, 3)
    """

    PARTS = (("brightness", RandomBrightness), ("contrast", RandomContrast), ("saturation", RandomSaturation),
             ("hue", RandomHue))  # fmt: skip

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.value_range = tuple(value_range)
        self._factors = {"brightness": brightness_factor, "contrast": contrast_factor,
                         "saturation": saturation_factor, "hue": hue_factor}  # fmt: skip
        for name, kind in self.PARTS:
            factor = self._factors[name]
            own = {
                "value_range": value_range,
                "data_format": data_format,
                "seed": self.seed,
                "dtype": self.dtype_policy,
            }
            setattr(self, f"{name}_factor", factor)
            setattr(self, f"random_{name}", None if factor is None else kind(factor, **own))

    def _members(self):
        parts = (getattr(self, f"random_{name}") for name, _ in self.PARTS)
        return [part for part in parts if part is not None]

    def _draw(self, images, seed):
        return [layer.get_random_transformation(images, seed=seed) for layer in self._members()]

    def _vary(self, images, transformation):
        for layer, drawn in zip(self._members(), transformation):
            images = layer.transform_images(images, drawn)
        return images

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if training and transformation is None:
            transformation = self.get_random_transformation(images)
        return super().transform_images(images, transformation, training)

    def get_config(self):
        own = {f"{name}_factor": factor for name, factor in self._factors.items()}
        return self._seeded(value_range=self.value_range, **own)
