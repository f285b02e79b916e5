"""What a layer takes by position, and that its call makes no state: as in Keras 3, and otherwise in the older modes."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError
from fastnn.layers import context

X = np.ones((2, 3), "float32")


class Choice(layers.Layer):
    def call(self, x, other=None):
        return x if other is None else x + 1


@pytest.fixture
def keras_2():
    context.prefer_nodes(True)
    yield
    context.prefer_nodes(False)


def inputs():
    return [X, fastnn.Input((3,)), fastnn.KerasTensor((2, 3))]


@pytest.mark.parametrize("given", [True, 1, 2.5, "text", [X, 3], 1j])
def test_only_tensors_are_passed_by_position(given):
    for x in inputs():
        with pytest.raises(ArgumentError, match="Only input tensors may be passed as"):
            Choice()(x, given)
        assert Choice()(x, other=given).shape == x.shape


@pytest.mark.parametrize(
    "given", [None, X, np.float64(2), ops.ones(3), fastnn.Variable(X), [1.0, 2.0], [X, X], {"a": X}]
)
def test_what_is_a_tensor(given):
    for x in inputs():
        assert Choice()(x, given).shape == x.shape


def test_layers_that_say_so_take_anything():
    class Free(Choice):
        _allow_non_tensor_positional_args = True

    assert Free()(X, "text").shape == X.shape


def test_keras_2_takes_anything(keras_2):
    assert Choice()(X, True).shape == X.shape


# ------------------------------------------------------------------ state
def weight(layer):
    layer.w = layer.add_weight(shape=(), initializer="zeros")


def sub_layer(layer):
    layer.inner = layers.Dense(2)


def variable(layer):
    layer.v = fastnn.Variable(1.0)


def in_a_list(layer):
    layer.kept.append(layers.Dense(2))


MADE = [weight, sub_layer, variable, in_a_list]


def late(make):
    class Late(layers.Layer):
        def __init__(self):
            super().__init__()
            self.kept = []

        def call(self, x):
            make(self)
            return x

    return Late()


@pytest.mark.parametrize("make", MADE)
def test_calls_make_no_state(make):
    for x in inputs():
        with pytest.raises(ArgumentError, match="cannot add new elements of state"):
            late(make)(x)


@pytest.mark.parametrize("make", MADE)
def test_keras_2_makes_state_in_calls(make, keras_2):
    assert late(make)(X).shape == X.shape


def test_state_is_made_elsewhere():
    """In `__init__`, in `build`, from outside; what is there already is set again as one likes."""

    class Fine(layers.Layer):
        def __init__(self):
            super().__init__()
            sub_layer(self)

        def build(self, shape):
            weight(self)

        def call(self, x):
            self.again, self.last = self.w, ops.sum(x)
            return x * self.w

    layer = Fine()
    layer(X)
    layer(fastnn.Input((3,)))
    variable(layer)
    assert len(layer.weights) == 2


class Raw(layers.Layer):
    """As layers on texts in packages are: what they take is not made an array."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    def call(self, x, more=None):
        self.seen = (x, more)
        return X


def test_a_layer_that_converts_nothing_gets_what_was_passed():
    layer = Raw()
    for given in ([[1, 2], [3]], "text", ["a", "b"], [1.0, 2.0], {"a": [[1], [2, 3]]}, np.arange(3)):
        layer(given, more=given)
        assert isinstance(layer.seen[0], type(given))
        assert str(layer.seen) == str((given, given))
        assert getattr(layer.seen[0], "dtype", None) == getattr(given, "dtype", None)
    with pytest.raises(ArgumentError, match="Only input tensors"):
        Choice()(X, 3)
