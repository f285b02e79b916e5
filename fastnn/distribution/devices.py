"""The devices there are: the CPU of each process, and GPUs that can be used."""

from fastnn.core.errors import ArgumentError
from fastnn.distribution.world import transport
from fastnn.runtime import device

_KINDS = ("cpu", "gpu", "tpu")


def list_devices(device_type: str | None = None) -> list[str]:
    """The names of the devices of a kind: a CPU for each process, and this machine's GPUs.

    Args:
        device_type: "cpu" (what None means), "gpu", or "tpu", of which there are none. A "gpu:0" is what
            `keras.config.set_device` calls "cuda:0".

    Raises:
        ArgumentError: for another kind.

    >>> list_devices(), list_devices("tpu")
    (['cpu:0'], [])
    """
    kind = "cpu" if device_type is None else str(device_type).lower()
    if kind not in _KINDS:
        raise ArgumentError(f"Received device_type={device_type!r}, expected one of: {', '.join(_KINDS)}.")
    if kind == "gpu":
        return [name.replace("cuda", "gpu") for name in device.available()]
    return [f"cpu:{i}" for i in range(transport().size)] if kind == "cpu" else []


def get_device_count(device_type: str | None = None) -> int:
    """The number of devices of a kind.

    Args:
        device_type: "cpu" (what None means), "gpu" or "tpu", of which there are none.

    Raises ArgumentError for another kind.

    >>> get_device_count()
    1
    """
    return len(list_devices(device_type))
