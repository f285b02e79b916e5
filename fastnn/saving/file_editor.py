"""KerasFileEditor: looks into a file of weights, compares it with a model, changes it and writes it anew."""

from __future__ import annotations

import os
import sys
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.saving import container, hdf5, layout
from fastnn.saving.files import read_file, write_file

if TYPE_CHECKING:
    from fastnn.models.model import Model

_STREAMS = "seed_generator"  # Keras's random streams, which models of fastnn keep elsewhere


class KerasFileEditor:
    """The weights in a `.keras` or `.weights.h5` file as nested dicts, to look at and to change.

    Attributes: `weights_dict`, {object: {object or weight: ...}} with arrays as leaves; `object_metadata`,
    {path: attributes}; `config` and `metadata` of a `.keras` file, else None.

    Args:
        filepath: the file; it stays as it is until `save` writes another one.

    Raises ArgumentError for another ending, FileFormatError for a damaged file.

    >>> import fastnn, os, tempfile
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(os.path.join(folder, "m.weights.h5"))
    ...     editor = KerasFileEditor(os.path.join(folder, "m.weights.h5"))
    >>> editor.rename_object("layers/dense", "head")
    >>> list(editor.weights_dict["layers"]["head"])
    ['0', '1']
    """

    def __init__(self, filepath: str | PathLike[str]) -> None:
        path = os.fspath(filepath)
        if not path.endswith((".keras", ".weights.h5")):
            raise ArgumentError(
                f"Invalid filename: expected a `.keras` `.weights.h5` extension. Received: filepath={path}"
            )
        self.filepath, self.config, self.metadata = path, None, None
        data, name = read_file(path, "weights"), repr(path)
        if path.endswith(".keras"):
            archive, infos = container.read_members(data, name)
            self.config = container.read_json(archive, infos[container.CONFIG], name)
            if container.METADATA in infos:
                self.metadata = container.read_json(archive, infos[container.METADATA], name)
            data = container.read_member(archive, infos[container.WEIGHTS], name)
        self.weights_dict: dict[str, Any] = {}
        self.object_metadata: dict[str, Any] = {}
        with hdf5.reading(data, name) as reader:
            reader.verify()
            for where in reader.arrays():
                *group, weight = where.split("/")
                words = [w for i, w in enumerate(group) if (i, w) != (len(group) - 1, "vars")]
                _inside(self.weights_dict, words)[weight] = reader.read(where)
                called = reader.attribute("/".join(group), "name")
                if called is not None:
                    self.object_metadata["/".join(words)] = {"name": called}

    # ---- looking ------------------------------------------------------------------------------------------
    def summary(self) -> None:
        """Print the objects of the file and their weights."""
        _say(f"Keras weights file '{self.filepath}':")
        self._print(self.weights_dict, "", 1)

    def _print(self, tree, path, depth):
        for name, value in tree.items():
            where = f"{path}/{name}".lstrip("/")
            if isinstance(value, dict):
                called = self.object_metadata.get(where, {}).get("name")
                _say(f"{'    ' * depth}{name}" + (f" ({called})" if called and called != name else ""))
                self._print(value, where, depth + 1)
            else:
                array = np.asarray(value)
                _say(f"{'    ' * depth}{name}: {array.shape} {array.dtype}")

    def compare(self, reference_model: Model) -> dict[str, Any]:
        """List what differs between the file and a model.

        Args:
            reference_model: the model, with weights.

        Returns {"status": "success" or "error", "error_count", "match_count"}. An object that is missing on one side
        counts once.
        """
        expected: dict[str, Any] = {}
        for place in layout.check_unique(list(layout.places(reference_model))):
            for i, variable in enumerate(place.variables):
                _inside(expected, place.path.split("/") if place.path else [])[str(i)] = variable
        errors: list[str] = []
        matches = _compare(self.weights_dict, expected, "", errors)
        for line in errors:
            _say(f"...{line}")
        _say(f"{matches} matching weights, {len(errors)} errors.")
        return {"status": "error" if errors else "success", "error_count": len(errors), "match_count": matches}

    # ---- changing -----------------------------------------------------------------------------------------
    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object another name.

        Args:
            object_name: its path, or a name that occurs once.
            new_name: without slashes.
        """
        if "/" in new_name:
            raise ArgumentError(f"new_name should be a name, not a path. Received: new_name={new_name!r}")
        parent, name = self._find(object_name)
        parent[new_name] = parent.pop(name)

    def delete_object(self, object_name: str) -> None:
        """Remove an object with all inside it.

        Args:
            object_name: its path, or a name that occurs once.
        """
        parent, name = self._find(object_name)
        del parent[name]

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Add an object.

        Args:
            object_path: its path; the parents are there.
            weights: {"0": array, ...}.
        """
        _check_weights(weights)
        *parents, name = object_path.split("/")
        parent = self.weights_dict
        for word in parents:
            if not isinstance(parent.get(word), dict):
                raise UnknownNameError(f"Path '{'/'.join(parents)}' not found in model.{suggest(word, parent)}")
            parent = parent[word]
        parent[name] = dict(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Remove one weight of an object.

        Args:
            object_name: the object's path, or a name that occurs once.
            weight_name: "0", "1", ...
        """
        parent, name = self._find(object_name)
        if weight_name not in parent[name]:
            raise UnknownNameError(
                f"Weight {weight_name} not found in object {object_name}. Weights found: {list(parent[name])}"
            )
        del parent[name][weight_name]

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Add weights to an object, or replace them.

        Args:
            object_name: its path, or a name that occurs once.
            weights: {"0": array, ...}.
        """
        _check_weights(weights)
        parent, name = self._find(object_name)
        parent[name].update(weights)

    def save(self, filepath: str | PathLike[str]) -> None:
        """Write the weights to another file.

        Args:
            filepath: ends in ".weights.h5".
        """
        path = os.fspath(filepath)
        if not path.endswith(".weights.h5"):
            raise ArgumentError(
                f"Invalid `filepath` argument: expected a `.weights.h5` extension. Received: filepath={path}"
            )
        tree: dict[str, Any] = {}
        _groups(self.weights_dict, "", self.object_metadata, tree)
        write_file(path, hdf5.dump(tree))

    resave_weights = save

    def _find(self, name):
        """(the dict that holds an object, its key) for a path, or for a name that occurs once."""
        found: list[tuple[dict[str, Any], str]] = []
        paths: list[str] = []

        def look(tree, path):
            for key, value in tree.items():
                if isinstance(value, dict):
                    where = f"{path}/{key}".lstrip("/")
                    paths.append(where)
                    if where == name or ("/" not in name and key == name):
                        found.append((tree, key))
                    look(value, where)

        look(self.weights_dict, "")
        if not found:
            what = "Path" if "/" in name else "Name"
            raise UnknownNameError(f"{what} '{name}' not found in model.{suggest(name, paths)} summary() lists all.")
        if len(found) > 1:
            raise ArgumentError(f"Name '{name}' occurs more than once in the model; try passing a complete path.")
        return found[0]


def _say(line):
    sys.stdout.write(f"{line}\n")


def _inside(tree, words):
    for word in words:
        tree = tree.setdefault(word, {})
    return tree


def _check_weights(weights):
    if not isinstance(weights, dict):
        raise ArgumentError(
            "Argument `weights` should be a dict where keys are weight names (usually '0', '1', etc.) and values are "
            f"NumPy arrays. Received: type(weights)={type(weights)}"
        )


def _compare(found, expected, path, errors: list[str]) -> int:
    """The number of weights that are alike; what differs is added to `errors`."""
    matches = 0
    for key in [*expected, *(k for k in found if k not in expected)]:
        where, here, there = f"{path}/{key}", found.get(key), expected.get(key)
        kind = "Object" if isinstance(here if there is None else there, dict) else "Weight"
        if there is None:
            if not key.startswith(_STREAMS):
                errors.append(f"{kind} {where} present in the saved file, missing from the reference model")
        elif here is None:
            errors.append(f"{kind} {where} present in the reference model, missing from the saved file")
        elif isinstance(here, dict) and isinstance(there, dict):
            matches += _compare(here, there, where, errors)
        elif isinstance(here, dict) or isinstance(there, dict):
            errors.append(f"{where} is an object on one side, a weight on the other")
        elif tuple(np.shape(here)) != tuple(there.shape):
            errors.append(
                f"Weight shape mismatch for {where}: the reference model has {tuple(there.shape)}, the saved file "
                f"{tuple(np.shape(here))}"
            )
        else:
            matches += 1
    return matches


def _groups(tree, path, metadata, out: dict[str, Any]) -> None:
    """Enter an object and those inside it into the tree that hdf5.dump takes."""
    arrays = {name: np.asarray(value) for name, value in tree.items() if not isinstance(value, dict)}
    if arrays:
        out[f"{path}/vars".lstrip("/")] = (metadata.get(path, {}), arrays)
    for name, value in tree.items():
        if isinstance(value, dict):
            _groups(value, f"{path}/{name}".lstrip("/"), metadata, out)
