"""Whole models: `.keras` archives, and configs as JSON text."""

from __future__ import annotations

import datetime
import json
import os
from os import PathLike
from typing import IO, TYPE_CHECKING, Any

from fastnn.core.errors import ArgumentError, ArgumentTypeError, FileFormatError
from fastnn.saving import assets, container, hdf5, layout, legacy, living, safetensors_file, steps, streams, weights
from fastnn.saving.building import KERAS_VERSION, build_model
from fastnn.saving.changes import need_built, warn_of_no_weights
from fastnn.saving.files import read_file, read_folder, write_file, write_folder
from fastnn.saving.registration import check_custom_objects
from fastnn.saving.serialization import serialize_object, sharing_scope

if TYPE_CHECKING:
    from fastnn.layers.layer import Layer
    from fastnn.models.model import Model

FORMAT = 1  # of what fastnn adds to Keras's archive; a reader refuses larger ones
ENOUGH = "0.1.0"  # the first version of fastnn that reads this format


def save_model(
    model: Layer,
    filepath: str | PathLike[str] | IO[bytes],
    overwrite: bool = True,
    zipped: bool | None = None,
    include_optimizer: bool = True,
    save_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Write a model, with its weights, its compile arguments and its optimizer's state, to one file. A model without
    weights yet warns.

    Args:
        model: a Model, or a layer alone, as a FeatureSpace.
        filepath: a name ending in ".keras", or in ".h5" or ".hdf5" for Keras's legacy format, which holds sequential
            and functional models; or an open binary file to write a `.keras` archive to.
        overwrite: False makes an existing file an error.
        zipped: False writes the members of the archive as files of a folder.
        include_optimizer: False leaves the optimizer's state out.
        save_format: gone in Keras 3: an error.
        kwargs: none is known: Keras's way to say so.

    Raises ArgumentError for another ending, NotSupportedError for a subclassed model in ".h5", OSError; the old file
    stays until the new one is safely on the disk.

    >>> import fastnn, io
    >>> file = io.BytesIO()
    >>> save_model(fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)]), file)
    >>> load_model(io.BytesIO(file.getvalue())).count_params()
    3
    """
    if save_format is not None:
        raise ArgumentError(
            "The `save_format` argument is deprecated in Keras 3. Please remove this argument and pass a file path "
            "with either `.keras` or `.h5` extension. For a SavedModel folder export the model from Keras itself. "
            f"Received: save_format={save_format}"
        )
    if kwargs:
        raise ArgumentError(f"The following argument(s) are not supported: {list(kwargs)}")
    if hasattr(filepath, "write"):
        filepath.write(dump_model(model, include_optimizer))
        return
    path = os.fspath(filepath)
    old = path.endswith((".h5", ".hdf5"))
    if zipped is False:
        if old or path.endswith(".keras"):
            raise ArgumentError(f"With zipped=False the path is a folder and should not end in `.keras`: {path!r}.")
    elif not path.endswith(".keras") and not old:
        raise ArgumentError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format "
            f"(recommended) or a `.h5` extension. Received: filepath={path}."
        )
    if not overwrite and os.path.exists(path):
        raise ArgumentError(f"save_model: {path!r} exists and overwrite is False; choose another name.")
    if zipped is False:
        write_folder(path, members_of(model, include_optimizer))
        return
    data = (legacy.dump_model if old else dump_model)(model, include_optimizer)
    if old and os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)  # as Keras does it for this format alone
    write_file(path, data)


def dump_model(model, include_optimizer=True):
    """The bytes of the `.keras` archive of a model."""
    return container.write_members(members_of(model, include_optimizer))


def members_of(model, include_optimizer=True):
    """{name: bytes} of the archive of a model."""
    if not getattr(model, "built", False):
        warn_of_no_weights(stacklevel=6)
    with layout.still(model), sharing_scope():
        config, position, tree = serialize_object(model), streams.dump(model), weights.tree_of(model, include_optimizer)
        stored = assets.dump(model)
    metadata = {
        "keras_version": KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "fastnn_format": FORMAT,
        "fastnn_needed": ENOUGH,
        **({} if position is None else {streams.KEY: position}),
    }
    return {
        container.METADATA: json.dumps(metadata).encode(),
        container.CONFIG: json.dumps(config).encode(),
        container.WEIGHTS: hdf5.dump(tree),
        **stored,
    }


def load_model(
    filepath: str | PathLike[str] | IO[bytes],
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Read a model, or a layer alone, that fastnn or Keras 3 saved.

    Args:
        filepath: a ".keras" archive, or a whole-model ".h5" file of Keras 2 or 3; a ".safetensors" file that `export`
            wrote (not compiled then); the folder that zipped=False made, or that OrbaxCheckpoint keeps (its newest
            one); or an open binary file.
        custom_objects: {name: class or function} for names that are neither fastnn's nor registered.
        compile: whether to compile it as it was, with the optimizer's state.
        safe_mode: False: lambdas that this process has itself put into a file or config are found again. Code in a
            file is never executed, whatever it says.

    Raises FileFormatError (damaged, truncated, not a model, weights that do not fit), UnknownNameError,
    NotSupportedError; all are ValueErrors.

    >>> import fastnn, os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.keras")
    ...     fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)]).save(path)
    ...     model = load_model(path)
    >>> model.output_shape
    (None, 1)
    """
    check_custom_objects(custom_objects)
    with living.scope(safe_mode):
        return _load_model(filepath, custom_objects, compile)


def _load_model(filepath, custom_objects, compile):
    if hasattr(filepath, "read"):
        return model_of(filepath.read(), f"the file object {filepath!r:.80}", custom_objects, compile)
    path = os.fspath(filepath)
    if path.endswith(safetensors_file.ENDING):
        return safetensors_file.load_model(path, custom_objects)
    checkpoint = steps.newest(path, whole=True) if os.path.isdir(path) else None
    if checkpoint is not None:
        path = checkpoint
    data = container.write_members(read_folder(path)) if os.path.isdir(path) else read_file(path)
    return model_of(data, repr(path), custom_objects, compile)


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
        if not model.built and any(not where.startswith("optimizer/") for where in reader.arrays()):
            need_built(model, "load")
        changes = weights.plan(model, reader, optimizer=compile)
        reader.verify()
        read = [(variable, reader.read(where, variable.shape)) for variable, where in changes.arrays]
    with assets.loading(model, archive, infos, changes, name):
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
    """The config of a model as JSON text.

    Args:
        model: a Model.
        kwargs: go to json.dumps.
    """
    with sharing_scope():
        return json.dumps(serialize_object(model), **kwargs)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """A model with fresh weights from `model_to_json`'s text.

    Args:
        json_string: the text.
        custom_objects: {name: class or function} for names that are neither fastnn's nor registered.

    Raises FileFormatError, UnknownNameError, NotSupportedError (ValueErrors).

    >>> import fastnn
    >>> text = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)]).to_json()
    >>> model_from_json(text).count_params()
    3
    """
    check_custom_objects(custom_objects)
    if not isinstance(json_string, (str, bytes)):
        raise ArgumentTypeError(f"model_from_json: received {type(json_string).__name__}, expected JSON text.")
    return build_model(container.parse_json(json_string, "model_from_json"), "model_from_json", custom_objects)
