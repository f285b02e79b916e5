"""OrbaxCheckpoint: which steps are kept, and what comes back from them."""

import os

import numpy as np
import pytest

import fastnn as keras
from fastnn.callbacks import Callback, OrbaxCheckpoint
from fastnn.core.errors import ArgumentError, StepExistsError

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X[:, :1] * 2


def net(loss="mse"):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["mae"])
    return model


def steps(folder):
    return sorted(map(int, os.listdir(folder)))


def fit(model, *listeners, **kwargs):
    return model.fit(X, Y, batch_size=4, verbose=0, callbacks=listeners, **kwargs)


@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ({}, [3]),
        ({"max_to_keep": 2}, [2, 3]),
        ({"max_to_keep": None}, [0, 1, 2, 3]),
        ({"save_freq": 2, "max_to_keep": None}, [2, 4, 6, 8, 10, 12]),
        ({"save_freq": 5, "max_to_keep": 1}, [10]),
        ({"save_best_only": True, "monitor": "loss", "initial_value_threshold": -1.0}, []),
        ({"save_best_only": True, "monitor": "loss", "max_to_keep": None, "save_freq": 3}, [3, 6, 9, 12]),
    ],
)
def test_which_steps_stay(tmp_path, background, arguments, kept):
    fit(net(), OrbaxCheckpoint(tmp_path / "c", save_on_background=background, **arguments), epochs=4)
    assert steps(tmp_path / "c") == kept


def test_a_whole_model_comes_back_and_goes_on(tmp_path):
    model, watch = net(), OrbaxCheckpoint(tmp_path, save_freq=1, max_to_keep=10)
    fit(model, watch, epochs=2)
    again = keras.saving.load_model(tmp_path)
    for a, b in zip(model.get_weights() + model.optimizer.variables, again.get_weights() + again.optimizer.variables):
        np.testing.assert_array_equal(a, b)
    fit(again, OrbaxCheckpoint(tmp_path, save_freq=1, max_to_keep=10), epochs=1)
    assert steps(tmp_path) == list(range(1, 10))
    first = keras.saving.load_model(tmp_path / "2", compile=False)
    assert not np.array_equal(first.get_weights()[0], again.get_weights()[0])


def test_weights_alone(tmp_path):
    model, other = net(), net()
    fit(model, OrbaxCheckpoint(tmp_path, save_weights_only=True), epochs=2)
    other.load_weights(tmp_path)
    for a, b in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ArgumentError, match="save_weights_only"):
        keras.saving.load_model(tmp_path)


def test_assets_are_kept(tmp_path):
    (tmp_path / "words.txt").write_text("cat\ndog")
    inputs = keras.Input((1,), dtype="string")
    lookup = keras.layers.StringLookup(vocabulary=str(tmp_path / "words.txt"), name="lookup")
    model = keras.Model(inputs, keras.layers.Embedding(5, 2)(lookup(inputs)))
    model.compile("sgd", "mse")
    watch = OrbaxCheckpoint(tmp_path / "c")
    watch.set_model(model)
    watch._save_checkpoint(step=0)
    watch.wait_until_finished()
    found = keras.saving.load_model(tmp_path / "c").get_layer("lookup")
    assert found.get_vocabulary() == lookup.get_vocabulary()


def test_a_folder_of_another_run(tmp_path):
    fit(net(), OrbaxCheckpoint(tmp_path), epochs=3)
    with pytest.raises(StepExistsError, match=r"Step 2 already exists.*received step 0") as caught:
        fit(net(), OrbaxCheckpoint(tmp_path), epochs=1)
    assert isinstance(caught.value, FileExistsError)
    fit(net(), OrbaxCheckpoint(tmp_path), initial_epoch=3, epochs=4)
    assert steps(tmp_path) == [3]


def test_a_model_that_was_loaded_goes_on_behind_the_last_number(tmp_path):
    """As in Keras's guide: no initial_epoch is given."""
    fit(net(), OrbaxCheckpoint(tmp_path, max_to_keep=None), epochs=3)
    fit(keras.saving.load_model(tmp_path), OrbaxCheckpoint(tmp_path, max_to_keep=4), epochs=2)
    assert steps(tmp_path) == [1, 2, 3, 4]
    model = keras.saving.load_model(tmp_path)
    assert int(model.optimizer.iterations) == 15
    fit(model, OrbaxCheckpoint(tmp_path, max_to_keep=4), initial_epoch=7, epochs=8)
    assert steps(tmp_path) == [2, 3, 4, 7]


def test_a_missing_monitor_warns_and_saves_nothing(tmp_path):
    with pytest.warns(UserWarning, match="only with val_loss available, skipping save at epoch 0"):
        fit(net(), OrbaxCheckpoint(tmp_path, save_best_only=True), epochs=1)
    assert steps(tmp_path) == []


class Interrupt(Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyError(epoch)


def test_after_an_interruption_all_is_on_the_disk_and_a_backup_goes_on(tmp_path):
    def callbacks():
        return [
            OrbaxCheckpoint(tmp_path / "c", save_freq=2, max_to_keep=None),
            keras.callbacks.BackupAndRestore(tmp_path / "b"),
        ]

    with pytest.raises(KeyError):
        fit(net(), *callbacks(), Interrupt(), epochs=3)
    assert steps(tmp_path / "c") == [2, 4, 6]
    for folder in ("4", "6"):  # what came after the backup at the end of epoch 0
        (tmp_path / "c" / folder / "model.keras").unlink()
        (tmp_path / "c" / folder).rmdir()
    fit(net(), *callbacks(), epochs=3)
    assert steps(tmp_path / "c") == [2, 4, 6, 8]


@pytest.mark.parametrize("wrong", [{"save_freq": "batch"}, {"save_freq": 0}, {"max_to_keep": 0}, {"max_to_keep": 1.5}])
def test_arguments(tmp_path, wrong):
    with pytest.raises(ArgumentError):
        OrbaxCheckpoint(tmp_path, **wrong)
