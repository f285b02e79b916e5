"""`_keras_mask`: masks of results outside of models, on arrays and on symbols."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

STEPS = np.array([[[0, 0], [1, 2], [0, 0], [3, 4]]], "float32")
OTHER = np.array([[[0, 0], [0, 0], [1, 2], [3, 4]]], "float32")


@pytest.mark.parametrize(
    "name, expected", [("Add", [[0, 1, 1, 1]]), ("Maximum", [[0, 1, 1, 1]]), ("Multiply", [[0, 1, 1, 1]])]
)
def test_of_arrays_travel_from_call_to_call(name, expected):
    first, second = layers.Masking()(STEPS), layers.Masking()(OTHER)
    np.testing.assert_array_equal(first._keras_mask, [[False, True, False, True]])
    out = getattr(layers, name)()([first, second])
    np.testing.assert_array_equal(out._keras_mask, np.array(expected, bool))


def test_of_arrays_are_used():
    embedded = layers.Embedding(5, 2, mask_zero=True)(np.array([[1, 3, 0, 0]]))
    lstm = layers.LSTM(3)
    np.testing.assert_array_equal(lstm(embedded), lstm(np.asarray(embedded)[:, :2]))


def test_what_is_computed_from_a_masked_result_has_no_mask():
    masked = layers.Masking()(STEPS)
    assert not any(hasattr(x, "_keras_mask") for x in (masked + 1, masked[:1], np.exp(masked), masked.sum()))
    assert repr(masked) == repr(np.asarray(masked))


def test_of_symbols_are_symbols():
    first, second = keras.Input((4, 2)), keras.Input((4, 2))
    assert first._keras_mask is None
    merged = layers.Concatenate(axis=1)([layers.Masking()(first), second])
    mask = merged._keras_mask
    assert mask is merged._keras_mask and mask.shape == (None, 8) and mask.dtype == "bool"
    found = keras.Model([first, second], mask)([STEPS, OTHER])
    np.testing.assert_array_equal(found, [[False, True, False, True, True, True, True, True]])


class Two(layers.Layer):
    """Notes the masks that each of two arguments came with."""

    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, first, second, first_mask=None, second_mask=None):
        self.seen = first_mask, second_mask
        return second if isinstance(first, tuple) else first + second


def test_arguments_get_the_masks_of_their_names():
    first, second = layers.Masking()(STEPS), layers.Masking()(OTHER)
    for args, kwargs in (
        ((first, second), {}),
        ((), {"first": first, "second": second}),
        ((first,), {"second": second}),
    ):
        layer = Two()
        out = layer(*args, **kwargs)
        np.testing.assert_array_equal(layer.seen[0], [[False, True, False, True]])
        np.testing.assert_array_equal(layer.seen[1], [[False, False, True, True]])
        np.testing.assert_array_equal(out._keras_mask, first._keras_mask)
    layer = Two()
    layer((first, second), STEPS)
    assert isinstance(layer.seen[0], tuple) and layer.seen[1] is None
    layer(STEPS, OTHER)
    assert layer.seen == (None, None)
    given = np.array([[True, False, True, True]])
    layer(first, second, first_mask=given)
    np.testing.assert_array_equal(layer.seen[0], given)


def test_arguments_get_their_masks_in_models():
    class Later(Two):
        def call(self, first, second, first_mask=None, second_mask=None):
            return keras.ops.where(
                second_mask[..., None], second, first * keras.ops.cast(first_mask, "float32")[..., None]
            )

    a, b = keras.Input((4, 2)), keras.Input((4, 2))
    model = keras.Model([a, b], Later()(layers.Masking()(a), layers.Masking()(b)))
    np.testing.assert_array_equal(model.predict([STEPS, OTHER], verbose=0), np.where(OTHER != 0, OTHER, STEPS))


def test_a_call_may_count_on_the_mask_of_a_symbol():
    class Kept(layers.Layer):
        def call(self, x, mask=None):
            return x * keras.ops.cast(mask, "float32")[..., None]

    tokens = keras.Input((4,))
    embedding = layers.Embedding(5, 2, mask_zero=True)
    model = keras.Model(tokens, Kept()(embedding(tokens)))
    out = model.predict(np.array([[1, 2, 0, 0]]), verbose=0)
    np.testing.assert_array_equal(out, np.asarray(embedding.embeddings)[[1, 2, 0, 0]] * [[[1], [1], [0], [0]]])


class Pooled(layers.Layer):
    """A mean over the steps that counts on a mask, as many attention layers do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dense = layers.Dense(2)

    def call(self, inputs, mask=None):
        kept = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
        return keras.ops.sum(self.dense(inputs) * kept, 1) / keras.ops.sum(kept, 1)

    def compute_mask(self, inputs, mask=None):
        return None


class PooledPair(Pooled):
    def call(self, inputs, mask=None):
        return super().call(inputs[0], mask[0]) + super().call(inputs[1], mask[1])


@pytest.mark.parametrize("steps", [None, 4])
def test_a_layer_may_count_on_the_mask_that_its_inputs_bring(steps):
    """`call` is traced with the mask of its inputs, not without one."""
    a = keras.Input((steps, 2))
    x = layers.Masking()(a)
    model = keras.Model(a, [Pooled()(x), PooledPair()([x, layers.Dense(2)(x)])])
    assert model.output_shape == [(None, 2), (None, 2)]
    rows = np.concatenate([STEPS[:, 1:2], STEPS[:, 3:]], 1)
    for out, short in zip(model.predict(STEPS, verbose=0), model.predict(np.pad(rows, [(0, 0), (0, 2), (0, 0)]))):
        np.testing.assert_allclose(out, short, rtol=1e-6)
    sequential = keras.Sequential([keras.Input((steps,)), layers.Embedding(5, 2, mask_zero=True), Pooled()])
    assert sequential.output_shape == (None, 2)


class Positions(layers.Layer):
    """Says itself what is masked, of inputs that have no mask."""

    def call(self, inputs):
        return keras.ops.one_hot(inputs, 5)

    def compute_mask(self, inputs, mask=None):
        return keras.ops.not_equal(inputs, 0)


class OwnPositions(Positions):
    """Inherits it."""


@pytest.mark.parametrize("kind", [Positions, OwnPositions])
def test_a_layer_of_a_user_makes_a_mask_where_there_is_none(kind):
    words = np.array([[1, 3, 2, 0, 0], [4, 0, 0, 0, 0]])
    layer, lstm = kind(), layers.LSTM(3)
    assert layer.supports_masking
    np.testing.assert_array_equal(layer(words)._keras_mask, words != 0)
    a = keras.Input((None,), dtype="int32")
    x = layer(a)
    assert x._keras_mask.shape == (None, None)
    model = keras.Model(a, [lstm(x), Pooled()(x)])
    for whole, short in zip(model.predict(words, verbose=0), model.predict(words[:1, :3], verbose=0)):
        np.testing.assert_allclose(whole[:1], short, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(keras.Sequential([layer, lstm])(words), model(words)[0], rtol=1e-6)
    copy = keras.Sequential([keras.Input((5,)), kind(), layers.LSTM(3)])
    copy.set_weights(lstm.get_weights())
    copy.compile("sgd", "mse")
    np.testing.assert_allclose(copy.evaluate(words, np.asarray(lstm(layer(words))), verbose=0), 0, atol=1e-10)
