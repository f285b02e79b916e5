"""fit_many: every model ends with the bits of a training of its own, whatever trains beside it."""

import threading
import warnings

import numpy as np
import pytest

import fastnn as keras
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DataError, NotBuiltError, NotFiniteWarning
from fastnn.models import side_by_side
from fastnn.models.many import fit_many
from fastnn.utils import set_random_seed

X = np.random.default_rng(3).normal(size=(50, 6)).astype("float32")
Y = (X.sum(1) > 0).astype("float32")
IMAGES = X[:, None, :, None] * np.ones((1, 4, 1, 1), "float32")


def dense(k, units=(5,), loss="binary_crossentropy", metrics=("accuracy",), rate=0.01, l2=None, **compiled):
    set_random_seed(k)
    hidden = [keras.layers.Dense(n, activation="tanh", kernel_regularizer=l2) for n in units]
    model = keras.Sequential([keras.Input((6,)), *hidden, keras.layers.Dense(1, activation="sigmoid")])
    optimizer = compiled.pop("optimizer", keras.optimizers.Adam)
    model.compile(optimizer(rate), loss, metrics=list(metrics), **compiled)
    return model


def noisy(k):
    set_random_seed(k)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.BatchNormalization(),
                              keras.layers.Dropout(0.3), keras.layers.Dense(1, "sigmoid")])  # fmt: skip
    model.compile("rmsprop", "mse", metrics=["mae", keras.metrics.AUC(name="auc")])
    return model


def convolutional(k):
    set_random_seed(k)
    model = keras.Sequential([keras.Input((4, 6, 1)), keras.layers.Conv2D(3, 3, activation="relu"),
                              keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])  # fmt: skip
    model.compile("sgd", "mse")
    return model


def several(k):
    set_random_seed(k)
    b, a = keras.Input((2,), name="b"), keras.Input((6,), name="a")
    hidden = keras.layers.Dense(4, "relu")(keras.layers.Concatenate()([a, b]))
    outputs = {"q": keras.layers.Dense(1, name="q")(hidden), "p": keras.layers.Dense(2, "softmax", name="p")(hidden)}
    model = keras.Model({"b": b, "a": a}, outputs)
    model.compile("adam", {"p": "sparse_categorical_crossentropy", "q": "mse"}, metrics={"p": "accuracy"})
    return model


SEVERAL = {"x": {"a": X, "b": X[:, :2]}, "y": {"p": Y, "q": Y[:, None]}}


class Own(keras.Model):
    """A step of its own, with other logs."""

    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(x)

    def train_step(self, data):
        logs = super().train_step(data)
        return {"twice": keras.ops.sum(self.out.kernel) * 2, **logs}


def own(k):
    set_random_seed(k)
    model = Own()
    model.compile("sgd", "mse")
    return model


SCHEDULES = keras.optimizers.schedules
# name -> (function of a number that gives a model, arguments of fit)
CASES = {
    "seeds": (dense, {}),
    "rates": (lambda k: dense(k, rate=10.0 ** -(k + 1)), {}),
    "penalties": (lambda k: dense(k, l2=keras.regularizers.L2(10.0**-k)), {}),
    "schedules": (lambda k: dense(k, rate=SCHEDULES.ExponentialDecay(0.1, 3, 0.5 + k / 10)), {}),
    "structures": (lambda k: dense(k, units=(3 + k % 2,)), {}),
    "optimizers": (lambda k: dense(k, optimizer=(keras.optimizers.SGD, keras.optimizers.Nadam)[k % 2]), {}),
    "losses": (lambda k: dense(k, loss=("mse", "mae", "binary_crossentropy")[k % 3]), {}),
    "random layers and state": (noisy, {"validation_split": 0.2}),
    "several inputs and outputs": (several, SEVERAL),
    "images": (convolutional, {"x": IMAGES}),
    "validation": (dense, {"validation_data": (X[:9], Y[:9]), "validation_freq": 2}),
    "a split": (dense, {"validation_split": 0.3, "validation_batch_size": 4}),
    "weights of classes": (dense, {"class_weight": {0: 2.0, 1: 0.5}}),
    "weights of rows": (dense, {"sample_weight": np.linspace(0, 1, 50)}),
    "order": (dense, {"shuffle": False}),
    "order in batches": (dense, {"shuffle": "batch"}),
    "no last part": (dense, {"batch_size": 25}),
    "one batch": (dense, {"batch_size": 100}),
    "later epochs": (dense, {"initial_epoch": 2, "epochs": 4}),
    "a step of its own": (own, {}),
    "averages": (lambda k: dense(k, optimizer=lambda r: keras.optimizers.SGD(r, use_ema=True)), {}),
    "not built": (lambda k: _not_built(k), {}),
    "Python": (lambda k: _python(k, run_eagerly=True), {"validation_split": 0.3}),
    "asking for values": (lambda k: _python(k, loss=_asking), {"validation_split": 0.3}),
}


