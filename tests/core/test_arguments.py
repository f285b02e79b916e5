"""Counts, flags, numbers and sizes: a bad one is an error of the library before anything has changed."""

import inspect
import json
import math

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core import arguments
from fastnn.core.errors import ArgumentError, FileFormatError, ShapeError
from fastnn.core.memory import affordable
from fastnn.optimizers import schedules

X, Y = np.ones((40, 4), "float32"), np.ones((40, 1), "float32")
NO_COUNT = (0, -1, 2.5, 8.0, True, "3", math.nan, math.inf, [3], np.array([3]), np.float32(2), object())
NO_EPOCHS = tuple(v for v in NO_COUNT if not (isinstance(v, int) and v == 0)) + (True,)
NO_SHARE = (1.0, 1, 1.5, -0.1, math.nan, math.inf, "0.5", True, [0.5], 1j)
NO_SHUFFLE = ("rows", 2, 0.5, [True], math.nan)
NO_FREQUENCY = (0, -1, 2.5, True, "1", None, math.nan, [0], [1.5], ["1"], {2: 1})
NO_CALLBACKS = (5, "checkpoint", [5], ["history"], [len])
NO_VERBOSE = (7, -1, "loud", None, 1.5, [1])

BAD = {
    "fit": {"batch_size": NO_COUNT, "epochs": NO_EPOCHS, "initial_epoch": NO_EPOCHS, "steps_per_epoch": NO_COUNT,
            "validation_steps": NO_COUNT, "validation_batch_size": NO_COUNT, "validation_split": NO_SHARE,
            "validation_freq": NO_FREQUENCY, "shuffle": NO_SHUFFLE, "callbacks": NO_CALLBACKS, "verbose": NO_VERBOSE},
    "evaluate": {"batch_size": NO_COUNT, "steps": NO_COUNT, "callbacks": NO_CALLBACKS, "verbose": NO_VERBOSE},
    "predict": {"batch_size": NO_COUNT, "steps": NO_COUNT, "callbacks": NO_CALLBACKS, "verbose": NO_VERBOSE},
    "compile": {"steps_per_execution": (*NO_COUNT, None)},
}  # fmt: skip
CASES = [(method, name, value) for method, table in BAD.items() for name, values in table.items() for value in values]


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    return model


def state(model):
    """All that a run changes."""
    return (
        [w.tobytes() for w in model.get_weights()],
        int(model.optimizer.iterations.numpy()),
        repr(model.history.history),
        [v.numpy().tobytes() for m in model.metrics for v in m.variables],
        model._random_position(),
    )


@pytest.mark.parametrize("method, name, value", CASES, ids=lambda v: repr(v)[:20])
def test_a_bad_count_or_flag_changes_nothing(model, method, name, value):
    before = state(model)
    for rows in (1, 40):
        data = {"fit": (X[:rows], Y[:rows]), "evaluate": (X[:rows], Y[:rows]), "predict": (X[:rows],)}.get(method, ())
        with pytest.raises(ArgumentError, match=name):
            getattr(model, method)(*data, **({} if name == "verbose" or not data else {"verbose": 0}), **{name: value})
    assert state(model) == before


GOOD = [("fit", "batch_size", np.int64(8)), ("fit", "epochs", np.int32(1)), ("fit", "epochs", 0),
        ("fit", "steps_per_epoch", np.uint8(2)), ("fit", "validation_split", np.float32(0.25)),
        ("fit", "validation_split", None), ("fit", "validation_freq", np.int64(1)), ("fit", "validation_freq", (1, 2)),
        ("fit", "validation_freq", {1}), ("fit", "validation_freq", []), ("fit", "shuffle", np.bool_(True)),
        ("fit", "shuffle", 0), ("fit", "shuffle", "batch"), ("fit", "shuffle", None), ("fit", "callbacks", []),
        ("fit", "callbacks", keras.callbacks.LambdaCallback()), ("evaluate", "steps", np.int64(1)),
        ("predict", "batch_size", np.int16(7)), ("predict", "verbose", False), ("predict", "steps", 1)]  # fmt: skip


@pytest.mark.parametrize("method, name, value", GOOD, ids=lambda v: repr(v)[:20])
def test_what_keras_takes_is_taken(method, name, value):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=np.int64(2))
    getattr(model, method)(*((X,) if method == "predict" else (X, Y)), **{"verbose": 0, name: value})


