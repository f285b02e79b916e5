"""The file of a run: a line of magic bytes, the length of a header, the header, arrays, and a SHA-256 over all of that.

The header is JSON: format, names of the parts of the model, dtype, shape and place of each array, and plain data.
Writing such a file costs little more than the copy of its arrays, so that training hardly notices; the arrays of a
model have the paths that they have in Keras's files, and `load_weights` reads them.
"""

import hashlib
import json
import math
import struct

import numpy as np

from fastnn.core.errors import FileFormatError
from fastnn.saving import container
from fastnn.saving.files import read_file

MAGIC, FORMAT = b"fastnn run\n", 2
ARRAY, FLOAT, FLOATS = "__array__", "__float__", "__floats__"
_DTYPES = {np.dtype(k).newbyteorder("<").str for k in ("?", *np.typecodes["AllInteger"], *np.typecodes["Float"])}
_LENGTH, _DIGEST = struct.Struct("<Q"), hashlib.sha256().digest_size


def dump(taken):
    """The bytes of the file of what `take` returned."""
    head, arrays, kept = taken
    entries, parts, at = [], [], 0
    for path, array in [*arrays.items(), *((f"{ARRAY}/{i}", a) for i, a in enumerate(kept))]:
        data = np.ascontiguousarray(array)
        entries.append([path, data.dtype.newbyteorder("<").str, list(array.shape), at])
        parts.append(memoryview(data.astype(data.dtype.newbyteorder("<"), copy=False).reshape(-1)).cast("B"))
        at += data.nbytes
    text = json.dumps({**head, "arrays": entries}, separators=(",", ":")).encode()
    body = b"".join((MAGIC, _LENGTH.pack(len(text)), text, *parts))
    return body + hashlib.sha256(body).digest()


class Reader:
    """The arrays of a file of a run by path, for `weights.plan`; all bytes are known to be those that were written.

    data: bytes.  name: for messages.  Raises FileFormatError for a file that is damaged or of a newer fastnn.
    """

    sealed = True

    def __init__(self, data, name):
        self.name, self.size, self.raw = name, len(data), np.frombuffer(data, np.uint8)
        head = len(MAGIC) + _LENGTH.size
        if data[: len(MAGIC)] != MAGIC:
            raise FileFormatError(f"{name} is not a file of a run: it begins with {bytes(data[:4])!r}.")
        body = memoryview(data)[:-_DIGEST]
        if len(data) < head + _DIGEST or hashlib.sha256(body).digest() != bytes(data[-_DIGEST:]):
            raise FileFormatError(f"{name}: its bytes do not match the checksum at its end; the file is damaged.")
        (length,) = _LENGTH.unpack(body[len(MAGIC) : head])
        header = container.parse_json(bytes(body[head : head + length]), name)
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            found = header.get("format") if isinstance(header, dict) else header
            raise FileFormatError(f"{name}: the state of the run has format {found!r}; this fastnn reads {FORMAT}.")
        self._data, self._names = body[head + length :], header.get("names")
        self._arrays = _arrays_of(header.get("arrays"), len(self._data), name)
        self._members: dict = {}
        for path in self._arrays:
            group, _, last = path.rpartition("/")
            self._members.setdefault(group, []).append(last)
        self.run = _revived(header.get("run"), self)
        run = self.run if isinstance(self.run, dict) else {}
        between = run.get("between")
        if (
            not isinstance(self._names, dict)
            or not {"state", "random"} <= run.keys()
            or not isinstance(between, dict)
            or not all(isinstance(v, list) for v in between.values())
        ):
            raise _damaged(name)

    def group(self, path):
        """The names in a group, or None where there is none."""
        return self._members.get(path)

    def names(self, path):
        """Names of the arrays of a group, in order."""
        return sorted(self._members.get(path, ()))

    def attribute(self, path, key):
        """The name of the part whose arrays a group has, or None."""
        return self._names.get(path) if key == "name" else None

    def shape(self, path):
        """(shape, dtype) of an array."""
        kind, shape, _ = self._arrays[path]
        return shape, kind

    def read(self, path, shape=None, dtype=None):
        """A copy of an array."""
        if path not in self._arrays:
            raise FileFormatError(f"{self.name} has no array at {path!r}.")
        kind, own, at = self._arrays[path]
        if shape is not None and own != tuple(shape):
            raise FileFormatError(f"{self.name}: {path!r} has the shape {own}, expected {tuple(shape)}.")
        values = np.frombuffer(self._data, kind, math.prod(own), at).reshape(own)
        return values.astype(kind.newbyteorder("=") if dtype is None else dtype)

    def arrays(self):
        """The paths of the arrays of the model, in order."""
        return sorted(path for path in self._arrays if not path.startswith(ARRAY))

    def verify(self):
        """All bytes have been checked."""


def _damaged(name):
    return FileFormatError(f"{name}: the state of the run is damaged; expected what fastnn writes.")


def _arrays_of(entries, size, name):
    """{path: (dtype, shape, place)} of the arrays that a header lists, each known to lie in `size` bytes of data."""
    out = {}
    for entry in entries if isinstance(entries, list) else [None]:
        path, kind, shape, at = entry if isinstance(entry, list) and len(entry) == 4 else (None,) * 4
        numbers = [*shape, at] if isinstance(shape, list) else [None]
        if (
            not isinstance(path, str)
            or not (isinstance(kind, str) and kind in _DTYPES)
            or len(numbers) > 33
            or not all(type(n) is int and n >= 0 for n in numbers)
            or at + math.prod(shape) * np.dtype(kind).itemsize > size
            or path in out
        ):
            raise _damaged(name)
        out[path] = np.dtype(kind), tuple(shape), at
    return out


def read_run(path):
    """The Reader of a file; raises OSError, FileFormatError."""
    return Reader(read_file(path, "checkpoint"), repr(str(path)))


def _revived(value, reader):
    if isinstance(value, list):
        return [_revived(v, reader) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {ARRAY}:
        return reader.read(f"{ARRAY}/{value[ARRAY]}")
    if value.keys() == {FLOATS}:
        return reader.read(f"{ARRAY}/{value[FLOATS]}").tolist()
    if value.keys() == {FLOAT}:
        if value[FLOAT] not in ("nan", "inf", "-inf"):
            raise _damaged(reader.name)
        return float(value[FLOAT])
    return {k: _revived(v, reader) for k, v in value.items()}
