"""What every layer answers to quantize, quantized_call and rematerialized_call."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers as L
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError

ONES = np.ones((1, 2), "float32")


def built(layer):
    layer(ONES)
    return layer


@pytest.mark.parametrize("call, error, words", [
    (lambda: L.Dropout(0.5).quantize("int3"), ArgumentError, "Invalid quantization mode. Expected one of"),
    (lambda: L.Layer().quantize("int8"), ArgumentError, "isn't yet built"),
    (lambda: built(L.Dropout(0.5)).quantize("int8"), NotSupportedError, "does not have a `quantize` method"),
    (lambda: built(L.Dropout(0.5)).quantized_build((2,), "int8"), NotSupportedError, "`quantized_build`"),
    (lambda: built(L.Dropout(0.5)).quantized_call(ONES), NotSupportedError, "quantization_mode=None"),
    (lambda: built(L.Dense(2)).quantized_call(ONES), NotSupportedError, "quantization_mode=None"),
])  # fmt: skip
def test_layers_that_have_no_bytes(call, error, words):
    with pytest.raises(error, match=words):
        call()
    assert issubclass(NotSupportedError, NotImplementedError)


def test_quantized_call_is_the_call_of_a_quantized_layer():
    layer = built(L.Dense(2))
    layer.quantize("int8")
    np.testing.assert_array_equal(layer.quantized_call(ONES), layer(ONES))


def test_a_layer_of_a_user_may_quantize_itself():
    class Own(L.Layer):
        said = None

        def call(self, x):
            return x

        def quantize(self, mode=None, type_check=True, config=None):
            self.said = mode, type_check, type(config).__name__

    model = keras.Sequential([keras.Input((2,)), Own(), L.Dense(2)])
    model.quantize("int4")
    assert model.layers[0].said == ("int4", True, "Int4QuantizationConfig")
    assert model.layers[1].quantization_mode == "int4"


@pytest.mark.parametrize("mode, names, marked", [
    (None, None, False), ("full", None, True), ("list_of_layers", ["a"], True), ("list_of_layers", ["b"], False),
])  # fmt: skip
def test_rematerialized_call_marks_what_its_scope_names(mode, names, marked):
    with keras.RematScope(mode, layer_names=names):
        layer = built(L.Dense(2, name="a"))
    function = lambda x: x + 1.0
    found = layer.rematerialized_call(function)
    assert (found is not function) is marked
    np.testing.assert_array_equal(found(ONES), ONES + 1.0)


def test_axes_and_arguments_that_are_not_there_are_refused():
    x = np.ones((2, 3), "float32")
    for inputs in ([x, x], [L.Input((3,)), L.Input((3,))]):
        with pytest.raises(ShapeError, match="axis 5 is out of bounds"):
            L.Dot(5)(inputs)
    with pytest.raises(TypeError, match="missing a required argument: 'value'"):
        L.MultiHeadAttention(2, 2)(np.ones((2, 3, 4), "float32"))
