"""The devices there are: the CPU."""

import os

from fastnn.core.errors import ArgumentError, NotSupportedError

_KINDS = ("cpu", "gpu", "tpu")
_VARIABLE = "KERAS_DISTRIBUTION_"


def list_devices(device_type: str | None = None) -> list[str]:
    """The names of the devices of a kind.

    Args:
        device_type: "cpu" (what None means), "gpu" or "tpu", of which there are none.

    Raises:
        ArgumentError: for another kind.

    >>> list_devices(), list_devices("gpu")
    (['cpu:0'], [])
    """
    kind = "cpu" if device_type is None else str(device_type).lower()
    if kind not in _KINDS:
        raise ArgumentError(f"Received device_type={device_type!r}, expected one of: {', '.join(_KINDS)}.")
    return ["cpu:0"] if kind == "cpu" else []


def get_device_count(device_type: str | None = None) -> int:
    """The number of devices of a kind.

    Args:
        device_type: "cpu" (what None means), "gpu" or "tpu", of which there are none.

    Raises ArgumentError for another kind.

    >>> get_device_count()
    1
    """
    return len(list_devices(device_type))


def initialize(
    job_addresses: str | None = None, num_processes: int | None = None, process_id: int | None = None
) -> None:
    """Join a cluster: of one process, which needs nothing.

    Args:
        job_addresses: str, addresses with commas between.
        num_processes, process_id: ints. What is None is taken from KERAS_DISTRIBUTION_JOB_ADDRESSES, ..._NUM_PROCESSES
            and ..._PROCESS_ID.

    Raises:
        NotSupportedError: for more processes than one.

    >>> initialize(num_processes=1, process_id=0)
    """
    addresses = job_addresses or os.environ.get(f"{_VARIABLE}JOB_ADDRESSES") or ""
    count = num_processes if num_processes is not None else os.environ.get(f"{_VARIABLE}NUM_PROCESSES")
    count = len(addresses.split(",")) if count is None else int(count)
    if count > 1:
        raise NotSupportedError(
            f"distribution.initialize: received {count} processes, expected 1: a model is trained by one process on "
            "one machine. Delete the call, and the environment variables KERAS_DISTRIBUTION_*."
        )
