"""Pooling over windows: MaxPooling and AveragePooling in one, two and three dimensions."""

from collections.abc import Sequence
from typing import Any

from fastnn import ops
from fastnn.core import shapes
from fastnn.core.errors import ShapeError
from fastnn.layers.data_format import (
    from_last,
    join_shape,
    split_shape,
    standardize_data_format,
    standardize_padding,
    to_last,
)
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer


class BasePooling(Layer):
    """Arguments and shapes of pooling layers; subclasses say which operation is taken.

    Args:
        pool_size: int >= 1, or one per spatial axis: the size of the window.
        strides: int >= 1, or one per spatial axis: how far the window moves; None: the pool size.
        padding: "valid" (the window stays inside) or "same" (it reaches over the edges, so that the size is divided by
            the strides).
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
    """

    rank = 2
    operation = "max_pool"

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: Any = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = shapes.pair(pool_size, "pool_size", self.rank)
        self.strides = self.pool_size if strides is None else shapes.pair(strides, "strides", self.rank)
        self.padding, self.data_format = standardize_padding(padding), standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def call(self, inputs):
        x = getattr(ops, self.operation)(
            to_last(inputs, self.data_format), self.pool_size, self.strides, self.padding, "channels_last"
        )
        return from_last(x, self.data_format)

    def compute_output_shape(self, input_shape):
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        try:
            out = [shapes.window(n, k, s, self.padding)[0] for n, k, s in zip(spatial, self.pool_size, self.strides)]
        except ShapeError:
            raise ShapeError(
                f"Computed output size would be zero or negative in layer '{self.name}'. Received: "
                f"input_shape={tuple(input_shape)}, pool_size={self.pool_size}. Use padding='same' or a "
                "larger input."
            ) from None
        return join_shape(batch, out, channels, self.data_format)

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling2D(BasePooling):
    """The largest value of each window of an image.

    Input: (batch, height, width, channels).

    >>> import numpy as np
    >>> MaxPooling2D()(np.ones((1, 8, 8, 3), "float32")).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        strides: int | Sequence[int] | None = None,
        padding: Any = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling2D(MaxPooling2D):
    """The mean of each window of an image; with padding="same", of what lies inside.

    >>> import numpy as np
    >>> AveragePooling2D()(np.ones((1, 8, 8, 3), "float32")).shape
    (1, 4, 4, 3)
    """

    operation = "average_pool"


class MaxPooling1D(BasePooling):
    """The largest value of each window of a sequence (batch, steps, channels).

    >>> import numpy as np
    >>> MaxPooling1D(2)(np.ones((1, 8, 3), "float32")).shape
    (1, 4, 3)
    """

    rank = 1


class AveragePooling1D(MaxPooling1D):
    """The mean of each window of a sequence (batch, steps, channels).

    >>> import numpy as np
    >>> AveragePooling1D(2)(np.ones((1, 8, 3), "float32")).shape
    (1, 4, 3)
    """

    operation = "average_pool"


class MaxPooling3D(BasePooling):
    """The largest value of each window of a volume (batch, depth, height, width, channels).

    >>> import numpy as np
    >>> MaxPooling3D()(np.ones((1, 4, 4, 4, 3), "float32")).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2, 2),
        strides: int | Sequence[int] | None = None,
        padding: Any = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling3D(MaxPooling3D):
    """The mean of each window of a volume; with padding="same", of what lies inside.

    >>> import numpy as np
    >>> AveragePooling3D()(np.ones((1, 4, 4, 4, 3), "float32")).shape
    (1, 2, 2, 2, 3)
    """

    operation = "average_pool"


MaxPool3D, AvgPool3D = MaxPooling3D, AveragePooling3D
MaxPool2D, AvgPool2D, MaxPool1D, AvgPool1D = MaxPooling2D, AveragePooling2D, MaxPooling1D, AveragePooling1D
