"""fit(checkpoint=..., resume=...): what it goes on from, what it refuses, and SIGTERM."""

import datetime
import os
import signal
import threading

import numpy as np
import pytest

import fastnn as keras
from fastnn import callbacks, layers
from fastnn.core.errors import ArgumentError, DataError, FileFormatError, FolderInUseError, NotBuiltError
from fastnn.saving.checkpoints import Checkpoints, files_of
from fastnn.saving.run_file import read_run

X = np.random.default_rng(0).random((40, 4), dtype="f4")
Y = X[:, :1] - X[:, 1:2]
FIT = {"x": X, "y": Y, "batch_size": 8, "verbose": 0, "validation_split": 0.2}


class Gone(Exception):
    """Stands for a process that ends."""


def net(units=6):
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, "tanh"), layers.Dropout(0.3), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def at(hook, number, action):
    """A callback that does something at one call of a hook, counted from 0 over the whole run."""
    calls = []

    def called(*args, **kwargs):
        calls.append(1)
        if len(calls) == number + 1:
            action()

    return callbacks.LambdaCallback(**{hook: called})


def gone():
    raise Gone


def left(model, history):
    return history.history, history.epoch, [v.numpy().tobytes() for v in (*model.variables, *model.optimizer.variables)]


def run(more=(), model=None, **how):
    model = net() if model is None else model
    return left(model, model.fit(**{**FIT, "epochs": 4, **how}, callbacks=list(more)))


def broken_off(folder, number=9, **how):
    with pytest.raises(Gone):
        run([at("on_train_batch_end", number, gone)], checkpoint=folder, **how)


EVERY = [1, 3, "epoch", "0.0005s", datetime.timedelta(microseconds=1)]


@pytest.mark.parametrize("freq", EVERY, ids=str)
def test_it_goes_on_and_returns_at_once_when_it_is_done(tmp_path, freq):
    keeps = callbacks.BackupAndRestore(tmp_path / "r", freq)
    broken_off(keeps)
    assert run(checkpoint=keeps) == run()
    before = [read_run(f).run["state"]["finished"] for f in files_of(tmp_path / "r")]
    assert before == [True, False]
    again = run([at("on_train_begin", 0, gone)], resume=tmp_path / "r")  # no callback is called
    assert again == run()


def test_two_fits_of_a_process_in_one_folder(tmp_path):
    def two(folder):
        model = net()
        return run(model=model, checkpoint=folder), run(model=model, checkpoint=folder)

    assert two(str(tmp_path / "r")) == two(None)
    assert {os.path.basename(f)[:4] for f in [*files_of(tmp_path / "r", 1), *files_of(tmp_path / "r", 2)]} == {
        "fit1",
        "fit2",
    }


def test_more_epochs_later(tmp_path):
    run(checkpoint=tmp_path / "r", epochs=2)
    assert run(resume=tmp_path / "r", epochs=5) == run(epochs=5)


def test_a_run_that_was_stopped_is_done(tmp_path):
    def stops():
        return [callbacks.EarlyStopping("loss", min_delta=1.0, patience=1, restore_best_weights=True)]

    expected = run(stops())
    assert run(stops(), checkpoint=tmp_path / "r") == expected == run(stops(), resume=tmp_path / "r", epochs=9)
    # killed after the epoch that stopped it, before its end
    with pytest.raises(Gone):
        run([*stops(), at("on_train_end", 0, gone)], checkpoint=tmp_path / "s")
    assert run(stops(), checkpoint=tmp_path / "s") == expected


def test_resume_says_where_from(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        run(checkpoint=tmp_path / "r", resume=True)
    broken_off(tmp_path / "r")
    newest = files_of(tmp_path / "r")[0]
    assert run(resume=newest, checkpoint=tmp_path / "other") == run()
    model = net()
    model.load_weights(newest)  # weights like any others
    assert [w.tobytes() for w in model.get_weights()] != [w.tobytes() for w in net().get_weights()]
    assert run(checkpoint=tmp_path / "r", resume=False) == run()


BAD = {"checkpoint": [3, "", b"x"], "resume": [None, 3, ""]}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD.items() for v in values])
def test_bad_arguments(name, value):
    with pytest.raises(ArgumentError, match=f"{name}: received"):
        run(**{name: value})


def test_what_cannot_be(tmp_path):
    with pytest.raises(ArgumentError, match="resume=True without a checkpoint"):
        run(resume=True)
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(NotBuiltError, match="keep checkpoints"):
        model.fit(((X[:8], Y[:8]) for _ in range(3)), verbose=0, checkpoint=tmp_path / "r")
    with pytest.raises(ArgumentError, match=r"save_freq='2 days'\. Expected either 'epoch'.*'30s'"):
        callbacks.BackupAndRestore("b", "2 days")
    for bad in (0, -1, True, 1.5, "0s", None, datetime.timedelta(0)):
        with pytest.raises(ArgumentError, match="save_freq"):
            callbacks.BackupAndRestore("b", bad)


