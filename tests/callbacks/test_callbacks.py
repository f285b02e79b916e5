"""Callbacks driven by fake models: what they do to weights, learning rates and files, epoch by epoch."""

import csv
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn as keras
from fastnn import callbacks, metrics
from fastnn.callbacks.monitor import direction_of
from fastnn.core.errors import ArgumentError, NotFiniteWarning, UnknownNameError
from fastnn.metrics.compile_metrics import CompileMetrics

NAN = float("nan")


class FakeOptimizer:
    learning_rate = 0.1
    built, use_ema = True, False


class FakeModel:
    """A model whose weights are the number of the epoch."""

    def __init__(self, found=()):
        self.weights, self.optimizer, self.metrics, self.stop_training = -1, FakeOptimizer(), list(found), False
        self.saved, self.history, self.built = [], None, True

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, overwrite=True):
        self.saved.append(os.path.basename(path))
        with open(path, "w") as file:
            file.write("model")

    save_weights = save

    def load_weights(self, path):
        with open(path) as file:
            self.loaded = path, file.read()


def fit(model, listeners, logs, epochs=None):
    """The hooks of a run whose epochs end with these logs; returns the number of epochs that ran."""
    run = callbacks.CallbackList(
        listeners, add_history=True, model=model, verbose=0, epochs=epochs or len(logs), steps=1
    )
    model.stop_training = False
    run.on_train_begin()
    for epoch, values in enumerate(logs):
        run.on_epoch_begin(epoch)
        model.weights = epoch
        run.on_epoch_end(epoch, values if isinstance(values, dict) else {"val_loss": values})
        if model.stop_training:
            break
    run.on_train_end()
    return epoch + 1


# ------------------------------------------------------------------ EarlyStopping
@pytest.mark.parametrize("values, arguments, ran, weights", [
    ([3, 2, 1], {}, 3, 2), ([3, 4, 1], {}, 2, 0), ([3, 4, 5], {"patience": 2}, 3, 0),
    ([3, 4, 2, 5], {"patience": 2}, 4, 2),
    ([3, 2.95, 2.9, 2.0], {"min_delta": 0.2, "patience": 2}, 3, 0), ([1, 2, 0], {"mode": "max"}, 3, 1),
    ([NAN, 3, 2, 4], {"patience": 1}, 4, 2), ([3, NAN, 2], {"patience": 1}, 2, 0),
    ([NAN, NAN, NAN], {"patience": 1}, 2, 1), ([5, 4, 3], {"baseline": 1, "patience": 1}, 3, 2),
    ([5, 6, 7], {"baseline": 4, "patience": 2}, 2, 0), ([9, 1, 2, 3], {"start_from_epoch": 2}, 4, 2)])  # fmt: skip
def test_early_stopping(values, arguments, ran, weights):
    model = FakeModel()
    stop = callbacks.EarlyStopping(restore_best_weights=True, **arguments)
    for _ in range(2):  # an instance can be used again
        assert fit(model, stop, values) == ran
        assert model.weights == weights


def reference_stop(values, patience, min_delta):
    """(epochs that ran, best epoch or None), as one reads it in the documentation."""
    best, at, wait = math.inf, None, 0
    for epoch, value in enumerate(values):
        wait += 1
        if not math.isnan(value) and (at is None or value + min_delta < best):
            best, at, wait = value, epoch, 0
        elif wait >= patience and epoch > 0:
            return epoch + 1, at
    return len(values), at


@given(
    st.lists(st.one_of(st.integers(0, 6).map(float), st.just(NAN)), min_size=1, max_size=12),
    st.integers(0, 4),
    st.sampled_from([0, 1]),
)
def test_early_stopping_on_random_sequences(values, patience, min_delta):
    model = FakeModel()
    ran = fit(model, callbacks.EarlyStopping(patience=patience, min_delta=min_delta, restore_best_weights=True), values)
    expected, best = reference_stop(values, patience, min_delta)
    assert ran == expected and model.weights == (ran - 1 if best is None else best)


def test_early_stopping_without_its_monitor(capsys):
    model = FakeModel()
    with pytest.warns(UserWarning, match="`val_loss` which is not available. Available metrics are: loss"):
        assert fit(model, callbacks.EarlyStopping(), [{"loss": 1.0}, {"loss": 2.0}]) == 2
    fit(model, callbacks.EarlyStopping("loss", verbose=1, restore_best_weights=True), [{"loss": 1.0}, {"loss": 2.0}])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: early stopping",
        "Restoring model weights from the end of the best epoch: 1.",
    ]


