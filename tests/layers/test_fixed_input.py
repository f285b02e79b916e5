"""Inputs that have a value of their own: Input(tensor=variable or array)."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import Variable, applications, layers, ops
from fastnn.compat import backend as K
from fastnn.core.errors import ArgumentError, DataError
from fastnn.layers.fixed_input import fixed_input, is_fixed
from fastnn.utils import get_source_inputs

ONES = np.ones((2, 3), "float32")


def summed(inputs, *parts):
    x = parts[0] if len(parts) == 1 else layers.concatenate(list(parts))
    return keras.Model(inputs, layers.Dense(1, kernel_initializer="ones")(x))


@pytest.mark.parametrize("value", [Variable(ONES), ONES, ops.ones((2, 3))])
def test_shape_and_dtype_are_those_of_the_value(value):
    symbol = keras.Input(tensor=value)
    assert symbol.shape == (2, 3) and symbol.dtype == "float32" and is_fixed(symbol)
    assert get_source_inputs(ops.abs(symbol)) == [symbol]
    assert fixed_input([1, 2]).dtype == "int64" and fixed_input([0.5]).dtype == "float32"
    assert not is_fixed(keras.Input((3,)))


def test_what_has_a_value_is_not_fed():
    variable = Variable(ONES)
    fed, fixed = keras.Input((3,)), keras.Input(tensor=variable)
    model = summed([fed, fixed], fed, fixed)
    assert [x.name for x in model.inputs] == [fed.name]
    np.testing.assert_array_equal(model.predict(ONES, verbose=0), [[6.0], [6.0]])
    variable.assign(ONES * 2)
    np.testing.assert_array_equal(model.predict(ONES, verbose=0), [[9.0], [9.0]])
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.train_on_batch(ONES, np.full((2, 1), 7.0)), 4.0)
    assert model.fit(np.ones((4, 3)), np.ones((4, 1)), batch_size=2, verbose=0).history["loss"]


def test_a_model_of_nothing_else_needs_no_data():
    fixed = keras.Input(tensor=Variable(np.arange(6.0).reshape(2, 3)))
    model = summed(fixed, fixed)
    np.testing.assert_array_equal(model.predict(None, steps=1, verbose=0), [[3.0], [12.0]])
    model.compile("sgd", "mse")
    history = model.fit(None, np.ones((2, 1)), epochs=2, steps_per_epoch=1, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], (2.0**2 + 11.0**2) / 2)
    with pytest.raises(DataError, match="x=None"):
        summed(a := keras.Input((3,)), a).predict(None)


def test_gradients_of_a_picture():
    picture, other = Variable(np.full((1, 32, 32, 3), 0.5)), np.zeros((1, 32, 32, 3), "float32")
    model = applications.VGG16(weights=None, include_top=False, input_tensor=picture)
    features = model.get_layer("block1_conv1").output
    loss, gradient = K.function([], [ops.sum(features), *_listed(K.gradients(ops.sum(features), picture))])([])
    kernel = np.asarray(model.get_layer("block1_conv1").kernel, "float64")
    step = 1e-2
    picture.assign(picture + step * gradient)
    after = K.function([], [ops.sum(features)])([])[0]
    assert gradient.shape == other.shape and kernel.shape == (3, 3, 3, 64)
    np.testing.assert_allclose((after - loss) / step, np.sum(np.square(gradient, dtype="float64")), rtol=0.05)


def _listed(found):
    return found if isinstance(found, list) else [found]


def test_what_is_no_value():
    with pytest.raises(ArgumentError, match="must be a KerasTensor"):
        keras.Input((3,), tensor="picture")
