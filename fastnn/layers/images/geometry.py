"""Images flipped, turned, moved, zoomed and sheared at random; their boxes and masks with them."""

import math
from typing import Any

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.layers.config import placed
from fastnn.layers.images.base import ImageLayer, beside, factor_range, one_of, strict_range
from fastnn.layers.images.boxes import affine_transform, columns, joined
from fastnn.ops import image

FILLS = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class RandomFlip(ImageLayer):
    """Each image turned left to right and upside down at random, while training.

    Args:
        mode: "horizontal", "vertical" or "horizontal_and_vertical".

    >>> import numpy as np
    >>> RandomFlip("horizontal")(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ArgumentError(
                "RandomFlip: `mode` must be 'horizontal', 'vertical' or 'horizontal_and_vertical'. "
                f"Received: mode={mode!r}"
            )
        self.mode = mode

    def _ways(self):
        """(which column of the draws, the axis of images) of each way."""
        both = (("horizontal", self.width_axis), ("vertical", self.height_axis))
        return [(word, axis) for word, axis in both if word in self.mode]

    def _draw(self, images, seed):
        shape = (self._count(images), 1, 1, 1)
        drawn = {word: self._uniform(shape, 0.0, 1.0, seed) <= 0.5 for word, _ in self._ways()}
        return {"flips": drawn, "input_shape": tuple(images.shape)}

    @staticmethod
    def _flips(transformation, word):
        """Whether each image is turned; one draw may be given for both ways."""
        flips = transformation["flips"]
        return flips[word] if isinstance(flips, dict) else ops.convert_to_tensor(flips)

    def _vary(self, images, transformation):
        for word, axis in self._ways():
            images = ops.where(self._flips(transformation, word), ops.flip(images, axis=axis), images)
        return images

    def _vary_masks(self, masks, transformation):
        return self._vary(ops.convert_to_tensor(masks), transformation)

    def _vary_boxes(self, boxes, transformation, height, width):
        for word, _ in self._ways():
            flips = ops.squeeze(self._flips(transformation, word), axis=-1)
            a, b, c, d = columns(boxes)
            turned = (width - c, b, width - a, d) if word == "horizontal" else (a, height - d, c, height - b)
            boxes = ops.where(flips, joined(*turned), boxes)
        return boxes, height, width

    def get_config(self):
        return placed(self._seeded(mode=self.mode), ("seed",), "mode")


class _Affine(ImageLayer):
    """Base: each image read at the places that a random affine map gives."""

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        kind = type(self).__name__
        self.fill_mode = one_of(kind, "fill_mode", fill_mode, FILLS)
        self.interpolation = one_of(kind, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def _matrix(self, transformation, height, width):
        """(n, 8) numbers of `ops.image.affine_transform`."""
        raise NotImplementedError

    def _read(self, images, transformation, interpolation):
        single = len(images.shape) == 3
        x = ops.expand_dims(images, 0) if single else images
        matrix = self._matrix(transformation, x.shape[self.height_axis], x.shape[self.width_axis])
        matrix = ops.reshape(matrix, (-1, 8))
        x = image.affine_transform(
            x, matrix, interpolation, self.fill_mode, self.fill_value, data_format=self.data_format
        )
        return ops.squeeze(x, 0) if single else x

    def _vary(self, images, transformation):
        return self._read(images, transformation, self.interpolation)

    def _vary_masks(self, masks, transformation):
        return self._read(ops.convert_to_tensor(masks), transformation, "nearest")

    @staticmethod
    def _rows(*numbers):
        """(n, 8) from six numbers, some (n, 1), the others plain."""
        like = next(x for x in numbers if not isinstance(x, (int, float)))
        parts = [x if not isinstance(x, (int, float)) else ops.full_like(like, x) for x in (*numbers, 0.0, 0.0)]
        return ops.concatenate([ops.cast(x, like.dtype) for x in parts], axis=1)

    def _affine_config(self, **own):
        own.update(fill_mode=self.fill_mode, interpolation=self.interpolation)
        config = self._seeded(**own, fill_value=self.fill_value)
        return placed(config, ("seed",), "fill_value")


class RandomRotation(_Affine):
    """Each image turned by a random angle, while training.

    Args:
        factor: a share f of a full turn, for angles in [-f, f] * 2 pi; or (low, high).

    >>> import numpy as np
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
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)

    def _draw(self, images, seed):
        n, height, width = self._count(images), images.shape[self.height_axis], images.shape[self.width_axis]
        angle = self._uniform((n,), *(360.0 * f for f in self.factor), seed)
        turn = ops.reshape(angle, (-1, 1)) * (math.pi / 180.0)
        cos, sin, x, y = ops.cos(turn), ops.sin(turn), (width - 1) / 2, (height - 1) / 2
        matrix = self._rows(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)
        return {"angle": angle, "rotation_matrix": matrix, "image_height": height, "image_width": width}

    def _matrix(self, transformation, height, width):
        return transformation["rotation_matrix"]

    def _input_size(self, transformation):
        return transformation["image_height"], transformation["image_width"]

    def _vary_boxes(self, boxes, transformation, height, width):
        angle = ops.convert_to_tensor(transformation["angle"])
        none = ops.zeros_like(angle)
        turned = affine_transform(boxes, angle, none, none, ops.ones_like(angle), none, none, height, width)
        return turned, height, width

    def get_config(self):
        return placed(self._affine_config(factor=self.factor), ("fill_value",), "interpolation")


