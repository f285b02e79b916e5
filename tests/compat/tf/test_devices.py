"""`tf.device`: TensorFlow's rule, that what is not there is done on the CPU; names are read by one parser."""

import pytest

from fastnn.compat.tf.devices import DeviceScope
from fastnn.core.errors import ArgumentError


@pytest.mark.parametrize("name", ["/GPU:0", "gpu", "/device:GPU:1", "/cpu:0", "CPU", "/TPU:0", None,
                                  "/job:worker/task:1", "/job:localhost/replica:0/task:0/device:CPU:0"])  # fmt: skip
def test_names_that_tensorflow_takes(name):
    with DeviceScope(name):
        pass


@pytest.mark.parametrize("name", ["nonsense", 0, "gpu:x", "/device:", ""])
def test_what_is_no_device_is_a_named_error(name):
    """A ValueError, as in TensorFlow."""
    with pytest.raises(ArgumentError, match=r"tf.device: received .*expected 'cpu'"):
        DeviceScope(name)
