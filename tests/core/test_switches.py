"""Switches of keras.config: limits on how long a script runs, and names that change nothing."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import config, layers


class Days(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return np.ones((2, 3)), np.ones((2, 1))


@pytest.fixture
def model():
    found = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    found.compile("sgd", "mse")
    yield found
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def test_max_epochs(model):
    config.set_max_epochs(2)
    x, y = np.ones((8, 3)), np.ones((8, 1))
    with pytest.warns(UserWarning, match="Limiting epochs to 2"):
        assert len(model.fit(x, y, epochs=5, verbose=0).epoch) == 2
    assert len(model.fit(x, y, epochs=1, verbose=0).epoch) == 1


@pytest.mark.parametrize("data", [(np.ones((8, 3)), np.ones((8, 1))), (Days(),)], ids=["arrays", "dataset"])
def test_max_steps_per_epoch(model, data):
    config.set_max_steps_per_epoch(3)
    steps = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(batch))
    with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
        model.fit(*data, verbose=0, callbacks=[count], **({"batch_size": 2} if len(data) == 2 else {}))
    assert steps == [0, 1, 2]
    with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
        assert len(model.predict(data[0], verbose=0, **({"batch_size": 2} if len(data) == 2 else {}))) == 6


def test_a_limit_that_is_none_says_nothing(model):
    config.set_max_steps_per_epoch(9)
    model.fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=2, verbose=0)
    for bad in (0, -1, 1.5):
        with pytest.raises(ValueError):
            config.set_max_epochs(bad)


def test_noted_switches():
    assert config.is_flash_attention_enabled() is None and config.is_traceback_filtering_enabled()
    config.enable_flash_attention()
    config.disable_traceback_filtering()
    assert config.is_flash_attention_enabled() and not config.is_traceback_filtering_enabled()
    config.disable_flash_attention()
    config.enable_traceback_filtering()
    assert config.is_flash_attention_enabled() is False and not config.is_nnx_enabled()


def test_files_stay_closed_and_backends_are_names():
    with pytest.warns(UserWarning, match="never run here"):
        config.enable_unsafe_deserialization()
    config.set_backend("jax")
    assert config.backend() == "fastnn"
    with pytest.raises(ValueError, match="Unknown `backend`"):
        config.set_backend("theano")
