"""Keras's private H5IOStore: packages keep arrays of their own in it, as keras_hub the weights of LoRA."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.saving import hdf5
from fastnn.saving.files import read_file, write_file


class H5IOStore:
    """Arrays by the path of a group and a name, in an HDF5 file that is written when the store is closed.

    Args:
        path_or_io: path of the file (str or PathLike), or an io.BytesIO.
        archive: a zipfile.ZipFile in which the path lies; None for the disk.
        mode: "r" or "w".

    >>> file = io.BytesIO()
    >>> store = H5IOStore(file, mode="w")
    >>> store.make("lora/3")["a"] = np.ones((2, 1))
    >>> store.close()
    >>> H5IOStore(file).get("lora/3")["a"].tolist()
    [[1.0], [1.0]]
    """

    def __init__(self, path_or_io: Any, archive: Any = None, mode: str = "r") -> None:
        if mode not in ("w", "r"):
            raise ArgumentError(f"`mode` should be either 'w' or 'r'. Received: {mode}")
        if not isinstance(path_or_io, (str, os.PathLike, io.BytesIO)):
            raise ArgumentTypeError(
                "`path_or_io` should be a `str`, `pathlib.Path` or `io.BytesIO` object. "
                f"Received: path_or_io={path_or_io} of type {type(path_or_io)}."
            )
        if isinstance(path_or_io, io.BytesIO) and archive is not None:
            raise ArgumentError("When `path_or_io` is an `io.BytesIO` object, `archive` should be `None`.")
        self.path_or_io, self.archive, self.mode = path_or_io, archive, mode
        self._groups: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._group: dict[str, Any] = {}
        if mode == "r":
            self._read()

    def make(self, path: str, metadata: dict[str, Any] | None = None) -> H5IOStore:
        """The store, which takes arrays into the group at a path from now on.

        Args:
            path: words with "/" between them; "" for the root.
            metadata: {name: value}, attributes of the group.
        """
        if self.mode != "w":
            raise ArgumentError("`make` is only allowed in write mode.")
        if not isinstance(metadata, (dict, type(None))):
            raise ArgumentError(f"`metadata` should be a dict or `None`. Received: {metadata}")
        self._group = self._groups.setdefault(path, (metadata or {}, {}))[1]
        return self

    def get(self, path: str) -> H5IOStore:
        """The store, which gives the arrays of the group at a path from now on; none where there is no such group.

        Args:
            path: as of `make`.
        """
        if self.mode != "r":
            raise ArgumentError("`get` is only allowed in read mode.")
        self._group = self._groups.get(path, ({}, {}))[1]
        return self

    def has_path(self, path: str) -> bool:
        """Whether there is a group at a path.

        Args:
            path: as of `make`.
        """
        return any(f"{known}/".startswith(f"{path}/") for known in self._groups)

    def keys(self) -> Any:
        """The names of the arrays of the group."""
        return self._group.keys()

    def items(self) -> Any:
        """Pairs (name, array) of the group."""
        return self._group.items()

    def values(self) -> Any:
        """The arrays of the group."""
        return self._group.values()

    def __len__(self) -> int:
        return len(self._group)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, key: str) -> bool:
        return key in self._group

    def __getitem__(self, key: str) -> Any:
        return self._group[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if self.mode != "w":
            raise ArgumentError("Setting a value is only allowed in write mode.")
        self._group[key] = np.asarray(value)

    def close(self) -> None:
        """Write what is there to be written."""
        if self.mode == "r":
            return
        data = hdf5.dump({f"{p}/vars".lstrip("/"): group for p, group in self._groups.items() if group[1] or group[0]})
        if isinstance(self.path_or_io, io.BytesIO):
            self.path_or_io.seek(0)
            self.path_or_io.write(data)
            self.path_or_io.truncate()
        elif self.archive is not None:
            self.archive.writestr(os.fspath(self.path_or_io), data)
        else:
            write_file(self.path_or_io, data)
        self.mode = "r"

    def _read(self) -> None:
        if isinstance(self.path_or_io, io.BytesIO):
            data = self.path_or_io.getvalue()
        elif self.archive is not None:
            data = self.archive.read(os.fspath(self.path_or_io))
        else:
            data = read_file(self.path_or_io, "weights")
        name = "the file" if isinstance(self.path_or_io, io.BytesIO) else os.fspath(self.path_or_io)
        with hdf5.reading(data, name) as reader:
            self._enter(reader, "")

    def _enter(self, reader: hdf5.Reader, path: str) -> None:
        """The arrays of all groups below a path: those in a group named "vars"."""
        for word in reader.names(path):
            inner = f"{path}/{word}".lstrip("/")
            if reader.group(inner) is None:
                continue
            if word == "vars":
                arrays = {
                    n: reader.read(f"{inner}/{n}") for n in reader.names(inner) if not reader.group(f"{inner}/{n}")
                }
                self._groups[path] = {}, arrays
            self._enter(reader, inner)
