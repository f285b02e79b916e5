"""Pipeline: layers one after the other, with training and masks; configs."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.data import Dataset


def test_order_training_and_config():
    made = layers.Pipeline([layers.Rescaling(2.0), layers.Dropout(0.5, seed=1), layers.Rescaling(1.0, offset=1.0)])
    x = np.ones((4, 50), "float32")
    np.testing.assert_array_equal(made(x, training=False), 3 * x)
    assert set(np.unique(made(x))) == {1.0, 5.0}  # training is on unless it is said otherwise
    again = layers.Pipeline.from_config(made.get_config())
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in made.layers]
    np.testing.assert_array_equal(again(x, training=False), 3 * x)
    (batch,) = Dataset.from_tensor_slices(x).batch(4).map(made)
    assert batch.shape == x.shape
    model = fastnn.Sequential([fastnn.Input((50,)), made, layers.Dense(1)])
    assert model.predict(x, verbose=0).shape == (4, 1)
    with pytest.raises(ValueError, match="list of serialized layers"):
        layers.Pipeline.from_config({"name": "a"})


def test_masks_travel():
    seen = layers.Pipeline([layers.Embedding(9, 2, mask_zero=True), layers.LSTM(2)])
    x = np.array([[1, 2, 0], [3, 0, 0]])
    embedding, lstm = seen.layers
    whole = fastnn.Sequential([fastnn.Input((3,)), embedding, lstm])
    np.testing.assert_allclose(seen(x, training=False), whole(x), rtol=1e-6)
