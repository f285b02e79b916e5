"""`keras.config.set_device`: what is missing is said before anything has changed."""

from __future__ import annotations

from fastnn.core import config
from fastnn.core.errors import NotSupportedError
from fastnn.runtime import device


def set_device(name: str) -> None:
    """Let plans be made for a device from now on: steps of training, predictions, values that gather.

    Args:
        name: "cpu" (the default), "cuda" or "cuda:0", "cuda:1", ... for a GPU of NVIDIA, or "auto": a GPU where there
            is one that can be used, else the CPU. FASTNN_DEVICE in the environment says the same at the start.

    Raises:
        ArgumentError: for another name.
        NotSupportedError: where the GPU cannot be used. It names what is missing: a package, the driver or its version,
            the device.

    >>> set_device("cpu")
    """
    if name == "cpu:0":  # as list_devices() calls it
        name = "cpu"
    if name not in config.PLAIN_DEVICES:
        number = device.number_of(name)
        why = device.missing(number)
        if why:
            raise NotSupportedError(f"set_device: received {name!r}: {why}")
        name = f"cuda:{number}"
    config.choose_device(name)
