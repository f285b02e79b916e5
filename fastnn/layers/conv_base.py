"""What all convolution layers share: arguments, checks, weights, output shapes."""

from collections.abc import Sequence
from typing import Any

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core import shapes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.data_format import join_shape, split_shape, standardize_data_format, standardize_padding
from fastnn.layers.dense import weight_config
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer

AXES = {1: "steps", 2: "height, width", 3: "depth, height, width"}


def positive(name, value):
    """`value` as an int >= 1."""
    if (whole(value) or 0) < 1:
        raise ArgumentError(
            f"Invalid value for argument `{name}`. Expected a strictly positive value. Received {name}={value!r}."
        )
    return int(value)


class ConvBase(Layer):
    """Arguments and checks of convolutions of a rank (1 to 3 spatial axes); subclasses say which product is taken.

    Args:
        filters: int >= 1, the number of output channels.
        kernel_size: int >= 1, or one per spatial axis: the size of the window.
        strides: int >= 1, or one per spatial axis: how far the window moves from one output to the next.
        padding: "valid" (the window stays inside) or "same" (zeros around, so that the size is divided by the strides).
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
        dilation_rate: int >= 1, or one per spatial axis: how far the window's entries are apart; not with strides > 1
            where the channels are mixed in the same step.
        activation: what is applied to the result: a name ("relu"), a function of an array, or None.
        use_bias: whether a bias is added, one number per output channel.
    """

    rank = 2
    weight_names: tuple = ("kernel", "bias")
    dilates_strides = False  # whether the window may be dilated and move by strides > 1

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int],
        padding: Any,
        data_format: str | None,
        dilation_rate: int | Sequence[int],
        activation: Any,
        use_bias: Any,
        roles: Any,
        activity: Any,
        causal: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity, **kwargs)
        rank = self.rank
        self.kernel_size = shapes.pair(kernel_size, "kernel_size", rank)
        self.strides = shapes.pair(strides, "strides", rank)
        self.dilation_rate = shapes.pair(dilation_rate, "dilation_rate", rank)
        self.padding = standardize_padding(padding, ("valid", "same", "causal") if causal else ("valid", "same"))
        self.data_format = standardize_data_format(data_format)
        if not self.dilates_strides and max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.activation, self.use_bias = activations.get(activation), use_bias
        for name, (initializer, regularizer, constraint) in zip(self.weight_names, roles):
            setattr(self, f"{name}_initializer", initializers.get(initializer))
            setattr(self, f"{name}_regularizer", regularizers.get(regularizer))
            setattr(self, f"{name}_constraint", constraints.get(constraint))
        self.input_spec = InputSpec(min_ndim=rank + 2)

    def _channels(self, input_shape):
        """The number of input channels, checked and fixed in the input spec."""
        if len(input_shape) != self.rank + 2:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}) expects inputs of rank {self.rank + 2}: "
                f"(batch, {AXES[self.rank]}, channels). "
                f"Received: input_shape={tuple(input_shape)}"
            )
        channels = split_shape(input_shape, self.data_format)[2]
        if channels is None:
            raise ShapeError(
                f"Layer '{self.name}': the number of input channels must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if 0 in input_shape[1:]:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}): images need at least one channel and one "
                f"pixel. Received: input_shape={tuple(input_shape)}"
            )
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _weight(self, name, shape):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
        )

    def _finish(self, x, bias):
        """Bias and activation, on channels_last values."""
        return self.activation(x if bias is None else ops.add(x, bias))

    def _window_shape(self, input_shape, filters):
        batch, spatial, _ = split_shape(input_shape, self.data_format)
        padding = "valid" if self.padding == "causal" else self.padding
        out = []
        for size, k, s, d in zip(spatial, self.kernel_size, self.strides, self.dilation_rate):
            if size is not None and self.padding == "causal":
                size += d * (k - 1)
            try:
                out.append(shapes.window(size, k, s, padding, d)[0])
            except ShapeError:
                raise ShapeError(
                    "Computed output size would be zero or negative. Received `inputs "
                    f"shape={tuple(input_shape)}`, `kernel shape={self.kernel_size}`, "
                    f"`dilation_rate={self.dilation_rate}` in layer '{self.name}'. Use padding='same' or "
                    "a larger input."
                ) from None
        return join_shape(batch, out, filters, self.data_format)

    def _base_config(self, before, between=()):
        """The config with `before` (this layer's own first entries) and `between` in Keras's order."""
        return {**super().get_config(), **before, "kernel_size": self.kernel_size, "strides": self.strides,
                "padding": self.padding, "data_format": self.data_format, "dilation_rate": self.dilation_rate,
                **dict(between), "activation": activations.serialize(self.activation), "use_bias": self.use_bias,
                **weight_config(self, self.weight_names)}  # fmt: skip
