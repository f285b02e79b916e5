"""Files without positions of random streams, as Keras writes them: training goes on where the optimizer is."""

import numpy as np
import pytest

import fastnn
from fastnn.saving.streams import load_or_guess


@pytest.mark.parametrize("every", [None, 2, 3])
def test_the_position_is_the_number_of_batches_trained(every):
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(2)])
    model.compile(fastnn.optimizers.Adam(0.01, gradient_accumulation_steps=every), "mse")
    model.fit(np.ones((8, 3), "float32"), np.ones((8, 2), "float32"), batch_size=2, epochs=2, verbose=0)
    trained = model._random_position()["train"]
    model._set_random_position({**model._random_position(), "train": 0})
    load_or_guess(model, None, "file")
    assert model._random_position()["train"] == trained == 8