# ------------------------------------------------------------------ what constructors take
MODULES = (keras.optimizers, schedules, keras.losses, keras.metrics, keras.callbacks, keras.constraints,
           keras.initializers, layers)  # fmt: skip
NEEDED = {"units": 2, "filters": 2, "kernel_size": 2, "initial_learning_rate": 0.1, "decay_steps": 10, "rate": 0.1,
          "decay_rate": 0.9, "first_decay_steps": 10, "input_dim": 3, "output_dim": 3, "num_classes": 3, "theta": 1.0,
          "target_class_ids": [0], "num_heads": 2, "key_dim": 2, "specificity": 0.5, "sensitivity": 0.5, "recall": 0.5,
          "precision": 0.5, "num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 2,
          "filepath": "model.keras"}  # fmt: skip
MORE = {"Discretization": {"num_bins": 3}}


def constructors():
    """(class, needed arguments, argument) for every argument of the library that a table speaks of."""
    found = {}
    for module in MODULES:
        for name in dir(module):
            cls = getattr(module, name)
            if not inspect.isclass(cls) or not issubclass(cls, arguments.ChecksArguments):
                continue
            parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
            needed = {
                p.name: NEEDED.get(p.name)
                for p in parameters
                if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD
            } | MORE.get(cls.__name__, {})
            if None not in needed.values():
                for p in parameters:
                    if p.name in cls.argument_rules:
                        found[f"{cls.__name__}.{p.name}"] = cls, needed, p.name
    return found


FOUND = constructors()


def test_the_table_is_used():
    names = {name for _, _, name in FOUND.values()}
    assert len(FOUND) > 150
    assert {*arguments.LAYER_RULES, *arguments.RULES} - names == set()  # a rule for nothing is a mistake


@pytest.mark.parametrize("where", FOUND)
def test_no_number_goes_in_that_is_none(where):
    cls, needed, name = FOUND[where]
    cls(**needed)
    for bad in (math.nan, "3", object(), {}):
        with pytest.raises(ArgumentError, match=name):
            cls(**{**needed, name: bad})


@pytest.mark.parametrize("rate", [math.nan, math.inf, "fast", True, None, [0.1]])
def test_a_learning_rate_is_a_finite_number(rate):
    for make in (keras.optimizers.SGD, keras.optimizers.Adam):
        with pytest.raises(ArgumentError, match="learning_rate"):
            make(learning_rate=rate)
    optimizer = keras.optimizers.SGD(learning_rate=-0.5)  # Keras takes it: climbing is a use of it
    with pytest.raises(ArgumentError, match="learning_rate"):
        optimizer.learning_rate = rate
    assert float(optimizer.learning_rate) == -0.5


def test_arguments_of_other_kinds_are_taken():
    assert keras.optimizers.Adam(np.float32(0.01), beta_1=np.float64(0.5), weight_decay=None).beta_1 == 0.5
    assert keras.callbacks.EarlyStopping(patience=2.5, baseline=math.inf).patience == 2.5  # as Keras's
    assert layers.Concatenate(axis=np.int64(1)).axis == 1
    keras.losses.CategoricalFocalCrossentropy(alpha=[0.2, 0.8])


class Own(keras.losses.Loss):
    """A user's class: the words mean what the user says."""

    def __init__(self, alpha="wide", axis=None):
        super().__init__()
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return y_pred


def test_users_classes_are_left_alone():
    assert Own(alpha="narrow", axis="x").alpha == "narrow"


