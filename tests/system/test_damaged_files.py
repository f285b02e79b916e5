"""Damage at random: a changed config is a named error or a model; a killed writer leaves a whole file."""

import copy
import json
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import FastnnError
from fastnn.saving.building import build_model

JUNK = [None, True, False, 0, -1, 1, 2 ** 31, 2 ** 63, -2 ** 70, 0.5, 1e308, "", "x", "relu", "../../etc/passwd",
        "http://example.org/x", "__class__", "os.system", [], [None], [1, 2, 3], [[]], {}, {"class_name": "Dense"},
        {"class_name": "Dense", "config": {}}, {"class_name": "__lambda__", "config": {"value": "x"}},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}]  # fmt: skip


def leaves(value, path=()):
    """The paths of everything in a nested structure, itself excepted."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from leaves(child, (*path, key))


def change(config, path, value):
    """A copy of a config with one thing replaced."""
    config = copy.deepcopy(config)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return config


def config_of(kind):
    """The config of a small compiled model, as it comes out of a file."""
    if kind == "sequential":
        model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3, kernel_regularizer="l2"),
                                  layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten(),
                                  layers.Dense(2, activation="softmax", kernel_constraint="max_norm")])  # fmt: skip
    else:
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        shared = layers.Dense(3)
        model = keras.Model([a, b], layers.Concatenate()([shared(a), shared(b) * 2.0]))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.Adam(schedule), "mse", metrics=["mae"])
    return json.loads(model.to_json())


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_changed_configs(kind):
    config = config_of(kind)
    paths = list(leaves(config))
    random = np.random.default_rng(0)
    built = 0
    for _ in range(150):
        path, junk = paths[random.integers(len(paths))], JUNK[random.integers(len(JUNK))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                build_model(change(config, path, junk), "fuzz", size=100_000)
                built += 1
            except FastnnError as error:
                assert len(str(error)) < 20_000
            except Exception as error:
                raise AssertionError(f"{path} = {junk!r} gave {type(error).__name__}: {error}") from error
    assert 10 < built < 140


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_missing_parts_of_configs(kind):
    config = config_of(kind)
    for path in leaves(config):
        smaller = copy.deepcopy(config)
        place = smaller
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        try:
            build_model(smaller, "fuzz", size=100_000)
        except FastnnError:
            continue


WRITER = """
import sys
import fastnn as keras
from fastnn import layers
model = keras.Sequential([keras.Input((50,)), layers.Dense(200), layers.Dense(200)])
model.save(sys.argv[1])
print("ready", flush=True)
while True:
    model.save(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    path = tmp_path / "m.keras"
    random = np.random.default_rng(0)
    root = os.path.dirname(os.path.dirname(keras.__file__))
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
        )
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(float(random.uniform(0, 0.05)))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        assert len(keras.models.load_model(path).layers) == 2
