"""The state of a training run in one file: weights, optimizer, random streams, and plain data of the run's own.

The file is a `.weights.h5` of Keras 3's layout with one more group, so that usual tools show it and load its weights.
It is written at once: a run is never found half in an old state and half in a new one.
"""

import json
import math

import numpy as np

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import container, hdf5, layout, streams, weights
from fastnn.saving.files import read_file, write_file

GROUP, TEXT, FORMAT = "fastnn_run", "json", 1
ARRAY, FLOAT = "__array__", "__float__"


def save_run(model, path, state):
    """Write the model and `state` (dicts, lists, numbers, text, None and arrays) to `path`, replacing it at once.

    Raises ArgumentError for other things in `state`, OSError.
    """
    arrays = []
    plain = _plain({"format": FORMAT, "random": streams.dump(model), "state": state,
                    "between": {path: [v.numpy() for v in kept] for path, kept in _between(model).items()}},
                   arrays, "the state of the run")  # fmt: skip
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
                raise FileFormatError(
                    f"{name}: the state of the run has format "
                    f"{data.get('format') if isinstance(data, dict) else data!r}; this fastnn reads "
                    f"format {FORMAT}."
                )
            saved = _revived(data, reader, name)
            if not {"state", "random"} <= saved.keys():
                raise FileFormatError(f"{name}: the state of the run lacks parts; expected what fastnn writes.")
    if saved is not None:
        held, values = _between(model), saved.get("between", {})
        if not isinstance(values, dict) or not all(isinstance(v, list) for v in values.values()):
            raise FileFormatError(f"{name}: the states between batches are damaged; expected what fastnn writes.")
        if held.keys() != values.keys() or any(
            [tuple(v.shape) for v in held[path]] != [getattr(a, "shape", None) for a in values[path]] for path in held
        ):
            raise FileFormatError(
                f"{name}: the layers {', '.join(sorted(held)) or '(none)'} of the model keep state "
                f"between batches, but in the file it is {', '.join(sorted(values)) or '(none)'}, or "
                "of other shapes: expected a backup of the same model."
            )
        streams.load(model, saved["random"], name)
        read += [pair for path in held for pair in zip(held[path], values[path])]
    changes.commit(read)
    return None if saved is None else saved["state"]


def _between(model):
    """{path: variables} of what layers keep from batch to batch that is no weight: states of recurrent layers."""
    places = list(layout.places(model))
    saved = {id(v) for place in places for v in place.variables}
    found = {}
    for place in places:
        for name, value in vars(place.part).items() if getattr(place.part, "_fastnn_layer", False) is True else ():
            values = value if isinstance(value, (list, tuple)) else [value]
            kept = [v for v in values if getattr(v, "_fastnn_variable", False) is True and id(v) not in saved]
            if kept:
                found[f"{place.path}/{name}".lstrip("/")] = kept
    return found


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
    raise ArgumentError(
        f"Cannot save {value!r} of type {type(value).__name__} in {where}: expected numbers, text, "
        "None, arrays, and lists or dicts (with str keys) of them."
    )


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
