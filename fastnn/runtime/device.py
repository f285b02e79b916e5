"""Which device plans are made for: the choice, what is there, what is missing.  See `fastnn.runtime.device_base`."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from fastnn.core import changes, config, device_names
from fastnn.core.errors import NotSupportedError
from fastnn.runtime.device_base import Device

_devices: dict[str, Device] = {}
_chosen: list[Device | None] = []


def current() -> Device | None:
    """The device that plans are made for now, or None for the CPU."""
    if _chosen:
        return _chosen[-1]
    name = config.device()
    return None if name == "cpu" else named(name)


def named(name: str) -> Device | None:
    """The device of a name: "cuda:0", "simulated"; None for "cpu", and for "auto" where there is no GPU.

    Raises ArgumentError for another name, NotSupportedError where something is missing, which it names.

    >>> named("cpu") is None
    True
    """
    if name == "auto":
        name = "cuda:0" if not missing() else "cpu"
    name = device_names.own(name, "set_device")
    if name == "cpu":
        return None
    if name not in _devices:
        if name == "simulated":
            from fastnn.runtime.simulated import Simulated

            _devices[name] = Simulated()
        else:
            _devices[name] = _cuda(number_of(name))
    return _devices[name]


def number_of(name: str) -> int:
    """The number of a CUDA device's own name.

    >>> number_of("cuda:1")
    1
    """
    return int(name.removeprefix("cuda:"))


def _cuda(number: int) -> Device:
    why = missing(number)
    if why:
        raise NotSupportedError(f"device 'cuda:{number}', chosen by set_device or FASTNN_DEVICE: {why}")
    from fastnn.runtime.cuda import Cuda

    return Cuda(number)


def missing(number: int = 0) -> str:
    """What is not there that CUDA device `number` needs, and what to do; "" where all is."""
    if not _importable("cuda.bindings"):
        return (
            'the package cuda-bindings is not installed. Run `pip install "fastnn-engine[cuda]"`, or choose '
            "set_device('cpu')."
        )
    from fastnn.runtime.cuda import trouble

    return trouble(number)


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # no parent package either
        return False


def available() -> list[str]:
    """Names of the CUDA devices that there are: ["cuda:0", ...]; [] without a driver or without cuda-bindings."""
    if not _importable("cuda.bindings"):
        return []
    from fastnn.runtime.cuda import count

    return [f"cuda:{k}" for k in range(count())]


def facts() -> dict[str, Any]:
    """What `fastnn info` says: {"device": the chosen one, "devices": [facts of each], "missing": why there is none}."""
    names = available()
    found = [device.facts() for device in map(named, names) if device is not None]
    return {"device": config.device(), "devices": found, "missing": "" if names else missing()}


@contextlib.contextmanager
def using(device: Device | None) -> Iterator[Device | None]:
    """Make plans for a device, or with None for the CPU, in all threads, inside a with block: for tests.

    >>> from fastnn.runtime.simulated import Simulated
    >>> with using(Simulated()) as device:
    ...     current() is device
    True
    """
    _chosen.append(device)
    changes.note()
    config.renew()
    try:
        yield device
    finally:
        _chosen.pop()
        changes.note()
        config.renew()
