"""Layers that Keras 1 and 2 had and Keras 3 has dropped: convolutions whose weights are not shared."""

import itertools
from typing import Any

from fastnn import ops
from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.conv_base import ConvBase, positive
from fastnn.layers.data_format import from_last, split_shape, standardize_data_format, to_last


def _of_places(x, kernel, size, strides, padding, data_format):
    """What a kernel (places, window * channels, filters) of each place gives for x, whose channels are last."""
    around = [shapes.window(n, k, s, padding, 1) for n, k, s in zip(x.shape[1:-1], size, strides)]
    counts = [found[0] for found in around]
    x = ops.pad(x, ((0, 0), *(tuple(found[1:3]) for found in around), (0, 0))) if padding == "same" else x
    windows = [
        x[(slice(None), *(slice(i, i + (n - 1) * s + 1, s) for i, n, s in zip(place, counts, strides)))]
        for place in itertools.product(*map(range, size))
    ]
    # the rows of the kernel: places of the window, then channels; with channels first the other way round
    windows = ops.stack(windows, axis=-2 if data_format == "channels_last" else -1)
    rows = ops.reshape(windows, (-1, *kernel.shape[:2]))
    return ops.reshape(ops.einsum("npw,pwf->npf", rows, kernel), (-1, *counts, kernel.shape[-1]))


def local_conv(inputs, kernel, kernel_size, strides, output_shape=None, data_format=None):
    """A convolution with a kernel of its own at each place, as `keras.backend` had it.

    Args:
        inputs: (batch, ..., channels), or channels second.
        kernel: (places, window * channels, filters).
        kernel_size, strides: an int per spatial axis, in a list or tuple.
        output_shape: of no effect: it follows from the others.
        data_format: "channels_last" or "channels_first"; None: the configured one.

    Returns (batch, ..., filters), or filters second.

    >>> import numpy as np
    >>> local_conv1d(np.ones((1, 4, 2), "float32"), np.ones((3, 4, 5), "float32"), [2], [1]).shape
    (1, 3, 5)
    """
    data_format = standardize_data_format(data_format)
    x = to_last(inputs, data_format)
    return from_last(_of_places(x, kernel, tuple(kernel_size), tuple(strides), "valid", data_format), data_format)


def local_conv1d(inputs, kernel, kernel_size, strides, data_format=None):
    """`local_conv` of (batch, steps, channels).

    Args:
        inputs, kernel, kernel_size, strides, data_format: as there.
    """
    return local_conv(inputs, kernel, kernel_size, strides, data_format=data_format)


def local_conv2d(inputs, kernel, kernel_size, strides, output_shape=None, data_format=None):
    """`local_conv` of images.

    Args:
        inputs, kernel, kernel_size, strides, output_shape, data_format: as there.
    """
    return local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)


class _LocallyConnected(ConvBase):
    """A convolution with weights of its own at each place, of a rank (1 or 2).

    Args:
        filters: int >= 1, the number of output channels.
        kernel_size, strides: an int >= 1, or one per spatial axis.
        padding: "valid"; "same" with implementation 2 or 3.
        data_format: "channels_last" or "channels_first"; None: the configured one.
        activation: a name, a function, or None.
        use_bias: whether a bias is added, one number per place and output channel.
        kernel_initializer ... bias_constraint: of the weights.
        implementation: 1, 2 or 3; how it is computed, and the shape of the weights, is that of 1.

    Raises ArgumentError for padding that the implementation lacks; ShapeError for inputs of unknown size.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        roles = (
            (kernel_initializer, kernel_regularizer, kernel_constraint),
            (bias_initializer, bias_regularizer, bias_constraint),
        )
        super().__init__(
            kernel_size, strides, padding, data_format, 1, activation, use_bias, roles, activity_regularizer, **kwargs
        )
        if implementation not in (1, 2, 3):
            raise ArgumentError(f"Unrecognized implementation mode: {implementation}. Expected 1, 2 or 3.")
        if implementation == 1 and self.padding != "valid":
            raise ArgumentError(
                f"Invalid border mode for {type(self).__name__} (only 'valid' is supported if implementation is 1): "
                f"{padding}"
            )
        self.filters, self.implementation = positive("filters", filters), implementation
        self.kernel = self.bias = None

    def build(self, input_shape):
        """Make the weights.

        Args:
            input_shape: (batch, ..., channels), or channels second; all but the batch known.
        """
        channels = self._channels(input_shape)
        if None in input_shape[1:]:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}): the spatial dimensions of the inputs should be fully "
                f"defined, as each place has weights of its own. Received: input_shape={tuple(input_shape)}"
            )
        spatial = split_shape(self.compute_output_shape(input_shape), self.data_format)[1]
        places, window = shapes.product(spatial), shapes.product(self.kernel_size)
        self.kernel = self._weight("kernel", (places, window * channels, self.filters))
        self.bias = self._weight("bias", (*spatial, self.filters)) if self.use_bias else None

    def call(self, inputs):
        """The outputs at all places.

        Args:
            inputs: (batch, ..., channels), or channels second.
        """
        x = to_last(inputs, self.data_format)
        found = _of_places(x, self.kernel, self.kernel_size, self.strides, self.padding, self.data_format)
        return from_last(self._finish(found, self.bias), self.data_format)

    def compute_output_shape(self, input_shape):
        return self._window_shape(input_shape, self.filters)

    def get_config(self):
        config = {**self._base_config({"filters": self.filters}), "implementation": self.implementation}
        del config["dilation_rate"]
        return config


class LocallyConnected1D(_LocallyConnected):
    """Conv1D with weights of its own at each step; arguments as Keras 2 had them.

    Input: (batch, steps, channels).  Output: (batch, new steps, filters).
    Weights: kernel (new steps, kernel_size * channels, filters), bias (new steps, filters).

    >>> import numpy as np
    >>> LocallyConnected1D(4, 3)(np.ones((2, 8, 5), "float32")).shape
    (2, 6, 4)
    """

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """Conv2D with weights of its own at each place; arguments as Keras 2 had them.

    LocallyConnected2D(64, 3, 5) is a window of 3 rows and 5 columns, as in Keras 1 and 2: strides are named, or come
    behind a tuple.

    Input: (batch, height, width, channels), or channels second.  Output: likewise, with `filters` channels.
    Weights: kernel (places, window * channels, filters), bias (new height, new width, filters).

    >>> import numpy as np
    >>> LocallyConnected2D(4, (3, 2))(np.ones((2, 8, 8, 5), "float32")).shape
    (2, 6, 7, 4)
    """

    rank = 2

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        if args and isinstance(kernel_size, int) and isinstance(args[0], int):
            kernel_size, args = (kernel_size, args[0]), args[1:]
        super().__init__(filters, kernel_size, *args, **kwargs)
