"""Reading original data files: where they are looked for, the IDX format, and records of CIFAR."""

import contextlib
import gzip
import json
import math
import os
import tokenize
import zipfile
import zlib

import numpy as np

from fastnn.core.errors import ArgumentError, DataError
from fastnn.datasets.lists import read_lists, read_table

_IDX_TYPES = {8: np.dtype("u1"), 9: np.dtype("i1"), 11: np.dtype(">i2"), 12: np.dtype(">i4"),
              13: np.dtype(">f4"), 14: np.dtype(">f8")}  # fmt: skip
_MAX_BYTES = 4 << 30
_MAX_RATIO = 1100  # more than deflate can pack
_NO_ARCHIVE = (OSError, ValueError, KeyError, EOFError, RuntimeError, SyntaxError, tokenize.TokenError, zlib.error,
               zipfile.BadZipFile)  # fmt: skip
_NPY_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def find_folder(path, subfolder, needed, what, plain=True):
    """The folder that holds the files of a data set.

    Args:
        path: str or None. None looks at the folder named by the environment variable FASTNN_DATA, then at
            `~/.keras/datasets` and `~/.fastnn/datasets`; in each, at the folder itself and at `subfolder`.
        needed: file names, of which the first must be there.
        what: name of the data set for the message.
        plain: False where other data sets use the same file names, so that only `subfolder` counts unless path is
            given.

    Raises DataError that says which files belong where.
    """
    if path is not None:
        roots = [os.fspath(path)]
    else:
        roots = [r for r in (os.environ.get("FASTNN_DATA"), os.path.expanduser("~/.keras/datasets"),
                             os.path.expanduser("~/.fastnn/datasets")) if r]  # fmt: skip
    tried = [
        folder
        for root in roots
        for folder in (
            (os.path.join(root, subfolder),) if path is None and not plain else (root, os.path.join(root, subfolder))
        )
    ]
    for folder in tried:
        if os.path.isfile(os.path.join(folder, needed[0])):
            return folder
    raise DataError(
        f"{what}: no {needed[0]!r} in {', '.join(map(repr, tried))}. fastnn downloads nothing: put the "
        f"original files ({', '.join(needed)}) into a folder and pass it as path=, or name the folder "
        "above it in the environment variable FASTNN_DATA."
    )


def find_version(path, versions, what):
    """(folder, which) of the first of several versions of a data set that is there.

    Args:
        path, what: as of find_folder.
        versions: [(subfolders, file names)].

    Raises DataError as find_folder does.
    """
    for which, (subfolders, needed) in enumerate(versions):
        for subfolder in subfolders:
            with contextlib.suppress(DataError):
                return find_folder(path, subfolder, needed, what), which
    return find_folder(path, versions[0][0][0], versions[0][1], what), 0


def read_idx(path):
    """The array in an IDX file, gzipped if the name ends in .gz.

    Args:
        path: str.

    Returns an array of the file's own shape and dtype (native byte order).

    Raises DataError for anything that is not an IDX file of the length its header claims.

    >>> import os, tempfile
    >>> name = os.path.join(tempfile.mkdtemp(), "a.gz")
    >>> write_idx(name, np.array([[1, 2, 3]], np.uint8))
    >>> read_idx(name)
    array([[1, 2, 3]], dtype=uint8)
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise DataError(f"No data file at {path!r}; expected an IDX file there.")
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_TYPES or not 1 <= magic[3] <= 8:
                raise DataError(f"{path!r} is not an IDX file: it begins with {magic!r}.")
            dtype, header = _IDX_TYPES[magic[2]], file.read(4 * magic[3])
            shape = tuple(int(d) for d in np.frombuffer(header[: len(header) // 4 * 4], ">u4"))
            size = math.prod(shape) * dtype.itemsize
            most = min(_MAX_BYTES, os.path.getsize(path) * (_MAX_RATIO if path.endswith(".gz") else 1))
            whole = math.prod(d for d in shape if d) * dtype.itemsize  # NumPy counts so, also where a size is 0
            if len(shape) != magic[3] or size > most or whole > _MAX_BYTES:
                raise DataError(
                    f"{path!r}: the header claims the shape {shape}, {size} bytes; expected a whole header "
                    f"and at most {most} bytes. The file is damaged or truncated."
                )
            # One byte more than there may be shows a file that is too long without unpacking the rest.
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path!r} is damaged or truncated: {error}.") from error
    if len(data) != size:
        raise DataError(
            f"{path!r} has {'more' if len(data) > size else len(data)} bytes after the header, expected "
            f"{size} for the shape {shape}."
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def write_idx(path, array):
    """Write an array of bytes (uint8) as a gzipped IDX file; the same array gives the same file."""
    array = np.ascontiguousarray(array, np.uint8)
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(header + array.tobytes())


def read_npz(path, needed, what, lists=()):
    """The arrays of an .npz file as Keras keeps them: {name: array}.

    Args:
        path: str.
        needed: names that must be there.
        what: name of the data set for the message.
        lists: names of arrays of lists of whole numbers, which are read as such lists (see lists.read_lists).

    Raises DataError for anything else, and for arrays of Python objects: they are pickled, and nothing is unpickled.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise DataError(
            f"{what}: no file at {path!r}. fastnn downloads nothing: put Keras's {os.path.basename(path)} "
            "there, or pass path=."
        )
    try:
        with zipfile.ZipFile(path) as file:
            found = {name: _read_npy(file, f"{name}.npy") for name in needed}
            return {**found, **{name: _read_npy(file, f"{name}.npy", True) for name in lists}}
    except _NO_ARCHIVE as error:
        raise DataError(f"{what}: {path!r} is damaged, or no file of Keras's: {error}.") from error