def _not_built(k):
    set_random_seed(k)
    model = keras.Sequential([keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def _asking(y, p):
    error = keras.ops.mean((y - p) ** 2)
    return error if float(error) > 0.1 else 2 * error


def _python(k, loss="mse", **compiled):
    model = _not_built(k)
    model.compile("adam", loss, **compiled)
    return model


def state(model):
    """All that training leaves behind, as bytes and numbers."""
    arrays = [*model.get_weights(), *(np.asarray(v) for v in model.optimizer.variables)]
    return [a.tobytes() for a in arrays], model.history.history, model.history.epoch, model.get_metrics_result()


def trained(build, number, arguments, many):
    models = [build(k) for k in range(number)]
    set_random_seed(11)  # the seed of the orders of rows
    arguments = {"x": X, "y": Y, "batch_size": 8, "epochs": 3, "verbose": 0, **arguments}
    if many:
        fit_many(models, **arguments)
    else:
        for model in models:
            model.fit(**arguments)
    return models


@pytest.mark.parametrize("name", CASES)
def test_each_model_is_as_alone(name):
    build, arguments = CASES[name]
    alone, many = (trained(build, 5, arguments, which) for which in (False, True))
    for a, b in zip(alone, many, strict=True):
        assert state(a) == state(b)
    x, y = arguments.get("x", X), arguments.get("y", Y)
    for a, b in zip(*(keras.tree.flatten(m.predict(x, verbose=0)) for m in (alone[2], many[2])), strict=True):
        assert a.tobytes() == b.tobytes()
    for a, b in zip(alone, many, strict=True):  # and so it goes on
        histories = []
        for model in (a, b):
            set_random_seed(12)
            histories.append(model.fit(x, y, verbose=0).history)
        assert histories[0] == histories[1]


@pytest.mark.parametrize("width", [1, 2, 3, 64])
def test_how_many_walk_together_does_not_matter(monkeypatch, width):
    alone = trained(dense, 5, {}, False)
    monkeypatch.setattr(side_by_side, "WIDTH", width)
    for a, b in zip(alone, trained(dense, 5, {}, True), strict=True):
        assert state(a) == state(b)


def test_rows_are_as_arrays_of_those_rows():
    folds = np.arange(50) % 4
    alone = [dense(k) for k in range(4)]
    many = [dense(k) for k in range(4)]
    set_random_seed(5)
    for k, model in enumerate(alone):
        model.fit(X[folds != k], Y[folds != k], batch_size=8, epochs=2, verbose=0,
                  validation_data=(X[folds == k], Y[folds == k]))  # fmt: skip
    fit_many(many, X, Y, batch_size=8, epochs=2, rows=[np.flatnonzero(folds != k) for k in range(4)],
             validation_rows=[np.flatnonzero(folds == k) for k in range(4)])  # fmt: skip
    for a, b in zip(alone, many, strict=True):
        assert state(a) == state(b)


def test_callbacks_are_copied_and_stop_one_model_alone():
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.01)
    build = lambda k: dense(k, rate=(0.1, 1e-9)[k % 2])
    alone = [build(k) for k in range(4)]
    set_random_seed(11)
    for model in alone:
        fresh = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.01)
        model.fit(X, Y, batch_size=8, epochs=6, verbose=0, callbacks=[fresh])
    many = trained(build, 4, {"epochs": 6, "callbacks": [stop]}, True)
    lengths = [len(m.history.epoch) for m in many]
    assert len(set(lengths)) > 1 and stop.stopped_epoch == 0
    for a, b in zip(alone, many, strict=True):
        assert state(a) == state(b)


