"""Attributes that Keras leaves to be set are set, whatever a class means by them."""

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, layers


@pytest.mark.parametrize(
    "name",
    ["_layers", "_metrics", "_seed_generators", "_trainable_variables", "_non_trainable_variables", "input_shape",
     "output_shape", "_call_context_args"],
)  # fmt: skip
def test_a_class_may_set_what_keras_leaves_free(name):
    class Own(layers.Layer):
        def build(self, input_shape):
            self.inner = layers.Dense(2)
            setattr(self, name, {"own": 3})
            super().build(input_shape)

        def call(self, inputs):
            return self.inner(inputs)

    layer = Own()
    model = Sequential([Input((3,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert getattr(layer, name) == {"own": 3}
    assert len(layer.weights) == 2 and [x.name for x in model._flatten_layers()].count(layer.inner.name) == 1


def test_cells_may_say_their_sizes():
    class Cell(layers.LSTMCell):
        def __init__(self, units, **kwargs):
            super().__init__(units, **kwargs)
            self.state_size, self.output_size = [units, units], units

    outputs = layers.RNN(Cell(3), return_sequences=True, return_state=True)(np.ones((2, 4, 5), "float32"))
    assert [x.shape for x in outputs] == [(2, 4, 3), (2, 3), (2, 3)]


def test_one_shape_in_a_list_is_the_shape_of_one_output():
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs * 2

        def compute_output_shape(self, input_shape):
            return [(None, 3)]

    class Pair(Own):
        def call(self, inputs):
            return [inputs * 2]

    x = Input((3,))
    assert Own()(x).shape == (None, 3)
    assert [y.shape for y in Pair()(x)] == [(None, 3)]
    assert Model(x, layers.Dense(1)(Own()(x))).predict(np.ones((2, 3)), verbose=0).shape == (2, 1)


def test_the_policy_has_its_private_name_too():
    layer = layers.Dense(2, dtype="mixed_bfloat16")
    assert layer._dtype_policy is layer.dtype_policy
    layer._dtype_policy = "float16"
    assert (layer.dtype_policy.name, layer.compute_dtype) == ("float16", "float16")
