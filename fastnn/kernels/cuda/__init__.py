"""Kernels that are written for a device, one module per family; each takes the place of the CPU's of the same name.

Only the pack's build and tests import them; see `fastnn.core.jit_cuda`.
"""

import importlib
import pkgutil


def names():
    """Return the full names of all kernel modules, sorted.

    >>> all(name.startswith("fastnn.kernels.cuda.") for name in names())
    True
    """
    return sorted(f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__))


def load():
    """Import every kernel module, which fills `fastnn.core.jit_cuda.CUDA_KERNELS`."""
    for name in names():
        importlib.import_module(name)
