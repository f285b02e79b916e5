"""Which device plans are made for, and what is said where it is not there."""

from __future__ import annotations

import numpy as np
import pytest
from fake_driver import FakeDriver

import fastnn as keras
from fastnn.core import config
from fastnn.core.errors import ArgumentError, NotSupportedError, OutOfMemoryError
from fastnn.runtime import cuda, device
from fastnn.runtime.simulated import Simulated


@pytest.fixture
def driver(monkeypatch):
    """A machine with two cards, whose driver is a test double."""
    made = FakeDriver(devices=2)
    monkeypatch.setattr(cuda, "_driver", lambda: made)
    monkeypatch.setattr(device, "_importable", lambda name: True)
    monkeypatch.setattr(device, "_devices", {})
    return made


def test_the_cpu_is_the_default():
    assert config.device() == "cpu" and device.current() is None


@pytest.mark.parametrize("name", ["gpu0", "cuda:x", "tpu", ""])
def test_unknown_names(name):
    with pytest.raises(ArgumentError, match="expected 'cpu', 'auto', 'cuda' or 'cuda:0'"):
        device.named(name)


def test_what_is_missing_without_the_package(monkeypatch):
    monkeypatch.setattr(device, "_importable", lambda name: False)
    monkeypatch.setattr(device, "_devices", {})
    assert device.available() == [] and device.named("auto") is None
    with pytest.raises(
        NotSupportedError, match=r'cuda-bindings is not installed. Run `pip install "fastnn-engine\[cuda'
    ):
        device.named("cuda:0")
    assert "cuda-bindings" in device.facts()["missing"]


def test_a_device_of_the_environment_that_is_not_there(monkeypatch):
    monkeypatch.setattr(device, "missing", lambda number: "no driver")
    with pytest.raises(NotSupportedError, match=r"'cuda:5', chosen by set_device or FASTNN_DEVICE: no driver"):
        device.named("cuda:5")


def test_cards_by_name(driver):
    assert device.available() == ["cuda:0", "cuda:1"]
    assert device.named("cuda:1") is device.named("gpu:1") and device.named("auto") is device.named("cuda")
    with pytest.raises(NotSupportedError, match=r"cuda:2.*there are 2 CUDA devices, cuda:0 to cuda:1"):
        device.named("cuda:2")
    facts = device.facts()
    assert [d["name"] for d in facts["devices"]] == ["cuda:0", "cuda:1"] and facts["missing"] == ""


def test_a_device_inside_a_with_block():
    outer, inner = Simulated(own=False), Simulated(own=False)
    with device.using(outer):
        with device.using(inner):
            assert device.current() is inner
            with device.using(None):
                assert device.current() is None
        assert device.current() is outer
    assert device.current() is None


def test_models_follow_the_device():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    x = np.ones((4, 3), "float32")
    wanted, found = model(x), Simulated(own=False)
    with device.using(found):
        np.testing.assert_array_equal(model(x), wanted)
        np.testing.assert_array_equal(model.predict(x, verbose=0), wanted)
    assert found.counts["replays"] == 2
    np.testing.assert_array_equal(model(x), wanted)
    assert found.counts["replays"] == 2


def test_the_error_says_what_needs_the_memory_and_what_is_free():
    found = Simulated(nbytes=10_000_000)
    with (
        found.session(),
        pytest.raises(OutOfMemoryError, match=r"^A thing needs 5e\+03 GB on simulated; 0.01 of 0.01 GB"),
    ):
        found.take(5 * 10**12, "A thing")


def test_memory_that_is_freed_can_be_had_again():
    found = Simulated(nbytes=1000)
    with found.session():
        address = found.take(900, "A thing")
        found.free(address)
        assert found.take(900, "Another one")
