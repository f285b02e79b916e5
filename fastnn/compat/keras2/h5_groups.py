"""Models and weights in HDF5 files that a script has opened itself, with h5py: `model.save(h5py.File(...))`."""

import io
import sys

from fastnn.core.errors import ArgumentError
from fastnn.saving import hdf5


def is_group(target):
    """Whether something is a file or group of h5py's."""
    h5py = sys.modules.get("h5py")
    return h5py is not None and isinstance(target, h5py.Group)


def _attributes(source, target):
    """Copy attributes, but the checksum of the whole file, which is that of another one."""
    for name, value in source.attrs.items():
        if name != hdf5.DIGEST:
            target.attrs[name] = value


def put(group, data):
    """Write what is in the bytes of an HDF5 file into an open group.

    Args:
        group: a file or group of h5py's, open for writing; members of the same names are replaced.
        data: bytes.
    """
    h5py = sys.modules["h5py"]
    if group.file.mode == "r":
        raise ArgumentError(f"The HDF5 file {group.file.filename!r} is open for reading; open it with mode='w' or 'a'.")
    with h5py.File(io.BytesIO(data), "r") as source:
        for name in source:
            if name in group:
                del group[name]
            source.copy(name, group)
        _attributes(source, group)


def taken(group):
    """The bytes of an HDF5 file that holds what an open group holds."""
    stream = io.BytesIO()
    with sys.modules["h5py"].File(stream, "w") as copy:
        for name in group:
            group.copy(name, copy)
        _attributes(group, copy)
    return stream.getvalue()
