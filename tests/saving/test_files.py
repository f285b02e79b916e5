"""Writing files: whatever fails, and wherever, the old content or the new is there, and no temporary file is left."""

import errno
import os

import pytest

from fastnn.core.errors import FileFormatError
from fastnn.saving.files import Disk, read_file, write_file

STEPS = ("create", "write", "sync", "close", "read", "replace", "sync_folder")


class Faulty(Disk):
    """A disk whose operation number `fail_at` fails; writes at most `step` bytes at a time."""

    def __init__(self, fail_at=-1, error=errno.ENOSPC, step=100):
        self.count, self.fail_at, self.error, self.step, self.log = 0, fail_at, error, step, []

    def _tick(self, name):
        self.log.append(name)
        self.count += 1
        if self.count == self.fail_at:
            raise OSError(self.error, os.strerror(self.error))

    def create(self, path, mode):
        self._tick("create")
        return super().create(path, mode)

    def write(self, descriptor, data):
        self._tick("write")
        return super().write(descriptor, data[: self.step])

    def sync(self, descriptor):
        self._tick("sync")
        super().sync(descriptor)

    def read(self, path):
        self._tick("read")
        return super().read(path)

    def replace(self, source, target):
        self._tick("replace")
        super().replace(source, target)

    def sync_folder(self, path):
        self._tick("sync_folder")
        super().sync_folder(path)


def test_order_of_steps(tmp_path):
    disk = Faulty()
    write_file(tmp_path / "f", b"x" * 250, disk)
    assert disk.log == ["create", "write", "write", "write", "sync", "read", "replace", "sync_folder"]
    assert (tmp_path / "f").read_bytes() == b"x" * 250


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("exists", [True, False])
def test_every_step_may_fail(tmp_path, exists, error):
    path = tmp_path / "f"
    for n in range(1, 50):
        path.unlink(missing_ok=True)
        if exists:
            path.write_bytes(b"old")
        disk = Faulty(n, error)
        try:
            write_file(path, b"new" * 100, disk)
        except OSError as failure:
            assert failure.errno == error
        else:
            break
        content = path.read_bytes() if path.exists() else None
        renamed = "sync_folder" in disk.log
        assert content == (b"new" * 100 if renamed else b"old" if exists else None)
        assert os.listdir(tmp_path) == (["f"] if content is not None else [])
    assert n > 7


def test_a_disk_that_lies_is_found_out(tmp_path):
    class Lying(Disk):
        def read(self, path):
            return super().read(path)[:-1] + b"?"

    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(FileFormatError, match="old file is untouched"):
        write_file(tmp_path / "f", b"new", Lying())
    assert (tmp_path / "f").read_bytes() == b"old" and os.listdir(tmp_path) == ["f"]


def test_interrupt_leaves_no_temporary_file(tmp_path):
    class Interrupted(Disk):
        def sync(self, descriptor):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "f", b"new", Interrupted())
    assert os.listdir(tmp_path) == []


def test_targets(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder"):
        write_file(tmp_path / "no" / "f", b"")
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path, b"")
    for name in ("näme with spaces ☃", "x" * 250):
        write_file(tmp_path / name, b"data")
        assert (tmp_path / name).read_bytes() == b"data"
    # A symbolic link keeps pointing where it points; the file behind it is replaced.
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real").write_bytes(b"old")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


def test_permissions_of_the_old_file_stay(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_file(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_read_file(tmp_path):
    for error in (FileNotFoundError, ValueError):
        with pytest.raises(error, match=r"File not found.*accessible `.keras` zip file.*current folder"):
            read_file(tmp_path / "no.keras")
        with pytest.raises(error, match="File format not supported"):
            read_file(tmp_path / "no.pkl", "weights")
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(FileFormatError, match="empty"):
        read_file(tmp_path / "empty")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileFormatError, match="regular"):
        read_file(tmp_path / "pipe")
