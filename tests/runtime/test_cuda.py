"""The CUDA device over a test double of the driver: what it asks for, how often, and what it says when that fails."""

from __future__ import annotations

import gc
import re
import signal
from types import SimpleNamespace

import numpy as np
import pytest
from fake_driver import FakeDriver, Kernels

import fastnn as keras
from fastnn import ops
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import CUDA, Options
from fastnn.core.errors import DeviceError, OutOfMemoryError
from fastnn.runtime import cuda, device, device_base

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((22, 6)).astype("float32"), RNG.integers(0, 3, 22)


def net(seed=1, units=8):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def card(**settings):
    """(device, its driver)."""
    driver = FakeDriver(**settings)
    made = cuda.Cuda(0, driver, Kernels())
    made.own = False  # its kernels are the CPU's
    return made, driver


def test_a_plan_is_captured_once_and_launched_once_a_batch_without_waiting_between():
    found, driver = card()
    with device.using(found):
        model = net()
        step = model._trainer().steps["train"]
        feed = step.feed(X[:20], Y[:20])
        step.begin()
        compiled = step.compiled(feed, 4)
        driver.counts.clear()
        driver.log.clear()
        assert compiled.program.run(5, 4) == 5
    assert driver.counts["cuStreamBeginCapture"] == driver.counts["cuGraphInstantiate"] == 1
    assert driver.counts["cuGraphLaunch"] == 5
    first, last = driver.log.index("cuGraphLaunch"), len(driver.log) - driver.log[::-1].index("cuGraphLaunch")
    assert set(driver.log[first:last]) == {"cuGraphLaunch"}
    assert driver.counts["cuStreamSynchronize"] == 1 and driver.log[last:].count("cuStreamSynchronize") == 1
    step.begin()
    compiled.program.run(3, 4)
    assert driver.counts["cuStreamBeginCapture"] == 1 and driver.counts["cuGraphLaunch"] == 8


def test_fit_evaluate_and_predict_are_the_cpus():
    def run():
        model = net()
        history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
        return history, model.evaluate(X, Y, verbose=0), model.predict(X, verbose=0), model.get_weights()

    wanted = run()
    found, driver = card()
    with device.using(found):
        received = run()
    assert received[:2] == wanted[:2]
    for a, b in zip((received[2], *received[3]), (wanted[2], *wanted[3]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(driver.functions) == len(set(driver.functions)), "a module was loaded twice"
    found.driver.device.check()


def test_memory_goes_back_with_what_it_was_for():
    found, driver = card()
    free = driver.device.memory()[0]
    with device.using(found):
        model = net()
        model.fit(X, Y, verbose=0)
    assert driver.device.memory()[0] < free
    del model
    gc.collect()
    with found.session():
        assert driver.device.memory()[0] == free
    assert driver.counts["cuGraphExecDestroy"] == driver.counts["cuGraphInstantiate"] > 0


def test_out_of_memory_is_said_before_the_first_step():
    found, driver = card(nbytes=200_000)
    with device.using(found):
        model = net(units=20_000)
        with pytest.raises(OutOfMemoryError, match=r"The plan \(arena .* variables .* needs .* cuda:0; .* are free"):
            model.fit(X, Y, verbose=0)
    assert not driver.counts["cuGraphLaunch"]


def test_an_error_of_the_driver_names_its_function():
    found, driver = card()
    driver.cuMemGetInfo = lambda: (700, None, None)
    with pytest.raises(DeviceError, match="cuda:0: cuMemGetInfo failed with error 700"):
        found.memory()


def test_ctrl_c_ends_a_run_and_the_model_can_go_on():
    found, driver = card()
    with device.using(found):
        model = net()
        launches = iter(range(1000))
        model.fit(X, Y, batch_size=8, verbose=0)

        def interrupt():
            if next(launches) == 100:
                signal.raise_signal(signal.SIGINT)

        driver.before_launch = interrupt
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, batch_size=8, epochs=50, verbose=0)
        assert all(np.isfinite(w).all() for w in model.get_weights())
        driver.before_launch = lambda: None
        model.fit(X, Y, batch_size=8, verbose=0)


@pytest.mark.parametrize(
    ("settings", "number", "words"),
    [
        (dict(devices=0), 0, "there are 0 CUDA devices"),
        (dict(devices=2), 2, "there are 2 CUDA devices, cuda:0 to cuda:1"),
        (dict(capability=(7, 5)), 0, "cuda:0 has compute capability 7.5; the kernels need 8.0 or later"),
        (dict(code=999), 0, r"the driver does not start \(CUDA error 999\)"),
        ({}, 0, ""),
    ],
)
def test_what_is_missing_is_named(settings, number, words):
    found = cuda.trouble(number, FakeDriver(**settings))
    assert re.match(words, found) and bool(found) == bool(words)


def test_a_missing_driver_is_named():
    class Nothing:
        def cuInit(self, flags):
            raise RuntimeError("libcuda.so.1 cannot be opened")

    assert "there is no NVIDIA driver" in cuda.trouble(0, Nothing()) and cuda.count(Nothing()) == 0


def test_facts():
    found, _ = card(nbytes=1 << 20)
    facts = found.facts()
    assert facts.pop("free") < facts["memory"] == 1 << 20
    assert facts == {"name": "cuda:0", "card": "Fake card", "capability": "9.0", "driver": "CUDA 12.9",
                     "memory": 1 << 20}  # fmt: skip


@pytest.mark.parametrize(("per", "calls", "lanes", "expected"), [
    ("thread", 1, 0, (1, 64)), ("thread", 65, 0, (2, 64)), ("thread", 10**9, 0, (128, 64)),
    ("thread", 1000, 10, (1, 10)), ("thread", 1000, 200, (3, 64)), ("thread", 20, 200, (1, 64)),
    ("block", 7, 0, (7, 64)), ("block", 10**6, 0, (128, 64)),
])  # fmt: skip
def test_grid(per, calls, lanes, expected):
    found, _ = card()
    work = device_base.Launch("x", 0, 0, calls, calls, lanes)
    assert found.grid(work, SimpleNamespace(per=per, threads=64)) == expected


def test_a_graph_with_a_step_in_python_is_cut_there():
    def function(x):
        return ops.cumprod(ops.tanh(x), axis=1) * 2

    x = X[:3]
    wanted = EagerPlan(function, [(x.shape, "float32")])(x)
    found, driver = card()
    with device.using(found):
        plan = EagerPlan(function, [(x.shape, "float32")], options=Options(target=CUDA))
        for _ in range(2):
            np.testing.assert_array_equal(plan(x), wanted)
    assert driver.counts["cuGraphInstantiate"] == 2 and driver.counts["cuGraphLaunch"] == 4
