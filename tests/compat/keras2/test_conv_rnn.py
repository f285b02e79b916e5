"""Recurrent layers on images with a cell, or a step, of one's own."""

import numpy as np
import pytest

from fastnn import layers, ops
from fastnn.compat.keras2.conv_rnn import ConvRecurrent2D, ConvRNN2D


class Sum(layers.Layer):
    """Adds a convolution of ones up."""

    filters = state_size = 2
    kernel_size, strides, dilation_rate = (3, 3), (1, 1), (1, 1)

    def __init__(self, padding="valid", data_format="channels_last"):
        super().__init__()
        self.padding, self.data_format = padding, data_format

    def build(self, input_shape):
        """It has no weights."""

    def call(self, inputs, states):
        kernel = ops.ones((3, 3, 1, 2), "float32")
        new = states[0] + ops.conv(inputs, kernel, padding=self.padding, data_format=self.data_format)
        return new, [new]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("first", [False, True])
def test_states_have_the_size_of_the_convolution(padding, first):
    x = np.ones((2, 4, 1, 5, 6) if first else (2, 4, 5, 6, 1), "float32")
    size = (5, 6) if padding == "same" else (3, 4)
    shape = (2, 2, *size) if first else (2, *size, 2)
    layer = ConvRNN2D(Sum(padding, "channels_first" if first else "channels_last"), return_state=True)
    last, state = layer(x)
    assert last.shape == state.shape == shape
    np.testing.assert_array_equal(np.asarray(last).max(), 4 * 9)
    assert [tuple(s) for s in layer.compute_output_shape((None, *x.shape[1:]))] == [(None, *shape[1:])] * 2


def test_a_stateful_layer_goes_on_and_begins_again():
    layer, x = ConvRNN2D(Sum(), stateful=True), np.ones((1, 2, 3, 3, 1), "float32")
    assert [float(np.asarray(layer(x)).max()) for _ in range(2)] == [18.0, 36.0]
    layer.reset_state()
    assert float(np.asarray(layer(x)).max()) == 18.0


def test_a_step_without_a_cell():
    class Count(ConvRecurrent2D):
        def build(self, input_shape):
            self.states = [None]

        def step(self, inputs, states):
            new = states[0] + inputs[..., : self.filters]
            return new, [new]

    x = np.ones((2, 3, 4, 4, 2), "float32")
    found = Count(2, 1, return_sequences=True)(x)
    np.testing.assert_array_equal(np.asarray(found)[0, :, 0, 0, 0], [1, 2, 3])
    config = Count(2, (1, 1), strides=2).get_config()
    assert (config["filters"], config["strides"]) == (2, (2, 2))