def test_direction_of_a_monitor():
    compiled = CompileMetrics({"a": "accuracy", "b": "mae"}, None, output_names=["a", "b"])
    compiled.build([np.zeros(4), np.zeros((4, 1))], [np.zeros((4, 2)), np.zeros((4, 1))])
    model = FakeModel([metrics.Mean(name="loss"), compiled, metrics.AUC(name="area"), metrics.Mean(name="own")])
    assert direction_of("val_a_accuracy", model) == "up" and direction_of("b_mae", model) == "down"
    assert direction_of("loss", model) == "down" and direction_of("val_a_loss", model) == "down"
    assert direction_of("area", model) == "up" and direction_of("own", model) is None
    with pytest.raises(ArgumentError, match="mode='max'"):
        fit(model, callbacks.EarlyStopping("own"), [{"own": 1.0}])
    with pytest.warns(UserWarning, match="'most' is unknown"):
        callbacks.EarlyStopping(mode="most")


# ------------------------------------------------------------------ learning rates
@pytest.mark.parametrize(
    "values, arguments, rates",
    [
        ([1, 1, 1, 1], {"patience": 1, "factor": 0.5}, [0.1, 0.05, 0.025, 0.0125]),
        ([1, 1, 1, 1], {"patience": 2, "factor": 0.5}, [0.1, 0.1, 0.05, 0.05]),
        ([1, 1, 1, 1, 1], {"patience": 1, "factor": 0.5, "cooldown": 2}, [0.1, 0.05, 0.05, 0.025, 0.025]),
        ([1, 1, 1, 1], {"patience": 1, "factor": 0.5, "min_lr": 0.04}, [0.1, 0.05, 0.04, 0.04]),
        ([1, NAN, 0.5, NAN], {"patience": 1, "factor": 0.5}, [0.1, 0.05, 0.05, 0.025]),
        ([1, 0.95, 0.5], {"patience": 1, "factor": 0.5, "epsilon": 0.1}, [0.1, 0.05, 0.05]),
    ],
)
def test_reduce_on_plateau(values, arguments, rates):
    model, seen = FakeModel(), []
    note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.optimizer.learning_rate))
    fit(model, [callbacks.ReduceLROnPlateau(**arguments), note], values)
    assert seen == pytest.approx(rates)
    assert model.history.history["learning_rate"] == pytest.approx([0.1, *rates[:-1]])


def test_reduce_on_plateau_arguments(capsys):
    for arguments in ({"factor": 1.0}, {"speed": 2}):
        with pytest.raises(ArgumentError, match="ReduceLROnPlateau"):
            callbacks.ReduceLROnPlateau(**arguments)
    with pytest.warns(UserWarning, match="Learning rate reduction is conditioned"):
        fit(FakeModel(), callbacks.ReduceLROnPlateau(), [{"loss": 1.0}])
    fit(FakeModel(), callbacks.ReduceLROnPlateau(patience=1, verbose=1), [1, 1])
    assert "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.01" in capsys.readouterr().out


def test_learning_rate_scheduler(capsys):
    model = FakeModel()
    fit(model, callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1), [1, 1])
    assert model.optimizer.learning_rate == 0.025
    assert model.history.history["learning_rate"] == [0.05, 0.025]
    assert "Epoch 2: LearningRateScheduler setting learning rate to 0.025." in capsys.readouterr().out
    fit(model, callbacks.LearningRateScheduler(lambda epoch: np.float32(epoch)), [1, 1])
    assert model.optimizer.learning_rate == 1.0
    with pytest.raises(ArgumentError, match="should be a float"):
        fit(model, callbacks.LearningRateScheduler(lambda epoch, rate: "fast"), [1])


# ------------------------------------------------------------------ files
def test_model_checkpoint_names(tmp_path):
    model = FakeModel()
    every = callbacks.ModelCheckpoint(tmp_path / "new" / "m-{epoch:02d}-{val_loss:.1f}.keras")
    fit(model, every, [3, 2])
    assert model.saved == ["m-01-3.0.keras", "m-02-2.0.keras"]
    with pytest.raises(UnknownNameError, match="'acc' is not among the logs: epoch, val_loss"):
        fit(model, callbacks.ModelCheckpoint(tmp_path / "{acc}.keras"), [1])


