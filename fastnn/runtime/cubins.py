"""The kernels of the pack's level "cuda": how each is launched, and what a device loads of it.

The build makes them (`fastnn.kernels.build_cuda`): an index, and for each architecture a zip file with a member for
each kernel, so a program unpacks only those that it uses. Nothing here needs a driver.
"""

import functools
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from typing import Any, NamedTuple

from fastnn.core import errors
from fastnn.core.registry import suggest
from fastnn.runtime import levels, pack, stale

LEVEL = "cuda"
OLDEST = (8, 0)  # the capability from which on devices run these kernels
REMEDY = (
    "Run `python -m fastnn.kernels.build --levels cuda`, which needs the packages of "
    '`pip install "fastnn-engine[cuda-jit]"`, or choose the device "cpu".'
)


class Way(NamedTuple):
    """How a kernel is launched.

    per: "thread": each thread takes an item at a time; "chunk": each a chunk of the instruction; "block": the threads
    of a block do an item together. threads: of a block; shared: bytes that those share, which the kernel has by itself.
    """

    per: str
    threads: int
    shared: int


@functools.cache
def _index() -> dict[str, Any]:
    """The index of the level, after building it where it is missing or stale and what that takes is installed."""
    for last in (False, True):
        found, why = _read()
        if not why:
            return found
        if last or os.environ.get("FASTNN_REBUILD") == "0" or importlib.util.find_spec("numba_cuda") is None:
            raise errors.PackError(f"the kernels for CUDA cannot be used: {why}. {REMEDY}")
        command = [sys.executable, "-m", "fastnn.kernels.build", "--levels", LEVEL]
        path = os.pathsep.join([str(pack.FOLDER.parents[2]), *sys.path])
        done = subprocess.run(command, stdout=sys.stderr.fileno(), env={**os.environ, "PYTHONPATH": path})
        if done.returncode:
            raise errors.PackError(f"the kernels for CUDA cannot be used: {why}, and building them failed. {REMEDY}")
    raise AssertionError


def _read() -> tuple[dict[str, Any], str]:
    """The index as it is, and why it cannot be used ("": it can)."""
    try:
        entry = json.loads((pack.FOLDER / "pack.json").read_text(encoding="utf-8"))["levels"].get(LEVEL)
        if entry is None:
            return {}, "they have not been built"
        index: dict[str, Any] = json.loads((pack.FOLDER / entry["file"]).read_text(encoding="utf-8"))
        differ = stale.changed(index["sources"], stale.DEVICE)
    except FileNotFoundError:
        return {}, "they have not been built"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return {}, f"their index cannot be read ({error})"
    if index["abi"] != levels.ABI:
        return {}, f"they have ABI {index['abi']}, this version needs {levels.ABI}"
    more = ", ..." if len(differ) > 4 else ""
    return index, f"their sources changed since ({', '.join(differ[:4])}{more})" if differ else ""


@functools.cache
def ways() -> dict[str, Way]:
    """Return how every kernel is launched, by its name.

    Raises PackError where the pack has no kernels for CUDA, or stale ones, and what builds them is not installed.
    """
    return {name: Way(**found) for name, found in _index()["kernels"].items()}


def architecture(capability: tuple[int, int]) -> str:
    """Return which of the pack's images a device loads: a cubin of its generation, else PTX.

    capability: of the device, (major, minor). Raises NotSupportedError for one that is too old.
    """
    if capability < OLDEST:
        raise errors.NotSupportedError(
            f"this GPU has compute capability {capability[0]}.{capability[1]}; fastnn's kernels need "
            f"{OLDEST[0]}.{OLDEST[1]} or newer (Ampere). Choose the device 'cpu'."
        )
    images: list[str] = list(_index()["images"])
    numbers = {divmod(int(a[3:]), 10): a for a in images if a.startswith("sm_")}
    fit = [c for c in numbers if c[0] == capability[0] and c <= capability]
    return numbers[max(fit)] if fit else next(a for a in images if a.startswith("compute_"))


@functools.cache
def _archive(name: str) -> zipfile.ZipFile:
    """The zip file of an architecture, in memory: processes that are forked share the place in an open file."""
    return zipfile.ZipFile(io.BytesIO((pack.FOLDER / _index()["images"][name]["file"]).read_bytes()))


def image(name: str, capability: tuple[int, int]) -> bytes:
    """Return what a device of that capability loads for a kernel: a cubin, or PTX that ends in a zero byte.

    Its function is called "fastnn_" + name. Raises PackError for an unknown name, and as `ways`.
    """
    if name not in ways():
        raise errors.PackError(f"there is no kernel for CUDA named {name!r}.{suggest(name, ways())}")
    which = architecture(capability)
    data = _archive(which).read(name)
    return data if which.startswith("sm_") else data + b"\0"


def describe() -> str:
    """Return what `fastnn info` says of these kernels; it builds nothing."""
    index, why = _read()
    if why:
        return f"none: {why}"
    total = sum(image["bytes"] for image in index["images"].values())
    return f"{len(index['kernels'])} for {', '.join(index['images'])}, {total / 1024:,.0f} KiB"
