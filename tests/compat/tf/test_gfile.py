"""tf.io.gfile: what a script does with local files and folders."""

import pytest

from fastnn.compat.tf import gfile
from fastnn.core.errors import ArgumentError


def test_files_and_folders(tmp_path):
    folder = gfile.join(str(tmp_path), "a", "b")
    gfile.makedirs(folder)
    gfile.makedirs(folder)
    with gfile.GFile(gfile.join(folder, "x.txt"), "w") as file:
        file.write("né")
    with gfile.GFile(gfile.join(folder, "x.txt"), "rb") as file:
        assert file.read() == "né".encode()
        assert (file.size(), file.mode, file.seek(position=1), file.read(1)) == (3, "rb", None, "é".encode()[:1])
    with gfile.GFile(gfile.join(folder, "x.txt")) as file:
        assert list(file) == ["né"] and file.name.endswith("x.txt")
    assert gfile.exists(folder) and gfile.isdir(folder) and gfile.listdir(folder) == ["x.txt"]
    gfile.copy(gfile.join(folder, "x.txt"), gfile.join(folder, "y.txt"))
    with pytest.raises(ArgumentError, match="overwrite"):
        gfile.rename(gfile.join(folder, "x.txt"), gfile.join(folder, "y.txt"))
    gfile.rename(gfile.join(folder, "x.txt"), gfile.join(folder, "y.txt"), overwrite=True)
    assert [f.endswith("y.txt") for f in gfile.glob(gfile.join(folder, "*"))] == [True]
    assert [names for *_, names in gfile.walk(folder)] == [["y.txt"]] and gfile.stat(folder).is_directory
    gfile.mkdir(gfile.join(folder, "c"))
    gfile.remove(gfile.join(folder, "y.txt"))
    gfile.rmtree(str(tmp_path / "a"))
    assert not gfile.exists(folder)


def test_stat_and_folders_that_are_there(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    found = gfile.stat(tmp_path / "x")
    assert (found.length, found.is_directory) == (3, False) and found.mtime_nsec > 0
    gfile.mkdir(tmp_path)
    with pytest.raises(FileExistsError):
        gfile.mkdir(tmp_path / "x")