def _read_npy(archive, name, lists=False):
    """An array in a member of an .npz file, whose size is known from what is there before any of it is read."""
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed by method {info.compress_type}, expected deflate or none")
    if info.file_size > min(_MAX_BYTES, _MAX_RATIO * info.compress_size):
        raise ValueError(f"{name} claims {info.file_size} bytes, packed in {info.compress_size}")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version not in _NPY_HEADERS:
            raise ValueError(
                f"{name} is of NumPy's format {version}, expected one of {', '.join(map(str, _NPY_HEADERS))}"
            )
        shape, by_columns, dtype = _NPY_HEADERS[version](file)
        if lists and dtype.kind == "O" and len(shape) == 1:
            return read_lists(file.read(info.file_size + 1))
        if dtype.kind not in "fiub":
            raise ValueError(f"{name} holds elements {dtype}, expected numbers (objects are pickled: never read)")
        if any(type(d) is not int or d < 0 for d in shape):
            raise ValueError(f"{name} has the shape {shape}")
        size = math.prod(shape) * dtype.itemsize
        data = file.read(info.file_size + 1)
    if len(data) != size:
        raise ValueError(f"{name} has {len(data)} bytes, expected {size} for the shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C").copy()


def find_npz(name):
    """Where Keras keeps a file of this name, if it is there: in $FASTNN_DATA, ~/.keras/datasets, ~/.fastnn/datasets.

    Args:
        name: of the file.
    """
    roots = (
        os.environ.get("FASTNN_DATA"),
        os.path.expanduser("~/.keras/datasets"),
        os.path.expanduser("~/.fastnn/datasets"),
    )
    return next((p for p in (os.path.join(r, name) for r in roots if r) if os.path.isfile(p)), None)


def located(path, what):
    """The file that a user names as Keras does: a path, or a name in the folders of find_npz.

    Args:
        path: what the user wrote.
        what: name of the data set for the message.

    Raises DataError that says which file goes where.
    """
    path = os.fspath(path)
    found = path if os.path.isfile(path) else None if os.path.isabs(path) else find_npz(path)
    if found is None:
        home = path if os.path.isabs(path) else os.path.join(os.path.expanduser("~/.keras/datasets"), path)
        raise DataError(
            f"{what}: no file at {home!r}. fastnn downloads nothing: put {os.path.basename(path)}, from {ORIGIN}, "
            "there, or into a folder that the environment variable FASTNN_DATA names, or pass path=."
        )
    return found


def load_table(path, what, test_split, seed, rows=None):
    """(x_train, y_train), (x_test, y_test) from an .npz file with x and y: its first `rows`, in Keras's order, split.

    Args:
        path: as of located.
        what: name of the data set for the message.
        test_split: share of the rows in the second part, in [0, 1).
        seed: of the order, an int.
        rows: how many of the file's rows count; all if None.

    Raises ArgumentError for a share outside of [0, 1).
    """
    if not 0 <= test_split < 1:
        raise ArgumentError(
            f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive of 1)."
        )
    arrays = read_npz(located(path, what), ("x", "y"), what)
    x, y = arrays["x"][:rows], arrays["y"][:rows]
    order, first = np.arange(len(x)), int(len(x) * (1 - test_split))
    np.random.RandomState(seed).shuffle(order)  # Keras's order of rows, by NumPy's old generator
    return (x[order[:first]], y[order[:first]]), (x[order[first:]], y[order[first:]])


def read_words(path, what):
    """{word: number} of a JSON file as Keras keeps it.

    Args:
        path, what: as of located.
    """
    place = located(path, what)
    try:
        with open(place, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{what}: {place!r} is damaged: {error}.") from error
    if not isinstance(found, dict) or not all(type(v) is int for v in found.values()):
        raise DataError(f"{what}: {place!r} holds no words with their numbers.")
    return found


def read_records(path, label_bytes):
    """CIFAR's binary records: (images, labels).

    Args:
        path: str.
        label_bytes: 1 (CIFAR-10) or 2 (CIFAR-100: coarse, fine).

    Returns images (n, 32, 32, 3) uint8, channels last, and labels (n, label_bytes) uint8.
    """
    record = label_bytes + 3072
    if not os.path.isfile(path):
        raise DataError(f"No data file at {path!r}; expected CIFAR's binary version there.")
    if os.path.getsize(path) % record or not os.path.getsize(path):
        raise DataError(
            f"{path!r} has {os.path.getsize(path)} bytes, expected a multiple of {record} (CIFAR's binary version)."
        )
    rows = np.fromfile(path, np.uint8).reshape(-1, record)
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, :label_bytes].copy()


def read_pickled(path, labels):
    """A file of CIFAR's Python version: (images, labels), as read_records gives them.

    Args:
        labels: the names of its lists of labels. Nothing is unpickled: see lists.py.
        path: of the file, which is there.

    Raises DataError for anything else.
    """
    if not os.path.isfile(path):
        raise DataError(f"No data file at {path!r}; expected CIFAR's Python version there.")
    if os.path.getsize(path) > _MAX_BYTES:
        raise DataError(f"{path!r} has {os.path.getsize(path)} bytes: that is no file of CIFAR.")
    with open(path, "rb") as file:
        data = file.read()
    try:
        table = read_table(data)
        rows, columns = table["data"], np.array([table[name] for name in labels])
        images = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        if columns.dtype.kind != "i" or columns.shape != (len(labels), len(images)) or columns.max(initial=0) > 99:
            raise ValueError("its labels are no whole numbers below 100, one for each image")
    except (ValueError, KeyError, AttributeError) as error:
        raise DataError(f"{path!r} is no file of CIFAR's Python version: {error}.") from error
    return np.ascontiguousarray(images), np.ascontiguousarray(columns.T.astype(np.uint8))
