"""What models take for data: variables, of which a gradient may be asked for."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError


class Twice(layers.Layer):
    """A layer of a user's, whose Python runs at every call."""

    def call(self, inputs):
        return 2 * inputs


def model_of(*parts):
    return keras.Sequential([keras.Input((4,)), *parts, layers.Dense(3, kernel_initializer="ones")])


def two_inputs():
    one, two = keras.Input((4,)), keras.Input((4,))
    return keras.Model([one, two], layers.Add()([one, 3 * two]))


class Outer(keras.Model):
    """A model of a user's around another."""

    def __init__(self):
        super().__init__()
        self.inner = model_of()

    def call(self, inputs):
        return self.inner(inputs)


@pytest.mark.parametrize(
    ("make", "given", "slope"),
    [
        (model_of, lambda v: v, 3),
        (lambda: keras.Model(*(lambda m: (m.inputs, m.outputs))(model_of())), lambda v: v, 3),
        (lambda: model_of(Twice()), lambda v: v, 6),
        (Outer, lambda v: v, 3),
        (two_inputs, lambda v: [v, v], 4),
        (two_inputs, lambda v: [v, np.ones((2, 4), "float32")], 1),
    ],
)
@pytest.mark.parametrize("training", [None, False, True])
def test_gradient_of_a_variable_that_a_model_takes(make, given, slope, training):
    model, variable = make(), keras.Variable(np.full((2, 4), 0.5, "float32"))
    said = {} if training is None else {"training": training}
    with keras.GradientTape() as tape:
        loss = ops.sum(model(given(variable), **said))
    np.testing.assert_allclose(tape.gradient(loss, variable), np.full((2, 4), slope), 1e-6)
    np.testing.assert_allclose(ops.sum(model(given(variable), **said)), loss, 1e-6)


def test_variables_of_other_dtypes_and_ranks():
    model, variable = model_of(), keras.Variable(np.ones((2, 4, 1)), dtype="float64")
    with keras.GradientTape() as tape:
        loss = ops.sum(model(variable))
    np.testing.assert_allclose(tape.gradient(loss, variable), np.full((2, 4, 1), 3.0), 1e-6)


def test_what_a_users_model_passes_on_besides_is_its_own():
    x = keras.Input((3,))
    y = layers.Dense(2)(x)

    class Task(keras.Model):
        def __init__(self, units=2, **kwargs):
            super().__init__(inputs=x, outputs=y, **kwargs)

    for _ in range(2):  # the class is a Functional from the first on
        model = Task(pooling="gap", name="mine", dtype="float32")
        assert (model.name, model.count_params()) == ("mine", 8)
    with pytest.raises(ArgumentError, match="pooling"):
        keras.Model(x, y, pooling="gap")
