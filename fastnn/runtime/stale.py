"""Whether a kernel pack was built from the kernel sources that are there: cheap enough for every start.

The build records size, modification time and hash of every source that kernels are compiled from. At a start only sizes
and times are read; a file is hashed only where those differ, as after a fresh checkout.
"""

import hashlib
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]  # the package folder
KERNELS = ("kernels/cpu",)  # every file here counts, new ones too
DEVICE = (*KERNELS, "kernels/cuda")  # the same for the level of devices


def kernel_files(folders: Iterable[str] = KERNELS) -> set[str]:
    """Return the kernel sources as paths relative to the package folder."""
    found: set[str] = set()
    for folder in folders:
        with os.scandir(ROOT / folder) as entries:
            found.update(f"{folder}/{e.name}" for e in entries if e.name.endswith(".py"))
    return found


def content(path: str) -> str:
    """Return the hash of one source."""
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:24]


def snapshot(more: Iterable[str] = (), folders: Iterable[str] = KERNELS) -> dict[str, list[Any]]:
    """Return {path: [size, mtime in ns, hash]} of the kernel sources and of `more` files that they depend on."""
    out = {}
    for path in sorted(kernel_files(folders) | set(more)):
        state = os.stat(ROOT / path)
        out[path] = [state.st_size, state.st_mtime_ns, content(path)]
    return out


def changed(recorded: Mapping[str, Any], folders: Iterable[str] = KERNELS) -> list[str]:
    """Return, sorted, the paths of `recorded` (a snapshot) whose content differs now, and of kernel files not in it.

    >>> changed(snapshot())
    []
    """
    out = kernel_files(folders) - set(recorded)
    for path, (size, mtime, digest) in recorded.items():
        try:
            state = os.stat(ROOT / path)
        except FileNotFoundError:
            out.add(path)
            continue
        if (state.st_size, state.st_mtime_ns) != (size, mtime) and (state.st_size != size or content(path) != digest):
            out.add(path)
    return sorted(out)
