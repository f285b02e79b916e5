"""`keras.utils.io_utils` up to Keras 2: arrays that stay in HDF5 files (needs h5py)."""

import importlib
import os

import numpy as np

from fastnn.core.errors import ArgumentError, NotSupportedError


class HDF5Matrix:
    """A data set of an HDF5 file in the place of an array; rows are read when a batch needs them.

    `fit(x, y, shuffle="batch")` reads rows that lie together.

    Args:
        datapath: the path of the file.
        dataset: the name of the data set.
        start, end: the rows that count; all if end is None.
        normalizer: a function of the rows that were read, or None.

    Raises ArgumentError for rows that the data set has not.
    """

    def __init__(self, datapath, dataset, start=0, end=None, normalizer=None):
        h5py = importlib.import_module("h5py")
        self.data = h5py.File(os.fspath(datapath), "r")[dataset]
        self.start, self.end = start, len(self.data) if end is None else end
        self.normalizer = normalizer
        if not 0 <= self.start <= self.end <= len(self.data):
            raise ArgumentError(
                f"HDF5Matrix: received start={start}, end={end}, expected rows between 0 and {len(self.data)}."
            )

    def __len__(self):
        return self.end - self.start

    def __getitem__(self, key):
        if isinstance(key, slice):
            first, last, step = key.indices(len(self))
            rows = self.data[first + self.start : last + self.start : step] if step > 0 else self[:][key]
        elif isinstance(key, (int, np.integer)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"HDF5Matrix: row {key} of {len(self)}.")
            rows = self.data[int(key) % len(self) + self.start]
        else:
            rows = self._at(np.asarray(key))
        return rows if self.normalizer is None else self.normalizer(rows)

    def _at(self, rows):
        """Rows in any order: h5py wants them rising, each once."""
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        if rows.size and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"HDF5Matrix: rows from {rows.min()} to {rows.max()} of {len(self)}.")
        each, places = np.unique(rows, return_inverse=True)
        return self.data[each + self.start][places] if rows.size else self.data[:0]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)

    def _first(self):
        rows = self.data[self.start : self.start + 1]
        return rows if self.normalizer is None else self.normalizer(rows)

    shape = property(lambda self: (len(self), *self._first().shape[1:]), doc="The shape of all rows.")
    dtype = property(lambda self: self._first().dtype, doc="The dtype of the rows.")
    ndim = property(lambda self: self.data.ndim, doc="The number of dimensions.")
    size = property(lambda self: int(np.prod(self.shape)), doc="How many numbers there are.")


def save_array(array, name):
    """Write an array to an HDF5 file, under its own name without the ending.

    Args:
        array: the array.
        name: the path of the file.
    """
    h5py = importlib.import_module("h5py")
    with h5py.File(name, "w") as file:
        file.create_dataset("array", data=np.asarray(array))


def load_array(name):
    """The array that save_array wrote.

    Args:
        name: the path of the file.
    """
    h5py = importlib.import_module("h5py")
    with h5py.File(name, "r") as file:
        return file["array"][:]


def ask_to_proceed_with_overwrite(filepath):
    """Whether a file may be written over: what is typed, y or n.

    Args:
        filepath: its path.
    """
    answer = input(f"[WARNING] {filepath} already exists - overwrite? [y/n]").strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    return answer == "y"


def H5Dict(path, mode="a"):
    """Refused: Keras 2's own writing of HDF5 groups.

    Args:
        path: of a file.
        mode: as of h5py.

    Raises NotSupportedError.
    """
    raise NotSupportedError(
        "keras.utils.io_utils.H5Dict: groups of HDF5 files are not written by hand; use model.save and load_model, "
        "or h5py itself."
    )


h5dict = H5Dict
NAMES = {n: f"compat.keras2.io:{n}" for n in (
    "HDF5Matrix", "save_array", "load_array", "ask_to_proceed_with_overwrite", "H5Dict", "h5dict")}  # fmt: skip
