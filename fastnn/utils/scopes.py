"""What Keras has at the top of the package besides its parts: devices, the version."""

import contextlib

import fastnn
from fastnn.core import config, device_names
from fastnn.core.errors import NotSupportedError


@contextlib.contextmanager
def device(device_name):
    """A `with` block that names the CPU, where tensors lie, or the device that `keras.config.set_device` has chosen.

    Args:
        device_name: str, "cpu", "cpu:0", or the chosen device: "gpu:0" after `set_device("cuda:0")`.

    Raises:
        ArgumentError: for what is no name of a device.
        NotSupportedError: for a device that is not chosen: no part of a program has one of its own.

    >>> with device("cpu:0"):
    ...     pass
    """
    given, chosen = device_names.read(device_name, "device"), config.device()
    wanted = f"cuda:{given.number}" if given.kind == "gpu" else f"{given.kind}:{given.number}"
    if wanted not in ("cpu:0", chosen):
        advice = (
            f"Choose it for all of it with keras.config.set_device({wanted!r}) or FASTNN_DEVICE={wanted}."
            if given.kind == "gpu"
            else "There is one CPU, and no TPU."
        )
        raise NotSupportedError(
            f"device: received {device_name!r}, expected 'cpu' or the device of the program, which is {chosen!r}: no "
            f"part of a program has a device of its own. {advice}"
        )
    yield device_name


def version():
    """The version of fastnn.

    >>> version().count(".")
    2
    """
    return fastnn.__version__
