"""Depthwise and separable convolutions."""

from collections.abc import Sequence
from typing import Any

from fastnn import ops
from fastnn.layers.conv_base import ConvBase, positive
from fastnn.layers.data_format import from_last, split_shape, to_last
from fastnn.ops.functions.convolution import conv


class BaseDepthwiseConv(ConvBase):
    """A convolution of each channel by itself.

    Args:
        depth_multiplier: int >= 1, the number of output channels per input channel.
        depthwise_initializer: first values of the kernel: an Initializer, its name, or a function (shape, dtype).
        depthwise_regularizer: penalty on the kernel, added to the loss: a Regularizer, its name, or None.
        depthwise_constraint: what the kernel becomes after each update: a Constraint, its name, or None.
    """

    dilates_strides = True

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.depth_multiplier = positive("depth_multiplier", depth_multiplier)
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            (
                (depthwise_initializer, depthwise_regularizer, depthwise_constraint),
                (bias_initializer, bias_regularizer, bias_constraint),
            ),
            activity_regularizer,
            **kwargs,
        )

    weight_names = ("depthwise", "bias")

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.bias = self._weight("bias", (channels * self.depth_multiplier,)) if self.use_bias else None

    def call(self, inputs):
        x = ops.depthwise_conv(
            to_last(inputs, self.data_format),
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        return from_last(self._finish(x, self.bias), self.data_format)

    def compute_output_shape(self, input_shape):
        channels = split_shape(input_shape, self.data_format)[2]
        return self._window_shape(input_shape, channels * self.depth_multiplier)

    def get_config(self):
        return self._base_config({"depth_multiplier": self.depth_multiplier})


class DepthwiseConv2D(BaseDepthwiseConv):
    """Each image channel convolved with `depth_multiplier` kernels of its own.

    Sizes are ints, or two: (height, width).

    Weights: kernel (kh, kw, channels, depth_multiplier), bias (channels * depth_multiplier,).

    >>> import numpy as np
    >>> DepthwiseConv2D(3)(np.ones((1, 8, 8, 2), "float32")).shape
    (1, 6, 6, 2)
    """


class DepthwiseConv1D(BaseDepthwiseConv):
    """DepthwiseConv2D's form for sequences (batch, steps, channels).

    >>> import numpy as np
    >>> DepthwiseConv1D(3)(np.ones((1, 8, 2), "float32")).shape
    (1, 6, 2)
    """

    rank = 1


class BaseSeparableConv(ConvBase):
    """A depthwise convolution followed by a pointwise one.

    Args:
        depth_multiplier: int >= 1, the number of channels between the two convolutions per input channel.
    """

    weight_names = ("depthwise", "pointwise", "bias")
    dilates_strides = True

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.filters = positive("filters", filters)
        self.depth_multiplier = positive("depth_multiplier", depth_multiplier)
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            (
                (depthwise_initializer, depthwise_regularizer, depthwise_constraint),
                (pointwise_initializer, pointwise_regularizer, pointwise_constraint),
                (bias_initializer, bias_regularizer, bias_constraint),
            ),
            activity_regularizer,
            causal=self.rank == 1,
            **kwargs,
        )

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        multiplied = channels * self.depth_multiplier
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, multiplied, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        x, padding = to_last(inputs, self.data_format), self.padding
        if padding == "causal":
            x = ops.pad(x, ((0, 0), (self.dilation_rate[0] * (self.kernel_size[0] - 1), 0), (0, 0)))
            padding = "valid"
        x = ops.depthwise_conv(
            x,
            self.depthwise_kernel,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        x = conv(x, self.pointwise_kernel, strides=1, padding="valid", data_format="channels_last")
        return from_last(self._finish(x, self.bias), self.data_format)

    def compute_output_shape(self, input_shape):
        return self._window_shape(input_shape, self.filters)

    def get_config(self):
        return self._base_config({"depth_multiplier": self.depth_multiplier, "filters": self.filters})


class SeparableConv2D(BaseSeparableConv):
    """DepthwiseConv2D followed by a 1×1 Conv2D, with one bias and activation.

    Weights: depthwise_kernel (kh, kw, channels, depth_multiplier), pointwise_kernel (1, 1, channels *
    depth_multiplier, filters), bias (filters,).

    Source: Chollet, Xception, 2017.

    >>> import numpy as np
    >>> SeparableConv2D(4, 3)(np.ones((1, 8, 8, 2), "float32")).shape
    (1, 6, 6, 4)
    """


class SeparableConv1D(BaseSeparableConv):
    """SeparableConv2D's form for sequences (batch, steps, channels).

    >>> import numpy as np
    >>> SeparableConv1D(4, 3)(np.ones((1, 8, 2), "float32")).shape
    (1, 6, 4)
    """

    rank = 1


SeparableConvolution2D, SeparableConvolution1D = SeparableConv2D, SeparableConv1D
