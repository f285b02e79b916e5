"""Where kernels are found: `address(name)` in the compiled modes, plain functions in mode "python".

Mode "pack" (the default) loads the shared library that the build made for this CPU, with ctypes and without Numba. Mode
"jit" compiles the asked kernels in this process. See `fastnn.core.jit` for the modes and `fastnn.kernels.build` for the
library.
"""
import ctypes
import functools
import importlib
import pathlib
import re
import struct

import numpy as np

from fastnn.core import errors, memory
from fastnn.core.jit import JIT, KERNELS, MODE, entry

_SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_functions = []                 # mode "python": address(name) is a number in this list
_numbers = {}


def _unknown(name, known):
    from fastnn.core.registry import suggest

    return errors.PackError(f"there is no kernel named {name!r}.{suggest(name, known)}")


def _modules(name):
    """Kernel modules, those whose text defines the kernel's source first: others need not even import."""
    from fastnn.kernels import cpu

    def unlikely(module):
        path = pathlib.Path(cpu.__file__).parent / (module.rpartition(".")[2] + ".py")
        bases = re.findall(r"^\s*def (\w+)\(", path.read_text(encoding="utf-8"), re.M) if path.exists() else []
        return not any(name == b or name.startswith(b + "_") for b in bases)

    return sorted(cpu.names(), key=unlikely)


def find(name):
    """Return the `fastnn.core.jit.Kernel` of that name, importing kernel modules until it is defined.

    Raises PackError for an unknown name.
    """
    if name not in KERNELS:
        for module in _modules(name):
            importlib.import_module(module)
            if name in KERNELS:
                break
        else:
            raise _unknown(name, KERNELS)
    return KERNELS[name]


@functools.cache
def address(name):
    """Return what the tape calls kernel `name` by: its address, or in mode "python" the number of its function.

    Raises PackError for an unknown name, or a missing or stale kernel pack.
    """
    if MODE == "pack":
        table = library()
        if name not in table:
            raise _unknown(name, table)
        return table[name]
    kernel = find(name)
    if JIT:
        from fastnn.kernels import lower

        return lower.load(kernel)
    _numbers[name] = len(_functions)
    _functions.append(entry(kernel))
    return _numbers[name]


def function(fn):
    """Return the Python callable `(args, lo, hi) -> status` behind a value of `address`.

    `args` is a sequence of int64 words in mode "python", the address of such words in the compiled modes.
    """
    return _functions[fn] if MODE == "python" else _SIGNATURE(fn)


def call(name, args, lo, hi):
    """Call one kernel, for development and tests; returns its status.

    args: NumPy arrays (their addresses are passed), ints, or floats (passed as float64 bits); lo, hi: the items.

    >>> x, y = np.float32([-1, 2]), np.zeros(2, np.float32)
    >>> call("relu_f32", [x, y], 0, 2), y.tolist()
    (0, [0.0, 2.0])
    """
    words = []
    for a in args:
        if isinstance(a, np.ndarray):
            memory.register_memory(a)
            words.append(a.ctypes.data)
        elif isinstance(a, float):
            words.append(struct.unpack("<q", struct.pack("<d", a))[0])
        else:
            words.append(int(a))
    fn = function(address(name))
    if MODE == "python":
        return fn(words, lo, hi)
    table = np.array(words or [0], np.int64)
    return fn(table.ctypes.data, lo, hi)
