"""`keras.config.set_device`: what is missing is said before anything has changed."""

from __future__ import annotations

from typing import Any

from fastnn.core import config, device_names
from fastnn.core.errors import NotSupportedError
from fastnn.runtime import device


def set_device(name: Any) -> None:
    """Let plans be made for a device from now on: steps of training, predictions, values that gather.

    Args:
        name: "cpu" (the default), "cuda" or "cuda:0", "cuda:1", ... for a GPU of NVIDIA, or "auto": a GPU where there
            is one that can be used, else the CPU. Also as others write it: "gpu:0", "/GPU:0", "/device:GPU:0", a
            `torch.device`. FASTNN_DEVICE in the environment says the same at the start.

    Raises:
        ArgumentError: for another name.
        NotSupportedError: where the GPU cannot be used. It names what is missing: a package, the driver or its version,
            the device.

    >>> set_device("cpu")
    """
    own = device_names.own(name, "set_device")
    why = device.missing(device.number_of(own)) if own.startswith("cuda") else ""
    if why:
        raise NotSupportedError(f"set_device: received {name!r}: {why}")
    config.choose_device(own)
