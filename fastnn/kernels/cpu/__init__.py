"""The CPU kernels, one module per family. Only the pack's build and the JIT import them; see `fastnn.core.jit`."""

import importlib
import pkgutil


def names():
    """Return the full names of all kernel modules, sorted.

    >>> all(name.startswith("fastnn.kernels.cpu.") for name in names())
    True
    """
    return sorted(f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__))


def load():
    """Import every kernel module, which fills `fastnn.core.jit.KERNELS`."""
    for name in names():
        importlib.import_module(name)