class _TwoFactors(_Affine):
    TEXT = "The `factor` argument should be a number (or a list of two numbers) in the range [-1.0, 1.0]. "

    @staticmethod
    def _allowed(number):
        return -1 <= number <= 1

    def _set_factors(self, height_factor, width_factor):
        both = (height_factor, width_factor)
        self.height_factor, self.width_factor = (tuple(f) if isinstance(f, list) else f for f in both)
        self._height_range = strict_range(height_factor, "height_factor", self.TEXT, self._allowed)
        self._width_range = (
            None if width_factor is None else strict_range(width_factor, "width_factor", self.TEXT, self._allowed)
        )

    def get_config(self):
        return self._affine_config(height_factor=self.height_factor, width_factor=self.width_factor)


class RandomTranslation(_TwoFactors):
    """Each image moved by random shares of its height and width, while training.

    Args:
        height_factor, width_factor: f for shares in [-f, f], or (low, high); positive is down and right.

    >>> import numpy as np
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
        self._set_factors(height_factor, width_factor)

    def _draw(self, images, seed):
        shape, size = (self._count(images), 1), (images.shape[self.height_axis], images.shape[self.width_axis])
        down = self._uniform(shape, *self._height_range, seed) * size[0]
        right = self._uniform(shape, *self._width_range, seed) * size[1]
        return {"translations": ops.concatenate([right, down], axis=1), "input_shape": tuple(images.shape)}

    def _matrix(self, transformation, height, width):
        moved = ops.convert_to_tensor(transformation["translations"])
        return self._rows(1.0, 0.0, -moved[:, :1], 0.0, 1.0, -moved[:, 1:])

    def _vary_boxes(self, boxes, transformation, height, width):
        moved = beside(transformation["translations"], boxes)
        return boxes + ops.concatenate([moved, moved], axis=-1), height, width


class RandomZoom(_TwoFactors):
    """Each image made smaller or larger by random factors, while training.

    Args:
        height_factor: f for [-f, f], or (low, high): positive zooms out, negative in.
        width_factor: the same along the width; None keeps the shape.

    >>> import numpy as np
    >>> RandomZoom(0.1)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    TEXT = (
        "The `height_factor` and `width_factor` arguments should be a number (or a list of two numbers) in the range "
        "(-1.0, 1.0]. "
    )

    @staticmethod
    def _allowed(number):
        return -1 < number <= 1

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
        self._set_factors(height_factor, width_factor)

    def _draw(self, images, seed):
        shape = (self._count(images), 1)
        tall = self._uniform(shape, *(1.0 + f for f in self._height_range), seed)
        wide = tall if self._width_range is None else self._uniform(shape, *(1.0 + f for f in self._width_range), seed)
        return {"height_zoom": tall, "width_zoom": wide, "input_shape": tuple(images.shape)}

    def _zooms(self, transformation):
        both = (ops.convert_to_tensor(transformation[name]) for name in ("height_zoom", "width_zoom"))
        return [ops.cast(ops.reshape(zoom, (-1, 1)), "float32") for zoom in both]

    def _matrix(self, transformation, height, width):
        tall, wide = self._zooms(transformation)
        x, y = ((size - 1.0) / 2.0 * (1.0 - zoom) for size, zoom in ((width, wide), (height, tall)))
        return self._rows(wide, 0.0, x, 0.0, tall, y)

    def _vary_boxes(self, boxes, transformation, height, width):
        tall, wide = (ops.expand_dims(zoom, 1) for zoom in self._zooms(transformation))
        x, y = ((size - 1.0) / 2.0 * (1.0 - zoom) for size, zoom in ((width, wide), (height, tall)))
        a, b, c, d = columns(boxes)
        return joined((a - x) / wide, (b - y) / tall, (c - x) / wide, (d - y) / tall), height, width


