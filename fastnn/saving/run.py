"""All of a run in one file: weights, optimizer, random streams, and what a training loop keeps of its own.

A run is copied between two batches (`take`); the copy becomes bytes and a file in another thread (run_file.py).
"""

import dataclasses
import math

import numpy as np

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import layout, streams, weights
from fastnn.saving.files import write_file
from fastnn.saving.run_file import ARRAY, FLOAT, FLOATS, FORMAT, dump

_KINDS = "fiub"


@dataclasses.dataclass
class Parts:
    """What of a model goes into a file of a run; found once, since walking all layers takes as long as writing.

    places: of what has variables.  between: see _between.  generators: {path: SeedGenerator}.
    """

    places: list
    between: dict
    generators: dict


def parts_of(model):
    """The Parts of a model as it is now."""
    return Parts(layout.check_unique(list(layout.places(model))), _between(model), streams.generators(model))


def take(model, state, parts=None):
    """A copy of all that goes on: what `dump` makes the bytes of a file of, in another thread if need be.

    state: dicts, lists, numbers, text, None and arrays; ArgumentError for other things.
    """
    parts = parts_of(model) if parts is None else parts
    arrays, names = {}, {}
    for place in parts.places:
        for key, value in _own(place):
            arrays[f"{place.group}/{key}"] = value
        name = getattr(place.part, "name", None)
        if isinstance(name, str):
            names[place.group] = name
    kept: list = []
    plain = _plain({"random": streams.position(model, parts.generators), "state": state,
                    "between": {path: [v.numpy() for v in group] for path, group in parts.between.items()}},
                   kept, "the state of the run")  # fmt: skip
    return {"format": FORMAT, "names": names, "run": plain}, arrays, kept


def _own(place):
    if place.save is None:
        return [(i, v.numpy()) for i, v in enumerate(place.variables)]
    store: dict = {}
    place.save(store)
    return [(key, np.array(value)) for key, value in store.items()]


def save_run(model, path, state):
    """Write the model and `state` to `path`, replacing it at once.  Raises what `take` raises, and OSError."""
    with layout.still(model):
        taken = take(model, state)
    write_file(path, dump(taken))


def load_run(model, reader):
    """Give a model the weights, optimizer state and random streams of a Reader; returns the `state` saved with them.

    Raises FileFormatError, with nothing changed, for a file of another model.
    """
    changes = weights.plan(model, reader, optimizer=False)
    changes.arrays += _optimizer(model, reader)
    read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
    saved, held = reader.run, _between(model)
    values = saved["between"]
    if held.keys() != values.keys() or any(
        [tuple(v.shape) for v in held[path]] != [getattr(a, "shape", None) for a in values[path]] for path in held
    ):
        raise FileFormatError(
            f"{reader.name}: the layers {', '.join(sorted(held)) or '(none)'} of the model keep state "
            f"between batches, but in the file it is {', '.join(sorted(values)) or '(none)'}, or "
            "of other shapes: expected a checkpoint of the same model."
        )
    streams.load(model, saved["random"], reader.name)
    changes.commit(read + [pair for path in held for pair in zip(held[path], values[path])])
    return saved["state"]


def _optimizer(model, reader):
    """[(variable, path)] of the optimizer: a run goes on with all of its state, or not at all."""
    found = []
    for place in layout.places(model):
        if place.is_optimizer and place.load is None:
            names = reader.names(place.group)
            pairs = [(v, f"{place.group}/{i}") for i, v in enumerate(place.variables)]
            if len(names) != len(pairs) or any(
                str(i) not in names or reader.shape(path)[0] != tuple(v.shape) for i, (v, path) in enumerate(pairs)
            ):
                raise FileFormatError(
                    f"{reader.name}: the state of the optimizer ({len(names)} arrays) does not fit that of the model "
                    f"({len(pairs)} variables of {type(place.part).__name__}): compile the model as it was."
                )
            found += pairs
    return found


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
        return _plain(value.item(), arrays, where)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {FLOAT: repr(float(value))}
    if isinstance(value, np.ndarray) and value.dtype.kind in _KINDS:
        arrays.append(value.copy())
        return {ARRAY: len(arrays) - 1}
    if isinstance(value, (list, tuple)):
        if len(value) > 8 and set(map(type, value)) == {float}:  # a history grows long
            arrays.append(np.array(value))
            return {FLOATS: len(arrays) - 1}
        return [_plain(v, arrays, where) for v in value]
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {k: _plain(v, arrays, f"{where}, {k!r}") for k, v in value.items()}
    raise ArgumentError(
        f"Cannot save {value!r} of type {type(value).__name__} in {where}: expected numbers, text, "
        "None, arrays, and lists or dicts (with str keys) of them."
    )
