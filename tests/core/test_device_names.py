"""Names of devices: one parser for what Keras, PyTorch, JAX and TensorFlow write."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.core import device_names
from fastnn.core.errors import ArgumentError

PREFIXES = ["", "/", "device:", "/device:", "/physical_device:", "/job:localhost/replica:0/task:0/device:",
            "/job:worker/task:3/"]  # fmt: skip


@given(st.sampled_from(PREFIXES), st.sampled_from(sorted(device_names.KINDS)), st.none() | st.integers(0, 999),
       st.sampled_from([str.lower, str.upper, str.title]), st.sampled_from(["", " "]))  # fmt: skip
def test_every_spelling_of_a_device(prefix, kind, number, case, blank):
    text = blank + case(prefix + kind + ("" if number is None else f":{number}")) + blank
    assert device_names.read(text, "me") == (device_names.KINDS[kind], number or 0)


class Torch:
    """As a `torch.device`."""

    type, index = "cuda", 1

    def __str__(self):
        return "cuda:1"


@pytest.mark.parametrize("thing, own", [
    (Torch(), "cuda:1"), (SimpleNamespace(name="/physical_device:GPU:0"), "cuda:0"), ("AUTO", "auto"),
    ("GPU", "cuda:0"), ("/device:CPU:0", "cpu"), ("cuda:00", "cuda:0"),
])  # fmt: skip
def test_names_as_the_setting_has_them(thing, own):
    assert device_names.own(thing, "me") == own


NONE = ["", "cpu:", "cuda:x", "gpu:-1", "gpu 0", "//gpu:0", "device:", "mps", "cuda:0,cuda:1", "gpu:\u0661", "nonsense",
        None, 0, True, ["cpu"], b"cpu", SimpleNamespace(name=3)]  # fmt: skip


@pytest.mark.parametrize("name", NONE, ids=repr)
@pytest.mark.parametrize("reader", [device_names.read, device_names.own])
def test_what_names_no_device(reader, name):
    with pytest.raises(ArgumentError, match=r"^me: received .*expected 'cpu', 'auto', 'cuda' or 'cuda:0'"):
        reader(name, "me")


@pytest.mark.parametrize("name", ["tpu", "TPU:0", "cpu:1", "/device:CPU:3"])
def test_devices_that_no_setting_takes(name):
    with pytest.raises(ArgumentError, match="there is one CPU, and no TPU"):
        device_names.own(name, "me")
