"""Recurrent layers on images, from which ConvGRU2D and its kin were derived: `ConvRNN2D` and `ConvRecurrent2D`."""

from fastnn import ops
from fastnn.compat.keras1.recurrent import Recurrent
from fastnn.compat.keras2.utils import conv_output_length, normalize_tuple, transpose_shape
from fastnn.core.config import image_data_format
from fastnn.layers import RNN, InputSpec


def _state_shape(cell, image):
    """The shape of a state, from that of a step's inputs."""
    batch, *size = (image[0], *image[2:]) if cell.data_format == "channels_first" else image[:3]
    windows = zip(size, cell.kernel_size, cell.strides, cell.dilation_rate)
    size = (conv_output_length(n, k, cell.padding, s, d) for n, k, s, d in windows)
    return transpose_shape((batch, *size, cell.filters), cell.data_format, (1, 2))


class ConvRNN2D(RNN):
    """Steps of a cell over sequences of images; the first states are zeros of the size that the cell's convolution has.

    Args:
        cell: a layer with call(inputs, states) -> (output, states), state_size, filters, kernel_size, strides, padding,
            dilation_rate and data_format.
        return_sequences: whether all outputs are returned, not the last alone.
        return_state: whether the last states are returned behind them.
        go_backwards: whether the sequence is read from its end.
        stateful: whether a batch goes on with the states of the one before.
        kwargs: of Layer.

    Input: (batch, steps, height, width, channels), or as the cell's data_format says.
    """

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, **kwargs):
        kwargs.pop("unroll", None)
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, **kwargs)
        self.input_spec = InputSpec(ndim=5)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """The cell's output at the last step, or at all.

        Args:
            sequences: (batch, steps, height, width, channels).
            initial_state: list of the first states, or None.
            mask: booleans (batch, steps).
            training: whether the cell's dropout drops.
        """
        if initial_state is None and not self.stateful:
            initial_state = self.get_initial_state(sequences)
        return super().call(sequences, initial_state=initial_state, mask=mask, training=training)

    def get_initial_state(self, inputs):
        """Zeros for each state.

        Args:
            inputs: the sequences, or a number of rows of a layer that was built.
        """
        rows = inputs if isinstance(inputs, int) else inputs.shape[0]
        image = self._image if isinstance(inputs, int) else inputs.shape[2:]
        shape = _state_shape(self.cell, (rows, *image))
        return [ops.zeros(shape, self.compute_dtype) for _ in self.state_size]

    def build(self, sequences_shape, initial_state_shape=None):
        """Make the cell's weights, and the states of a stateful layer.

        Args:
            sequences_shape: of the sequences.
            initial_state_shape: of the first states, or None.
        """
        self._image = tuple(sequences_shape[2:])
        super().build(sequences_shape, initial_state_shape)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The shape of the outputs, and those of the states.

        Args:
            sequences_shape: of the sequences.
            initial_state_shape: of the first states, or None.
        """
        batch, steps, *image = sequences_shape
        state = _state_shape(self.cell, (batch, *image))
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return (output, *[state] * len(self.state_size)) if self.return_state else output


class ConvRecurrent2D(Recurrent):
    """The base of recurrent layers on images with a `step` of their own, as Keras 1 and 2.0 had it.

    Args:
        filters: int, channels of the output.
        kernel_size, strides, dilation_rate: ints, or two each.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None for the configured one.
        return_sequences: whether the output of every step is given.
        go_backwards: from the last step to the first.
        stateful: whether a batch goes on with the states of the one before.
        kwargs: of Layer.

    Input: (batch, steps, height, width, channels), or as data_format says.
    """

    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1),
        return_sequences=False, go_backwards=False, stateful=False, **kwargs,
    ):  # fmt: skip
        super().__init__(return_sequences, go_backwards=go_backwards, stateful=stateful, **kwargs)
        self.filters, self.padding, self.data_format = filters, padding, data_format or image_data_format()
        self.kernel_size = normalize_tuple(kernel_size, 2, "kernel_size")
        self.strides = normalize_tuple(strides, 2, "strides")
        self.dilation_rate = normalize_tuple(dilation_rate, 2, "dilation_rate")
        self.input_spec = [InputSpec(ndim=5)]
        self.state_spec = None

    def compute_output_shape(self, input_shape):
        """The output's shape for that of the sequences."""
        batch, steps, *image = input_shape[0] if isinstance(input_shape, list) else input_shape
        state = _state_shape(self, (batch, *image))
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return [output, *[state] * len(self.states)] if self.return_state else output

    def get_initial_state(self, inputs):
        """The first states: zeros.

        Args:
            inputs: the sequences.
        """
        shape = _state_shape(self, (inputs.shape[0], *inputs.shape[2:]))
        return [ops.zeros(shape, inputs.dtype) for _ in self.states]

    def get_config(self):
        names = "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate"
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}