class RandomShear(_Affine):
    """Each image sheared by random amounts, while training.

    Args:
        x_factor, y_factor: f or (low, high) in [0, 1]: how far a row moves, per row; a column, per column.

    >>> import numpy as np
    >>> RandomShear(0.2)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 4, 4, 1)
    """

    FACTOR_BOUNDS = (0, 1)
    TEXT = "The `factor` argument should be a number (or a list of two numbers) in the range [0, 1.0]. "

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.x_factor, self.y_factor = (
            strict_range(factor, name, self.TEXT, lambda x: 0 <= x <= 1)
            for factor, name in ((x_factor, "x_factor"), (y_factor, "y_factor"))
        )

    @classmethod
    def from_config(cls, config):
        """The layer of a config: ranges below 0, which a single number makes, are that number again.

        Args:
            config: dict of the constructor's arguments.
        """
        pairs = {name: config[name] for name in ("x_factor", "y_factor") if name in config}
        plain = {
            name: pair[1] for name, pair in pairs.items() if isinstance(pair, (tuple, list)) and pair[0] == -pair[1]
        }
        return cls(**{**config, **plain})

    def _draw(self, images, seed):
        shape = (self._count(images), 1)
        way = ops.where(self._uniform(shape, 0.0, 1.0, seed) > 0.5, -1.0, 1.0)
        y = self._uniform(shape, *self.y_factor, seed)
        x = self._uniform(shape, *self.x_factor, seed)
        return {"shear_factor": ops.concatenate([x, y], axis=1) * way, "input_shape": tuple(images.shape)}

    def _matrix(self, transformation, height, width):
        shear = ops.convert_to_tensor(transformation["shear_factor"])
        return self._rows(1.0, shear[:, :1], 0.0, shear[:, 1:], 1.0, 0.0)

    def _vary_boxes(self, boxes, transformation, height, width):
        shear = ops.cast(ops.expand_dims(ops.convert_to_tensor(transformation["shear_factor"]), 1), boxes.dtype)
        x, y = shear[..., :1], shear[..., 1:]
        a, b, c, d = (v / size for v, size in zip(columns(boxes), (width, height, width, height)))
        a, c = (ops.where(x < 0, a - x * b, a - x * d), ops.where(x < 0, c - x * d, c - x * b))
        b, d = (ops.where(y > 0, b - y * c, b - y * a), ops.where(y > 0, d - y * a, d - y * c))
        return joined(a * width, b * height, c * width, d * height), height, width

    def get_config(self):
        # a range below 0, which a single number makes, is no argument: the number itself is
        both = {"x_factor": self.x_factor, "y_factor": self.y_factor}
        return self._affine_config(**{k: high if low == -high else (low, high) for k, (low, high) in both.items()})