class Light(keras.callbacks.Callback):
    """Asks for single logs, and stops where one of them is low."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, sorted(logs), logs["loss"], logs.get("val_accuracy")))
        if logs["loss"] < 0.5:
            self.model.stop_training = True

    def on_light_epoch_end(self, epoch, means):
        self.on_epoch_end(epoch, means)


def test_callbacks_that_ask_for_single_logs_see_what_others_see():
    how = {"epochs": 8, "validation_data": (X[:9], Y[:9]), "validation_freq": 2}
    seen = {"light": [], "logs": []}

    def watched(kind):
        def make(k):
            callback = Light()
            if kind == "logs":
                callback.__class__ = type("Plain", (keras.callbacks.Callback,), {"on_epoch_end": Light.on_epoch_end})
            seen[kind].append(callback)
            return [callback]

        return make

    found = {k: trained(dense, 4, {**how, "callbacks": watched(k)}, True) for k in seen}
    assert [c.seen for c in seen["light"]] == [c.seen for c in seen["logs"]] and len(seen["light"][0].seen) > 1
    for a, b in zip(*found.values(), strict=True):
        assert state(a) == state(b)


class Batches(keras.callbacks.Callback):
    """Wants to see every batch, and counts them."""

    seen = 0

    def on_train_batch_end(self, batch, logs=None):
        Batches.seen += 1


def test_callbacks_that_want_batches_get_them():
    Batches.seen = 0
    models = trained(dense, 3, {"callbacks": [Batches()]}, True)
    assert Batches.seen == 3 * 3 * 7
    for a, b in zip(trained(dense, 3, {}, False), models, strict=True):
        assert state(a)[:2] == state(b)[:2]


@pytest.mark.parametrize("nan", ["continue", "skip"])
def test_nan_in_one_model_leaves_the_others_alone(tmp_path, monkeypatch, nan):
    monkeypatch.chdir(tmp_path)

    def build(k):
        return dense(k, rate=1e30 if k == 1 else 0.01, loss="mse", optimizer=keras.optimizers.SGD)

    def exploding(k):
        model = build(k)
        if k == 1:
            model.layers[-1].bias.assign([np.inf])
        return model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotFiniteWarning)
        alone = trained(exploding, 3, {"nan": nan}, False)
        many = trained(exploding, 3, {"nan": nan}, True)
    for a, b in zip(alone, many, strict=True):
        assert [x.tobytes() for x in a.get_weights()] == [x.tobytes() for x in b.get_weights()]
    assert np.isfinite(many[0].history.history["loss"]).all()


def test_nan_stop_names_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = [dense(k) for k in range(3)]
    models[1].layers[-1].bias.assign([np.inf])
    with pytest.raises(ArithmeticError, match=r"fit_many: models\[1\]"):
        fit_many(models, X, Y, nan="stop")
    assert models[0].fit(X, Y, verbose=0).history["loss"]  # all are usable


def test_verbose_says_a_line_per_epoch(capsys):
    fit_many([dense(k) for k in range(2)], X, Y, epochs=2, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].startswith("Epoch 1/2 - 2 models - accuracy: ")


def test_the_executor_in_python_trains_one_after_the_other():
    config.set_executor("python")
    try:
        pairs = zip(trained(dense, 2, {"epochs": 1}, False), trained(dense, 2, {"epochs": 1}, True), strict=True)
        assert all(state(a) == state(b) for a, b in pairs)
    finally:
        config.set_executor("cython")


class Interrupts(keras.callbacks.Callback):
    """Ctrl-C at the end of the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_an_interruption_leaves_models_and_histories_of_whole_epochs():
    models = [dense(k) for k in range(3)]
    ended = []
    note = keras.callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(logs))
    with pytest.raises(KeyboardInterrupt):
        fit_many(models, X, Y, epochs=9, callbacks=lambda k: [note] + [Interrupts()] * (k == 1))
    assert len(ended) == 3  # each callback hears that it is over
    assert [len(m.history.epoch) for m in models] == [2, 1, 1]
    assert all(np.isfinite(m.fit(X, Y, verbose=0).history["loss"]).all() for m in models)


