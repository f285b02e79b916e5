"""An argument of an unknown name is refused with the one that was meant."""

import pytest

import fastnn
from fastnn import callbacks, initializers, layers, losses, metrics, optimizers, utils
from fastnn.core.arguments import near
from fastnn.preprocessing.text import Tokenizer


@pytest.mark.parametrize("call, wrong, meant", [
    (lambda **k: layers.Dense(3, **k), "activaton", "activation"),
    (lambda **k: layers.Conv2D(3, 3, **k), "stride", "strides"),
    (lambda **k: layers.LSTM(3, **k), "return_sequence", "return_sequences"),
    (lambda **k: layers.Dense(3, **k), "input_shpe", "input_shape"),
    (lambda **k: fastnn.Input(**k), "shap", "shape"),
    (lambda **k: optimizers.Adam(**k), "learning_rat", "learning_rate"),
    (lambda **k: losses.MeanSquaredError(**k), "reducton", "reduction"),
    (lambda **k: metrics.TopKCategoricalAccuracy(**k), "nam", "name"),
    (lambda **k: callbacks.EarlyStopping(**k), "patient", "patience"),
    (lambda **k: callbacks.ReduceLROnPlateau(**k), "pacience", "patience"),
    (lambda **k: initializers.HeNormal(**k), "sed", "seed"),
    (lambda **k: utils.to_categorical([1], **k), "num_class", "num_classes"),
    (lambda **k: Tokenizer(**k), "num_word", "num_words"),
    (lambda **k: fastnn.Sequential([fastnn.Input((1,)), layers.Dense(1)]).evaluate([[1]], **k), "verbos", "verbose"),
])  # fmt: skip
def test_the_argument_that_was_meant(call, wrong, meant):
    with pytest.raises((ValueError, TypeError), match=f"Did you mean '{meant}' instead of '{wrong}'"):
        call(**{wrong: 1})


def test_a_class_that_takes_any_argument_gets_it():
    class Any_(losses.Loss):
        def __init__(self, **kwargs):
            self.given = kwargs.pop("reducton")
            super().__init__(**kwargs)

        def call(self, y_true, y_pred):
            return y_pred

    assert Any_(reducton=3, name="n").given == 3


def test_a_name_that_is_like_none_is_left_to_python():
    with pytest.raises(TypeError, match="unexpected keyword argument 'zzz'"):
        callbacks.EarlyStopping(zzz=1)
    assert near(["zzz"], callbacks.EarlyStopping) == ""
