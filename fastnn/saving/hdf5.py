"""HDF5, the plain part of it: hard links, stored or gzip-chunked numbers, nothing that reaches outside the file."""
import contextlib
import hashlib
import io
import math

import numpy as np

from fastnn.core.errors import FileFormatError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
DIGEST = "fastnn_sha256"
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
_MAX_OBJECTS = 200_000
_MAX_DEPTH = 64


def dump(tree, root_attributes=None):
    """The bytes of an HDF5 file.

    tree: {group path: (attributes, {dataset name: array})}, "" being the root.  A digest over all data is
    stored as an attribute of the root.
    """
    import h5py

    with h5py.File(io.BytesIO(), "w", libver="earliest") as file:
        for path, (attributes, arrays) in tree.items():
            group = file.require_group(path) if path else file
            for key, value in attributes.items():
                group.attrs[key] = value
            for name, array in arrays.items():
                group.create_dataset(name, data=array)
        flat = {f"{path}/{name}".lstrip("/"): array
                for path, (_, arrays) in tree.items() for name, array in arrays.items()}
        file.attrs[DIGEST] = digest(flat)
        for key, value in (root_attributes or {}).items():
            file.attrs[key] = value
        file.flush()
        return file.id.get_file_image()


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
    import h5py

    if data[:8] != SIGNATURE:
        raise FileFormatError(f"{name} is not an HDF5 file: it begins with {bytes(data[:4])!r}.")
    try:
        file = h5py.File(io.BytesIO(data), "r")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise FileFormatError(f"{name} is a damaged or truncated HDF5 file: {error}.") from error
    with file:
        yield Reader(file, name, len(data))


class Reader:
    """Groups and arrays of an open file by path; every step to them is checked.

    file: an open h5py.File; name: for messages; size: bytes of the file.
    """

    def __init__(self, file, name, size):
        self.file, self.name, self.size = file, name, size
        self._groups = {}

    def group(self, path):
        """The h5py group at `path` ("" is the root), or None; links that are not hard links are refused."""
        if path in self._groups:
            return self._groups[path]
        parent, _, last = path.rpartition("/")
        if not path:
            group = self.file
        else:
            above = self.group(parent)
            group = None if above is None else self._member(above, last, path)
        self._groups[path] = group = group if hasattr(group, "keys") else None
        return group

    def _member(self, group, name, path):
        import h5py

        try:
            link = group.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise FileFormatError(f"{self.name}: {path!r} is a {type(link).__name__}, which leads elsewhere; "
                                      "only data inside the file is read.")
            return group[name]
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{self.name}: {path!r} is damaged: {error}.") from error

    def names(self, path):
        """Names of the members of a group (empty if there is no such group)."""
        group = self.group(path)
        try:
            return [] if group is None else list(group.keys())
        except (OSError, RuntimeError, ValueError) as error:
            raise FileFormatError(f"{self.name}: {path!r} is damaged: {error}.") from error

    def attribute(self, path, key):
        """An attribute of a group as str, list of str or number; None if absent or of another kind."""
        group = self.group(path)
        try:
            if group is None or key not in group.attrs:
                return None
            value = group.attrs[key]
        except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
            raise FileFormatError(f"{self.name}: attribute {key!r} of {path!r} is damaged: {error}.") from error
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, np.ndarray) and value.dtype.kind in "OSU":
            return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in value.ravel()]
        return value

    def dataset(self, path):
        """The h5py dataset at `path`, known to be plain numbers that are in the file; FileFormatError otherwise."""
        parent, _, last = path.rpartition("/")
        group = self.group(parent)
        found = None if group is None else self._member(group, last, path)
        if found is None or not hasattr(found, "dtype"):
            raise FileFormatError(f"{self.name} has no array at {path!r}.")
        try:
            self._check(found, path)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{self.name}: {path!r} is damaged: {error}.") from error
        return found

    def _check(self, dataset, path):
        where = f"{self.name}: {path!r}"
        if dataset.is_virtual:
            raise FileFormatError(f"{where} is a virtual dataset, which takes its data from elsewhere; refused.")
        if dataset.external:
            raise FileFormatError(f"{where} keeps its data in another file; refused.")
        kind = dataset.dtype
        if kind.hasobject or kind.kind not in "fiub" or kind.itemsize > 8:
            raise FileFormatError(f"{where} has the element type {kind}, expected plain numbers.")
        if dataset.shape is None or len(dataset.shape) > 32:
            raise FileFormatError(f"{where} has the shape {dataset.shape}, expected an array.")
        properties = dataset.id.get_create_plist()
        for i in range(properties.get_nfilters()):
            code = properties.get_filter(i)[0]
            if code not in _FILTERS:
                raise FileFormatError(f"{where} is packed by filter {code}, expected one of "
                                      f"{', '.join(_FILTERS.values())}, or none.")
        need = math.prod(dataset.shape) * kind.itemsize
        stored = dataset.id.get_storage_size()
        packed = properties.get_nfilters() > 0
        if stored > self.size or (need > stored and not packed) or need > 1100 * max(stored, 1):
            raise FileFormatError(f"{where} claims {need} bytes and has {stored} in a file of {self.size}; refused.")

    def shape(self, path):
        """(shape, dtype) of an array, from its header alone."""
        found = self.dataset(path)
        return tuple(int(d) for d in found.shape), found.dtype

    def read(self, path, shape=None, dtype=None):
        """An array as a NumPy array in C order.

        shape: what it must have (checked before anything is read); dtype: to convert to.
        """
        found = self.dataset(path)
        if shape is not None and tuple(found.shape) != tuple(shape):
            raise FileFormatError(f"{self.name}: {path!r} has the shape {tuple(found.shape)}, expected {tuple(shape)}.")
        try:
            return np.ascontiguousarray(found[()], dtype=dtype).reshape(found.shape)
        except (OSError, RuntimeError, ValueError) as error:
            raise FileFormatError(f"{self.name}: the data of {path!r} is damaged: {error}.") from error

    def arrays(self, path="", depth=0):
        """The paths of all arrays below a group, in order of name; bounded in number and depth."""
        if depth > _MAX_DEPTH:
            raise FileFormatError(f"{self.name}: groups are nested more than {_MAX_DEPTH} deep; refused.")
        out = []
        for name in self.names(path):
            full = f"{path}/{name}" if path else name
            if self.group(full) is not None:
                out += self.arrays(full, depth + 1)
            else:
                out.append(full)
            if len(out) > _MAX_OBJECTS:
                raise FileFormatError(f"{self.name} holds more than {_MAX_OBJECTS} arrays; refused.")
        return out

    def verify(self):
        """Compare the data with the digest that fastnn stored; files without one (from Keras) pass."""
        expected = self.attribute("", DIGEST)
        if expected is not None:
            paths, total = self.arrays(), 0
            for path in paths:
                total += self.dataset(path).nbytes
                # Data that fastnn wrote is not packed, so it cannot be larger than the file.
                if total > self.size:
                    raise FileFormatError(f"{self.name}: the arrays claim more than the {self.size} bytes of the "
                                          "file; refused.")
            arrays = {path: self.read(path) for path in paths}
            if digest(arrays) != expected:
                raise FileFormatError(f"{self.name}: the data does not match its checksum; the file is damaged.")
