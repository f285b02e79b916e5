"""Callbacks of a run by several processes (threads here): the first one calls them, all have what they change."""

import numpy as np
import pytest
from distribution.ranks import training

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import NotSupportedError, ProcessesDifferError
from fastnn.models import conduct

X = np.random.default_rng(0).random((24, 3), np.float32)
Y = X[:, :1]


def build():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def does(at, what):
    """A callback that does something to the model at a hook; `calls` counts."""

    class Does(keras.callbacks.Callback):
        calls = 0

    def hook(self, *args, **kwargs):
        self.calls += 1
        what(self.model)

    setattr(Does, at, hook)
    return Does()


def fitted(monkeypatch, made, **more):
    """(weights, settings, epochs, calls) of two ranks."""

    def work(model, rank):
        callback = made()
        history = model.fit(X, Y, batch_size=8, epochs=3, verbose=0, callbacks=[callback], **more)
        settings = float(model.optimizer.learning_rate.numpy()), model.optimizer.clipnorm
        return [w.tolist() for w in model.get_weights()], settings, history.epoch, getattr(callback, "calls", None)

    return training(monkeypatch, 2, build, work)


def stop(model):
    model.stop_training = True


def slower(model):
    model.optimizer.learning_rate = 0.5
    model.optimizer.clipnorm = 0.25


def halve(model):
    model.layers[0].kernel.assign(model.layers[0].kernel.numpy() / 2)


CHANGES = [
    ("on_epoch_end", stop, 3, [0]), ("on_train_batch_end", stop, 1, [0]), ("on_epoch_begin", slower, 3, None),
    ("on_train_batch_begin", halve, 9, None), ("on_train_begin", halve, 1, None), ("on_test_end", halve, 3, None),
    ("on_epoch_end", lambda m: m.evaluate(X, Y, verbose=0), 3, None),
]  # fmt: skip


@pytest.mark.parametrize(("at", "what", "calls", "epochs"), CHANGES)
def test_what_a_callback_changes_all_have(monkeypatch, at, what, calls, epochs):
    one, two = fitted(monkeypatch, lambda: does(at, what), validation_split=0.0, validation_data=(X[:8], Y[:8]))
    assert one[:3] == two[:3] and two[3] == 0
    assert one[3] == (calls if epochs is None else 1) and one[2] == (epochs or [0, 1, 2])
    if what is slower:
        assert one[1] == (0.5, 0.25)


def test_the_librarys_own(monkeypatch, tmp_path):
    def made():
        return keras.callbacks.EarlyStopping("loss", min_delta=10, restore_best_weights=True)

    one, two = fitted(monkeypatch, made)
    assert one == two and one[2] == [0, 1]
    backup = tmp_path / "backup"
    one, two = fitted(monkeypatch, lambda: keras.callbacks.BackupAndRestore(backup, delete_checkpoint=False))
    assert one == two and len(list(backup.iterdir())) > 1


def test_both_hear_of_an_error_of_a_callback(monkeypatch):
    def fail(model):
        raise KeyError("of its own")

    def work(model, rank):
        kind = ProcessesDifferError if rank else KeyError
        with pytest.raises(kind, match="of its own"):
            model.fit(X, Y, verbose=0, callbacks=[does("on_epoch_begin", fail)])
        return True

    assert training(monkeypatch, 2, build, work) == [True, True]


def schedule(model):
    model.optimizer._learning_rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)


@pytest.mark.parametrize(("what", "text"), [
    (lambda m: m.compile("adam", "mse"), "changed the layers of the model or compiled it"),
    (schedule, "'_learning_rate' of the optimizer"),
])  # fmt: skip
def test_what_others_cannot_be_told(monkeypatch, what, text):
    def work(model, rank):
        with pytest.raises(ProcessesDifferError if rank else NotSupportedError, match=text):
            model.fit(X, Y, epochs=2, verbose=0, callbacks=[does("on_epoch_end", what)])
        return True

    assert training(monkeypatch, 2, build, work) == [True, True]


def test_a_forgotten_distribution_is_said_once(monkeypatch):
    monkeypatch.setenv("FASTNN_JOB", "word")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(conduct, "_said", [])
    model = build()
    with pytest.warns(UserWarning, match="each of them runs on its own") as found:
        model.fit(X, Y, verbose=0)
        model.evaluate(X, Y, verbose=0)
    assert len(found) == 1 and found[0].filename == __file__
