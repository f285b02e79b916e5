"""Whole files, replaced at once: after a crash at any moment the old or the new content is there, never a mix."""

import os
import secrets
import stat
import time

from fastnn.core.errors import FileFormatError, MissingFileError

ENDINGS = {"model": (".keras", ".h5", ".hdf5"), "weights": (".weights.h5", ".weights.json", ".keras", ".h5", ".hdf5")}


MOST_FILES = 10_000


class Disk:
    """The few operations on the disk that writing takes, one method each (tests make the n-th of them fail)."""

    def create(self, path, mode):
        """Open a new file for writing; its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)

    def write(self, descriptor, data):
        """Write some bytes; how many."""
        return os.write(descriptor, data)

    def sync(self, descriptor):
        """Wait until the bytes are on the disk."""
        os.fsync(descriptor)

    def close(self, descriptor):
        """Close the file."""
        os.close(descriptor)

    def read(self, path):
        """All bytes of a file."""
        with open(path, "rb") as file:
            return file.read()

    def replace(self, source, target):
        """Rename over the target (tried again for a moment where an open reader blocks it)."""
        for attempt in range(10):
            try:
                os.replace(source, target)
                break
            except PermissionError:
                if os.name != "nt" or attempt == 9:
                    raise
                time.sleep(0.05)

    def sync_folder(self, path):
        """Make the rename itself durable, where the system lets a folder be synced."""
        if os.name == "nt":
            return
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path):
        """Delete a file."""
        os.unlink(path)


def write_file(path, data, disk=None):
    """Replace the file at `path` by `data` (bytes): temporary name in the same folder, sync, verify, rename.

    Raises OSError (no space, no permission, no such folder) with the old file untouched, and FileFormatError if
    what the disk gives back is not what was written.
    """
    disk = disk or Disk()
    path = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"Cannot write {name!r}: the folder {folder!r} does not exist; make it first.")
    if os.path.isdir(path):
        raise IsADirectoryError(f"Cannot write {path!r}: it is a folder; expected a file name.")
    # Long names leave no room for the suffix of the temporary one.
    temporary = os.path.join(folder, f".{name[:80]}.tmp-{os.getpid()}-{secrets.token_hex(4)}")
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else 0o666
    created = False
    try:
        descriptor = disk.create(temporary, mode)
        created = True
        try:
            left = memoryview(data)
            while left:
                left = left[disk.write(descriptor, left) :]
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)
        if disk.read(temporary) != data:
            raise FileFormatError(
                f"Writing {path!r} failed: reading the bytes back gave others. "
                "The disk may be failing; the old file is untouched."
            )
        disk.replace(temporary, path)
        created = False
    finally:
        if created:
            disk.remove(temporary)
    disk.sync_folder(folder)


def write_folder(path, members, disk=None):
    """Write {name: bytes} as files of a folder, which is made; each file is replaced at once, the folder is not."""
    path = os.path.realpath(path)
    for name, data in members.items():
        target = os.path.join(path, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write_file(target, data, disk)


def regular(path, expected):
    """The path of a file as a string; MissingFileError where there is none, or a folder.

    expected: the words for what it should be, "an .onnx file".
    """
    name = os.fspath(path)
    if not os.path.isfile(name):
        found = "It is a folder" if os.path.isdir(name) else f"The current folder is {os.getcwd()!r}"
        raise MissingFileError(f"File not found: filepath={name}. Expected {expected}. {found}.")
    return name


def read_folder(path):
    """{name: bytes} of the regular files in a folder that write_folder wrote; links are refused."""
    if not os.path.exists(os.path.join(path, "config.json")):
        raise MissingFileError(
            f"File format not supported: filepath={path}. It is a folder without config.json. A SavedModel of "
            "TensorFlow is opened by TensorFlow alone, and what Orbax wrote by Keras with orbax-checkpoint: load it "
            "there and save it as `.keras`."
        )
    found = {}
    for folder, folders, names in os.walk(path):
        for name in [*folders, *names]:
            if os.path.islink(os.path.join(folder, name)):
                raise FileFormatError(f"{path!r}: {name!r} is a symbolic link; refused.")
        for name in names:
            inner = os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/")
            if len(found) == MOST_FILES:
                raise FileFormatError(f"{path!r} holds more than {MOST_FILES} files; expected the folder of a model.")
            found[inner] = read_file(os.path.join(folder, name))
    return found


def read_file(path, what="model"):
    """The bytes of a regular file, or a named error that says what was expected.

    what: "model" or "weights".

    Raises MissingFileError, IsADirectoryError, FileFormatError (not a regular file, empty).
    """
    path = os.fspath(path)
    if not os.path.exists(path):
        if not path.endswith(ENDINGS.get(what, "")):
            raise MissingFileError(
                f"File format not supported: filepath={path}. No file is there; a {what} file ends in one of "
                f"{', '.join(ENDINGS[what])}."
            )
        kind = "`.keras` zip file" if path.endswith(".keras") else f"{what} file"
        raise MissingFileError(
            f"File not found: filepath={path}. Please ensure the file is an accessible {kind}. "
            f"The current folder is {os.getcwd()!r}."
        )
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path!r} is a folder; expected a {what} file.")
    if not stat.S_ISREG(mode):
        raise FileFormatError(f"{path!r} is not a regular file; expected a {what} file.")
    with open(path, "rb") as file:
        data = file.read()
    if not data:
        raise FileFormatError(f"{path!r} is empty; expected a {what} file.")
    return data
