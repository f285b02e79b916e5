"""tf.io.gfile: local files and folders."""

import collections
import glob as patterns
import os
import shutil

from fastnn.compat.tf.files import path_of
from fastnn.core.errors import ArgumentError

FileStatistics = collections.namedtuple("FileStatistics", ["length", "mtime_nsec", "is_directory"])


class GFile:
    """A file, opened, with the methods of Python's files; text is UTF-8.

    Args:
        name: its path.
        mode: as of `open`.
    """

    def __init__(self, name, mode="r"):
        self.name, self.mode = path_of(name), mode
        self._file = open(self.name, mode, encoding=None if "b" in mode else "utf-8")  # noqa: SIM115

    def __getattr__(self, name):
        return getattr(self.__dict__["_file"], name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __iter__(self):
        return iter(self._file)

    def __next__(self):
        return next(self._file)

    next = __next__

    def read(self, n=-1):
        """The next n characters or bytes; all that follow for -1.

        Args:
            n: int.
        """
        return self._file.read(n)

    def size(self):
        """The length of the file in bytes."""
        if self._file.writable():
            self._file.flush()
        return os.path.getsize(self.name)

    def seek(self, offset=None, whence=0, position=None):
        """Read on from another place.

        Args:
            offset: where.
            whence: 0 from the beginning, 1 from here, 2 from the end.
            position: an older name of `offset`.
        """
        self._file.seek(position if offset is None else offset, whence)


def exists(path):
    """Whether there is a file or folder.

    Args:
        path: its path.

    >>> exists(os.curdir)
    True
    """
    return os.path.exists(path_of(path))


def isdir(path):
    """Whether there is a folder.

    Args:
        path: its path.
    """
    return os.path.isdir(path_of(path))


def makedirs(path):
    """Make a folder and those above it; nothing where it is there.

    Args:
        path: its path.
    """
    os.makedirs(path_of(path), exist_ok=True)


def mkdir(path):
    """Make a folder; nothing where it is there.

    Args:
        path: its path.
    """
    if not isdir(path):
        os.mkdir(path_of(path))


def listdir(path):
    """The names in a folder.

    Args:
        path: its path.
    """
    return os.listdir(path_of(path))


def glob(pattern):
    """The paths that fit a pattern, or one of several, in order.

    Args:
        pattern: a str, or a list of them.
    """
    several = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return sorted(found for p in several for found in patterns.glob(path_of(p)))


def remove(path):
    """Remove a file.

    Args:
        path: its path.
    """
    os.remove(path_of(path))


def rmtree(path):
    """Remove a folder with all that is in it.

    Args:
        path: its path.
    """
    shutil.rmtree(path_of(path))


def rename(src, dst, overwrite=False):
    """Give a file another path.

    Args:
        src, dst: the path that it has, and the new one.
        overwrite: whether a file there may be lost.

    Raises ArgumentError where there is one.
    """
    _free("rename", dst, overwrite)
    os.replace(path_of(src), path_of(dst))


def copy(src, dst, overwrite=False):
    """Copy a file.

    Args:
        src, dst: its path, and that of the copy.
        overwrite: whether a file there may be lost.

    Raises ArgumentError where there is one.
    """
    _free("copy", dst, overwrite)
    shutil.copyfile(path_of(src), path_of(dst))


def _free(name, path, overwrite):
    if not overwrite and os.path.exists(path_of(path)):
        raise ArgumentError(f"tf.io.gfile.{name}: {path_of(path)!r} is there already; pass overwrite=True.")


def stat(path):
    """The length in bytes of a file, when it was changed, and whether it is a folder.

    Args:
        path: its path.

    >>> stat(os.curdir).is_directory
    True
    """
    found = os.stat(path_of(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, isdir(path))


def walk(top, topdown=True, onerror=None):
    """Folders below one: (path, folders, files).

    Args:
        top: the path of the first.
        topdown, onerror: as of os.walk.
    """
    return os.walk(path_of(top), topdown, onerror)


def join(path, *paths):
    """A path of several parts.

    Args:
        path, *paths: its parts.

    >>> join("a", "b") == os.path.join("a", "b")
    True
    """
    return os.path.join(path_of(path), *map(path_of, paths))


OLD = {
    f"gfile.{old}": f"compat.tf.gfile:{now}"
    for old, now in {
        "Open": "GFile",
        "FastGFile": "GFile",
        "Copy": "copy",
        "Exists": "exists",
        "Glob": "glob",
        "IsDirectory": "isdir",
        "ListDirectory": "listdir",
        "MakeDirs": "makedirs",
        "MkDir": "mkdir",
        "Remove": "remove",
        "Rename": "rename",
        "DeleteRecursively": "rmtree",
        "Stat": "stat",
        "Walk": "walk",
    }.items()
}  # of TensorFlow 1
