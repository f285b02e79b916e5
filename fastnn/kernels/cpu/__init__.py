"""The CPU kernels, one module per family. Only the pack's build and the JIT import them; see `fastnn.core.jit`."""

import importlib
import pkgutil

# Sources whose chunks are a part of their result: a partial sum per chunk, combined by another kernel in fixed order.
# All others may be cut at every item, so that on a device each thread takes one.
OWN_CHUNKS = {
    "batch_stats": "mean and deviations of each block of rows",
    "batch_norm_grad_sums": "sums of each block of rows",
    "layer_norm_grad": "sums over the rows of each call",
    "sum_squares_part": "a sum for each call",
}

# Modules that only lowering for a CPU names: for devices kernels/cuda has others, and these take minutes to compile.
CPU_ONLY = ("matmul", "conv", "conv_grad", "winograd", "depthwise")


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