def test_model_checkpoint_every_few_epochs(tmp_path):
    model = FakeModel()
    fit(model, callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", period=2), [1, 1, 1, 1, 1])
    assert model.saved == ["2.keras", "4.keras"]


@pytest.mark.parametrize("values, arguments, epochs", [
    ([3, 4, 2, NAN, 2, 1], {}, [1, 3, 6]), ([NAN, 3, 4], {}, [2]), ([3, 1, 2], {"initial_value_threshold": 2.5}, [2]),
    ([3, 4, 2], {"mode": "max"}, [1, 2])])  # fmt: skip
def test_model_checkpoint_best_only(tmp_path, values, arguments, epochs):
    model = FakeModel()
    fit(model, callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True, **arguments), values)
    assert model.saved == [f"{e}.keras" for e in epochs]


def test_model_checkpoint_every_few_batches(tmp_path):
    model = FakeModel()
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=3)
    run = callbacks.CallbackList(checkpoint, model=model)
    assert run.wants_batches("train") and not run.wants_batches("test")
    assert not callbacks.CallbackList(callbacks.ModelCheckpoint("x.keras")).wants_batches("train")
    for epoch in range(2):
        run.on_epoch_begin(epoch)
        for batch in range(4):
            run.on_train_batch_end(batch, {"loss": 1.0})
        run.on_epoch_end(epoch, {})
    assert model.saved == ["1-3.weights.h5", "2-2.weights.h5"]


def test_model_checkpoint_errors(tmp_path, capsys):
    for arguments in (
        {"filepath": "m.txt"},
        {"filepath": "m.hdf"},
        {"filepath": "m.keras", "save_weights_only": True},
        {"filepath": "m.keras", "save_freq": "batch"},
    ):
        with pytest.raises(ArgumentError):
            callbacks.ModelCheckpoint(**arguments)
    model = FakeModel()
    with pytest.warns(UserWarning, match="Can save best model only with val_loss"):
        fit(model, callbacks.ModelCheckpoint(tmp_path / "m.keras", save_best_only=True), [{"loss": 1.0}])
    (tmp_path / "d.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="non-directory"):
        fit(model, callbacks.ModelCheckpoint(tmp_path / "d.keras"), [1])
    fit(model, callbacks.ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, verbose=1), [2, 3])
    out = capsys.readouterr().out
    assert "val_loss improved from None to 2.00000, saving model to" in out
    assert "Epoch 2: val_loss did not improve from 2.00000" in out


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    model = FakeModel()
    fit(model, callbacks.CSVLogger(path), [{"loss": 1.0}, {"loss": 0.5, "val_loss": 2.0}])
    fit(model, callbacks.CSVLogger(path, append=True), [{"loss": 0.25}])
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows == [["epoch", "loss", "val_loss"], ["0", "1.0", "NA"], ["1", "0.5", "2.0"], ["0", "0.25", "NA"]]


# ------------------------------------------------------------------ lists, history, hooks
def test_history():
    model = FakeModel()
    fit(model, [], [{"loss": 2.0, "acc": 0.5}, {"loss": 1.0, "acc": 0.75}])
    assert model.history.history == {"acc": [0.5, 0.75], "loss": [2.0, 1.0]} and model.history.epoch == [0, 1]
    assert list(model.history.history) == ["acc", "loss"]
    own = callbacks.History()
    fit(model, own, [1.0])
    assert model.history is own


def test_all_hooks_reach_all_callbacks():
    seen = []
    hooks = [
        f"on_{what}_{when}"
        for what in ("epoch", "train", "test", "predict", "batch", "train_batch", "test_batch", "predict_batch")
        for when in ("begin", "end")
    ]
    notes = {h: (lambda *a, h=h, **k: seen.append(h)) for h in hooks}
    run = callbacks.CallbackList([[callbacks.LambdaCallback(**notes)]])
    for hook in hooks:
        arguments = (0,) if "batch" in hook or "epoch" in hook else ()
        getattr(run, hook)(*arguments)
    assert seen == hooks


def test_older_batch_hooks_are_called():
    class Old(callbacks.Callback):
        seen = 0

        def on_batch_end(self, batch, logs=None):
            self.seen += 1

    old = Old()
    run = callbacks.CallbackList(old)
    run.on_train_batch_end(0, {})
    assert old.seen == 1 and run.wants_batches("train") and not run.wants_batches("predict")


def test_who_wants_batches():
    wants = lambda c, kind="train": callbacks.CallbackList(c).wants_batches(kind)
    assert not wants(
        [
            callbacks.EarlyStopping(),
            callbacks.History(),
            callbacks.CSVLogger("x"),
            callbacks.ProgbarLogger(),
            callbacks.ReduceLROnPlateau(),
            callbacks.LambdaCallback(on_epoch_end=print),
        ]
    )
    assert wants(callbacks.TerminateOnNaN()) and wants(callbacks.LambdaCallback(on_train_batch_end=print))
    assert wants(callbacks.LambdaCallback(on_predict_batch_end=print), "predict")


