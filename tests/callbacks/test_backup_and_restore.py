"""BackupAndRestore: a run that is broken off anywhere and begun again leaves the bits of one that was not."""

import json
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn as keras
from fastnn import callbacks, layers
from fastnn.core.errors import ArgumentError, FileFormatError, NotBuiltError
from fastnn.saving.run import load_run, save_run
from fastnn.saving.run_file import read_run

ROWS, BATCH, EPOCHS = 44, 8, 4  # five batches and a ragged one
X = np.random.default_rng(0).random((ROWS, 4), dtype="f4")
Y = X[:, :1] - 0.5 * X[:, 1:2]


class Gone(Exception):
    """Stands for a process that ends."""


class Ends(callbacks.Callback):
    def __init__(self, epoch, batch):
        super().__init__()
        self.at, self.now = (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        if self.at == (epoch, None):
            raise Gone

    def on_train_batch_end(self, batch, logs=None):
        if self.at == (self.now, batch):
            raise Gone


class Numbered(keras.utils.PyDataset):
    def __len__(self):
        return -(-ROWS // BATCH)

    def __getitem__(self, i):
        return X[i * BATCH : (i + 1) * BATCH], Y[i * BATCH : (i + 1) * BATCH]


def generator():
    while True:
        for i in range(-(-ROWS // BATCH)):
            yield X[i * BATCH : (i + 1) * BATCH], Y[i * BATCH : (i + 1) * BATCH]


def net(kind="dropout"):
    keras.utils.set_random_seed(7)
    middle = {
        "dropout": [layers.Dropout(0.5), layers.BatchNormalization()],
        "noise": [layers.GaussianNoise(0.1), layers.LayerNormalization()],
        "plain": [],
    }[kind]
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), *middle, layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def train(model, source, steps, more):
    data = {
        "arrays": lambda: dict(x=X, y=Y, batch_size=BATCH),
        "dataset": lambda: dict(x=Numbered()),
        "generator": lambda: dict(x=generator()),
    }[source]()
    steps = 6 if source == "generator" and steps is None else steps
    history = model.fit(
        **data,
        epochs=EPOCHS,
        verbose=0,
        steps_per_epoch=steps,
        validation_data=(X[:10], Y[:10]),
        callbacks=[callbacks.ReduceLROnPlateau(patience=1, min_delta=0.5), *more],
    )
    return history.history, history.epoch, [v.numpy().tobytes() for v in (*model.variables, *model.optimizer.variables)]


@given(st.data())
def test_the_bits_of_an_uninterrupted_run(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("run") / "backup"
    kind = data.draw(st.sampled_from(("dropout", "noise", "plain")), "layers")
    source = data.draw(st.sampled_from(("arrays", "dataset", "generator")), "source")
    steps = data.draw(st.sampled_from((None, 3)) if source != "generator" else st.just(4), "steps")
    freq = data.draw(st.sampled_from(("epoch", 1, 2, 3, 6)), "save_freq")
    expected = train(net(kind), source, steps, [])
    for _ in range(data.draw(st.integers(1, 2), "ends")):
        at = data.draw(st.tuples(st.integers(0, EPOCHS - 1), st.sampled_from((None, 0, 1, 2, 3))), "end")
        try:
            train(net(kind), source, steps, [callbacks.BackupAndRestore(folder, freq), Ends(*at)])
        except Gone:
            continue
        break  # it had been beyond that point already
    keras.utils.set_random_seed(99)  # what comes after depends on the backup alone
    again = train(net(kind), source, steps, [callbacks.BackupAndRestore(folder, freq)])
    assert again == expected
    assert not folder.exists()


def test_the_states_of_recurrent_layers():
    def run(more):
        keras.utils.set_random_seed(7)
        model = keras.Sequential(
            [keras.Input(batch_shape=(4, 3, 2)), layers.LSTM(3, stateful=True, dropout=0.2), layers.Dense(1)]
        )
        model.compile("adam", "mse")
        x = np.linspace(0, 1, 16 * 6, dtype="f4").reshape(16, 3, 2)
        model.fit(x, x[:, 0, :1], batch_size=4, epochs=3, shuffle=False, verbose=0, callbacks=more)
        return [w.tobytes() for w in model.get_weights()]

    with tempfile.TemporaryDirectory() as folder:
        with pytest.raises(Gone):
            run([callbacks.BackupAndRestore(folder + "/b", save_freq=2), Ends(1, 2)])
        assert run([callbacks.BackupAndRestore(folder + "/b", save_freq=2)]) == run([])


def test_each_call_of_fit_has_its_own_order(tmp_path):
    def run(interrupt):
        model, seen = net("plain"), []
        model.fit(X, Y, batch_size=BATCH, epochs=2, verbose=0)
        more = [callbacks.BackupAndRestore(tmp_path / "b")]
        if interrupt:
            with pytest.raises(Gone):
                train(model, "arrays", None, [*more, Ends(2, None)])
            model = net("plain")
        seen.append(train(model, "arrays", None, more))
        return seen

    assert run(False) == run(True)


def test_a_damaged_backup_falls_back_to_the_one_before(tmp_path):
    folder = tmp_path / "b"
    with pytest.raises(Gone):
        train(net(), "arrays", None, [callbacks.BackupAndRestore(folder, double_checkpoint=True), Ends(2, None)])
    files = sorted(folder.glob("*.run"))
    assert [read_run(f).run["state"]["epoch"] for f in files] == [1, 2]
    torn = files[1].read_bytes()
    files[1].write_bytes(torn[:-9])
    expected = train(net(), "arrays", None, [])
    with pytest.warns(
        UserWarning, match=rf"{files[1].name}: cannot be read .*from the checkpoint before, .*{files[0].name}"
    ):
        assert train(net(), "arrays", None, [callbacks.BackupAndRestore(folder)]) == expected
    folder.mkdir()
    files[1].write_bytes(torn[:-9])
    model = net()
    before = [v.numpy() for v in model.variables]
    with pytest.raises(FileFormatError):
        train(model, "arrays", None, [callbacks.BackupAndRestore(folder)])
    assert all(map(np.array_equal, before, (v.numpy() for v in model.variables)))


def test_weights_alone_and_the_epoch_of_keras(tmp_path):
    model = net("plain")
    model.save_weights(tmp_path / "latest.weights.h5")
    (tmp_path / "training_metadata.json").write_text(json.dumps({"epoch": 3, "batch": 0}))
    history = net("plain").fit(
        X, Y, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)]
    )
    assert history.epoch == [3, 4]


NO_NOTES = (b"", b"{", b"[]", b"3", b"\xff\xfe", b'{"epoch": "x"}', b'{"epoch": -3}', b'{"epoch": 1e99}',
            b'{"batch": 2}', b'{"epoch": true}', b'{"epoch": null}', b'{"epoch": 1' + b"0" * 5000 + b"}",
            b"[" * 50000)  # fmt: skip


@pytest.mark.parametrize("notes", NO_NOTES, ids=lambda b: repr(b[:12]))
def test_damaged_notes_of_keras(tmp_path, notes):
    net("plain").save_weights(tmp_path / "latest.weights.h5")
    (tmp_path / "training_metadata.json").write_bytes(notes)
    model = net("plain")
    before = model.get_weights()
    with pytest.raises(FileFormatError, match="names no epoch"):
        train(model, "arrays", None, [callbacks.BackupAndRestore(tmp_path)])
    assert all(map(np.array_equal, before, model.get_weights()))


def test_the_notes_before_damaged_ones(tmp_path):
    for end, epoch in (("", b"{"), (".bkp", b'{"epoch": 2, "batch": 0}')):
        net("plain").save_weights(tmp_path / "latest.weights.h5")
        (tmp_path / "latest.weights.h5").rename(tmp_path / f"kept{end}")
        (tmp_path / f"training_metadata.json{end}").write_bytes(epoch)
    for end in ("", ".bkp"):
        (tmp_path / f"kept{end}").rename(tmp_path / f"latest.weights.h5{end}")
    keep = callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    assert net("plain").fit(X, Y, epochs=4, verbose=0, callbacks=[keep]).epoch == [2, 3]


def test_what_it_needs():
    with pytest.raises(ArgumentError, match="Empty"):
        callbacks.BackupAndRestore("")
    assert not callbacks.BackupAndRestore("b").wants_batches("train")
    assert callbacks.BackupAndRestore("b", save_freq=2).when == (False, 2, None)
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    listener = callbacks.BackupAndRestore("b")
    listener.set_model(model)
    with pytest.raises(NotBuiltError, match="must be built"):
        listener.on_train_begin()


def test_the_state_of_a_run_goes_round(tmp_path):
    model, path = net(), tmp_path / "run.weights.h5"
    state = {"a": [1, 2.5, None, "x", True, float("inf")], "b": {"c": np.arange(3), "d": np.float32(0.5)}}
    save_run(model, path, state)
    found = load_run(model, read_run(path))
    assert found["a"] == state["a"] and found["b"]["d"] == 0.5 and found["b"]["c"].tolist() == [0, 1, 2]
    net().load_weights(path)  # a weights file like any other
    with pytest.raises(ArgumentError, match=r"'b', 'e'.*expected numbers, text"):
        save_run(model, path, {"b": {"e": object()}})
    data = bytearray(path.read_bytes())
    at = data.find(b'"format":2')
    data[at + 9] = ord("7")
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match="checksum"):
        read_run(path)


class Streams:
    """Batches that cannot be numbered: an iterable that begins again."""

    def __iter__(self):
        return (Numbered()[i] for i in range(len(Numbered())))


def stateful():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [keras.Input(batch_shape=(BATCH, 4)), layers.Reshape((4, 1)), layers.LSTM(3, stateful=True), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model


class Counts(callbacks.Callback):
    """Counts batches, before or after the backup is made, and says its count at the end of each epoch."""

    state, n = ("n",), 0

    def on_train_batch_end(self, batch, logs=None):
        self.n += 1

    def on_epoch_end(self, epoch, logs=None):
        logs["count"] = self.n


def in_an_epoch(folder, at, make=net, more=lambda folder: [], freq=1, **how):
    """(what an uninterrupted run leaves, what one that ended at `at` and was begun again leaves)."""

    def fit(name, *extra):
        (folder / name).mkdir(exist_ok=True)
        model = make()
        data = {k: v() for k, v in {"x": lambda: X, "y": lambda: Y, **how}.items()}
        history = model.fit(
            **{k: v for k, v in data.items() if v is not None},
            epochs=EPOCHS,
            verbose=0,
            callbacks=[*extra, *more(folder / name)],
        )
        return (
            history.history,
            [w.tobytes() for w in (*model.get_weights(), *(v.numpy() for v in model.optimizer.variables))],
            {file.name: file.read_bytes() for file in sorted((folder / name).iterdir()) if file.name.endswith("csv")},
        )

    expected = fit("whole")
    for ends in at:
        with pytest.raises(Gone):
            fit("parts", callbacks.BackupAndRestore(folder / "b", freq), Ends(*ends))
    return expected, fit("parts", callbacks.BackupAndRestore(folder / "b", freq))


ONE = {"y": lambda: None}
GOES_ON = {
    "numbered": {"x": Numbered, **ONE},
    "stream": {"x": Streams, **ONE},
    "generator": {"x": lambda: (b for b in Streams()), **ONE, "steps_per_epoch": lambda: 1},
    "a pass ends inside an epoch": {"x": Numbered, **ONE, "steps_per_epoch": lambda: 4},
    "rows end inside an epoch": {"batch_size": lambda: BATCH, "steps_per_epoch": lambda: 4},
    "validated by a generator": {
        "batch_size": lambda: BATCH,
        "validation_data": generator,
        "validation_steps": lambda: 2,
    },
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize("case", GOES_ON)
@pytest.mark.parametrize("batch", (0, 1, 3))
def test_it_goes_on_inside_an_epoch(tmp_path, case, batch):
    at = [(1, batch)] if case != "generator" else [(1, 0), (2, None)]
    if batch == 3 and case.startswith(("a pass", "rows")):
        at = [(2, batch)]  # the epoch before has two batches
    expected, found = in_an_epoch(tmp_path, at, **GOES_ON[case])
    assert found == expected


def test_the_last_backup_of_an_epoch_that_ran_out(tmp_path):
    """The epoch has had its last batch when the run ends: its logs are those of the batches before."""
    with pytest.warns(UserWarning, match="ran out of data"):
        expected, found = in_an_epoch(tmp_path, [(1, 1), (2, None)], **GOES_ON["a pass ends inside an epoch"])
    assert found == expected


def test_what_layers_keep_between_batches(tmp_path):
    rows = 5 * BATCH
    expected, found = in_an_epoch(
        tmp_path,
        [(1, 2)],
        stateful,
        x=lambda: X[:rows],
        y=lambda: Y[:rows],
        batch_size=lambda: BATCH,
        shuffle=lambda: False,
    )
    assert found == expected
    with pytest.raises(Gone):
        stateful().fit(
            X[:rows],
            Y[:rows],
            batch_size=BATCH,
            verbose=0,
            callbacks=[callbacks.BackupAndRestore(tmp_path / "c", 1), Ends(0, 2)],
        )
    model = keras.Sequential([*stateful().layers[:1], layers.LSTM(3), layers.Dense(1)])
    model.build((None, 4))
    with pytest.raises(FileFormatError, match="between batches"):
        load_run(model, read_run(next((tmp_path / "c").glob("*.run"))))


CALLBACKS = {
    "counts": lambda folder: [Counts()],
    "rate": lambda folder: [callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
    "log": lambda folder: [callbacks.CSVLogger(folder / "log.csv")],
    "added log": lambda folder: [callbacks.CSVLogger(folder / "log.csv", append=True)],
    "averages": lambda folder: [callbacks.SwapEMAWeights(swap_on_epoch=True)],
}


def averaging():
    model = net()
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("case", CALLBACKS)
@pytest.mark.parametrize("freq", ("epoch", 1, 4))
@pytest.mark.parametrize("at", ([(1, 0)], [(1, 3), (2, 1), (2, 4)]))
def test_callbacks_go_on(tmp_path, case, freq, at):
    expected, found = in_an_epoch(tmp_path, at, averaging, CALLBACKS[case], freq, batch_size=lambda: BATCH)
    assert found == expected


def test_checkpoints_at_the_same_batches(tmp_path):
    def more(folder):
        return [callbacks.ModelCheckpoint(folder / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=4)]

    in_an_epoch(tmp_path, [(1, 3)], more=more, batch_size=lambda: BATCH)
    names = [sorted(f.name for f in (tmp_path / part).iterdir()) for part in ("whole", "parts")]
    assert names[0] == names[1] and len(names[0]) == 6


@pytest.mark.parametrize(
    "other", ({"batch_size": 4}, {"x": X[:8], "y": Y[:8]}, {"x": Numbered(), "y": None, "batch_size": None})
)
def test_other_data_inside_an_epoch(tmp_path, other):
    same = {"x": X, "y": Y, "batch_size": BATCH, "verbose": 0, "epochs": EPOCHS}
    with pytest.raises(Gone):
        net().fit(**same, callbacks=[callbacks.BackupAndRestore(tmp_path / "b", 1), Ends(1, 3)])
    model = net()
    with pytest.raises(ArgumentError, match="was written by another run"):
        model.fit(**{**same, **other}, callbacks=[callbacks.BackupAndRestore(tmp_path / "b", 1)])
    again = model.fit(**same, callbacks=[callbacks.BackupAndRestore(tmp_path / "b", 1)])
    assert again.epoch == list(range(EPOCHS))


def test_other_metrics_inside_an_epoch(tmp_path):
    with pytest.raises(Gone):
        train(net(), "arrays", None, [callbacks.BackupAndRestore(tmp_path / "b", 1), Ends(1, 3)])
    model = net()
    model.compile(keras.optimizers.Adam(0.01), "mse")
    with pytest.warns(UserWarning, match="other metrics"):
        history = train(model, "arrays", None, [callbacks.BackupAndRestore(tmp_path / "b", 1)])[0]
    assert len(history["loss"]) == EPOCHS and min(history["loss"]) > 0
