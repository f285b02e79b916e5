"""Choosing a device: what is missing is said before anything has changed, and every list of devices says the same."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import fastnn
from fastnn.compat import tensorflow
from fastnn.compat.tf import devices as tf_devices
from fastnn.core import config
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution import get_device_count, list_devices
from fastnn.runtime import device, pack


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """The setting goes back."""
    monkeypatch.setitem(config._settings, "device", "cpu")


def test_what_is_missing_is_said_and_nothing_changes(monkeypatch):
    monkeypatch.setattr(device, "missing", lambda number: f"there is no device {number}")
    version = config.version()
    with pytest.raises(NotSupportedError, match="set_device: received 'gpu:3': there is no device 3"):
        fastnn.config.set_device("gpu:3")
    assert (fastnn.config.device(), config.version()) == ("cpu", version)


@pytest.mark.parametrize("name, chosen", [("cuda", "cuda:0"), ("cuda:2", "cuda:2"), ("gpu:1", "cuda:1"),
                                          ("auto", "auto"), ("cpu", "cpu"), ("GPU:0", "cuda:0"), ("CPU:0", "cpu"),
                                          ("/device:GPU:1", "cuda:1"), ("gpu", "cuda:0")])  # fmt: skip
def test_names_of_devices(monkeypatch, name, chosen):
    monkeypatch.setattr(device, "missing", lambda number: "")
    fastnn.config.set_device(name)
    assert fastnn.config.device() == chosen


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:x", "", "CPU:1"])
def test_other_names_are_errors(name):
    with pytest.raises(ArgumentError, match="expected 'cpu', 'auto', 'cuda' or 'cuda:0'"):
        fastnn.config.set_device(name)


def test_without_the_package_it_is_named(monkeypatch):
    monkeypatch.setattr(device, "_importable", lambda name: False)
    with pytest.raises(NotSupportedError, match=r"Run `pip install .fastnn-engine\[cuda\]"):
        fastnn.config.set_device("cuda:0")
    assert device.available() == []


@pytest.mark.parametrize("names", [[], ["cuda:0"], ["cuda:0", "cuda:1"]])
def test_lists_of_devices(monkeypatch, names):
    monkeypatch.setattr(device, "available", lambda: names)
    assert list_devices("gpu") == [f"gpu:{k}" for k in range(len(names))] and list_devices() == ["cpu:0"]
    assert get_device_count("gpu") == len(names)
    physical = tensorflow.list_physical_devices("GPU")
    assert [d.name for d in physical] == [f"/physical_device:GPU:{k}" for k in range(len(names))]
    assert len(tensorflow.list_physical_devices()) == 1 + len(names)
    assert [d.name for d in tf_devices.devices("GPU")] == [f"/device:GPU:{k}" for k in range(len(names))]
    assert tensorflow.is_gpu_available() == bool(names) == bool(tf_devices.gpu_name())


@pytest.mark.parametrize("value, ends", [
    ("auto", "auto"), ("/GPU:1", "cuda:1"), ("", "cpu"),
    ("tpu", "fastnn.core.errors.SettingError: FASTNN_DEVICE: received 'tpu', expected 'cpu', 'auto', 'cuda' or "
            "'cuda:0', 'cuda:1', ...; there is one CPU, and no TPU. It is a variable of the environment."),
])  # fmt: skip
def test_the_environment_chooses_too(value, ends):
    """Without looking for the device: a program that imports fastnn and does nothing needs none."""
    path = os.pathsep.join([str(pack.FOLDER.parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", "import fastnn\nprint(fastnn.config.device())"],
        env={**os.environ, "PYTHONPATH": path, "FASTNN_DEVICE": value},
        capture_output=True,
        text=True,
    )
    assert (done.stdout or done.stderr).strip().splitlines()[-1] == ends


def test_a_device_that_is_listed_can_be_set():
    fastnn.config.set_device(list_devices("cpu")[0])
    assert config.device() == "cpu"


@pytest.mark.parametrize("name", [None, 0])
def test_what_is_no_name_of_a_device_is_a_named_error(name):
    with pytest.raises(ArgumentError, match="expected 'cpu'"):
        fastnn.config.set_device(name)


def test_nonsense_in_the_environment_is_one_line_of_the_command():
    path = os.pathsep.join([str(pack.FOLDER.parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "fastnn", "info"],
        env={**os.environ, "PYTHONPATH": path, "FASTNN_DEVICE": "nonsense"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fastnn: FASTNN_DEVICE: received 'nonsense', expected 'cpu'")
    assert done.stderr.count("\n") == 1
