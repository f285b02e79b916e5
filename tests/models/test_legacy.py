"""Methods under their names until Keras 2."""

import numpy as np

import fastnn as keras
from fastnn import layers


def test_rows_in_place_of_steps():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    drawn = {"train": 0, "other": 0}

    def batches(name):
        while True:
            drawn[name] += 1
            yield np.ones((8, 2), "float32"), np.ones((8, 1), "float32")

    assert model.predict_generator((x for x, _ in batches("other")), val_samples=20).shape == (24, 1)
    assert drawn["other"] == 3
    model.evaluate_generator(batches("other"), val_samples=16)
    assert drawn["other"] == 5
    model.fit_generator(batches("train"), samples_per_epoch=20, epochs=2, verbose=0, validation_data=batches("other"),
                        nb_val_samples=8)  # fmt: skip
    assert drawn == {"train": 6, "other": 7}
