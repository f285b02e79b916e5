"""Masks: made by Embedding and Masking, carried by layers, used by recurrent layers, poolings and merges."""

import numpy as np
import pytest

from fastnn import Input, Model, layers, ops
from fastnn.layers.layer import Layer

IDS = np.array([[1, 2, 0, 0], [3, 1, 2, 4], [0, 5, 0, 6]], "int32")


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_masked_steps_do_not_count(kind):
    embedding, rnn = layers.Embedding(7, 3, mask_zero=True), kind(4)
    ids = Input((4,), dtype="int32")
    model = Model(ids, rnn(embedding(ids)))
    out = model(IDS)
    table = embedding.get_weights()[0]
    for row, y in zip(IDS, out):
        alone = rnn(table[row[row != 0]][None])[0]
        np.testing.assert_allclose(y, alone, rtol=1e-5, atol=1e-6)


def test_masks_pass_through_layers_that_carry_them():
    ids = Input((4,), dtype="int32")
    embedding, rnn = layers.Embedding(7, 3, mask_zero=True), layers.LSTM(2, return_sequences=True)
    x = layers.Dropout(0.5)(layers.Dense(3)(embedding(ids)))
    pooled = layers.GlobalAveragePooling1D()(x)
    model = Model(ids, [rnn(x), pooled, x])
    sequence, mean, x = model(IDS)
    for row, xs, m in zip(IDS, x, mean):
        np.testing.assert_allclose(m, xs[row != 0].mean(0), rtol=1e-5)
    np.testing.assert_array_equal(sequence[0, 2], sequence[0, 1])  # the last output is repeated
    np.testing.assert_array_equal(sequence[2, 0], 0)


def test_masking_layer():
    x = np.array([[[1, 2], [0, 0], [3, 4]]], "float32")
    a = Input((3, 2))
    rnn = layers.SimpleRNN(3)
    np.testing.assert_allclose(Model(a, rnn(layers.Masking()(a)))(x), rnn(x[:, [0, 2]]), rtol=1e-5)


def test_merges_join_masks():
    one, two = Input((4,), dtype="int32"), Input((4,), dtype="int32")
    embedding = layers.Embedding(7, 2, mask_zero=True)

    class Shows(Layer):
        supports_masking = True

        def call(self, x, mask=None):
            return x[..., 0] if mask is None else ops.cast(mask, "float32")

    add = Model([one, two], Shows()(layers.Add()([embedding(one), embedding(two)])))
    other = IDS[[1, 2, 0]]
    np.testing.assert_array_equal(add([IDS, other]), (IDS != 0) | (other != 0))
    end = Model([one, two], Shows()(layers.Concatenate(axis=1)([embedding(one), embedding(two)])))
    np.testing.assert_array_equal(end([IDS, other]), np.concatenate([IDS != 0, other != 0], 1))


def test_masks_inside_a_layer_of_the_users():
    class Reader(Layer):
        def __init__(self):
            super().__init__()
            self.embedding, self.rnn = layers.Embedding(7, 3, mask_zero=True), layers.GRU(4)

        def call(self, ids):
            return self.rnn(self.embedding(ids))

    reader = Reader()
    out = reader(IDS)
    short = reader.rnn(reader.embedding.get_weights()[0][[1, 2]][None])
    np.testing.assert_allclose(out[0], short[0], rtol=1e-5, atol=1e-6)


def test_batch_normalization_leaves_masked_steps_out():
    bn = layers.BatchNormalization(momentum=0.0)
    x = np.random.default_rng(0).standard_normal((3, 4, 2)).astype("float32")
    bn.build((None, 4, 2))
    bn(x, mask=IDS != 0, training=True)
    used = x[IDS != 0]
    np.testing.assert_allclose(bn.moving_mean.numpy(), used.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bn.moving_variance.numpy(), used.var(0), rtol=1e-4)


def test_two_input_text_model_trains():
    """Text and features with an auxiliary output."""
    text, more = Input((4,), dtype="int32", name="text"), Input((3,), name="more")
    h = layers.LSTM(6)(layers.Embedding(7, 4, mask_zero=True)(text))
    aux = layers.Dense(1, activation="sigmoid", name="aux")(h)
    main = layers.Dense(1, activation="sigmoid", name="main")(layers.Concatenate()([h, more]))
    model = Model([text, more], [main, aux])
    model.compile("adam", "binary_crossentropy", loss_weights=[1.0, 0.2])
    rng = np.random.default_rng(0)
    x = {"text": rng.integers(0, 7, (40, 4)), "more": rng.standard_normal((40, 3)).astype("float32")}
    y = (x["more"][:, :1] > 0).astype("float32")
    history = model.fit(x, [y, y], epochs=3, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
