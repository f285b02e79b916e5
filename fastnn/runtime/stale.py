"""Whether a kernel pack was built from the kernel sources that are there: cheap enough for every start.

The build records size, modification time and hash of every source that kernels are compiled from. At a start only sizes
and times are read; a file is hashed only where those differ, as after a fresh checkout.
"""
import hashlib
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]         # the package folder
SOURCES = ("core/jit.py", "core/simd.py", "kernels/lower.py")
KERNELS = "kernels/cpu"


def paths():
    """Return the files that kernels are compiled from, relative to the package folder, sorted; [] if not installed."""
    found = [name for name in SOURCES if (ROOT / name).exists()]
    with os.scandir(ROOT / KERNELS) as entries:
        found += [f"{KERNELS}/{e.name}" for e in entries if e.name.endswith(".py")]
    return sorted(found)


def content(path):
    """Return the hash of one source."""
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:24]


def snapshot():
    """Return {path: [size, mtime in ns, hash]} of the sources as they are now."""
    out = {}
    for path in paths():
        state = os.stat(ROOT / path)
        out[path] = [state.st_size, state.st_mtime_ns, content(path)]
    return out


def changed(recorded):
    """Return the paths of `recorded` (a snapshot) and of the present sources that differ in content, sorted.

    >>> changed(snapshot())
    []
    """
    now = paths()
    out = set(now) ^ set(recorded)
    for path in set(now) & set(recorded):
        size, mtime, digest = recorded[path]
        state = os.stat(ROOT / path)
        if (state.st_size, state.st_mtime_ns) != (size, mtime) and (state.st_size != size or content(path) != digest):
            out.add(path)
    return sorted(out)
