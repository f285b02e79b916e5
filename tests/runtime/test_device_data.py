"""Data on a device: as they lie, uploaded once, in the epoch's order; window by window where they do not fit."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import fastnn as keras
from fastnn.runtime import device, device_memory
from fastnn.runtime.simulated import Simulated

RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, 255, (46, 5)).astype("uint8"), RNG.standard_normal((46, 2)).astype("float32")


class Counting(Simulated):
    """A simulated device that notes the dtypes and bytes of what is uploaded."""

    def __init__(self, **settings):
        self.seen = []
        super().__init__(**settings)

    def upload(self, array, address):
        self.seen.append((array.dtype.name, array.nbytes))
        super().upload(array, address)


def net():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Rescaling(1 / 255), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def trained(x=X, y=Y, **fit):
    model = net()
    history = model.fit(x, y, **{"batch_size": 8, "epochs": 3, "verbose": 0, **fit}).history
    return [*model.get_weights(), history["loss"], model.predict(x, batch_size=8, verbose=0)]


def same(a, b):
    for u, v in zip(a, b, strict=True):
        np.testing.assert_array_equal(u, v)


def test_data_are_uploaded_once_as_they_lie_and_the_order_once_an_epoch():
    wanted = trained()
    with device.using(Counting(own=False)) as found:
        same(trained(), wanted)
    assert found.seen.count(("uint8", X.nbytes)) == 2  # for fit and for predict
    assert found.seen.count(("int64", 8 * len(X))) == 3


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
def test_rows_that_do_not_fit_come_in_windows(shuffle, monkeypatch):
    wanted = trained(shuffle=shuffle)
    monkeypatch.setattr(device_memory, "WINDOW_BYTES", 20 * (5 + 8))  # two batches
    monkeypatch.setattr(Simulated, "room", lambda self: 500)
    with device.using(Counting(own=False)) as found:
        same(trained(shuffle=shuffle), wanted)
    assert found.seen.count(("uint8", X.nbytes)) == 1  # of predict, which has no targets
    assert ("uint8", 16 * 5) in found.seen
    found.check()


def test_arrays_that_are_not_contiguous_and_generators():
    wide = np.asfortranarray(np.repeat(X, 2, axis=1))[:, ::2]
    wanted = trained(wide)

    def batches():
        for k in range(0, 46, 8):
            yield X[k : k + 8], Y[k : k + 8]

    def generated():
        model = net()
        model.fit(batches(), verbose=0)
        return [*model.get_weights(), *model.train_on_batch(X[:8], Y[:8], return_dict=True).values()]

    also = generated()
    with device.using(Counting(own=False)) as found:
        same(trained(wide), wanted)
        same(generated(), also)
    found.check()


def test_the_arrays_of_a_run_are_let_go():
    with device.using(Simulated(own=False)):
        model, x = net(), X.copy()
        model.fit(x, Y, verbose=0)
        gone = weakref.ref(x)
        del x
        gc.collect()
        assert gone() is None


def test_data_that_changed_between_two_fits_are_seen():
    def twice():
        model, x = net(), X.copy()
        model.fit(x, Y, verbose=0)
        x[:] = 255 - x
        model.fit(x, Y, verbose=0)
        return model.get_weights()

    wanted = twice()
    with device.using(Simulated(own=False)):
        same(twice(), wanted)
