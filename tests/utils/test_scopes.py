"""`keras.device`: a block that names the CPU, and where a GPU is chosen."""

import pytest

import fastnn
from fastnn.core import config
from fastnn.core.errors import ArgumentError, NotSupportedError


@pytest.mark.parametrize("name", ["cpu", "cpu:0", "CPU:0", "/device:CPU:0", "/cpu:0"])
def test_the_cpu_by_its_names(name):
    with fastnn.device(name) as given:
        assert given == name


@pytest.mark.parametrize("name, number", [("gpu", 0), ("GPU:0", 0), ("cuda:1", 1), ("/device:GPU:0", 0)])
def test_another_device_is_chosen_for_the_whole_program(name, number):
    told = rf"received '{name}'.*which is 'cpu'.*set_device\('cuda:{number}'\) or FASTNN_DEVICE=cuda:{number}"
    with pytest.raises(NotSupportedError, match=told), fastnn.device(name):
        pytest.fail("the block ran")


@pytest.mark.parametrize("name", ["cpu:1", "tpu", "TPU:0"])
def test_devices_that_there_are_not(name):
    with pytest.raises(NotSupportedError, match=f"received '{name}'.*one CPU, and no TPU"), fastnn.device(name):
        pytest.fail("the block ran")


@pytest.mark.parametrize("name", ["nonsense", "", None, 0])
def test_what_is_no_device_is_a_named_error(name):
    with pytest.raises(ArgumentError, match=r"device: received .*expected 'cpu'"), fastnn.device(name):
        pytest.fail("the block ran")


@pytest.mark.parametrize("name", ["gpu:1", "CUDA:1", "/GPU:1", "cpu"])
def test_the_chosen_device_by_its_names(monkeypatch, name):
    monkeypatch.setitem(config._settings, "device", "cuda:1")
    with fastnn.device(name) as given:
        assert given == name
    with pytest.raises(NotSupportedError, match="which is 'cuda:1'"), fastnn.device("gpu:0"):
        pytest.fail("the block ran")
