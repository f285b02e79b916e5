"""Transposed convolutions."""

from collections.abc import Sequence
from typing import Any

from fastnn import ops
from fastnn.core import shapes
from fastnn.core.errors import ArgumentError
from fastnn.layers.config import placed
from fastnn.layers.conv_base import ConvBase, positive
from fastnn.layers.data_format import from_last, join_shape, split_shape, to_last


class BaseConvTranspose(ConvBase):
    """The transpose of a convolution as a linear map: it makes images larger.

    Args:
        strides: int >= 1, or one per spatial axis: how far apart the inputs' copies of the kernel are in the output.
        padding: "valid", or "same": output size = input size * strides.
        output_padding: int >= 0, or one per spatial axis, less than strides, added to the output size; None finds it.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.filters = positive("filters", filters)
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
            **kwargs,
        )
        self.output_padding = (
            None if output_padding is None else shapes.pair(output_padding, "output_padding", self.rank, minimum=0)
        )
        if self.output_padding and any(p >= s for p, s in zip(self.output_padding, self.strides)):
            raise ArgumentError(
                "`output_padding` must be strictly less than `strides` for all dimensions. Received: "
                f"strides={self.strides}, output_padding={self.output_padding}"
            )

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = self._weight("kernel", (*self.kernel_size, self.filters, channels))
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        x = ops.conv_transpose(
            to_last(inputs, self.data_format),
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )
        return from_last(self._finish(x, self.bias), self.data_format)

    def compute_output_shape(self, input_shape):
        batch, spatial, _ = split_shape(input_shape, self.data_format)
        out = []
        for i, (size, k, s, d) in enumerate(zip(spatial, self.kernel_size, self.strides, self.dilation_rate)):
            reach, extra = d * (k - 1) + 1, self.output_padding and self.output_padding[i]
            if size is None:
                out.append(None)
            elif self.padding == "valid":
                out.append((size - 1) * s + reach + (max(s - reach, 0) if extra is None else extra))
            else:
                out.append(size * s if extra is None else (size - 1) * s + reach % 2 + extra)
        return join_shape(batch, out, self.filters, self.data_format)

    def get_config(self):
        config = self._base_config({"filters": self.filters, "output_padding": self.output_padding})
        return placed(config, ("output_padding",), "data_format")


class Conv2DTranspose(BaseConvTranspose):
    """The transpose of Conv2D: each input pixel adds a scaled kernel to the output.

    Sizes are ints, or two: (height, width).

    Weights: kernel (kh, kw, filters, channels), bias (filters,).

    >>> import numpy as np
    >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.ones((1, 4, 4, 2), "float32")).shape
    (1, 8, 8, 4)
    """


class Conv1DTranspose(BaseConvTranspose):
    """Conv2DTranspose's form for sequences (batch, steps, channels).

    >>> import numpy as np
    >>> Conv1DTranspose(4, 3, strides=2)(np.ones((1, 4, 2), "float32")).shape
    (1, 9, 4)
    """

    rank = 1


class Conv3DTranspose(BaseConvTranspose):
    """Conv2DTranspose's form for volumes (batch, depth, height, width, channels).

    >>> import numpy as np
    >>> Conv3DTranspose(4, 3, strides=2)(np.ones((1, 2, 2, 2, 1), "float32")).shape
    (1, 5, 5, 5, 4)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = (1, 1, 1),
        padding: Any = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: int | Sequence[int] = (1, 1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "kwargs", "__class__")}
        super().__init__(**given, **kwargs)  # by name: Keras has two of them the other way round here


Convolution3DTranspose = Conv3DTranspose
Deconvolution2D = Convolution2DTranspose = Conv2DTranspose
Convolution1DTranspose = Conv1DTranspose
