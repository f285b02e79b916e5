"""`keras.device`: a block that names the CPU, and where a GPU is chosen."""

import pytest

import fastnn
from fastnn.core.errors import NotSupportedError


@pytest.mark.parametrize("name", ["cpu", "cpu:0", "CPU:0", "/device:CPU:0", "/cpu:0"])
def test_the_cpu_by_its_names(name):
    with fastnn.device(name) as given:
        assert given == name


@pytest.mark.parametrize("name", ["gpu", "gpu:0", "cuda:1", "cpu:1", "/device:GPU:0"])
def test_another_device_is_chosen_for_the_whole_program(name):
    told = rf"received '{name}'.*set_device\('cuda:0'\) or FASTNN_DEVICE"
    with pytest.raises(NotSupportedError, match=told), fastnn.device(name):
        pytest.fail("the block ran")
