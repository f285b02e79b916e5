"""TensorFlow's functions on text that take it apart and join it, and `tf.data.TextLineDataset`; see tf_math."""

import gzip
import math
import os

import numpy as np

from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.values import host, only, text_of, values_of
from fastnn.core.errors import ArgumentError
from fastnn.data import Dataset
from fastnn.graph import Symbol


def _text(x, name):
    if isinstance(x, Symbol):
        values_of(x, name)
    array = np.asarray(x)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8")
    return np.vectorize(text_of, otypes=[object])(array)


def _apart(cut, x):
    """The parts of one text, or of each: along a new ragged axis."""
    rows = [cut(s) for s in x.reshape(-1).tolist()]
    parts = host(np.array([part for row in rows for part in row], object))
    if not x.ndim:
        return parts
    found = RaggedTensor.from_row_lengths(parts, [len(row) for row in rows])
    for axis in range(x.ndim - 1, 0, -1):
        found = RaggedTensor.from_row_lengths(found, [x.shape[axis]] * math.prod(x.shape[:axis]))
    return found


def _split(input, sep=None, maxsplit=-1, name=None):
    return _apart(lambda s: s.split(sep or None, maxsplit), _text(input, "strings.split"))


def _unicode_split(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    only("strings.unicode_split", "input_encoding", input_encoding, "UTF-8")
    return _apart(list, _text(input, "strings.unicode_split"))


def _reduce_join(inputs, axis=None, keepdims=False, separator="", name=None):
    x = _text(inputs, "strings.reduce_join")
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    axes = [int(a) % max(x.ndim, 1) for a in axes]
    kept = [k for k in range(x.ndim) if k not in axes]
    rows = x.transpose(*kept, *axes).reshape(*(x.shape[k] for k in kept), -1)
    found = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(found.shape):
        found[place] = separator.join(rows[place].tolist())
    return host(found.reshape([1 if k in axes else n for k, n in enumerate(x.shape)]) if keepdims else found)


def _substr(input, pos, len, unit="BYTE", name=None):
    only("strings.substr", "unit", unit, "BYTE", "UTF8_CHAR")

    def cut(s, first, count):
        whole = s.encode("utf-8") if unit == "BYTE" else s
        size = whole.__len__()
        if not -size <= first <= size:
            raise ArgumentError(f"tf.strings.substr: pos {first} out of range for string of length {size}.")
        first += size if first < 0 else 0
        part = whole[first : first + count]
        return part.decode("utf-8", "replace") if unit == "BYTE" else part

    return host(np.vectorize(cut, otypes=[object])(_text(input, "strings.substr"), np.asarray(pos), np.asarray(len)))


TABLE = {
    "strings.split": _split, "strings.unicode_split": _unicode_split, "strings.reduce_join": _reduce_join,
    "strings.substr": _substr,
}  # fmt: skip


def TextLineDataset(filenames, compression_type=None, buffer_size=None, num_parallel_reads=None, name=None):
    """A Dataset of the lines of text files, without their ends.

    Args:
        filenames: a name, or a list, array or Dataset of names.
        compression_type: None, "" or "GZIP".
        buffer_size, num_parallel_reads, name: of no effect.

    Raises:
        NotSupportedError: for another compression.
        FileNotFoundError: for a file that is not there, when it is read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "poem.txt")
    ...     _ = path.write_text("one\\ntwo\\n")
    ...     [str(line) for line in TextLineDataset(path)]
    ['one', 'two']
    """
    only("data.TextLineDataset", "compression_type", compression_type, None, "", "GZIP")
    opened = gzip.open if compression_type == "GZIP" else open

    def lines():
        names = filenames if isinstance(filenames, Dataset) else np.ravel(np.asarray(filenames, object))
        for path in names:
            name = os.fsdecode(path.item() if isinstance(path, np.ndarray) else path)
            with opened(name, "rt", encoding="utf-8", newline="\n") as file:
                for line in file:
                    yield line.removesuffix("\n").removesuffix("\r")

    return Dataset.from_generator(lines)
