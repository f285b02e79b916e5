"""Masks that users' layers make, take and hand on; values from NumPy."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops

TOKENS = np.array([[2, 3, 4, 0, 0], [6, 7, 8, 9, 0], [3, 3, 2, 1, 1]])
USED = TOKENS != 0


class Tokens(layers.Layer):
    """An embedding whose mask is said by a `compute_mask` of its own; nothing says `supports_masking`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(10, 3)

    def call(self, inputs):
        return self.table(inputs)

    def compute_mask(self, inputs, mask=None):
        assert mask is None  # the input has none
        return ops.not_equal(inputs, 0)


class Inherits(Tokens):
    """Its parent says the mask."""


class Needs(layers.Layer):
    """A `call` that cannot do without a mask, also where shapes are found."""

    def call(self, inputs, mask=None):
        return ops.where(mask[..., None], inputs, 0.0)


class NeedsTwo(layers.Layer):
    """Masks go to the arguments that are called after the ones masked."""

    def call(self, left, right, left_mask=None, right_mask=None):
        return ops.where((left_mask & right_mask)[..., None], left + right, 0.0)


def model_of(first, *others):
    i = keras.Input((None,), dtype="int32")
    x = embedded = first(i)
    for layer in others:
        x = layer(x, embedded) if isinstance(layer, NeedsTwo) else layer(x)
    model = keras.Model(i, x)
    model.set_weights([np.random.default_rng(0).normal(size=w.shape).astype("float32") for w in model.weights])
    return model, model.weights[0].numpy()[TOKENS] * USED[..., None]


@pytest.mark.parametrize("first", [Tokens, Inherits, lambda: layers.Embedding(10, 3, mask_zero=True)])
def test_the_mask_reaches_who_takes_it(first):
    for layer, wanted in (
        (Needs(), lambda rows: rows),
        (NeedsTwo(), lambda rows: 2 * rows),
        (layers.GlobalAveragePooling1D(), lambda rows: rows.sum(1) / USED.sum(1, keepdims=True)),
    ):
        model, rows = model_of(first(), layer)
        np.testing.assert_allclose(model.predict(TOKENS, verbose=0), wanted(rows), 1e-5, 1e-6)
        np.testing.assert_allclose(model(TOKENS), wanted(rows), 1e-5, 1e-6)


def test_masks_stop_recurrence_and_the_loss():
    model, _ = model_of(Tokens(), layers.LSTM(4, return_sequences=True))
    for row, n in zip(range(3), USED.sum(1)):
        alone = model.predict(TOKENS[row : row + 1, :n], verbose=0)
        np.testing.assert_allclose(model.predict(TOKENS, verbose=0)[row, :n], alone[0], 1e-5, 1e-6)
    model.compile(loss="mae")
    off = np.abs(model.predict(TOKENS, verbose=0) - 1).mean(-1)
    loss = model.evaluate(TOKENS, np.ones((3, 5, 4), "float32"), verbose=0)
    np.testing.assert_allclose(loss, (off * USED).sum() / USED.sum(), 1e-5)


def test_results_on_arrays_have_the_mask():
    np.testing.assert_array_equal(Tokens()(TOKENS)._keras_mask, USED)


def test_a_mask_said_inside_call_stays():
    class Says(Tokens):
        def call(self, inputs):
            found = self.table(inputs)
            found._keras_mask = ops.not_equal(inputs, 3)
            return found

    model, _ = model_of(Says(), Needs())
    rows = model.weights[0].numpy()[TOKENS] * (TOKENS != 3)[..., None]
    np.testing.assert_allclose(model.predict(TOKENS, verbose=0), rows, 1e-6)


def test_several_inputs_without_masks_come_as_a_list_of_none():
    seen = []

    class Sum(layers.Layer):
        def call(self, inputs):
            return inputs[0] + inputs[1]

        def compute_mask(self, inputs, mask=None):
            seen.append(mask)

    one, two = keras.Input((3,)), keras.Input((3,))
    keras.Model([one, two], layers.Dense(1)(Sum()([one, two]))).predict([np.ones((2, 3))] * 2, verbose=0)
    assert seen and all(mask == [None, None] for mask in seen)


def test_a_lambda_makes_a_mask():
    rows = np.random.default_rng(1).normal(size=(2, 4, 3)).astype("float32")
    rows[0, 2:] = 0
    doubled = layers.Lambda(lambda x: 2 * x, mask=lambda x, mask: ops.any(ops.not_equal(x, 0), axis=-1))
    model = keras.Sequential([keras.Input((4, 3)), doubled, layers.GlobalAveragePooling1D()])
    wanted = np.stack([2 * rows[0, :2].mean(0), 2 * rows[1].mean(0)])
    np.testing.assert_allclose(model.predict(rows, verbose=0), wanted, 1e-5)


def test_dropouts_of_attention_count_among_names():
    for layer, then in ((layers.MultiHeadAttention(1, 2), "dropout_1"), (layers.Attention(dropout=0.5), "dropout")):
        keras.utils.clear_session()
        x = keras.Input((3, 4))
        layer([x, x]) if isinstance(layer, layers.Attention) else layer(x, x)
        assert layers.Dropout(0.5).name == then
