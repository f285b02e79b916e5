"""A folder that one process at a time writes to.

The lock belongs to the process: the system lets it go when the process ends, however it ends, so what a killed process
or a machine that was switched off had locked is free.
"""

import contextlib
import os
import socket

from fastnn.core.errors import FolderInUseError

_held: set[str] = set()  # of this process, which its own locks do not stop


class FolderLock:
    """Hold a folder, which is made if need be, until `release`.

    path: of the folder.  Raises FolderInUseError where another run has it, OSError.
    """

    def __init__(self, path):
        self.key, self.file = os.path.realpath(path), os.path.join(path, "lock")
        self.descriptor = None
        if self.key in _held:
            raise FolderInUseError(
                f"{path!r} belongs to another run of this process: give each run a folder of its own."
            )
        while self.descriptor is None:
            os.makedirs(path, exist_ok=True)
            self._take(path)
        _held.add(self.key)

    def _take(self, path):
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            _lock(descriptor)
        except OSError:
            owner = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            raise FolderInUseError(
                f"{path!r} belongs to a run that is still going on ({owner}): wait for it or end it, or choose another "
                "folder."
            ) from None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(self.file)):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
                self.descriptor = descriptor
                return
        os.close(descriptor)  # the run that had it has just deleted the folder

    def release(self, delete=False):
        """Let the folder go; delete: the file of the lock, too."""
        if self.descriptor is None:
            return
        if delete and os.path.exists(self.file):
            os.unlink(self.file)
        os.close(self.descriptor)
        self.descriptor = None
        _held.discard(self.key)


def _lock(descriptor):
    try:
        import fcntl
    except ImportError:  # Windows: open files cannot be deleted there, and the first byte can be locked
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
