"""Variables whose newest values are on a device: everybody who looks sees them, everybody who sets is heard."""

from __future__ import annotations

import contextlib
import copy
import os
import pickle
import warnings

import numpy as np
import pytest

import fastnn as keras
from fastnn.compiler.program import Program
from fastnn.compiler.target import placed
from fastnn.core import mirrors
from fastnn.graph import Trace, Variable
from fastnn.runtime import device
from fastnn.runtime.simulated import Simulated

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((12, 4)).astype("float32"), RNG.standard_normal((12, 2)).astype("float32")


def net():
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.BatchNormalization(),
                              keras.layers.Dense(2)])  # fmt: skip
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return model


LOOKS = {
    "numpy": lambda v: v.numpy(),
    "value": lambda v: np.array(v.value),
    "array": lambda v: np.asarray(v),
    "copy": lambda v: copy.deepcopy(v).numpy(),
    "pickle": lambda v: pickle.loads(pickle.dumps(v)).numpy(),
    "operation": lambda v: np.asarray(keras.ops.add(v, 0.0)),
    "item": lambda v: np.array([[float(v[i, j]) for j in range(3)] for i in range(4)], np.float32),
    "add": lambda v: v.assign_add(np.zeros(v.shape)).numpy(),
}
SETS = {
    "assign": lambda model, v: v.assign(np.ones(v.shape)),
    "assign_sub": lambda model, v: v.assign_sub(np.ones(v.shape)),
    "zero": lambda model, v: v.assign(keras.ops.zeros(v.shape)),
    "set_weights": lambda model, v: model.set_weights([0.5 * w for w in model.get_weights()]),
    "learning rate": lambda model, v: model.optimizer.learning_rate.assign(0.01),
    "reset": lambda model, v: model.reset_metrics(),
}


def train(model):
    model.fit(X, Y, batch_size=4, verbose=0)


@pytest.mark.parametrize("look", LOOKS)
def test_whoever_looks_sees_what_the_device_made(look):
    def run():
        model = net()
        train(model)
        return LOOKS[look](model.layers[0].kernel)

    wanted = run()
    with device.using(Simulated(own=False)):
        np.testing.assert_array_equal(run(), wanted)


@pytest.mark.parametrize("change", SETS)
def test_whoever_sets_is_heard_by_the_device(change):
    def run():
        model = net()
        train(model)
        SETS[change](model, model.layers[0].kernel)
        train(model)
        return [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]

    wanted = run()
    with device.using(Simulated(own=False)):
        for a, b in zip(run(), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_between_device_and_cpu_in_one_model():
    def run(context):
        model = net()
        with context():
            train(model)
        train(model)
        with context():
            train(model)
            out = model.predict(X, verbose=0)
        return [out, model(X), *model.get_weights()]

    wanted = run(contextlib.nullcontext)
    found = Simulated(own=False)
    for a, b in zip(run(lambda: device.using(found)), wanted, strict=True):
        np.testing.assert_array_equal(a, b)


def test_callbacks_see_and_set_values_in_the_middle_of_an_epoch():
    def run():
        model, seen = net(), []

        def look(batch, logs):
            seen.extend([model.layers[0].kernel.numpy(), logs["loss"], logs["mae"]])
            if batch == 1:
                model.layers[0].bias.assign([1.0, 2.0, 3.0])

        model.fit(
            X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_batch_end=look)]
        )
        return seen

    wanted = run()
    with device.using(Simulated(own=False)):
        for a, b in zip(run(), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_nobody_looks_at_stays_on_the_device():
    with device.using(Simulated(own=False)) as found:
        model = net()
        train(model)
        kernel = model.layers[0].kernel
        before = dict(found.counts)
        held = {id(m): m for m in mirrors.HELD.values()}
        assert sum(m.newer == "device" for m in held.values()) >= 3  # weights, slots, moving averages
        kernel.numpy()
        kernel.numpy()
        assert found.counts["synchronisations"] == before["synchronisations"] + 1
        train(model)
        assert found.counts["uploads"] - before["uploads"] < 60
    mirrors.look(np.zeros(3))  # what has no mirror is as it is


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_has_the_values_and_the_cpu():
    with device.using(Simulated(own=False)):
        model = net()
        train(model)
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads in a process that forks
            child = os.fork()
        if not child:
            os.write(write, model.layers[0].kernel.numpy().tobytes() if not mirrors.HELD else b"")
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 1000) == model.layers[0].kernel.numpy().tobytes()


def test_memory_in_any_order_is_mirrored():
    base = np.asfortranarray(RNG.standard_normal((3, 4)).astype("float32"))
    variable = Variable.over(base.T)
    with device.using(Simulated(own=False)):
        with Trace() as trace:
            variable.assign(variable.value * 2)
        program = Program(trace, [], {}, options=placed(None))
        expected = base * 2
        program.run()
        np.testing.assert_array_equal(variable.numpy(), expected.T)
        np.testing.assert_array_equal(base, expected)
