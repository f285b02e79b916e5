"""ReversibleEmbedding: there and back."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

TABLE = np.array([[0.0, 0.0], [2.0, 2.0], [3.0, 3.0]])


@pytest.mark.parametrize("cap, expected", [(None, [[0.0, 4.0, 6.0]]), (5, [[0.0, 3.320184, 4.168273]])])
def test_values(cap, expected):
    layer = layers.ReversibleEmbedding(3, 2, logit_soft_cap=cap)
    layer.build()
    layer.embeddings.assign(TABLE)
    np.testing.assert_array_equal(layer(np.array([2, 1, 0])), TABLE[::-1])
    np.testing.assert_allclose(layer(np.ones((1, 2)), reverse=True), expected, atol=1e-5)


@pytest.mark.parametrize("tie", [True, False])
def test_a_language_model_trains_and_is_loaded(tie, tmp_path):
    x = keras.Input((None,), dtype="int32")
    embedding = layers.ReversibleEmbedding(7, 4, tie_weights=tie)
    model = keras.Model(x, embedding(layers.Dense(4)(embedding(x)), reverse=True))
    assert model.output_shape == (None, None, 7) and len(embedding.weights) == 2 - tie
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    tokens = np.arange(12).reshape(2, 6) % 7
    losses = [model.train_on_batch(tokens, (tokens + 1) % 7) for _ in range(2)]
    assert losses[1] < losses[0]
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(tokens, verbose=0), model.predict(tokens, verbose=0))


def test_only_the_way_there_has_a_mask_and_indices():
    layer = layers.ReversibleEmbedding(3, 2, mask_zero=True)
    there = layer(np.array([[0, 1]]))
    np.testing.assert_array_equal(there._keras_mask, [[False, True]])
    assert getattr(layer(np.asarray(there), reverse=True), "_keras_mask", None) is None
    hidden = keras.Input((2,))
    assert keras.Model(hidden, layer(hidden, reverse=True)).predict(np.full((1, 2), 99.0), verbose=0).shape == (1, 3)
