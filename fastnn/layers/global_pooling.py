"""Pooling over all positions: one value per channel."""

from typing import Any

from fastnn import ops
from fastnn.layers import nest
from fastnn.layers.data_format import join_shape, split_shape, standardize_data_format
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer


class BaseGlobalPooling(Layer):
    """Arguments and shapes of global pooling; subclasses say which reduction is taken.

    Args:
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
        keepdims: whether the axes that are reduced stay, with size 1.
    """

    rank = 2
    operation = "mean"

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format, self.keepdims = standardize_data_format(data_format), keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def _axes(self):
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def call(self, inputs):
        return getattr(ops, self.operation)(inputs, axis=self._axes(), keepdims=self.keepdims)

    def compute_output_shape(self, input_shape):
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        return join_shape(batch, (1,) * len(spatial) if self.keepdims else (), channels, self.data_format)

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalAveragePooling2D(BaseGlobalPooling):
    """The mean of each channel of an image: (batch, channels), or (batch, 1, 1, channels) with keepdims.

    >>> import numpy as np
    >>> GlobalAveragePooling2D()(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 3)
    """


class GlobalMaxPooling2D(BaseGlobalPooling):
    """The largest value of each channel of an image: (batch, channels).

    >>> import numpy as np
    >>> GlobalMaxPooling2D()(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 3)
    """

    operation = "max"


class GlobalMaxPooling1D(BaseGlobalPooling):
    """The largest value of each channel of a sequence: (batch, channels).

    >>> import numpy as np
    >>> GlobalMaxPooling1D()(np.ones((2, 4, 3), "float32")).shape
    (2, 3)
    """

    rank = 1
    operation = "max"


class GlobalAveragePooling1D(BaseGlobalPooling):
    """The mean of each channel of a sequence over its steps, masked steps left out: (batch, channels).

    >>> import numpy as np
    >>> GlobalAveragePooling1D()(np.ones((2, 4, 3), "float32")).shape
    (2, 3)
    """

    rank = 1
    supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        axis = self._axes()[0]
        weight = ops.expand_dims(ops.cast(mask, self.compute_dtype), -1 if axis == 1 else 1)
        return ops.sum(inputs * weight, axis=axis, keepdims=self.keepdims) / ops.sum(
            weight, axis=axis, keepdims=self.keepdims
        )

    def compute_mask(self, inputs, previous_mask):
        return nest.map_structure(lambda m: None, previous_mask)


class GlobalAveragePooling3D(BaseGlobalPooling):
    """The mean of each channel of a volume: (batch, channels).

    >>> import numpy as np
    >>> GlobalAveragePooling3D()(np.ones((2, 4, 4, 4, 3), "float32")).shape
    (2, 3)
    """

    rank = 3


class GlobalMaxPooling3D(GlobalAveragePooling3D):
    """The largest value of each channel of a volume: (batch, channels).

    >>> import numpy as np
    >>> GlobalMaxPooling3D()(np.ones((2, 4, 4, 4, 3), "float32")).shape
    (2, 3)
    """

    operation = "max"


GlobalAvgPool3D, GlobalMaxPool3D = GlobalAveragePooling3D, GlobalMaxPooling3D
GlobalAvgPool2D, GlobalMaxPool2D = GlobalAveragePooling2D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalMaxPool1D = GlobalAveragePooling1D, GlobalMaxPooling1D
