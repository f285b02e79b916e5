"""Where kernels are found: `address(name)` in the compiled modes, plain functions in mode "python".

Mode "pack" (the default) loads the shared library that the build made for this CPU, with ctypes and without Numba. Mode
"jit" compiles the asked kernels in this process. See `fastnn.core.jit` for the modes and `fastnn.kernels.build` for the
library.
"""

import ctypes
import functools
import hashlib
import importlib
import importlib.util
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastnn.core import errors, hooks, jit, memory
from fastnn.core.jit import JIT, KERNELS, MODE, Kernel
from fastnn.core.registry import suggest
from fastnn.runtime import levels, stale

if MODE != "pack":  # the pack needs no kernel's source
    from fastnn.kernels import cpu
if JIT:
    from fastnn.kernels import lower

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "kernels" / "pack"
REMEDY = (
    "In a source checkout run `python -m fastnn.kernels.build` (needs numba: `pip install numba`), or set "
    "FASTNN_KERNELS=jit to compile in the process; otherwise install fastnn-engine again."
)

_SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
_functions: list[Callable[..., int]] = []  # mode "python": address(name) is a number in this list
_libraries: list[ctypes.CDLL] = []


def _unknown(name: str, known: Iterable[str]) -> errors.PackError:
    return errors.PackError(f"there is no kernel named {name!r}.{suggest(name, known)}")


def _modules(name: str) -> list[str]:
    """Kernel modules, those whose text defines the kernel's source first: others need not even import."""

    def unlikely(module: str) -> bool:
        path = pathlib.Path(cpu.__file__).parent / (module.rpartition(".")[2] + ".py")
        bases = re.findall(r"^\s*def (\w+)\(", path.read_text(encoding="utf-8"), re.M) if path.exists() else []
        return not any(name == b or name.startswith(b + "_") for b in bases)

    return sorted(cpu.names(), key=unlikely)


def _find(name: str) -> Kernel:
    """Not in mode "pack": the `fastnn.core.jit.Kernel` of that name, importing kernel modules until it is defined.

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
def library() -> dict[str, int]:
    """Return {kernel name: address} of the pack's best library for this CPU (mode "pack").

    Where the kernel sources are there too (a checkout) and differ from those that the pack was built from, the pack is
    built again if Numba is installed. Raises PackError where it is not, and for a missing pack or an unfit CPU.
    """
    for again in (True, False):
        index = _index()
        level = _choose(index["levels"])
        try:
            lib = ctypes.CDLL(str(FOLDER / index["levels"][level]["file"]))
            break
        except OSError as error:  # another process has just put a new library in its place
            if not again:
                raise errors.PackError(f"the kernel pack cannot be loaded: {error}. {REMEDY}") from error
    _libraries.append(lib)  # never unloaded: the addresses must stay valid
    return {n: ctypes.cast(getattr(lib, levels.PREFIX + n), ctypes.c_void_p).value or 0 for n in index["kernels"]}


def _choose(available: Mapping[str, Any]) -> str:
    """The forced one of a pack's levels, else the highest that this CPU runs."""
    level, has = levels.forced(), ", ".join(available) or "none"
    if level in available:
        return level
    if level:
        raise errors.PackError(
            f"FASTNN_LEVEL={level!r} in the environment, but the kernel pack has {has}. Unset it, "
            f"or in a source checkout run `python -m fastnn.kernels.build --levels {level}` (needs "
            "numba); FASTNN_KERNELS=jit compiles for any level that this CPU runs."
        )
    fit = [name for name in available if levels.runs(name)]
    if not fit:
        raise errors.PackError(
            f"no library of the kernel pack runs on this CPU: it has {has}, this CPU is {levels.family()}. {REMEDY}"
        )
    return max(fit)