OTHER = {
    "rows: 32 then, 24": {"x": X[:30], "y": Y[:30]},
    "batch size: 8 then, 4": {"batch_size": 4},
    "content: ": {"x": X + 1},
    "validation rows: 8 then, 10": {"validation_split": 0.25},
    "shuffle: True then, False now": {"shuffle": False},
    "validation rows: 8 then, none now": {"x": X[:32], "y": Y[:32], "validation_split": 0},
    "batches of a pass: none then, not known now": {"x": iter([(X, Y)]), "y": None, "batch_size": None,
                                                    "validation_split": 0},
}  # fmt: skip


@pytest.mark.parametrize("says", OTHER)
def test_other_data_are_refused(tmp_path, says):
    broken_off(tmp_path / "r")
    model = net()
    before = [v.numpy() for v in model.variables]
    with pytest.raises(ArgumentError, match=rf"was written by another run: .*{says}"):
        run(model=model, checkpoint=tmp_path / "r", **OTHER[says])
    assert all(map(np.array_equal, before, (v.numpy() for v in model.variables)))
    assert run(checkpoint=tmp_path / "r") == run()


def test_another_version_and_another_model(tmp_path, monkeypatch):
    broken_off(tmp_path / "r")
    with pytest.raises(FileFormatError, match="does not fit model"):
        run(model=net(7), checkpoint=tmp_path / "r")
    for optimizer, says in (
        ("sgd", "optimizer: Adam then, SGD now"),
        (keras.optimizers.Adam(use_ema=True), "10 arrays"),
    ):
        model = net()
        model.compile(optimizer, "mse", metrics=["mae"])
        with pytest.raises((ArgumentError, FileFormatError), match=says):
            run(model=model, checkpoint=tmp_path / "r")
    monkeypatch.setattr(keras, "__version__", "9.9.9")
    with pytest.raises(ArgumentError, match=r"fastnn: .* then, 9\.9\.9 now"):
        run(checkpoint=tmp_path / "r")


def test_the_folder_of_another_run(tmp_path):
    with pytest.raises(FolderInUseError, match="another run of this process"):
        run([at("on_train_begin", 0, lambda: run(checkpoint=tmp_path / "r"))], checkpoint=tmp_path / "r")
    Checkpoints(tmp_path / "r").close()  # it was let go


def test_a_disk_that_is_full(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Checkpoints, "write", full)
    with pytest.warns(UserWarning, match=r"could not be written .*No space left.*Training goes on"):
        assert run(checkpoint=tmp_path / "r") == run()
    assert not [t for t in threading.enumerate() if t.name == "fastnn checkpoints"]


def test_what_a_callback_keeps_must_be_plain(tmp_path):
    class Odd(callbacks.Callback):
        state, thing = ("thing",), object()

    with pytest.raises(ArgumentError, match=r"Cannot save <object object.*in the state of the run"):
        run([Odd()], checkpoint=tmp_path / "r")


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


ENDS = {"on_train_batch_end": (0, 5, 15), "on_test_batch_end": (0, 3), "on_epoch_begin": (2,), "on_train_end": (0,)}


@pytest.mark.parametrize(("hook", "number"), [(h, n) for h, numbers in ENDS.items() for n in numbers])
def test_sigterm_writes_a_checkpoint_and_ends(tmp_path, hook, number):
    done = []
    with pytest.raises(SystemExit) as ended:
        run([at(hook, number, terminate), at("on_train_batch_end", 99, done.append)], checkpoint=tmp_path / "r")
    assert ended.value.code == 143 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    state = read_run(files_of(tmp_path / "r")[0]).run["state"]
    where = {"on_train_batch_end": divmod(number + 1, 4), "on_test_batch_end": (number, 4), "on_epoch_begin": (2, 1)}
    if hook in where:
        epoch, batch = where[hook]
        found = state["epoch"], state["batch"]
        assert found in ((epoch, batch), (epoch - 1, batch + 4))
    assert run(checkpoint=tmp_path / "r") == run()


def test_sigterm_with_a_handler_of_the_users(tmp_path):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append(1))
    try:
        assert run([at("on_train_batch_end", 5, terminate)], checkpoint=tmp_path / "r") == run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [1]


def test_sigterm_is_left_alone_in_other_threads(tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(run(checkpoint=tmp_path / "r")))
    thread.start()
    thread.join()
    assert found == [run()] and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def stream(seed=0, n=10**9):
    lot = np.random.default_rng(seed)
    for _ in range(n):
        rows = lot.integers(0, 40, 8)
        yield X[rows], Y[rows]


def test_a_source_that_gives_other_batches(tmp_path):
    data = {"y": None, "batch_size": None, "validation_split": 0, "steps_per_epoch": 5}
    keeps = callbacks.BackupAndRestore(tmp_path / "r", 1)
    broken_off(keeps, x=stream(), **data)
    with pytest.raises(DataError, match=r"batch \d+ \(counted from 1\) is another one.*state\(\)"):
        run(checkpoint=keeps, x=stream(1), **data)
    with pytest.raises(DataError, match=r"had taken \d+ batches of the data source, which has only 3"):
        run(checkpoint=keeps, x=stream(0, 3), **data)
    assert run(checkpoint=keeps, x=stream(), **data) == run(x=stream(), **data)