# ------------------------------------------------------------------ sizes
HUGE = 2**40
IMAGE, ROW, STEPS = (9, 9, 1), (9,), (9, 2)
TOO_LARGE = {
    "dilation": (IMAGE, lambda: layers.Conv2D(2, 3, dilation_rate=HUGE, padding="same")),
    "kernel": (IMAGE, lambda: layers.Conv2D(2, HUGE, padding="same")),
    "strides": (IMAGE, lambda: layers.Conv2D(2, 2, strides=2**70, padding="same")),
    "dilation 2**30": (IMAGE, lambda: layers.Conv2D(2, 3, dilation_rate=2**30, padding="same")),
    "kernel 2**30": (IMAGE, lambda: layers.Conv2D(2, 2**30, padding="same")),
    "pool": (IMAGE, lambda: layers.AveragePooling2D(2**70, padding="same")),
    "padding": (IMAGE, lambda: layers.ZeroPadding2D(HUGE)),
    "up": (IMAGE, lambda: layers.UpSampling2D(2**30)),
    "repeat": (ROW, lambda: layers.RepeatVector(2**60)),
    "units": (ROW, lambda: layers.Dense(HUGE)),
    "units 2**80": (ROW, lambda: layers.Dense(2**80)),
    "filters": (IMAGE, lambda: layers.Conv2D(HUGE, 1)),
    "table": (ROW, lambda: layers.Embedding(HUGE, HUGE)),
    "cells": (STEPS, lambda: layers.LSTM(HUGE)),
    "gates": (STEPS, lambda: layers.GRU(2**62)),
    "depth": (IMAGE, lambda: layers.DepthwiseConv2D(2, depth_multiplier=HUGE)),
    "transposed": (IMAGE, lambda: layers.Conv2DTranspose(2, 2, strides=HUGE)),
    "transposed 2**30": (IMAGE, lambda: layers.Conv2DTranspose(2, 2, strides=2**30)),
    "transposed, apart": (IMAGE, lambda: layers.Conv2DTranspose(2, 2, dilation_rate=HUGE)),
    "heads": (STEPS, lambda: layers.EinsumDense("abc,cd->abd", (None, HUGE))),
    "no channel": ((5, 5, 0), lambda: layers.Conv2D(3, 2)),
    "no row": ((0, 5, 2), lambda: layers.Conv2D(3, 2)),
    "no channel, transposed": ((5, 5, 0), lambda: layers.Conv2DTranspose(3, 2)),
    "no channel, depthwise": ((5, 5, 0), lambda: layers.DepthwiseConv2D(3)),
    "no channel, 1D": ((5, 0), lambda: layers.Conv1D(3, 2)),
    "no step": ((0, 5), lambda: layers.Conv1D(3, 2)),
    "no channel, 3D": ((5, 5, 5, 0), lambda: layers.Conv3D(3, 2)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_sizes_that_no_memory_holds(name):
    shape, make = TOO_LARGE[name]
    with pytest.raises((ShapeError, ArgumentError), match=r"GB of memory|2\*\*31|at least one|negative"):
        keras.Sequential([keras.Input(shape), make()]).predict(np.ones((1, *shape), "float32"), verbose=0)


def test_the_limit_is_twice_the_memory_of_the_machine():
    affordable(1 << 20, "little")
    with pytest.raises(ShapeError, match=r"A plan needs 1\.12e\+09 GB"):
        affordable(2**60 - 2**55, "A plan")
    with pytest.raises(ShapeError, match="broadcast_to: a result of shape"):
        ops.broadcast_to(np.ones(1, "float32"), (HUGE, HUGE))
    with pytest.raises(ShapeError, match="at least one pixel"):
        ops.conv(np.ones((1, 5, 5, 0), "float32"), np.ones((2, 2, 0, 3), "float32"))


NAMED = {
    "layer": lambda name: keras.layers.Dense(1, name=name),
    "input": lambda name: keras.Input((2,), name=name),
    "model": lambda name: keras.Sequential(name=name),
    "wrapper": lambda name: keras.layers.Bidirectional(keras.layers.LSTM(2), name=name),
    "variable": lambda name: keras.Variable([1.0], name=name),
    "weight": lambda name: keras.layers.Layer().add_weight(shape=(1,), name=name),
    "optimizer": lambda name: keras.optimizers.Adam(name=name),
    "metric": lambda name: keras.metrics.Mean(name=name),
}


@pytest.mark.parametrize("what", NAMED)
@pytest.mark.parametrize("name", [3, 2.5, True, b"x", ["x"], "a/b"], ids=repr)
def test_a_name_is_text_that_fits_in_a_path(what, name):
    if what == "metric" and isinstance(name, str):
        assert NAMED[what](name).name == name
        return
    with pytest.raises(ArgumentError, match=r"^Argument `name` must be a string") as error:
        NAMED[what](name)
    assert f"Received: name={name}" in str(error.value)


@pytest.mark.parametrize("name", [3, 2.5, ["x"], "a/b"], ids=repr)
def test_a_config_holds_no_other_name(name):
    a = keras.Input((2,), name="a")
    model = keras.Model(a, keras.ops.exp(keras.layers.Dense(1)(a)))
    for number in range(3):
        config = json.loads(model.to_json())
        layer = config["config"]["layers"][number]
        layer["name"] = layer["config"]["name"] = name
        with pytest.raises(FileFormatError):
            keras.models.model_from_json(json.dumps(config))
