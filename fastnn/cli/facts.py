"""`fastnn info` and `fastnn inspect`."""
import importlib.metadata
import importlib.util
import json
import os
import platform
import sys

from fastnn.cli.terminal import clean, say, table


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


def gather():
    """Facts about this installation: {label: text}."""
    import numpy

    from fastnn.core import config
    from fastnn.runtime import pack, threads
    from fastnn.runtime.executor import cpu_level

    out = {"fastnn": version(), "python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})",
           "numpy": numpy.__version__, "h5py": _version("h5py"), "numba": _version("numba"),
           "cpu": cpu_name(), "cpu level": cpu_level() or "unknown",
           "threads": f"{threads.get_num_threads()} of {os.cpu_count()} cores", "kernels": pack.MODE,
           "executor": config.executor(), "float type": config.floatx(),
           "data folder": os.environ.get("FASTNN_DATA") or "not set (FASTNN_DATA)"}
    if pack.MODE == "pack":
        try:
            out["kernel pack"] = f"{len(pack.library())} kernels in {pack.FOLDER}"
        except pack.errors.PackError as error:
            out["kernel pack"] = f"not usable: {error}"
    return out


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
    from fastnn.saving.inspect import inspect_file

    found = inspect_file(path)
    if as_json:
        say(json.dumps(found, indent=1))
        return
    _say(f"{found['path']}: {found['kind']}, {found['bytes']:,} bytes, {found['parameters']:,} parameters")
    for key, value in found["metadata"].items():
        _say(f"  {key}: {value}")
    if found["model"]:
        _say(f"\n{found['model']['class']} {found['model']['name'] or ''}".rstrip())
        rows = [(layer["name"], layer["class"], " ".join(f"{k}={v}" for k, v in layer["arguments"].items()))
                for layer in found["layers"]]
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
