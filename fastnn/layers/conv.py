"""Conv1D, Conv2D and Conv3D."""

from collections.abc import Sequence
from typing import Any

from fastnn import ops
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.layers.conv_base import ConvBase, positive
from fastnn.layers.data_format import from_last, to_last
from fastnn.layers.lora import LowRank, adapted
from fastnn.ops.functions.convolution import conv


def _groups(value):
    """The number of groups, an int >= 1."""
    if (whole(value) or 0) < 1:
        raise ArgumentError(f"The number of groups must be a positive integer. Received: groups={value!r}.")
    return int(value)


class BaseConv(ConvBase, LowRank):
    """A convolution with a dense kernel, in groups of channels.

    Args:
        groups: int >= 1 that divides filters and input channels: each group of channels is convolved by itself.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.filters = None if filters is None else positive("filters", filters)  # None: a derived class builds itself
        self.groups = _groups(groups)
        if self.filters is not None and self.filters % self.groups:
            raise ArgumentError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            (
                (kernel_initializer, kernel_regularizer, kernel_constraint),
                (bias_initializer, bias_regularizer, bias_constraint),
            ),
            activity_regularizer,
            causal=self.rank == 1,
            **kwargs,
        )
        self._take_lora(lora_rank, lora_alpha)
        self.kernel = None

    kernel = adapted("kernel")

    def build(self, input_shape):
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ArgumentError(
                "The number of input channels must be evenly divisible by the number of groups. "
                f"Received groups={self.groups}, but the input has {channels} channels (full input "
                f"shape is {tuple(input_shape)})."
            )
        self.compute_output_shape(input_shape)
        self.kernel = self._weight("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None
        self._lora_if_asked()

    def convolution_op(self, inputs, kernel):
        """The convolution alone.

        Args:
            inputs: (batch, ..., channels), channels last.
            kernel: (..., channels / groups, filters).
        """
        padding = self.padding
        if padding == "causal":
            inputs = ops.pad(inputs, ((0, 0), (self.dilation_rate[0] * (self.kernel_size[0] - 1), 0), (0, 0)))
            padding = "valid"
        return conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )

    def call(self, inputs):
        x = self.convolution_op(to_last(inputs, self.data_format), self.kernel)
        return from_last(self._finish(x, self.bias), self.data_format)

    def compute_output_shape(self, input_shape):
        return self._window_shape(input_shape, self.filters)

    def get_config(self):
        return {**self._base_config({"filters": self.filters}, {"groups": self.groups}), **self._lora_config()}


class Conv2D(BaseConv):
    """A convolution of images: activation(conv(x, kernel) + bias).

    Args:
        filters: number of output channels, an int >= 1.
        kernel_size, strides, dilation_rate: an int or two (height, width).
        padding: "valid" or "same".
        data_format: "channels_last" (the default) or "channels_first".
        groups: number of groups of channels that are convolved apart.
        activation: name, function or None.
        use_bias: whether a bias is added.

    Input: (batch, height, width, channels).  Output: (batch, new height, new width, filters).
    Weights: kernel (kh, kw, channels / groups, filters), bias (filters,).

    Raises ArgumentError for arguments that do not fit each other, ShapeError if the window does not fit the input.

    >>> import numpy as np
    >>> Conv2D(4, 3, padding="same")(np.ones((1, 8, 8, 3), "float32")).shape
    (1, 8, 8, 4)
    """


class Conv1D(BaseConv):
    """A convolution of sequences: activation(conv(x, kernel) + bias).

    Args:
        padding: "valid", "same", or "causal": the output at a step sees no later one.

    Input: (batch, steps, channels).  Output: (batch, new steps, filters).
    Weights: kernel (k, channels / groups, filters), bias (filters,).

    >>> import numpy as np
    >>> Conv1D(4, 3)(np.ones((1, 8, 2), "float32")).shape
    (1, 6, 4)
    """

    rank = 1


class Conv3D(BaseConv):
    """A convolution of volumes: activation(conv(x, kernel) + bias).

    Sizes are ints, or three: (depth, height, width).

    Input: (batch, depth, height, width, channels).  Output: (batch, new depth, new height, new width, filters).
    Weights: kernel (kd, kh, kw, channels / groups, filters), bias (filters,).

    >>> import numpy as np
    >>> Conv3D(4, 3)(np.ones((1, 8, 8, 8, 2), "float32")).shape
    (1, 6, 6, 6, 4)
    """

    rank = 3


Convolution3D, Convolution2D, Convolution1D = Conv3D, Conv2D, Conv1D
