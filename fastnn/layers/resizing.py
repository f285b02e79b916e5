"""Images of another size: Resizing and CenterCrop."""

from typing import Any

from fastnn import ops
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.layers.data_format import from_last, sized_shape, standardize_data_format, to_last
from fastnn.layers.layer import Layer
from fastnn.ops import image


class _Sized(Layer):
    """Base: the output has a given height and width; a batch axis is optional."""

    def __init__(self, height: Any, width: int, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, value in (("height", height), ("width", width)):
            if (whole(value) or 0) < 1:
                raise ArgumentError(f"{type(self).__name__}: `{name}` must be an int >= 1. Received: {name}={value!r}")
        self.height, self.width = int(height), int(width)
        self.data_format = standardize_data_format(data_format)
        self._build_at_init()

    def call(self, inputs):
        batched = len(inputs.shape) == 4
        x = ops.cast(inputs if batched else ops.expand_dims(inputs, 0), self.compute_dtype)
        out = from_last(self._sized(to_last(x, self.data_format)), self.data_format)
        return out if batched else ops.squeeze(out, 0)

    def compute_output_shape(self, input_shape):
        return sized_shape(input_shape, self.height, self.width, self.data_format)

    def get_config(self):
        return {**super().get_config(), "height": self.height, "width": self.width}


class Resizing(_Sized):
    """Images of a given size.

    Args:
        height, width: ints.
        interpolation: "bilinear" or "nearest".
        crop_to_aspect_ratio: whether the middle is cut to the new shape first, so that nothing is distorted.
        data_format: "channels_last" (the default) or "channels_first".

    Input: (batch, h, w, channels) or (h, w, channels).

    >>> import numpy as np
    >>> Resizing(2, 3)(np.ones((1, 8, 8, 1), "float32")).shape
    (1, 2, 3, 1)
    """

    def __init__(
        self,
        height: Any,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, **kwargs)
        self.interpolation, self.crop_to_aspect_ratio = interpolation, crop_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value  # of padding, which is not there yet
        if interpolation not in ("bilinear", "nearest"):
            raise ArgumentError(f"Resizing: interpolation must be 'bilinear' or 'nearest'. Received: {interpolation!r}")
        if pad_to_aspect_ratio or antialias:
            raise ArgumentError("Resizing: `pad_to_aspect_ratio` and `antialias` are not supported.")

    def _sized(self, x):
        return image.resize(
            x,
            (self.height, self.width),
            self.interpolation,
            data_format="channels_last",
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
        )

    def get_config(self):
        return {**super().get_config(), "interpolation": self.interpolation,
                "crop_to_aspect_ratio": self.crop_to_aspect_ratio, "pad_to_aspect_ratio": False,
                "fill_mode": self.fill_mode, "fill_value": self.fill_value, "antialias": False,
                "data_format": self.data_format}  # fmt: skip


class CenterCrop(_Sized):
    """The middle of images; images that are smaller are resized.

    height, width: ints.  data_format: "channels_last" (the default) or "channels_first".

    >>> import numpy as np
    >>> CenterCrop(2, 2)(np.ones((1, 8, 8, 1), "float32")).shape
    (1, 2, 2, 1)
    """

    def __init__(self, height: Any, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(height, width, data_format, **kwargs)

    def _sized(self, x):
        rows, columns = x.shape[1:3]
        top, left = (rows - self.height) // 2, (columns - self.width) // 2
        if top < 0 or left < 0:
            return image.resize(x, (self.height, self.width), crop_to_aspect_ratio=True, data_format="channels_last")
        return x[:, top : top + self.height, left : left + self.width]

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}
