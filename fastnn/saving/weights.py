"""Weights in `.weights.h5` files, and inside `.keras` archives: all of them are set, or none."""

from __future__ import annotations

import os
import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import container, hdf5, layout, legacy, run_file, safetensors_file, shards, steps
from fastnn.saving.changes import Changes, need_built
from fastnn.saving.files import read_file, write_file

if TYPE_CHECKING:
    from fastnn.layers.layer import Layer

_IGNORED = ("seed_generator",)  # Keras's random streams (ours are counters)


ANY_NAME = ("",)


def save_weights(
    model: Layer,
    filepath: str | PathLike[str],
    overwrite: bool = True,
    max_shard_size: float | None = None,
    objects_to_skip: Any = None,
    endings: tuple[str, ...] = (".weights.h5",),
) -> None:
    """Write the weights (and the optimizer's state) of a model in Keras 3's layout.

    Args:
        model: a Model or a Layer.
        filepath: str or path ending in ".weights.h5" (in one of `endings`), or with max_shard_size in ".weights.json".
        overwrite: False makes an existing file an error.
        max_shard_size: gigabytes (2^30 bytes) that each of several files may hold, None for one file.
        objects_to_skip: layers that are left out, with all inside them.
        endings: what a name may end in.

    Raises NotBuiltError for a model without weights yet, ArgumentError for another ending and for an array that no
    shard holds, OSError.

    >>> import fastnn, os, tempfile
    >>> one, other = (fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)]) for _ in range(2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "m.weights.h5")
    ...     save_weights(one, path)
    ...     load_weights(other, path)
    >>> all((a == b).all() for a, b in zip(one.get_weights(), other.get_weights()))
    True
    """
    path = os.fspath(filepath)
    if max_shard_size is None and not path.endswith(endings):
        raise ArgumentError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if max_shard_size is not None:
        path = shards.index_path(path)
    need_built(model, "save")
    if not overwrite and os.path.exists(path):
        raise ArgumentError(f"save_weights: {path!r} exists and overwrite is False; choose another name.")
    with layout.still(model):
        tree = tree_of(model, skip=objects_to_skip)
    if max_shard_size is not None:
        shards.write(path, tree, max_shard_size)
        return
    write_file(path, hdf5.dump(tree))


def dump_weights(model, optimizer=True):
    """The bytes of the HDF5 file with a model's weights; optimizer: whether its state goes in too."""
    with layout.still(model):
        tree = tree_of(model, optimizer)
    return hdf5.dump(tree)


def tree_of(model, optimizer=True, skip=None):
    """What hdf5.dump takes, for a model's weights; skip: parts that are left out."""
    tree, places = {}, layout.check_unique(list(layout.places(model)))
    left_out = layout.groups_of(places, skip)
    for place in places:
        if place.group in left_out or (place.is_optimizer and not optimizer):
            continue
        if place.save is not None:
            store = {}
            place.save(store)
            arrays = {str(key): np.asarray(value) for key, value in store.items()}
        else:
            arrays = {str(i): v.numpy() for i, v in enumerate(place.variables)}
        name = getattr(place.part, "name", None)
        tree[place.group] = ({"name": name} if isinstance(name, str) else {}, arrays)
    return tree


