"""The state of a training run in one file: weights, optimizer, random streams, and plain data of the run's own.

The file is a `.weights.h5` of Keras 3's layout with one more group, so that usual tools show it and load its weights.
It is written at once: a run is never found half in an old state and half in a new one.
"""
import json
import math

import numpy as np

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import container, hdf5, streams, weights
from fastnn.saving.files import read_file, write_file

GROUP, TEXT, FORMAT = "fastnn_run", "json", 1
ARRAY, FLOAT = "__array__", "__float__"


def save_run(model, path, state):
    """Write the model and `state` (dicts, lists, numbers, text, None and arrays) to `path`, replacing it at once.

    Raises ArgumentError for other things in `state`, OSError.
    """
    arrays = []
    plain = _plain({"format": FORMAT, "random": streams.dump(model), "state": state}, arrays, "the state of the run")
    text = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    tree = weights.tree_of(model)
    tree[GROUP] = {}, {TEXT: text, **{str(i): a for i, a in enumerate(arrays)}}
    write_file(path, hdf5.dump(tree))


def load_run(model, path):
    """Give a model the weights, optimizer state and random streams of a file; returns the `state` saved with them.

    None for a file with weights alone.  Raises FileFormatError, with nothing changed, for one that is damaged or of
    another model.
    """
    name = repr(path)
    with hdf5.reading(read_file(path, "backup"), name) as reader:
        changes = weights.plan(model, reader)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
        saved = None
        if reader.group(GROUP) is not None:
            data = container.parse_json(reader.read(f"{GROUP}/{TEXT}", dtype=np.uint8).tobytes(), name)
            if not isinstance(data, dict) or data.get("format") != FORMAT:
                raise FileFormatError(f"{name}: the state of the run has format "
                                      f"{data.get('format') if isinstance(data, dict) else data!r}; this fastnn reads "
                                      f"format {FORMAT}.")
            saved = _revived(data, reader, name)
    if saved is not None:
        streams.load(model, saved["random"], name)
    changes.commit(read)
    return None if saved is None else saved["state"]


def _plain(value, arrays, where):
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        value = value.item()
        return _plain(value, arrays, where)
    if isinstance(value, float):
        return value if math.isfinite(value) else {FLOAT: repr(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        arrays.append(value)
        return {ARRAY: len(arrays) - 1}
    if isinstance(value, (list, tuple)):
        return [_plain(v, arrays, where) for v in value]
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {k: _plain(v, arrays, f"{where}, {k!r}") for k, v in value.items()}
    raise ArgumentError(f"Cannot save {value!r} of type {type(value).__name__} in {where}: expected numbers, text, "
                        "None, arrays, and lists or dicts (with str keys) of them.")


def _revived(value, reader, name):
    if isinstance(value, list):
        return [_revived(v, reader, name) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {ARRAY} and isinstance(value[ARRAY], int):
        return reader.read(f"{GROUP}/{value[ARRAY]}")
    if value.keys() == {FLOAT} and value[FLOAT] in ("nan", "inf", "-inf"):
        return float(value[FLOAT])
    return {k: _revived(v, reader, name) for k, v in value.items()}
