"""A folder belongs to one run at a time, and to nobody when that run's process is gone."""

import os
import signal
import subprocess
import sys

import pytest

from fastnn.core.errors import FolderInUseError
from fastnn.saving.folder_lock import FolderLock

HOLDS = """
import sys
from fastnn.saving.folder_lock import FolderLock
lock = FolderLock(sys.argv[1])
print('held', flush=True)
input()
"""


def test_one_run_of_a_process(tmp_path):
    held = FolderLock(str(tmp_path / "run"))
    with pytest.raises(FolderInUseError, match="another run of this process: give each run a folder"):
        FolderLock(str(tmp_path / "." / "run"))
    held.release()
    held.release()
    FolderLock(str(tmp_path / "run")).release(delete=True)
    assert not (tmp_path / "run" / "lock").exists()


def test_another_process_and_its_death(tmp_path):
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], env=path, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError, match=rf"still going on \(process {other.pid} on .*\): wait for it"):
            FolderLock(str(tmp_path))
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    FolderLock(str(tmp_path)).release()


def test_a_lock_whose_file_was_deleted_meanwhile(tmp_path, monkeypatch):
    """Between opening and locking, the run that had the folder has deleted it."""
    deleted, take = [], os.fstat

    def gone(descriptor):
        if not deleted:
            deleted.append(os.unlink(tmp_path / "lock"))
        return take(descriptor)

    monkeypatch.setattr(os, "fstat", gone)
    held = FolderLock(str(tmp_path))
    assert (tmp_path / "lock").exists() and deleted
    held.release()