def load_weights(
    model: Layer,
    filepath: str | PathLike[str],
    skip_mismatch: bool = False,
    optimizer: bool = True,
    by_name: bool | None = None,
    objects_to_skip: Any = None,
    **kwargs: Any,
) -> None:
    """Set a model's weights from a `.weights.h5`, `.keras`, legacy `.h5` or `.safetensors` file, or from a checkpoint.

    Args:
        model: a Model or a Layer, of the structure that the file was written of.
        filepath: the file, or a checkpoint's; or the folder that OrbaxCheckpoint keeps (its newest one).
        skip_mismatch: whether weights that are missing in the file or have another shape stay as they are, with a
            warning.
        optimizer: whether to set the state of the compiled optimizer too, if the file has it.
        by_name: for a legacy `.h5` file alone: set the layers whose names the file has, and leave the others as they
            are.
        objects_to_skip: for a `.weights.h5` file: layers that stay as they are, with all inside them.
        kwargs: none is known.

    Raises MissingFileError (a FileNotFoundError); ArgumentError for by_name with another file; FileFormatError (a
    ValueError), with nothing changed, for a damaged file and for one that does not fit.

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    >>> load_weights(model, "/nowhere/m.weights.h5")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.MissingFileError: File not found: ...
    """
    path = os.fspath(filepath)
    path = (steps.newest(path) if os.path.isdir(path) else None) or path
    if kwargs:
        raise ArgumentError(f"Invalid keyword arguments: {kwargs}")
    need_built(model, "load")
    if by_name is not None and path.endswith((".keras", ".weights.h5", ".weights.json")):
        raise _only_legacy(path)
    if objects_to_skip is not None and not path.endswith((".weights.h5", ".weights.json")):
        raise ArgumentError(f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {path}")
    if path.endswith(safetensors_file.ENDING):
        safetensors_file.load_weights(model, path, skip_mismatch)
        return
    if path.endswith(".weights.json"):
        with shards.reading(path) as reader:
            changes = plan(model, reader, skip_mismatch, optimizer, objects_to_skip)
            reader.verify()
            read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
        changes.commit(read)
        return
    data = read_file(path, "weights")
    name = repr(path)
    if data[:2] == b"PK":
        archive, infos = container.read_members(data, name)
        data = container.read_member(archive, infos[container.WEIGHTS], name)
    elif data[: len(run_file.MAGIC)] == run_file.MAGIC:
        reader = run_file.Reader(data, name)
        changes = plan(model, reader, skip_mismatch, optimizer)
        changes.commit([(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays])
        return
    elif data[:8] != hdf5.SIGNATURE:
        raise FileFormatError(
            f"{name} is not a weights file: it begins with {data[:4]!r}, expected a .weights.h5, .h5 or .keras file."
        )
    with hdf5.reading(data, name) as reader:
        if reader.attribute("", "layer_names") is not None or reader.group("model_weights") is not None:
            changes = legacy.plan(model, reader, by_name, skip_mismatch)
        elif by_name is not None:
            raise _only_legacy(path)
        else:
            changes = plan(model, reader, skip_mismatch, optimizer, objects_to_skip)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
    changes.commit(read)


def _only_legacy(path):
    return ArgumentError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {path}")


def plan(model, reader, skip_mismatch=False, optimizer=True, skip=None):
    """Compare a file in Keras 3's layout with a model; the Changes that loading would make.

    skip: parts that stay as they are.
    Raises FileFormatError that lists everything that does not fit.
    """
    changes, problems, known = Changes(), [], set()
    places, older = _places(model, reader)
    left_out = layout.groups_of(places, skip)
    for place in places:
        known.add(place.group)
        if place.group in left_out:
            continue
        names = reader.names(place.group)
        if place.load is not None:
            changes.calls.append((place.load, {n: reader.read(f"{place.group}/{n}") for n in names}))
            continue
        if place.is_optimizer:
            if optimizer and older and names:
                warnings.warn(
                    f"{reader.name} was written by an older fastnn, which had the weights of this model in "
                    "another order; the optimizer starts anew.",
                    stacklevel=4,
                )
            elif optimizer:
                _plan_optimizer(place, reader, names, changes)
            continue
        _plan_part(place, reader, names, changes, problems)
    _note_strangers(reader, known, problems)
    changes.refuse(problems, reader.name, getattr(model, "name", ""), skip_mismatch)
    return changes


def _places(model, reader):
    """(the places of a model's parts in a file, whether they are those of older files of fastnn)."""

    def has(path):
        return reader.group(path) is not None

    now, once = (layout.check_unique(list(layout.places(model, order, has))) for order in (False, True))
    moved = [(a, b) for a, b in zip(now, once, strict=True) if a.part is not b.part]
    if not moved:
        return now, False
    # such a file names its parts as they stood then, and not as they stand now
    fits = [
        all(reader.attribute(p.group, "name") in (None, p.part.name) for p in places)
        for places in zip(*moved, strict=True)
    ]
    return (once, True) if fits == [False, True] else (now, False)


def _plan_part(place, reader, names, changes, problems):
    what = f"{type(place.part).__name__} {getattr(place.part, 'name', '')!r}"
    if len(names) != len(place.variables):
        found = f"{len(names)} arrays" if reader.group(place.group) is not None else "nothing"
        if place.variables or names:
            problems.append(
                f"{what}: expected {len(place.variables)} weights at {place.group!r}, received {len(names)} variables: "
                f"the file has {found}"
            )
        return
    for i, variable in enumerate(place.variables):
        path = f"{place.group}/{i}"
        if str(i) not in names:
            problems.append(f"{what}: the file has no array {path!r}")
            continue
        shape, kind = reader.shape(path)
        if shape != tuple(variable.shape):
            problems.append(
                f"{what}: {variable.name!r} has the shape {tuple(variable.shape)}, the file's {path!r} {shape}; "
                "they must match"
            )
        elif _loses(dtypes.standardize(kind), variable.dtype):
            problems.append(f"{what}: {variable.name!r} is {variable.dtype}, the file's {path!r} {kind}")
        else:
            changes.arrays.append((variable, path))


def _loses(kind, dtype):
    """Whether fractions, or imaginary parts, of values of one dtype have no place in the other."""
    if kind in dtypes.COMPLEX:
        return dtype not in dtypes.COMPLEX
    return dtypes.is_float(kind) and not dtypes.is_inexact(dtype)


def _plan_optimizer(place, reader, names, changes):
    """The optimizer's state fits as a whole or is left alone: weights alone are useful without it."""
    if not names:
        return
    if not getattr(place.part, "built", True):
        return
    variables, shapes = place.variables, [reader.shape(f"{place.group}/{name}")[0] for name in names]
    if not any(shapes):
        # Saved before the first step: counters alone, since the slots did not exist yet.
        variables = variables[: len(names)]
    fits = len(names) == len(variables) and all(
        str(i) in names and reader.shape(f"{place.group}/{i}")[0] == tuple(v.shape) for i, v in enumerate(variables)
    )
    if fits:
        changes.arrays += [(v, f"{place.group}/{i}") for i, v in enumerate(variables)]
    else:
        warnings.warn(
            f"The state of the optimizer in {reader.name} ({len(names)} arrays) does not fit this model's "
            f"{getattr(place.part, 'name', 'optimizer')!r} ({len(place.variables)} variables); the optimizer "
            "starts anew.",
            stacklevel=5,
        )


def _note_strangers(reader, known, problems):
    """Arrays in the file that belong to no part of the model."""
    strange = {}
    for path in reader.arrays():
        group = path.rpartition("/")[0]
        words = group.split("/")
        if (
            group not in known
            and words[-2:] != ["optimizer", "vars"]
            and words[0] != "optimizer"
            and not any(w in _IGNORED for w in words)
        ):
            strange.setdefault(group, []).append(path)
    for group in sorted(strange):
        name = reader.attribute(group, "name")
        problems.append(
            f"the file has {len(strange[group])} arrays at {group!r}"
            + (f" (layer {name!r})" if name else "")
            + " for which the model has no layer"
        )
