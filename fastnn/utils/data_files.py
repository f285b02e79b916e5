"""Files that others have downloaded."""

import os

from fastnn.core.errors import ArgumentError, DataError


def get_file(
    fname=None,
    origin=None,
    untar=False,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    extract=False,
    archive_format="auto",
    cache_dir=None,
    force_download=False,
):
    """The path of a file that is already in Keras's folder of data files, `~/.keras/datasets`.

    fname: its name (the last part of `origin` if None).  cache_dir, cache_subdir: the folder.

    Raises DataError if it is not there: fastnn downloads nothing.
    """
    name = fname or os.path.basename(origin or "")
    if not name:
        raise ArgumentError("get_file: please specify `fname` or `origin`.")
    folder = os.path.join(os.path.expanduser(cache_dir or os.path.join("~", ".keras")), cache_subdir)
    path = os.path.join(folder, name)
    for found in (path, path.removesuffix(".tar.gz").removesuffix(".tgz").removesuffix(".zip")):
        if os.path.exists(found) and (found != path or not (extract or untar)):
            return found
    if os.path.exists(path):
        raise DataError(f"get_file: {path!r} is an archive; unpack it beside it first.")
    raise DataError(
        f"get_file: no {path!r}. fastnn downloads nothing: put the file there"
        + (f", from {origin}." if origin else ".")
    )
