"""What Keras has at the top of the package besides its parts: name scopes, devices, the version."""

import contextlib

import fastnn
from fastnn.core.errors import ArgumentError, NotSupportedError


@contextlib.contextmanager
def name_scope(name, **kwargs):
    """A `with` block whose layers and operations belong together; names are not changed by it.

    Raises ArgumentError for a name that is no text.

    >>> with name_scope("block"):
    ...     pass
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ArgumentError(
            f"Argument `name` must be a string, cannot be empty, and cannot contain character `/`. "
            f"Received: name={name!r}"
        )
    yield name


@contextlib.contextmanager
def device(device_name):
    """A `with` block on a device: "cpu" or "cpu:0", the only one.

    Raises NotSupportedError for another.

    >>> with device("cpu:0"):
    ...     pass
    """
    if str(device_name).lower().removeprefix("/").removeprefix("device:") not in ("cpu", "cpu:0"):
        raise NotSupportedError(f"device: received {device_name!r}; fastnn trains on the CPU: write 'cpu'.")
    yield device_name


def version():
    """The version of fastnn.

    >>> version().count(".")
    2
    """
    return fastnn.__version__
