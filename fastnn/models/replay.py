"""A file that replays one step of training: the model before it and the batch, as arrays and JSON, nothing else.

An .npz archive whose members are stored, not compressed: "about" (JSON: format, structure of the batch), "model" (the
bytes of a `.keras` archive, read by the same closed reader, with the optimizer's state and the random streams) and
"batch_0", ... (the rows of the batch, in order).
"""

import dataclasses
import io
import json
import math
import tokenize
import zipfile

import numpy as np

from fastnn.core.errors import FileFormatError
from fastnn.models import runs
from fastnn.models.data import flatten
from fastnn.models.diagnosis import diagnose
from fastnn.models.feed import LEAF
from fastnn.runtime.abi import ROW0
from fastnn.saving import container
from fastnn.saving.archive import dump_model, model_of
from fastnn.saving.files import read_file, write_file

FORMAT = 1
PARTS = "x", "y", "sample_weight"
_CONTAINERS = {"list": list, "tuple": tuple}


def save_step(path, step, feed, rows):
    """Write the model of a step of training and the next batch of so many rows of its feed.

    Raises what saving a model raises, OSError and FileFormatError.
    """
    first = int(step.shared.states["train"][ROW0])
    chosen = slice(first, first + rows) if feed.order is None else feed.order[first : first + rows]
    structures = [None if s is None else _plain(s) for s in feed.structure]
    whole = feed.order is None and len(feed.arrays[0]) == rows
    numbers = None if whole else list(range(first, first + rows)) if feed.order is None else chosen.tolist()
    about = {"format": FORMAT, "structures": dict(zip(PARTS, structures)), "rows": numbers}
    members = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "model": np.frombuffer(dump_model(step._model()), np.uint8),
        **{f"batch_{i}": np.ascontiguousarray(a[chosen]) for i, a in enumerate(feed.arrays)},
    }
    out = io.BytesIO()
    np.savez(out, **members)
    write_file(path, out.getvalue())


def replay(path, custom_objects=None):
    """Run the step in a file once more, operation by operation; returns the Finding.

    Args:
        path: of what `fit(nan="stop")` wrote.
        custom_objects: {name: class or function} that the model needs.

    Raises FileFormatError, UnknownNameError and what else `load_model` raises.
    """
    name = repr(path)
    members = _read(read_file(path, "step"), name)
    about = container.parse_json(members["about"].tobytes(), name)
    try:
        if about["format"] != FORMAT:
            raise FileFormatError(f"{name} has format {about['format']!r:.20}; this fastnn reads format {FORMAT}.")
        structures = [about["structures"][part] for part in PARTS]
        numbers = about["rows"]
        if numbers is not None and not all(type(n) is int for n in numbers):
            raise TypeError("rows are no whole numbers")
        count = len(members) - 2
        arrays = iter([members[f"batch_{i}"] for i in range(count)])
        parts = [None if s is None else _revived(s, arrays, 0) for s in structures]
    except (KeyError, TypeError, StopIteration, RecursionError) as error:
        raise FileFormatError(f"{name}: its parts do not fit together ({type(error).__name__}: {error}).") from None
    lengths = {len(a) if a.ndim else -1 for k, a in members.items() if k.startswith("batch_")}
    if len(lengths) != 1 or (numbers is not None and [len(numbers)] != [*lengths]):
        raise FileFormatError(f"{name}: its arrays have {sorted(lengths)} rows; expected one number of rows.")
    model = model_of(members["model"].tobytes(), name, custom_objects)
    if not model.compiled:
        raise FileFormatError(f"{name}: its model was not compiled, so it has no step of training.")
    with runs.run(model):
        step = model._trainer().steps["train"]
        x, y, weight = model._arrays(*parts)
        feed = step.feed(x, y, weight)
        step.begin()
        found = diagnose(step, feed, len(flatten(x)[0]))
    return found if found.row is None or numbers is None else dataclasses.replace(found, sample=numbers[found.row])


def _plain(structure):
    """A structure with leaves, as JSON."""
    if structure is LEAF:
        return 0
    if isinstance(structure, dict):
        return {"dict": [[k, _plain(v)] for k, v in structure.items()]}
    return {"tuple" if isinstance(structure, tuple) else "list": [_plain(v) for v in structure]}


def _revived(data, arrays, depth):
    """The structure that `_plain` wrote, with arrays."""
    if data == 0 and not isinstance(data, bool):
        return next(arrays)
    (kind, parts), *others = data.items()
    if others or depth > 50:
        raise TypeError("not a structure")
    if kind == "dict":
        return {str(k): _revived(v, arrays, depth + 1) for k, v in parts}
    return _CONTAINERS[kind]([_revived(v, arrays, depth + 1) for v in parts])


def _read(data, name):
    """{member: array} of the bytes of an archive; a member is as long as its header says, or FileFormatError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            stored = all(i.compress_type == zipfile.ZIP_STORED and i.file_size <= len(data) for i in infos)
            raw = [(i.filename.removesuffix(".npy"), archive.read(i)) for i in infos] if stored else []
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise FileFormatError(f"{name} is damaged or no file of a step: {error}") from None
    if not stored:
        raise FileFormatError(f"{name}: its members are compressed; expected a file that fit wrote.")
    found = {member: _array(content, name) for member, content in raw}
    if len(found) != len(infos) or not {"about", "model"} <= found.keys():
        raise FileFormatError(f"{name}: it has the members {sorted(found)}; expected 'about', 'model', 'batch_0', ...")
    return found


def _array(raw, name):
    """The array in the bytes of a .npy file."""
    file = io.BytesIO(raw)
    try:
        major = np.lib.format.read_magic(file)
        if major != (1, 0):
            raise ValueError(f"version {major}")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except (ValueError, SyntaxError, TypeError, tokenize.TokenError, RecursionError, MemoryError) as error:
        raise FileFormatError(f"{name}: a member is no array: {error}") from None
    size = math.prod(shape) * dtype.itemsize
    if dtype.kind not in "fiub" or fortran or min(shape, default=0) < 0 or size != len(raw) - file.tell():
        raise FileFormatError(f"{name}: a member is an array of {dtype} of shape {shape}, which does not fit it.")
    return np.frombuffer(raw, dtype, offset=file.tell()).reshape(shape)
