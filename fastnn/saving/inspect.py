"""What is in a model file, without building anything from it."""

import os

from fastnn.core.errors import FileFormatError
from fastnn.saving import container, hdf5
from fastnn.saving.files import read_file


def inspect_file(filepath):
    """A description of a `.keras`, `.weights.h5` or legacy `.h5` file, from headers and JSON alone.

    Args:
        filepath: str or path.

    Returns a dict: "path", "kind", "bytes", "metadata" (dict), "model" ({"class", "name"} or None), "layers" (list of
    {"class", "name", "arguments"}), "compile" (dict or None), "arrays" (list of {"path", "shape", "dtype"}),
    "parameters" (int, without the optimizer's), "names" (every class and function that the config names).
    Raises FileFormatError for damaged files, as loading does.

    >>> import fastnn, os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.keras")
    ...     fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)]).save(path)
    ...     found = inspect_file(path)
    >>> found["parameters"], [layer["class"] for layer in found["layers"]]
    (3, ['InputLayer', 'Dense'])
    """
    path = os.fspath(filepath)
    data = read_file(path)
    name = repr(path)
    out = {"path": path, "kind": "weights (.weights.h5)", "bytes": len(data), "metadata": {}, "model": None,
           "layers": [], "compile": None, "arrays": [], "parameters": 0, "names": []}  # fmt: skip
    config = None
    if data[:8] != hdf5.SIGNATURE:
        archive, infos = container.read_members(data, name)
        out["kind"] = "model (.keras archive)"
        if container.METADATA in infos:
            out["metadata"] = container.read_json(archive, infos[container.METADATA], name)
        config = container.read_json(archive, infos[container.CONFIG], name)
        data = container.read_member(archive, infos[container.WEIGHTS], name)
    with hdf5.reading(data, name) as reader:
        text = reader.attribute("", "model_config")
        if text is not None:
            out["kind"], config = "model (legacy .h5)", container.parse_json(text, name)
        for array in reader.arrays():
            shape, dtype = reader.shape(array)
            out["arrays"].append({"path": array, "shape": shape, "dtype": dtype.name})
            if not array.startswith(("optimizer/", "optimizer_weights/")):
                size = 1
                for d in shape:
                    size *= d
                out["parameters"] += size
    if config is not None:
        _describe(config, out, name)
    return out


def _describe(config, out, name):
    for part, kinds, what in (("metadata", dict, out["metadata"]), ("config", dict, config),
                              ("compile config", (dict, type(None)),
                               config.get("compile_config") if isinstance(config, dict) else None)):  # fmt: skip
        if not isinstance(what, kinds):
            raise FileFormatError(f"{name}: the {part} is {type(what).__name__}, expected an object.")
    inner = config.get("config")
    layers = inner.get("layers", []) if isinstance(inner, dict) else inner if isinstance(inner, list) else []
    out["model"] = {
        "class": str(config.get("class_name")),
        "name": str(inner.get("name")) if isinstance(inner, dict) else None,
    }
    out["compile"] = config.get("compile_config")
    for layer in layers if isinstance(layers, list) else []:
        arguments = layer.get("config") if isinstance(layer, dict) else None
        arguments = arguments if isinstance(arguments, dict) else {}
        shown = {
            k: v
            for k, v in arguments.items()
            if isinstance(v, (int, float, str, list)) and k not in ("name", "trainable", "dtype") and len(str(v)) < 60
        }
        out["layers"].append(
            {
                "class": str(layer.get("class_name")) if isinstance(layer, dict) else "?",
                "name": str(arguments.get("name", "")),
                "arguments": shown,
            }
        )
    found = []
    _names(config, found)
    out["names"] = sorted(set(found))


def _names(config, found):
    if isinstance(config, list):
        for item in config:
            _names(item, found)
    elif isinstance(config, dict):
        if isinstance(config.get("class_name"), str) and "config" in config:
            kind = config["class_name"]
            found.append(str(config["config"]) if kind == "function" else str(config.get("registered_name") or kind))
        for value in config.values():
            _names(value, found)
