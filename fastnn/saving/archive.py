"""Whole models: `.keras` archives, and configs as JSON text."""

from __future__ import annotations

import datetime
import json
import os
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import container, hdf5, layout, legacy, streams, weights
from fastnn.saving.building import KERAS_VERSION, build_model
from fastnn.saving.changes import need_built
from fastnn.saving.files import read_file, write_file
from fastnn.saving.serialization import serialize_object, sharing_scope

if TYPE_CHECKING:
    from fastnn.models.model import Model

FORMAT = 1  # of what fastnn adds to Keras's archive; a reader refuses larger ones
ENOUGH = "0.1.0"  # the first version of fastnn that reads this format


def save_model(
    model: Model,
    filepath: str | PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    include_optimizer: bool = True,
) -> None:
    """Write a model, with its weights, its compile arguments and its optimizer's state, to one file.

    filepath: a name ending in ".keras", or in ".h5" or ".hdf5" for Keras's legacy format, which holds sequential and
    functional models.  overwrite: False makes an existing file an error.
    include_optimizer: False leaves the optimizer's state out.
    Raises ArgumentError for another ending, NotSupportedError for a subclassed model in ".h5", OSError; the old file
    stays until the new one is safely on the disk.
    """
    path = os.fspath(filepath)
    if zipped is False:
        raise ArgumentError("save_model: zipped=False (a folder) is not supported; expected a name ending in '.keras'.")
    old = path.endswith((".h5", ".hdf5"))
    if not path.endswith(".keras") and not old:
        raise ArgumentError(
            f"Invalid filepath extension for saving. Please add a `.keras` extension. Received: filepath={path}."
        )
    if not overwrite and os.path.exists(path):
        raise ArgumentError(f"save_model: {path!r} exists and overwrite is False; choose another name.")
    write_file(path, (legacy.dump_model if old else dump_model)(model, include_optimizer))


def dump_model(model, include_optimizer=True):
    """The bytes of the `.keras` archive of a model."""
    need_built(model, "save")
    with layout.still(model), sharing_scope():
        config, position, tree = serialize_object(model), streams.dump(model), weights.tree_of(model, include_optimizer)
    metadata = {
        "keras_version": KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "fastnn_format": FORMAT,
        "fastnn_needed": ENOUGH,
        streams.KEY: position,
    }
    return container.write_members(
        {
            container.METADATA: json.dumps(metadata).encode(),
            container.CONFIG: json.dumps(config).encode(),
            container.WEIGHTS: hdf5.dump(tree),
        }
    )


def load_model(
    filepath: str | PathLike[str],
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Read a model that fastnn or Keras 3 saved.

    filepath: a ".keras" archive, or a whole-model ".h5" file of Keras 2 or 3.
    custom_objects: {name: class or function} for names that are neither fastnn's nor registered.
    compile: whether to compile it as it was, with the optimizer's state.
    safe_mode: accepted for Keras's sake; code in a file is never executed, whatever it says.
    Raises FileFormatError (damaged, truncated, not a model, weights that do not fit), UnknownNameError,
    NotSupportedError; all are ValueErrors.
    """
    path = os.fspath(filepath)
    return model_of(read_file(path), repr(path), custom_objects, compile)


def model_of(data, name, custom_objects=None, compile=True):
    """The model in the bytes of a file; `name` says in errors whose they are.  As load_model."""
    if data[:8] == hdf5.SIGNATURE:
        return legacy.load_model(data, name, custom_objects, compile)
    archive, infos = container.read_members(data, name)
    metadata = {}
    if container.METADATA in infos:
        metadata = container.read_json(archive, infos[container.METADATA], name)
        check_version(metadata, name)
    config = container.read_json(archive, infos[container.CONFIG], name)
    weights_data = container.read_member(archive, infos[container.WEIGHTS], name)
    with hdf5.reading(weights_data, name) as reader:
        model = build_model(config, name, custom_objects, compile, reader.size)
        need_built(model, "load")
        changes = weights.plan(model, reader, optimizer=compile)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
    changes.commit(read)
    streams.load_or_guess(model, metadata.get(streams.KEY), name)
    return model


def check_version(metadata, name):
    """FileFormatError if an archive's metadata asks for a newer fastnn."""
    if not isinstance(metadata, dict):
        raise FileFormatError(f"{name}: metadata.json holds {type(metadata).__name__}, expected an object.")
    version = metadata.get("fastnn_format", 0)
    if not isinstance(version, int) or version > FORMAT:
        raise FileFormatError(
            f"{name} has format {version!r}; this fastnn reads formats up to {FORMAT}. "
            f"It needs fastnn {metadata.get('fastnn_needed', '?')!s:.20} or newer."
        )


def model_to_json(model, **kwargs):
    """The config of a model as JSON text; kwargs go to json.dumps."""
    with sharing_scope():
        return json.dumps(serialize_object(model), **kwargs)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """A model with fresh weights from `model_to_json`'s text.

    Raises FileFormatError, UnknownNameError, NotSupportedError (ValueErrors).
    """
    if not isinstance(json_string, (str, bytes)):
        raise ArgumentError(f"model_from_json: received {type(json_string).__name__}, expected JSON text.")
    return build_model(container.parse_json(json_string, "model_from_json"), "model_from_json", custom_objects)
