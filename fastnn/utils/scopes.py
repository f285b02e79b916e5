"""What Keras has at the top of the package besides its parts: devices, the version."""

import contextlib

import fastnn
from fastnn.core.errors import NotSupportedError


@contextlib.contextmanager
def device(device_name):
    """A `with` block that names the CPU; `keras.config.set_device` chooses another device, for the whole program.

    Args:
        device_name: "cpu" or "cpu:0".

    Raises NotSupportedError for another.

    >>> with device("cpu:0"):
    ...     pass
    """
    if str(device_name).lower().removeprefix("/").removeprefix("device:") not in ("cpu", "cpu:0"):
        raise NotSupportedError(
            f"device: received {device_name!r}, expected 'cpu': no part of a program has a device of its own. "
            "Choose a GPU for all of it with keras.config.set_device('cuda:0') or FASTNN_DEVICE=cuda:0."
        )
    yield device_name


def version():
    """The version of fastnn.

    >>> version().count(".")
    2
    """
    return fastnn.__version__
