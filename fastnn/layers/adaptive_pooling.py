"""Adaptive pooling: windows that divide an input of any size into a given number of parts."""

from typing import Any

from fastnn import ops
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.shapes import pair
from fastnn.layers.data_format import join_shape, split_shape, standardize_data_format
from fastnn.layers.layer import Layer

SIZES = {1: "a tuple of 1 integer", 2: "(height, width) tuple", 3: "(depth, height, width) tuple"}


class AdaptivePooling(Layer):
    """Arguments and shapes of adaptive pooling; subclasses say which reduction is taken.

    Args:
        output_size: int >= 1, or one per spatial axis: how many parts, of sizes as equal as they can be.
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
    """

    rank = 2
    operation = "adaptive_average_pool"

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        listed = isinstance(output_size, (tuple, list)) and len(output_size) == self.rank
        if whole(output_size) is None and not listed:
            raise ArgumentTypeError(
                f"`output_size` must be an integer or {SIZES[self.rank]}. "
                f"Received: {output_size} of type {type(output_size)}"
            )
        if data_format not in (None, "channels_first", "channels_last"):
            raise ArgumentError(f"Invalid data_format: {data_format}. Expected 'channels_first' or 'channels_last'.")
        super().__init__(**kwargs)
        self.output_size = pair(output_size, "output_size", self.rank)
        self.data_format = standardize_data_format(data_format)

    def call(self, inputs):
        return getattr(ops, self.operation)(inputs, self.output_size, data_format=self.data_format)

    def compute_output_shape(self, input_shape):
        batch, _, channels = split_shape(input_shape, self.data_format)
        return join_shape(batch, self.output_size, channels, self.data_format)

    def get_config(self):
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling1D(AdaptivePooling):
    """The means of `output_size` parts of a sequence (batch, steps, channels), whatever its length.

    >>> import numpy as np
    >>> AdaptiveAveragePooling1D(2)(np.arange(5, dtype="float32").reshape(1, 5, 1)).ravel()
    array([1., 3.], dtype=float32)
    """

    rank = 1


class AdaptiveAveragePooling2D(AdaptivePooling):
    """The means of `output_size` (an int or two) parts of an image (batch, height, width, channels).

    >>> import numpy as np
    >>> AdaptiveAveragePooling2D(2)(np.ones((1, 5, 7, 3), "float32")).shape
    (1, 2, 2, 3)
    """


class AdaptiveAveragePooling3D(AdaptivePooling):
    """The means of `output_size` (an int or three) parts of a volume (batch, depth, height, width, channels).

    >>> import numpy as np
    >>> AdaptiveAveragePooling3D(2)(np.ones((1, 5, 7, 3, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest values of `output_size` parts of a sequence (batch, steps, channels), whatever its length.

    >>> import numpy as np
    >>> AdaptiveMaxPooling1D(2)(np.arange(5, dtype="float32").reshape(1, 5, 1)).ravel()
    array([2., 4.], dtype=float32)
    """

    rank = 1
    operation = "adaptive_max_pool"


class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest values of `output_size` (an int or two) parts of an image (batch, height, width, channels).

    >>> import numpy as np
    >>> AdaptiveMaxPooling2D(2)(np.ones((1, 5, 7, 3), "float32")).shape
    (1, 2, 2, 3)
    """

    operation = "adaptive_max_pool"


class AdaptiveMaxPooling3D(AdaptivePooling):
    """The largest values of `output_size` (an int or three) parts of a volume (batch, depth, height, width, channels).

    >>> import numpy as np
    >>> AdaptiveMaxPooling3D(2)(np.ones((1, 5, 7, 3, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3
    operation = "adaptive_max_pool"