def test_what_is_not_a_callback():
    with pytest.raises(ArgumentError, match="write EarlyStopping"):
        callbacks.CallbackList([callbacks.EarlyStopping])
    with pytest.raises(ArgumentError, match="instances of"):
        callbacks.CallbackList(["EarlyStopping"])
    with pytest.raises(ArgumentError, match="unknown hook"):
        callbacks.LambdaCallback(on_epoch_finish=print)


def test_logs_are_sorted_floats_and_shared():
    seen = {}

    class Adds(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = 1.0

    class Reads(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.update(logs)

    callbacks.CallbackList([Adds(), Reads()]).on_epoch_end(0, {"b": np.float32(0.5), "a": np.array(2)})
    assert list(seen) == ["a", "b", "extra"] and all(type(v) is float for v in seen.values())


def test_terminate_on_nan(capsys):
    model = FakeModel()
    run = callbacks.CallbackList(callbacks.TerminateOnNaN(), model=model)
    run.on_train_batch_end(0, {"loss": 1.0})
    assert not model.stop_training
    run.on_train_batch_end(1, {"loss": math.inf})
    assert model.stop_training and "Batch 1: Invalid loss" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="batch 2"):
        strict = callbacks.CallbackList(callbacks.TerminateOnNaN(raise_error=True), model=model)
        strict.on_train_batch_end(2, {"loss": NAN})


class Broken(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise KeyError(batch)


@pytest.mark.parametrize("listener, called", [(callbacks.TerminateOnNaN(raise_error=True), 0), (Broken(), 1)])
def test_after_a_raised_nan_no_callback_ends_its_training_but_files_are_closed(tmp_path, listener, called):
    ended, log = [], callbacks.CSVLogger(tmp_path / "log.csv")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = np.ones((1, 1)), np.full((1, 1), 1e38)
    with pytest.raises((RuntimeError, KeyError)), pytest.warns(NotFiniteWarning):
        model.fit(*data, callbacks=[callbacks.LambdaCallback(on_train_end=ended.append), log, listener], verbose=0)
    assert len(ended) == called and log.csv_file is None


def test_states_go_round():
    stop = callbacks.EarlyStopping(patience=3)
    stop.set_model(FakeModel())
    stop.on_train_begin()
    stop.on_epoch_end(0, {"val_loss": 1.0})
    stop.on_epoch_end(1, {"val_loss": 2.0})
    other = callbacks.EarlyStopping(patience=3)
    run = callbacks.CallbackList([other, callbacks.LambdaCallback()])
    run.load_state_dict({"callbacks": [["LambdaCallback", {}], ["EarlyStopping", stop.state_dict()]]})
    assert (other.wait, other.best, other.best_epoch) == (1, 1.0, 0)
    assert run.state_dict()["callbacks"][0] == ["EarlyStopping", stop.state_dict()]


def test_swap_ema_weights():
    from fastnn.graph import Variable

    weight, average = Variable([1.0], name="w"), Variable([5.0], name="a")
    model = FakeModel()
    run = callbacks.CallbackList(callbacks.SwapEMAWeights(), model=model, epochs=1)
    with pytest.raises(ArgumentError, match="use_ema=True"):
        run.on_test_begin()
    model.optimizer.use_ema, model.optimizer.trainable_variables, model.optimizer.averages = True, [weight], [average]
    run.on_test_begin()
    assert (float(weight.numpy()[0]), float(average.numpy()[0])) == (5.0, 1.0)
    run.on_test_end()
    assert (float(weight.numpy()[0]), float(average.numpy()[0])) == (1.0, 5.0)


def test_a_users_callback_list_is_completed():
    """fit returns a History, and callbacks know the model and the run, whatever the list was made with."""

    class Notes(callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append((self.model, self.params["epochs"]))

    x, y, seen = np.ones((4, 2), "float32"), np.ones((4, 1), "float32"), []
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    own = callbacks.History()
    for listeners in (callbacks.CallbackList([Notes()], model=model), callbacks.CallbackList([Notes(), own])):
        found = model.fit(x, y, verbose=0, callbacks=listeners, receipt=True)
        assert len(found.history["loss"]) == 1 and model.history is found and found.receipt is not None
    assert found is own and seen == [(model, 1)] * 2
