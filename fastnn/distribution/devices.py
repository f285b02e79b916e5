"""The devices there are: the CPU of each process, and GPUs that can be used."""

from collections.abc import Iterable
from typing import Any

from fastnn.core import config, device_names
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution.world import transport
from fastnn.runtime import device

_KINDS = ("cpu", "gpu", "tpu")


def list_devices(device_type: str | None = None) -> list[str]:
    """The names of the devices of a kind: a CPU for each process, and this machine's GPUs.

    Args:
        device_type: "cpu", "gpu" (or "cuda"), or "tpu", of which there are none; None: of the kind that
            `keras.config.set_device` has chosen. A "gpu:0" is what that calls "cuda:0".

    Raises:
        ArgumentError: for another kind.

    >>> list_devices(), list_devices("tpu")
    (['cpu:0'], [])
    """
    kind = ("gpu" if chosen_gpu() else "cpu") if device_type is None else str(device_type).lower()
    kind = "gpu" if kind == "cuda" else kind
    if kind not in _KINDS:
        raise ArgumentError(f"Received device_type={device_type!r}, expected one of: {', '.join(_KINDS)}.")
    if kind == "gpu":
        return [name.replace("cuda", "gpu") for name in device.available()]
    return [f"cpu:{i}" for i in range(transport().size)] if kind == "cpu" else []


def get_device_count(device_type: str | None = None) -> int:
    """The number of devices of a kind.

    Args:
        device_type: "cpu", "gpu" or "tpu", of which there are none; None: of the chosen kind.

    Raises ArgumentError for another kind.

    >>> get_device_count()
    1
    """
    return len(list_devices(device_type))


def chosen_gpu() -> str:
    """The GPU that steps run on, "cuda:0"; "" for the CPU."""
    name = config.device()
    if name == "auto":
        name = next(iter(device.available()), "")
    return name if name.startswith("cuda") else ""


def steps_run_on() -> list[str]:
    """The device of each process, where all have chosen as this one has.

    >>> steps_run_on()
    ['cpu:0']
    """
    gpu = chosen_gpu().replace("cuda", "gpu")
    return [gpu] * transport().size if gpu else list_devices("cpu")


def expect_chosen(names: Iterable[Any], asker: str) -> None:
    """Raise where a mesh's devices are not what steps run on.

    Args:
        names: of devices.
        asker: what has the mesh.

    Raises:
        ArgumentError: for what is no name of a device.
        NotSupportedError: for GPUs, where steps run on the CPU or on another GPU, and the reverse. It says what is
            missing, where the GPU is not there.

    >>> expect_chosen(["cpu:0", "cpu:1"], "DataParallel")
    """
    found = [device_names.read(name, asker) for name in names]
    mesh = ", ".join(f"{kind}:{number}" for kind, number in found)
    chosen = chosen_gpu()
    gpus = [f"cuda:{number}" for kind, number in found if kind == "gpu"]
    if all(kind == "cpu" for kind, _ in found):
        if chosen:
            raise NotSupportedError(
                f"{asker}: received the devices {mesh}, but steps run on {chosen}. Choose the CPU with "
                "keras.config.set_device('cpu'), or leave the devices out."
            )
    elif len(gpus) < len(found):
        raise NotSupportedError(f"{asker}: received the devices {mesh}, expected GPUs alone, or CPUs alone.")
    elif chosen not in gpus:
        why = device.missing(int(gpus[0].removeprefix("cuda:")))
        raise NotSupportedError(
            f"{asker}: received the devices {mesh}, but steps run on {chosen or 'the CPU'}. "
            + (f"{gpus[0]} cannot be chosen: {why}" if why else f"Choose with keras.config.set_device({gpus[0]!r}).")
        )
    elif len(gpus) > transport().size:
        raise NotSupportedError(
            f"{asker}: received {len(gpus)} GPUs, expected at most {transport().size}: a process has one. Start "
            f"{len(gpus)} processes, each with its own set_device (fastnn launch -n {len(gpus)})."
        )
