"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: LSTMs whose products are convolutions."""

from collections.abc import Sequence
from typing import Any

from fastnn import activations, ops, regularizers
from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.settable import settable
from fastnn.layers.config import placed
from fastnn.layers.conv_base import ConvBase, positive
from fastnn.layers.data_format import from_last, split_shape, to_last
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.recurrent_cell import CellDropout, ShowsCell
from fastnn.layers.rnn import RNN


class ConvLSTMCell(CellDropout, ConvBase):
    """One step of a ConvLSTM; gates in the order i, f, c, o.  Arguments as of ConvLSTM2D, and the rank."""

    weight_names = ("kernel", "recurrent", "bias")

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        self.rank = rank
        if (
            max(shapes.pair(strides, "strides", rank)) > 1
            and max(shapes.pair(dilation_rate, "dilation_rate", rank)) > 1
        ):
            raise ArgumentError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. "
                f"Received: strides={strides} and dilation_rate={dilation_rate}"
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
                (recurrent_initializer, recurrent_regularizer, recurrent_constraint),
                (bias_initializer, bias_regularizer, bias_constraint),
            ),
            None,
            **kwargs,
        )
        self.filters, self.unit_forget_bias = positive("filters", filters), unit_forget_bias
        self.recurrent_activation = activations.get(recurrent_activation)
        self._set_dropout(dropout, recurrent_dropout, seed)

    @settable
    def state_size(self):
        """The channels of the two states, h and c."""
        return [self.filters, self.filters]

    def build(self, input_shape):
        channels = self._channels(input_shape)
        if None in split_shape(input_shape, self.data_format)[1]:
            raise ShapeError(
                "ConvLSTM layers only support static input shapes for the spatial dimension. Received "
                f"invalid input shape: input_shape={tuple(input_shape)}"
            )
        self.state_shape = tuple(split_shape(self._window_shape(input_shape, self.filters), self.data_format)[1])
        self.input_shape_last = (*split_shape(input_shape, self.data_format)[1], channels)
        self.kernel = self._weight("kernel", (*self.kernel_size, channels, 4 * self.filters))
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(*self.kernel_size, self.filters, 4 * self.filters),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = self._weight("bias", (4 * self.filters,)) if self.use_bias else None
        if self.use_bias and self.unit_forget_bias:
            bias = self.bias.numpy()
            bias[self.filters : 2 * self.filters] = 1.0
            self.bias.assign(bias)

    def get_initial_state(self, batch_size=None):
        """Zeros, in the data format of the layer."""
        shape = self.compute_output_shape((batch_size, *self._input_shape()))
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def _input_shape(self):
        *spatial, channels = self.input_shape_last
        return (*spatial, channels) if self.data_format == "channels_last" else (channels, *spatial)

    def start(self, batch, training):
        """Draw the dropout masks of a new call."""
        shapes = (batch, *self.input_shape_last), (batch, *self.state_shape, self.filters)
        masks = [
            self._mask(rate, shape) if training else None
            for rate, shape in zip((self.dropout, self.recurrent_dropout), shapes)
        ]
        self._input_mask, self._state_mask = masks

    def project(self, inputs):
        """The input's share of the gates for all steps (steps, batch, ...) at once, channels last."""
        steps, batch = inputs.shape[:2]
        x = ops.reshape(inputs, (-1, *inputs.shape[2:]))
        x = to_last(x, self.data_format)
        if self._input_mask is not None:
            x = ops.reshape(x, (steps, batch, *x.shape[1:])) * self._input_mask
            x = ops.reshape(x, (-1, *x.shape[2:]))
        x = ops.conv(x, self.kernel, self.strides, self.padding, "channels_last", self.dilation_rate)
        x = x if self.bias is None else x + self.bias
        return ops.reshape(x, (steps, batch, *x.shape[1:]))

    def step(self, share, states):
        """One step, given the input's share."""
        h, c = (to_last(s, self.data_format) for s in states)
        h = h if self._state_mask is None else h * self._state_mask
        z = share + ops.conv(h, self.recurrent_kernel, 1, "same", "channels_last")
        i, f, g, o = ops.split(z, 4, axis=-1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        h, c = (from_last(s, self.data_format) for s in (h, c))
        return h, [h, c]

    def call(self, inputs, states, training=False):
        if not self._held:
            self.start(inputs.shape[0], training)
        return self.step(self.project(ops.expand_dims(inputs, 0))[0], states)

    def compute_output_shape(self, input_shape, states_shape=None):
        return self._window_shape(input_shape, self.filters)

    def own_config(self):
        """The entries of the config that a layer shares with its cell."""
        entries = {
            f"{name}_{kind}": config
            for kind in ("initializer", "regularizer", "constraint")
            for name, config in ((n, self._base_config({})[f"{n}_{kind}"]) for n in self.weight_names)
        }
        return {"filters": self.filters, "kernel_size": self.kernel_size, "strides": self.strides,
                "padding": self.padding, "data_format": self.data_format, "dilation_rate": self.dilation_rate,
                "activation": activations.serialize(self.activation),
                "recurrent_activation": activations.serialize(self.recurrent_activation), "use_bias": self.use_bias,
                **{k: v for k, v in entries.items() if k.endswith("initializer")},
                "unit_forget_bias": self.unit_forget_bias,
                **{k: v for k, v in entries.items() if not k.endswith("initializer")}, "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout, "seed": self.seed}  # fmt: skip


class BaseConvLSTM(ShowsCell, RNN):
    """A ConvLSTM of a rank; its cell has the weights.

    Args:
        filters: int >= 1, the number of output channels.
        kernel_size: int >= 1, or one per spatial axis: the size of the window.
        strides: int >= 1, or one per spatial axis: how far the window moves over the inputs.
        padding: "valid" or "same", of the inputs' convolution; that of the states keeps the size.
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
        dilation_rate: int >= 1, or one per spatial axis: how far the window's entries are apart.
        activation, recurrent_activation: of the candidate, and of the gates: a name, a function or None.
        use_bias: whether a bias is added.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        dropout, recurrent_dropout: shares in [0, 1] of inputs and of states dropped while training, the same at all
            steps.
        seed: int: seed of the dropout; None: a random stream of its own.
    """

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            name="conv_lstm_cell",
            dtype=kwargs.get("dtype"),
        )
        super().__init__(
            cell,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, steps, *rest = sequences_shape
        state = self.cell.compute_output_shape((batch, *rest))
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return (output, state, state) if self.return_state else output

    def get_config(self):
        activity = {"activity_regularizer": regularizers.serialize(self.activity_regularizer)}
        config = {**self._loop_config(), **self.cell.own_config(), **activity}
        return placed(config, tuple(activity), "kernel_constraint") if self.activity_regularizer is None else config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        return cls(**config)


class ConvLSTM2D(BaseConvLSTM):
    """An LSTM over images: products with inputs and states are convolutions (Shi et al., 2015).

    Args:
        kernel_size, strides, dilation_rate: ints, or two each: (height, width).

    Input: (batch, steps, height, width, channels), steps known when the model runs.
    Weights: kernel (kh, kw, channels, 4 filters), recurrent_kernel (kh, kw, filters, 4 filters), bias (4 filters,).

    >>> import numpy as np
    >>> ConvLSTM2D(2, 3)(np.ones((1, 3, 6, 6, 1), "float32")).shape
    (1, 4, 4, 2)
    """


class ConvLSTM1D(BaseConvLSTM):
    """ConvLSTM2D's form for sequences of sequences (batch, steps, length, channels).

    >>> import numpy as np
    >>> ConvLSTM1D(2, 3, padding="same")(np.ones((1, 3, 6, 1), "float32")).shape
    (1, 6, 2)
    """

    rank = 1


class ConvLSTM3D(BaseConvLSTM):
    """ConvLSTM2D's form for sequences of volumes (batch, steps, depth, height, width, channels).

    >>> import numpy as np
    >>> ConvLSTM3D(2, 2)(np.ones((1, 2, 3, 3, 3, 1), "float32")).shape
    (1, 2, 2, 2, 2)
    """

    rank = 3
