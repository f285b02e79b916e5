"""`fastnn info` and `fastnn inspect`."""

import importlib.metadata
import json
import os
import platform
import sys
import time

import numpy

from fastnn.cli.terminal import clean, say, table
from fastnn.core import config, neighbours
from fastnn.runtime import cubins, device, levels, pack, threads
from fastnn.saving.inspect import inspect_file

# fmt: off
FEATURES = ("sse4_2", "avx", "avx2", "fma", "bmi2", "f16c", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl",
            "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "asimd", "asimdhp", "asimddp", "sve", "sve2", "bf16")
# fmt: on


def version():
    """The version of the installed distribution, or of the source tree."""
    try:
        return importlib.metadata.version("fastnn-engine")
    except importlib.metadata.PackageNotFoundError:
        return "0+source"


def cpu_name():
    """The name of the processor as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.lower().startswith(("model name", "hardware")):
                    return line.split(":", 1)[1].strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.processor() or platform.machine()


def features():
    """The processor's features that kernels are chosen by, or could be; "" where the system lists none.

    >>> isinstance(features(), str)
    True
    """
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, text = line.partition(":")
                if name.strip().lower() in ("flags", "features"):
                    has = set(text.split())
                    return " ".join(f for f in FEATURES if f in has)
    except OSError:
        return ""
    return ""


def gpu():
    """The GPUs that can be used, in words, or what is missing.

    >>> bool(gpu())
    True
    """
    found = device.facts()
    if not found["devices"]:
        return f"none: {found['missing']}"
    return "; ".join(
        f"{d['name']}, capability {d['capability']}, driver {d['driver']}, {d['memory'] / 2**30:.1f} GiB, "
        f"{d['free'] / 2**30:.1f} GiB free"
        for d in found["devices"]
    )


def gather(now=None):
    """Facts about this installation: {label: text}.

    now: seconds since the epoch, for the age of the pack; by default the time.
    """

    own = levels.own_level()
    out = {"fastnn": version(), "python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})",
           "numpy": numpy.__version__, "h5py": _version("h5py"), "numba": _version("numba"),
           "cpu": cpu_name(), "cpu features": features() or "not listed by the system",
           "cpu level": own or "of a family that has no kernel pack",
           "threads": f"{threads.get_num_threads()} ({threads.origin()})",
           "cores": f"{threads.affinity()} of {os.cpu_count()} for this process",
           "cgroup quota": f"{threads.quota() or 'none'}",
           "device": config.device(), "gpu": gpu(), "cuda kernels": cubins.describe(),
           "executor": config.executor(), "float type": config.floatx(),
           "data folder": os.environ.get("FASTNN_DATA") or "not set (FASTNN_DATA)"}  # fmt: skip
    if (found := neighbours.other()) is not None:
        out["import name"] = neighbours.words(found)
    kernels = {"jit": "jit: compiled in the process", "python": "python: interpreted, bounds checked, slow"}
    try:
        found = pack.describe()
    except pack.errors.PackError as error:
        return {**out, "kernels": kernels.get(pack.MODE, "pack"), "kernel pack": f"not usable: {error}"}
    out["kernels"] = kernels.get(pack.MODE, "pack: compiled ahead")
    out["kernel level"] = _level(found["level"], own)
    if pack.MODE == "pack":
        age = (time.time() if now is None else now) - found["built"]
        out["kernel pack"] = (
            f"{found['file']}, {found['kernels']} kernels, {found['bytes'] / 1024:,.0f} KiB, built "
            f"{_ago(age)}, up to date"
        )
        out["pack levels"] = ", ".join(found["levels"])
        out["pack folder"] = found["folder"]
    return out


def _level(level, own):
    """The level that kernels are taken from, and why it is not the best one where it is not."""
    forced = " (FASTNN_LEVEL)" if os.environ.get("FASTNN_LEVEL") else ""
    if level == own:
        return level + forced
    why = "" if forced else f"; for the faster one run `python -m fastnn.kernels.build --levels {own}`"
    return f"{level}{forced}, although this CPU runs {own}{why}"


def _ago(seconds):
    """A span of time in the largest whole unit.

    >>> _ago(59), _ago(7300), _ago(-3)
    ('59 seconds ago', '2 hours ago', '0 seconds ago')
    """
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(int(seconds), 0)} seconds ago"


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def info():
    """Print what is installed and on what it runs."""
    say(table(list(gather().items())))


def inspect(path, as_json=False):
    """Print what is in a model file; nothing is built from it."""

    found = inspect_file(path)
    if as_json:
        say(json.dumps(found, indent=1))
        return
    _say(f"{found['path']}: {found['kind']}, {found['bytes']:,} bytes, {found['parameters']:,} parameters")
    for key, value in found["metadata"].items():
        _say(f"  {key}: {value}")
    if found["model"]:
        _say(f"\n{found['model']['class']} {found['model']['name'] or ''}".rstrip())
        rows = [
            (layer["name"], layer["class"], " ".join(f"{k}={v}" for k, v in layer["arguments"].items()))
            for layer in found["layers"]
        ]
        _say(table([("layer", "class", "arguments"), *rows]))
        _say("\nnames that loading will look up: " + ", ".join(found["names"]))
    if found["compile"]:
        optimizer = found["compile"].get("optimizer")
        optimizer = optimizer.get("class_name") if isinstance(optimizer, dict) else optimizer
        _say(f"compiled with: optimizer {optimizer}, loss {_brief(found['compile'].get('loss'))}")
    say()
    rows = [(a["path"], str(tuple(a["shape"])), a["dtype"]) for a in found["arrays"]]
    _say(table([("array", "shape", "type"), *rows]))


def _brief(value):
    if isinstance(value, dict) and "class_name" in value:
        return value["config"] if value["class_name"] == "function" else value["class_name"]
    return value


def _say(text):
    """A line with text from the file."""
    say(clean(text))