def describe() -> dict[str, Any]:
    """Return what `fastnn info` tells of the kernels: mode, level, this CPU's level, and in mode "pack" the library.

    A dict of texts and numbers: mode, level, cpu_level, and for a pack that is usable folder, file, levels (of the
    pack), kernels (their number), bytes, built (seconds since the epoch), fingerprint (of the sources). Raises
    PackError as `library` does, and for a stale pack, because it builds nothing.

    >>> describe()["mode"] in ("pack", "jit", "python")
    True
    """
    found: dict[str, Any] = {
        "mode": MODE,
        "level": levels.forced() or levels.own_level(),
        "cpu_level": levels.own_level(),
    }
    if MODE == "pack":
        index = _index(build=False)
        level = _choose(index["levels"])
        file = FOLDER / index["levels"][level]["file"]
        state = file.stat()
        found.update(
            level=level,
            folder=str(FOLDER),
            file=file.name,
            levels=sorted(index["levels"]),
            kernels=len(index["kernels"]),
            bytes=state.st_size,
            built=state.st_mtime,
            fingerprint=_fingerprint(index["sources"]),
        )
    return found


def _fingerprint(sources: Mapping[str, Any]) -> str:
    """A digest of the sources that a pack was built from; it does not depend on times and levels."""
    hashes = {path: digest for path, (_, _, digest) in sources.items()}
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()[:24]


def _index(build: bool = True) -> dict[str, Any]:
    """pack.json as it is now, after building the pack again where it is stale and that is wanted."""
    try:
        index: dict[str, Any] = json.loads((FOLDER / "pack.json").read_text(encoding="utf-8"))
        differ = stale.changed(index["sources"])
        more = ", ..." if len(differ) > 4 else ""
        why = f"its sources changed since ({', '.join(differ[:4])}{more})" if differ else ""
        if index["abi"] != levels.ABI:
            why = f"it has ABI {index['abi']}, this version needs {levels.ABI}"
    except FileNotFoundError:
        why = "there is none"
    except (ValueError, KeyError, TypeError) as error:
        why = f"its index cannot be read ({error})"
    if not why:
        return index
    if not build or importlib.util.find_spec("numba") is None or os.environ.get("FASTNN_REBUILD") == "0":
        raise errors.PackError(f"the kernel pack cannot be used: {why}. {REMEDY}")
    done = subprocess.run(
        [sys.executable, "-m", "fastnn.kernels.build"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER.parents[2]), *sys.path])},
    )
    if done.returncode:
        raise errors.PackError(
            f"the kernel pack cannot be used: {why}. Building it again failed:\n{done.stderr[-3000:]}"
        )
    index = json.loads((FOLDER / "pack.json").read_text(encoding="utf-8"))
    return index


@functools.cache
def address(name: str) -> int:
    """Return what the tape calls kernel `name` by: its address, or in mode "python" the number of its function.

    Raises PackError for an unknown name, or a missing or stale kernel pack.
    """
    if MODE == "pack":
        table = library()
        if name not in table:
            raise _unknown(name, table)
        return table[name]
    if MODE == "cuda":
        raise errors.PackError(
            "FASTNN_KERNELS='cuda' in the environment: in this mode kernels are compiled for devices, by the build. "
            "Unset it to run them; keras.config.set_device('cuda') chooses a device."
        )
    kernel = _find(name)
    if JIT:
        loaded: int = lower.load(kernel)
        return loaded
    _functions.append(jit.entry(kernel))
    return len(_functions) - 1


def function(fn: int) -> Callable[..., int]:
    """Return the Python callable `(args, lo, hi) -> status` behind a value of `address`.

    `args` is a sequence of int64 words in mode "python", the address of such words in the compiled modes.
    """
    return _functions[fn] if MODE == "python" else _SIGNATURE(fn)


def call(name: str, args: Sequence[Any], lo: int, hi: int) -> int:
    """Call one kernel, without a plan; returns its status.  Registered as the "kernel" hook.

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


hooks.register("kernel", call)
