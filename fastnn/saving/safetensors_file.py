"""Weights as `.safetensors`: arrays by the paths of their variables, and the model's config beside them.

The format holds no code. The package safetensors writes and reads it; what a header says of the model is taken as
any config is (saving/building.py).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from fastnn.core import dtypes
from fastnn.core.errors import FileFormatError
from fastnn.core.extras import missing
from fastnn.core.types import Array
from fastnn.saving import container
from fastnn.saving.building import build_model
from fastnn.saving.changes import Changes, need_built
from fastnn.saving.files import regular
from fastnn.saving.serialization import serialize_object, sharing_scope

if TYPE_CHECKING:
    from fastnn.layers.layer import Layer
    from fastnn.models.model import Model

ENDING = ".safetensors"
CONFIG, ORDER = "fastnn_config", "fastnn_order"  # keys of the metadata


def _package() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise missing("a .safetensors file", "safetensors") from error
    return safetensors


def dump(model: Model) -> bytes:
    """The bytes of a file with the weights of a model, by their paths, and its config.

    Raises NotBuiltError for a model without weights yet, FileFormatError where two weights have one path.
    """
    need_built(model, "save")
    package = _package()
    names = [v.path for v in model.weights]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileFormatError(f"safetensors: several weights have the path {twice[0]!r}; expected names of their own.")
    with sharing_scope():
        config = json.dumps(serialize_object(model))
    arrays = {v.path: v.numpy() for v in model.weights}
    found: bytes = package.numpy.save(arrays, {CONFIG: config, ORDER: json.dumps(names), "format": "fastnn"})
    return found


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """({name: array}, metadata) of a file of any origin.

    Raises MissingFileError, and FileFormatError for a file that is no whole `.safetensors` file.
    """
    package, name = _package(), regular(path, f"a {ENDING} file")
    try:
        with package.safe_open(name, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)
            return arrays, dict(file.metadata() or {})
    except (package.SafetensorError, TypeError, AttributeError) as error:
        raise FileFormatError(
            f"{name!r} is no whole {ENDING} file, or has arrays of a type that NumPy has not: {error}."
        ) from error


def load_weights(model: Layer, path: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Set the weights of a model from a file that `dump` made.

    By the paths of the variables; where the names of layers differ, by their order, if all shapes agree.
    Raises FileFormatError, with nothing changed, for a file that does not fit; skip_mismatch: warn instead, and set
    what fits.
    """
    need_built(model, "load")
    arrays, metadata = read(path)
    changes, found, problems = Changes(), [], []
    variables = list(model.weights)
    names = _names(variables, arrays, metadata)
    for variable, name in zip(variables, names):
        array = arrays.get(name)
        if array is None:
            problems.append(f"the file has no array {name!r}")
        elif array.shape != tuple(variable.shape):
            problems.append(f"{name!r} has the shape {array.shape}, the model's {tuple(variable.shape)}")
        elif dtypes.is_inexact(dtypes.standardize(array.dtype)) and not dtypes.is_inexact(variable.dtype):
            problems.append(f"{name!r} is {array.dtype}, the model's {variable.dtype}")
        else:
            found.append((variable, array))
    problems += [f"the model has no weight {name!r}" for name in sorted(set(arrays) - set(names))]
    changes.refuse(problems, os.fspath(path), getattr(model, "name", ""), skip_mismatch)
    changes.commit(found)


def _names(variables: Any, arrays: dict[str, Array], metadata: dict[str, str]) -> list[str]:
    """The names of the arrays for these variables."""
    own = [v.path for v in variables]
    if set(own) & set(arrays) or ORDER not in metadata:
        return own
    order = container.parse_json(metadata[ORDER], "the order of weights")
    if not isinstance(order, list) or len(order) != len(own) or not all(name in arrays for name in order):
        return own
    alike = all(
        arrays[name].shape == tuple(v.shape) and name.rpartition("/")[2] == v.name for name, v in zip(order, variables)
    )
    return order if alike else own


def load_model(path: str | os.PathLike[str], custom_objects: dict[str, Any] | None = None) -> Model:
    """The model whose config and weights a file holds, not compiled.

    Raises FileFormatError for a file without a config, and for one that does not fit its own.
    """
    _, metadata = read(path)
    name = repr(os.fspath(path))
    if CONFIG not in metadata:
        raise FileFormatError(
            f"{name} holds weights without the config of a model; make the model and use load_weights."
        )
    config = container.parse_json(metadata[CONFIG], name)
    model: Model = build_model(config, name, custom_objects, False, os.path.getsize(path))
    load_weights(model, path)
    return model