def test_another_thread_may_predict_meanwhile():
    models = [dense(k) for k in range(3)]
    set_random_seed(11)
    found, end = [], threading.Event()

    def ask():
        while not end.is_set():
            found.append(models[1].predict(X[:3], verbose=0))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        fit_many(models, X, Y, epochs=60, batch_size=8)
    finally:
        end.set()
        asking.join()
    assert found and all(np.isfinite(f).all() for f in found)
    for a, b in zip(trained(dense, 3, {"epochs": 60}, False), models, strict=True):
        assert state(a)[:2] == state(b)[:2]


SHARED = keras.layers.Dense(2)


def _sharing(k):
    model = keras.Sequential([keras.Input((6,)), SHARED, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


BAD = {
    "no list": (lambda: dense(0), {}, ArgumentTypeError, "expected a list of compiled models"),
    "nothing": (list, {}, ArgumentError, "received no models"),
    "no model": (lambda: [dense(0), "b"], {}, ArgumentTypeError, r"models\[1\] is 'b'"),
    "twice": (lambda: [dense(0)] * 2, {}, ArgumentError, "models 0 and 1 have 'sequential"),
    "shared": (lambda: [_sharing(0), _sharing(1)], {}, ArgumentError, "in common; expected models that share nothing"),
    "not compiled": (lambda: [keras.Sequential([keras.layers.Dense(1)])], {}, NotBuiltError, r"models\[0\] is not"),
    "a generator": (lambda: [dense(0)], {"x": iter([(X, Y)]), "y": None}, ArgumentTypeError, "source of batches"),
    "lengths": (lambda: [dense(0)], {"y": Y[:3]}, DataError, r"models\[0\]"),
    "rows of one": (lambda: [dense(0), dense(1)], {"rows": [[0]]}, ArgumentError, "rows has 1 entries"),
    "no rows": (lambda: [dense(0)], {"rows": [[]]}, ArgumentError, r"rows\[0\] has shape \(0,\)"),
    "rows outside": (lambda: [dense(0)], {"rows": [[0, 50]]}, ArgumentError, "from 0 to 50, x has 50 rows"),
    "masks": (lambda: [dense(0)], {"rows": [Y > 0]}, ArgumentError, "expected a list of row numbers"),
    "two validations": (lambda: [dense(0)], {"validation_rows": [[1]], "validation_split": 0.5}, ArgumentError, "one"),
    "epochs": (lambda: [dense(0)], {"epochs": -1}, ArgumentError, "epochs"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_anything_has_changed(name):
    make, arguments, error, words = BAD[name]
    models = make()
    known = [m for m in models if isinstance(m, keras.Model)] if isinstance(models, list) else [models]
    before = [[w.copy() for w in m.get_weights()] for m in known]
    with pytest.raises(error, match=words):
        fit_many(models, **{"x": X, "y": Y, **arguments})
    for m, kept in zip(known, before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(m.get_weights(), kept, strict=False))
