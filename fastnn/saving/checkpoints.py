"""A folder of checkpoints: numbered files, of which the last few stay, and one run at a time that writes them."""

import os
import re
import shutil
import warnings

from fastnn.core.errors import FileFormatError
from fastnn.saving.files import write_file
from fastnn.saving.folder_lock import FolderLock
from fastnn.saving.run_file import read_run

_NAME = re.compile(r"fit(\d+)-(\d+)\.run")
_TEMPORARY = re.compile(r"\.fit\d+-\d+\.run\.tmp-.*")


class Checkpoints:
    """The checkpoints of one call of fit in a folder.

    path: of the folder, which is made, and locked until `close`.  fit: the number of the call of fit, from 1.  keep:
    how many files stay.

    Raises FolderInUseError, OSError.
    """

    def __init__(self, path, fit=1, keep=2):
        self.path, self.fit, self.keep = os.path.abspath(path), fit, keep
        self.lock = FolderLock(self.path)
        self.damaged: list[str] = []
        for name in os.listdir(self.path):
            if _TEMPORARY.fullmatch(name):  # what a process that was killed was writing
                os.unlink(os.path.join(self.path, name))
        self.last = max([_number(f) for f in self.files()], default=0)

    def files(self):
        """The files, the newest first."""
        return files_of(self.path, self.fit)

    def newest(self):
        """The Reader of the newest file that can be read, or None where there is none; see read_newest."""
        return read_newest(self.files(), self.damaged)

    def write(self, data):
        """Write the bytes of a checkpoint; those that are too many go."""
        path = os.path.join(self.path, f"fit{self.fit}-{self.last + 1:08d}.run")
        write_file(path, data)
        self.last += 1
        good = [f for f in self.files() if f not in self.damaged]
        for old in [*good[self.keep :], *self.damaged]:
            if os.path.exists(old):
                os.unlink(old)
        self.damaged.clear()

    def clear(self):
        """Delete the files of this call of fit."""
        for path in self.files():
            os.unlink(path)

    def close(self, delete=False):
        """Let the folder go; delete: with all that is in it."""
        self.lock.release(delete)
        if delete and os.path.isdir(self.path):
            shutil.rmtree(self.path)


def files_of(path, fit=None):
    """The checkpoints in a folder, the newest first, of one call of fit or of the last one that has any."""
    found = [(m, name) for name in os.listdir(path) if (m := _NAME.fullmatch(name))]
    if fit is None:
        fit = max((int(m[1]) for m, _ in found), default=0)
    return [os.path.join(path, name) for m, name in sorted(found, key=lambda e: -int(e[0][2])) if int(m[1]) == fit]


def _number(path):
    return int(_NAME.fullmatch(os.path.basename(path))[2])


def read_newest(files, damaged=None):
    """The Reader of the first of some files that can be read; one warning names those that cannot.

    files: paths, the newest first.  damaged: a list that takes their paths.  None where there are no files; raises
    FileFormatError, OSError where none can be read.
    """
    errors = []
    for path in files:
        try:
            found = read_run(path)
        except (OSError, FileFormatError) as error:
            errors.append((path, error))
            continue
        if errors:
            warnings.warn(
                f"{', '.join(p for p, _ in errors)}: cannot be read ({errors[0][1]}) Training goes on from the "
                f"checkpoint before, {path}.",
                UserWarning,
                stacklevel=7,
            )
            if damaged is not None:
                damaged += [p for p, _ in errors]
        return found
    if errors:
        raise errors[0][1]
    return None
