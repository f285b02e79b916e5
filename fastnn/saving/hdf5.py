"""HDF5, the plain part of it: hard links, stored or gzip-chunked numbers, nothing that reaches outside the file."""

import contextlib
import hashlib
import io
import math
import zlib

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.saving import hdf5_file
from fastnn.saving.hdf5_types import Damaged

SIGNATURE = b"\x89HDF\r\n\x1a\n"
DIGEST = "fastnn_sha256"
_SEAL = b"\nfastnn seal 1: "  # at the end of a file, before the SHA-256 of all the bytes in front of it
_SEAL_SIZE = len(_SEAL) + hashlib.sha256().digest_size
_SEALED = "fastnn_sealed"  # root attribute of files that fastnn wrote with a seal
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
_MAX_OBJECTS = 200_000
_MAX_DEPTH = 2000
_MAX_ELEMENTS = 1 << 40
_NAMES = 32 << 20  # bytes that the paths of all objects may take, besides twice the file


def dump(tree, root_attributes=None):
    """The bytes of an HDF5 file.

    tree: {group path: (attributes, {dataset name: array})}, "" being the root.  A digest over all arrays is stored as
    an attribute of the root, and one over all bytes behind the end, where it is checked before anything is parsed.
    """
    import h5py

    with h5py.File(io.BytesIO(), "w", libver="earliest") as file:
        groups = {"": file}
        for path, (attributes, arrays) in tree.items():
            group = _group(groups, path)
            for key, value in attributes.items():
                group.attrs[key] = value
            for name, array in arrays.items():
                packaged = array.dtype.name in dtypes.PACKAGED  # HDF5 has no name for its bytes; Keras says bfloat16 so
                made = group.create_dataset(name, data=array.view(f"V{array.itemsize}") if packaged else array)
                if packaged:
                    made.attrs["dtype"] = array.dtype.name
        flat = {
            f"{path}/{name}".lstrip("/"): array for path, (_, arrays) in tree.items() for name, array in arrays.items()
        }
        file.attrs[DIGEST] = digest(flat)
        file.attrs[_SEALED] = True
        for key, value in (root_attributes or {}).items():
            file.attrs[key] = value
        file.flush()
        return seal(file.id.get_file_image())


def _group(groups, path):
    """The group at a path, made where it is missing.  groups: those there are, by path."""
    words, above = path.split("/"), ""
    for i in range(len(words) if path else 0):
        here = "/".join(words[: i + 1])
        if here not in groups:
            groups[here] = groups[above].require_group(words[i])
        above = here
    return groups[path]


def digest(arrays):
    """A SHA-256 over names, dtypes, shapes and bytes. arrays: {path: array}; the order does not matter.

    >>> digest({"a": np.zeros(2)})[:8]
    'bd806ed2'
    """
    out = hashlib.sha256()
    for path in sorted(arrays):
        array = np.asarray(arrays[path])
        out.update(f"{path}|{array.dtype.str}|{array.shape}|".encode())
        out.update(array.tobytes())
    return out.hexdigest()


@contextlib.contextmanager
def reading(data, name="the file"):
    """Open the bytes of an HDF5 file; yields a `Reader`.

    Raises FileFormatError for anything that is damaged or asks for more than plain arrays.
    """
    if data[:8] != SIGNATURE:
        raise FileFormatError(f"{name} is not an HDF5 file: it begins with {bytes(data[:4])!r}.")
    sealed = check_seal(data, name)
    with _damage(name):
        file = hdf5_file.File(data)
    reader = Reader(file, name, len(data), sealed)
    if not sealed and reader.attribute("", _SEALED) is not None and reader.attribute("", DIGEST) is not None:
        raise FileFormatError(
            f"{name} has no checksum at its end, where fastnn wrote one: the file is truncated, or "
            f"another program changed it. If you did, delete its attribute {DIGEST!r}."
        )
    yield reader


def seal(data):
    """The bytes of a file followed by their digest, which HDF5 libraries pass over."""
    return b"".join((data, _SEAL, hashlib.sha256(data).digest()))


def check_seal(data, name):
    """Whether the file ends in the digest of all its bytes; FileFormatError if they are not what was written."""
    at = len(data) - _SEAL_SIZE
    if at < 0 or bytes(data[at : at + len(_SEAL)]) != _SEAL:
        return False
    if hashlib.sha256(memoryview(data)[:at]).digest() != bytes(data[at + len(_SEAL) :]):
        raise FileFormatError(f"{name}: its bytes do not match the checksum at its end; the file is damaged.")
    return True


@contextlib.contextmanager
def _damage(where):
    """Turns what reading structures raises into errors that name the place."""
    try:
        yield
    except NotSupportedError as error:
        raise NotSupportedError(f"{where}: {error}.") from None
    except Damaged as error:
        raise FileFormatError(f"{where} is a damaged or truncated HDF5 file: found {error}.") from error
    except zlib.error as error:
        raise FileFormatError(f"{where} is damaged: {error}.") from error


class _Object:
    """A group or array of an open file."""

    def __init__(self, file, address):
        messages = file.header(address)
        self.links, self.array = file.links(messages), None
        if self.links is None:
            self.array = file.array(messages)
        self.attributes = file.attributes(messages)
        name = None if self.array is None else self._packaged()
        if name is not None:
            self.array.type.numpy = np.dtype(dtypes.numpy_type(name))

    def _packaged(self):
        """The dtype, of those that NumPy has not, that an attribute names for opaque elements; None for none."""
        of = self.array.type
        if of.numpy is not None or of.what != "opaque" or "dtype" not in self.attributes:
            return None
        name = self.attributes["dtype"]()
        name = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        found = dtypes.PACKAGED.get(name) if isinstance(name, str) else None
        return name if found is not None and found[1] == of.size else None


