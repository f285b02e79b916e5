"""The methods that take one batch: the short way does what the long way does, to the bit, and refuses the same."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import callbacks, layers
from fastnn.core.errors import ArgumentError, DataError, DataWarning, NotFiniteError, NotFiniteWarning
from fastnn.models import on_batch

RNG = np.random.default_rng(3)
SIZES = (4, 6)
DATA = {n: (RNG.random((n, 3), "f4"), RNG.random((n, 1), "f4")) for n in SIZES}


def dense():
    model = keras.Sequential([
        keras.Input((3,)), layers.Dense(5, "relu", kernel_regularizer="l2"), layers.BatchNormalization(),
        layers.Dropout(0.3), layers.Dense(1)])  # fmt: skip
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae", keras.metrics.R2Score(name="r2")])
    return model


def functional():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(layers.Dense(4, "tanh")(inputs)))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2), "mae")
    return model


def with_added_loss():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(layers.ActivityRegularization(0.1)(inputs)))
    model.compile("sgd", "mse")
    return model


class OwnStep(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(1)

    def call(self, x):
        return self.out(x)

    def test_step(self, data):
        logs = super().test_step(data)
        return {**logs, "twice": logs["loss"]}


def own_step():
    model = OwnStep()
    model.compile("rmsprop", "mse", weighted_metrics=["mse"])
    return model


MODELS = {f.__name__: f for f in (dense, functional, with_added_loss, own_step)}


def made(name):
    keras.utils.set_random_seed(7)
    return MODELS[name]()


def flat(value):
    if isinstance(value, dict):
        return [(k, *np.ravel(v)) for k, v in value.items()]
    return [np.ravel(v).tolist() for v in value] if isinstance(value, (list, tuple)) else np.ravel(value).tolist()


class Inside(callbacks.Callback):
    """Trains on a batch in the middle of fit."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.train_on_batch(*DATA[4])


def to_another_rate(model, x, y):
    model.optimizer.learning_rate = 0.003


def compile_again(model, x, y):
    model.compile("sgd", "mse", metrics=["mse"])


def freeze(model, x, y):
    model.layers[-1].trainable = not model.layers[-1].trainable


def trained_by_fit(model, x, y):
    model.fit(x, y, batch_size=3, verbose=0, callbacks=[Inside()])


ACTIONS = {
    "train": lambda m, x, y: m.train_on_batch(x, y),
    "train as a dict": lambda m, x, y: m.train_on_batch(x, y, return_dict=True),
    "test": lambda m, x, y: m.test_on_batch(x, y),
    "test as a dict": lambda m, x, y: m.test_on_batch(x, y, return_dict=True),
    "weighted": lambda m, x, y: m.train_on_batch(x, y, np.arange(len(x), dtype="f4")),
    "doubles": lambda m, x, y: m.train_on_batch(x.astype("f8"), y.astype("f8")),
    "strided": lambda m, x, y: m.train_on_batch(np.asfortranarray(x), y[::-1]),
    "predict": lambda m, x, y: m.predict_on_batch(x).ravel(),
    "call": lambda m, x, y: m(x),
    "evaluate": lambda m, x, y: m.evaluate(x, y, verbose=0),
    "fit": trained_by_fit,
    "rate": to_another_rate,
    "compile": compile_again,
    "freeze": freeze,
    "weights": lambda m, x, y: m.set_weights([w + 0.01 for w in m.get_weights()]),
    "seed": lambda m, x, y: keras.utils.set_random_seed(5),
    "reset": lambda m, x, y: m.reset_metrics(),
    "logs": lambda m, x, y: list(m.get_metrics_result().items()),
    "another model": lambda m, x, y: keras.Sequential([keras.Input((2,)), layers.Dense(1)]).count_params(),
}  # fmt: skip


MOVES = st.tuples(st.sampled_from(["train", "test", *ACTIONS]), st.sampled_from(SIZES))


def played(name, moves, monkeypatch, most):
    monkeypatch.setattr(on_batch, "SMALL", most)
    model, found = made(name), []
    for action, size in moves:
        result = ACTIONS[action](model, *DATA[size])
        found.append(None if result is None else flat(result))
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return found, [v.numpy() for v in variables], model._trainer()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(MODELS)), st.lists(MOVES, min_size=5, max_size=25))
def test_any_order_of_calls_gives_the_bits_of_the_long_way(name, moves):
    with pytest.MonkeyPatch.context() as patch:
        short, state, _ = played(name, moves, patch, 8192)
        long, expected, _ = played(name, moves, patch, 0)
    assert repr(short) == repr(long)
    assert all(np.array_equal(a, b) for a, b in zip(state, expected, strict=True))


@pytest.mark.parametrize("name, taken", [("dense", True), ("functional", True), ("with_added_loss", False)])
def test_the_short_way_is_taken(name, taken, monkeypatch):
    _, _, own = played(name, [("train", 4), ("test", 4)] * 4, monkeypatch, 8192)
    for kind in ("train", "test"):
        assert [type(s) is on_batch.Shortcut for s in own.steps[kind].short.values()] == [taken]


