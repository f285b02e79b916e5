"""Data on a device: as they lie, uploaded once, in the epoch's order; window by window where they do not fit."""

from __future__ import annotations

import gc
import warnings
import weakref

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.errors import KernelError, NotFiniteError
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


def test_a_generator_works_on_its_next_batch_while_the_device_works_on_one():
    seen = []

    def batches(found):
        for k in range(0, 46, 8):
            seen.append(found.pending is not None)
            yield X[k : k + 8], Y[k : k + 8]

    wanted = net()
    wanted.fit(batches(Simulated(own=False)), verbose=0)
    seen.clear()
    with device.using(Simulated(own=False)) as found:
        model = net()
        history = model.fit(batches(found), verbose=0).history
        assert seen == [False] + 5 * [True] and found.pending is None
        same(model.get_weights(), wanted.get_weights())
        assert history["loss"][0] == wanted.history.history["loss"][0]


def test_a_batch_that_a_kernel_refuses_is_named_although_the_next_one_is_there():
    def batches():
        yield from ((np.full((4, 2), k, "int32"), np.zeros((4, 2, 3), "float32")) for k in (0, 9, 1, 2))

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Embedding(5, 3)])
    model.compile("sgd", "mse")
    model._index_inputs = list  # nobody looks at the indices before
    with device.using(Simulated(own=False)), pytest.raises(KernelError, match=r"Batch 1 \(counted from 0"):
        model.fit(batches(), verbose=0)


@pytest.mark.parametrize("nan", ["continue", "skip", "stop"])
def test_a_batch_with_nan_is_treated_as_on_the_cpu(nan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run():
        model = net()

        def batches():
            for k in range(0, 46, 8):
                if k == 16:
                    model.layers[-1].kernel.assign(np.full((5, 2), 1e30))
                if k == 32:
                    model.layers[-1].kernel.assign(np.ones((5, 2)))
                yield X[k : k + 8], Y[k : k + 8]

        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                model.fit(batches(), verbose=0, nan=nan)
            except NotFiniteError as error:
                said = [*said, error]
        return [str(getattr(w, "message", w)) for w in said], model.get_weights()

    words, wanted = run()
    assert words
    with device.using(Simulated(own=False)):
        again, received = run()
    assert again == words
    same(received, wanted)


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