class Reader:
    """Groups and arrays of an open file by path; every step to them is checked.

    file: a hdf5_file.File; name: for messages; size: bytes of the file; sealed: whether all its bytes are known to be
    those that were written.
    """

    def __init__(self, file, name, size, sealed=False):
        self.file, self.name, self.size, self.sealed = file, name, size, sealed
        self._objects, self._paths, self._left = {}, {}, 2 * size + _NAMES

    def _object(self, path):
        """What is at a path ("" is the root), or None; links that lead elsewhere and second names are refused."""
        if path in self._objects:
            return self._objects[path]
        at, words = "", path.split("/") if path else []
        found = self._enter("", self.file.root)
        for word in words:
            if word not in (found.links or ()):
                return None
            at = f"{at}/{word}".lstrip("/")
            found = self._enter(at, found.links[word])
        return found

    def _enter(self, path, address):
        """The object at an address, which is that of the path."""
        if path in self._objects:
            return self._objects[path]
        if address is None:
            raise FileFormatError(
                f"{self.name}: {path!r:.200} is a SoftLink or an ExternalLink, which leads elsewhere; "
                "only data inside the file is read."
            )
        if address in self._paths:
            raise FileFormatError(f"{self.name}: {path!r} is a second name of {self._paths[address]!r}; refused.")
        if len(self._paths) > _MAX_OBJECTS:
            raise FileFormatError(f"{self.name} holds more than {_MAX_OBJECTS} groups and arrays; refused.")
        self._left -= len(path)
        if self._left < 0 or path.count("/") > _MAX_DEPTH:
            raise FileFormatError(f"{self.name}: groups are nested too deep, or names too long; refused.")
        with _damage(f"{self.name}: {path!r}" if path else self.name):
            found = _Object(self.file, address)
        self._objects[path], self._paths[address] = found, path
        return found

    def group(self, path):
        """The group at `path` ("" is the root), or None."""
        found = self._object(path)
        return None if found is None or found.links is None else found

    def names(self, path):
        """Names of the members of a group, in order (empty if there is no such group)."""
        group = self.group(path)
        return [] if group is None else sorted(group.links)

    def attribute(self, path, key):
        """An attribute of a group as str, list of str or number; None if absent or of another kind."""
        group = self.group(path)
        if group is None or key not in group.attributes:
            return None
        with _damage(f"{self.name}: attribute {key!r} of {path!r}"):
            return group.attributes[key]()

    def dataset(self, path):
        """The Array at `path`, known to be plain numbers that are in the file; FileFormatError otherwise."""
        found = self._object(path)
        if found is None or found.array is None:
            raise FileFormatError(f"{self.name} has no array at {path!r}.")
        with _damage(f"{self.name}: {path!r}"):
            self._check(found.array, path)
        return found.array

    def _check(self, array, path):
        where, layout = f"{self.name}: {path!r}", array.layout
        if array.outside:
            raise FileFormatError(f"{where} keeps its data in another file; refused.")
        if layout is None:
            raise NotSupportedError(f"{where}: {hdf5_file.NEWER}.")
        if layout.kind == "virtual":
            raise FileFormatError(f"{where} is a virtual dataset, which takes its data from elsewhere; refused.")
        if array.type.numpy is None:
            raise FileFormatError(
                f"{where} has the element type {array.type.what} of {array.type.size} bytes, expected plain numbers."
            )
        if array.shape is None:
            raise FileFormatError(f"{where} has no shape, expected an array.")
        for code, _ in array.filters:
            if code not in _FILTERS:
                raise FileFormatError(
                    f"{where} is packed by filter {code}, expected one of {', '.join(_FILTERS.values())}, or none."
                )
        need, stored, packed = math.prod(array.shape) * array.type.size, array.stored(), bool(array.filters)
        packed = packed and layout.kind == "chunked"  # elsewhere filters are not applied
        if math.prod(max(d, 1) for d in array.shape) > _MAX_ELEMENTS:  # also where another size is 0
            raise FileFormatError(f"{where} claims the shape {array.shape}; refused.")
        if stored > self.size or (need > stored and not packed) or need > 1100 * max(stored, 1):
            raise FileFormatError(f"{where} claims {need} bytes and has {stored} in a file of {self.size}; refused.")

    def shape(self, path):
        """(shape, dtype) of an array, from its header alone."""
        found = self.dataset(path)
        return found.shape, found.type.numpy

    def read(self, path, shape=None, dtype=None):
        """An array as a NumPy array in C order.

        shape: what it must have (checked before anything is read); dtype: to convert to.
        """
        found = self.dataset(path)
        if shape is not None and found.shape != tuple(shape):
            raise FileFormatError(f"{self.name}: {path!r} has the shape {found.shape}, expected {tuple(shape)}.")
        with _damage(f"{self.name}: {path!r}"):
            values = found.read()
        return values if dtype is None else values.astype(dtype, copy=False)

    def arrays(self, path=""):
        """The paths of all arrays below a group, in order of name; bounded in number and depth."""
        out, waiting = [], [path]
        while waiting:
            path = waiting.pop()
            if path and self.group(path) is None:
                out.append(path)
            else:
                waiting += [f"{path}/{name}" if path else name for name in reversed(self.names(path))]
        return out

    def verify(self):
        """Compare the data with the digest that fastnn stored; files without one (from Keras) pass."""
        expected = None if self.sealed else self.attribute("", DIGEST)
        if expected is not None:
            arrays = {path: self.read(path) for path in self.arrays()}
            if digest(arrays) != expected:
                raise FileFormatError(f"{self.name}: the data does not match its checksum; the file is damaged.")
