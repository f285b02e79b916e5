"""Weights in several files: an index in JSON that says which group lies in which `.weights.h5` file, as in Keras."""

import contextlib
import json
import os
import warnings

import numpy as np

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import container, hdf5
from fastnn.saving.files import read_file, write_file

GIGABYTE = 1 << 30


def index_path(path):
    """The path of the index; a name in ".weights.h5" is made one in ".weights.json", with a warning."""
    if path.endswith(".weights.json"):
        return path
    if path.endswith(".weights.h5"):
        new = path[: -len("h5")] + "json"
        warnings.warn(
            f"Saving sharded weights requires `*.json` as the extension. The original path: {path} will be renamed "
            f"to {new}.",
            stacklevel=4,
        )
        return new
    raise ArgumentError(
        f"The filename must end in `.weights.json` when `max_shard_size` is specified. Received: filepath={path}"
    )


def split(tree, limit):
    """The parts of a tree (see hdf5.dump), none of which holds more than `limit` bytes of numbers.

    Raises ArgumentError for an array that is larger.

    >>> [list(part) for part in split({"a": ({}, {"0": np.zeros(2)}), "b": ({}, {"0": np.zeros(2)})}, 16)]
    [['a'], ['b']]
    """
    parts, size = [{}], 0
    for group, (attributes, arrays) in tree.items():
        parts[-1].setdefault(group, (attributes, {}))
        for name, array in arrays.items():
            nbytes = np.asarray(array).nbytes
            if nbytes > limit:
                raise ArgumentError(
                    f"The size of {group}/{name} is {nbytes} bytes which exceeds the maximum shard size {limit:.0f}. "
                    "You can increase the `max_shard_size` parameter to accommodate the size."
                )
            size += nbytes
            if size > limit:
                if not parts[-1][group][1] and len(parts[-1]) > 1:
                    del parts[-1][group]
                parts.append({})
                size = nbytes
            parts[-1].setdefault(group, (attributes, {}))[1][name] = array
    return parts


def write(path, tree, max_shard_size):
    """Write the shards of a tree beside the index at `path`, and then the index.  max_shard_size: gigabytes."""
    if not max_shard_size > 0:
        raise ArgumentError(f"max_shard_size should be a number of gigabytes > 0. Received: {max_shard_size!r}")
    folder, base = os.path.split(path)
    base = base[: -len(".weights.json")]
    where, total = {}, 0
    for i, part in enumerate(split(tree, max_shard_size * GIGABYTE)):
        name = f"{base}_{i:05}.weights.h5"
        write_file(os.path.join(folder, name), hdf5.dump(part))
        for group, (_, arrays) in part.items():
            total += sum(np.asarray(a).nbytes for a in arrays.values())
            if arrays:
                where.setdefault(f"/{group}", []).append(name)
    index = {
        "metadata": {"total_size": total},
        "weight_map": {group: names[0] if len(names) == 1 else names for group, names in where.items()},
    }
    write_file(path, json.dumps(index, indent=4).encode())


@contextlib.contextmanager
def reading(path):
    """Open all shards that an index names; yields what reads like hdf5.Reader."""
    name = repr(path)
    index = container.parse_json(read_file(path, "weights"), name)
    found = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(found, dict):
        raise FileFormatError(f"{name}: expected an object with a 'weight_map' of groups and files.")
    files = {f for names in found.values() for f in (names if isinstance(names, list) else [names])}
    for file in files:
        plain = isinstance(file, str) and file.endswith(".weights.h5") and not set(file) & set("/\\:\0")
        if not plain:
            raise FileFormatError(f"{name} names the file {file!r:.100}, expected '.weights.h5' files beside it.")
    with contextlib.ExitStack() as stack:
        folder = os.path.dirname(path)
        yield Shards(
            name,
            [
                stack.enter_context(hdf5.reading(read_file(os.path.join(folder, file), "weights"), repr(file)))
                for file in sorted(files)
            ],
        )


class Shards:
    """Several files of weights as one: what `weights.plan` asks of an hdf5.Reader."""

    def __init__(self, name, readers):
        self.name, self.readers = name, readers
        self.size = sum(reader.size for reader in readers)
        self._home = {}
        for reader in readers:
            for path in reader.arrays():
                if path in self._home:
                    raise FileFormatError(f"{name}: {path!r} is in {reader.name} and {self._home[path].name}.")
                self._home[path] = reader

    def arrays(self):
        """The paths of all arrays."""
        return list(self._home)

    def group(self, path):
        """The group at a path in the first shard that has it, or None."""
        return next((g for g in (reader.group(path) for reader in self.readers) if g is not None), None)

    def names(self, path):
        """The names in a group, over all shards."""
        return sorted({name for reader in self.readers for name in reader.names(path)})

    def attribute(self, path, key):
        """An attribute of a group in the first shard that has it, or None."""
        return next((a for a in (reader.attribute(path, key) for reader in self.readers) if a is not None), None)

    def shape(self, path):
        """(shape, dtype) of an array."""
        return self._of(path).shape(path)

    def read(self, path, shape=None, dtype=None):
        """An array."""
        return self._of(path).read(path, shape, dtype)

    def _of(self, path):
        if path not in self._home:
            raise FileFormatError(f"{self.name}: no shard has an array {path!r:.200}.")
        return self._home[path]

    def verify(self):
        """Check the digests of all shards."""
        for reader in self.readers:
            reader.verify()