def warm(model, x, y, kind="train"):
    run = getattr(model, f"{kind}_on_batch")
    for _ in range(3):
        run(x, y)
    assert any(type(s) is on_batch.Shortcut for s in model._trainer().steps[kind].short.values())
    return run


def state_of(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("where", ["x", "y"])
def test_what_is_not_finite_is_said_each_time(value, dtype, where):
    x, y = (a.astype(dtype) for a in DATA[4])
    run = warm(made("dense"), x, y, "test")
    (x if where == "x" else y)[2, 0] = value
    for _ in range(2):
        with pytest.warns(DataWarning, match=f"{where} contains .* row 2"):
            run(x, y)


@pytest.mark.parametrize("dtype, value", [("f4", 1e30), ("f8", 1e38), ("f8", 1e300)])
def test_large_numbers_of_the_targets(dtype, value):
    """Their squares are not finite, they are."""
    x, y = (a.astype(dtype) for a in DATA[4])
    run = warm(made("functional"), x, y)
    y[0] = value
    if value < 1e39:
        assert np.isclose(run(x, y), value / 4)
    else:
        with pytest.warns(DataWarning, match="infinity in float32"):
            run(x, y)


def test_numbers_that_float32_cannot_hold():
    x, y = (a.astype("f8") for a in DATA[4])
    run = warm(made("functional"), x, y)
    x[1, 1] = 1e39
    with pytest.warns(DataWarning, match="infinity in float32"):
        run(x, y)


@pytest.mark.parametrize("bad, match", [(3, "labels from 0 to 3"), (-1, "labels from -1")])
def test_labels_are_looked_at(bad, match):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = DATA[4][0], np.array([0, 1, 2, 0])
    run = warm(model, x, y)
    before = state_of(model)
    with pytest.raises(DataError, match=match):
        run(x, np.array([0, bad, 2, 0]))
    assert all(np.array_equal(a, b) for a, b in zip(before, state_of(model)))
    assert len(run(x, y)) == 2


def test_indices_are_looked_at():
    model = keras.Sequential(
        [keras.Input((2,), dtype="int32"), layers.Embedding(5, 3), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x, y = np.array([[0, 1], [4, 2]]), np.ones((2, 1), "f4")
    run = warm(model, x, y)
    with pytest.raises(DataError, match="index 5 in row 1"):
        run(np.array([[0, 1], [5, 2]]), y)
    with pytest.raises(DataError, match="index 1099511627776"):
        run(np.array([[0, 1], [2**40, 2]]), y)


def test_a_rate_in_plain_python_is_asked_before_each_batch():
    class Rates(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return [0.5, 0.25, 0.125, 0.0625][int(step)]

    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(Rates()), lambda y, p: p)
    x = np.ones((1, 1), "f4")
    weights = [float(model.get_weights()[0][0, 0]) for _ in range(4) if model.train_on_batch(x, x) is not None]
    assert weights == [-0.5, -0.75, -0.875, -0.9375]


@pytest.mark.filterwarnings("ignore::fastnn.core.errors.DataWarning")
def test_nan_where_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for the file that replays the step
    x, y = DATA[4]
    bad = x.copy()
    bad[1, 0] = np.nan
    model = made("functional")
    warm(model, x, y)
    before = state_of(model)
    with pytest.raises(NotFiniteError, match="row 1"):
        model.train_on_batch(bad, y, nan="stop")
    with pytest.warns(NotFiniteWarning, match="changed nothing"):
        model.train_on_batch(bad, y, nan="skip")
    assert all(np.array_equal(a, b) for a, b in zip(before, state_of(model)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotFiniteWarning)
        finite = [model.train_on_batch(x, y, nan=mode) for mode in ("stop", "skip", "continue")]
        assert np.isfinite(finite).all()
        for _ in range(2):  # a whole update; nobody looks
            model.train_on_batch(bad, y)
    assert not np.isfinite(model.get_weights()[0]).all()
    with pytest.raises(ArgumentError, match="nan: received 'never'"):
        model.train_on_batch(x, y, nan="never")


def of_labels():
    inputs = keras.Input((3,), dtype="int32")
    model = keras.Model(inputs, layers.Dense(3, "softmax")(layers.Flatten()(layers.Embedding(5, 2)(inputs))))
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.MeanIoU(3, name="iou", sparse_y_pred=False)],
    )
    return model, np.ones((4, 3), "i8"), np.array([0, 1, 2, 1])


@pytest.mark.parametrize("make", [lambda: (made("functional"), *DATA[4]), of_labels])
def test_nothing_keeps_arrays_or_model_alive(make):
    model, x, y = make()
    x, y = x.copy(), y.copy()
    warm(model, x, y)
    arrays, gone = [weakref.ref(a) for a in (x, y)], weakref.ref(model)
    del x, y
    assert [ref() for ref in arrays] == [None, None]
    gc.disable()
    try:
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_threads_take_turns():
    x, y = DATA[4]
    model, expected = made("functional"), made("functional")
    for _ in range(203):
        expected.train_on_batch(x, y)
    warm(model, x, y)
    threads = [threading.Thread(target=lambda: [model.train_on_batch(x, y) for _ in range(50)]) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(np.array_equal(a, b) for a, b in zip(state_of(model), state_of(expected)))
