"""Folders of checkpoints: which files stay, which are read, what a killed process leaves."""

import pytest

from fastnn.core.errors import FileFormatError
from fastnn.saving.checkpoints import Checkpoints, files_of, read_newest
from fastnn.saving.run_file import dump


def data(number):
    return dump(({"format": 2, "names": {}, "run": run(number)}, {}, []))


def run(number):
    return {"number": number, "state": {}, "random": {}, "between": {}}


def numbers(folder):
    return [read_newest([f]).run["number"] for f in files_of(folder)]


def test_the_last_ones_stay(tmp_path):
    folder = Checkpoints(tmp_path, keep=2)
    for k in range(4):
        folder.write(data(k))
    assert numbers(tmp_path) == [3, 2] and folder.newest().run == run(3)
    folder.close()
    second = Checkpoints(tmp_path, fit=2, keep=1)
    assert second.newest() is None
    second.write(data(7))
    second.close()
    assert numbers(tmp_path) == [7]  # of the last fit
    assert len(files_of(tmp_path, 1)) == 2
    again = Checkpoints(tmp_path, fit=1)
    again.write(data(8))
    assert [f.endswith("00000005.run") for f in again.files()] == [True, False]
    again.clear()
    assert again.newest() is None and numbers(tmp_path) == [7]
    again.close(delete=True)
    assert not tmp_path.exists()


def test_what_a_killed_process_was_writing_goes(tmp_path):
    for name in (".fit1-00000003.run.tmp-17-abc", "notes.txt", "fit1-00000002.run"):
        (tmp_path / name).write_bytes(b"")
    folder = Checkpoints(tmp_path)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["fit1-00000002.run", "lock", "notes.txt"]
    assert folder.last == 2
    folder.close()


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:30] + b"x" + b[31:], lambda b: b"x" * 99]
)
def test_a_damaged_one(tmp_path, damage):
    folder = Checkpoints(tmp_path)
    folder.write(data(1))
    folder.write(data(2))
    newest, before = (tmp_path / f"fit1-0000000{k}.run" for k in (2, 1))
    newest.write_bytes(damage(newest.read_bytes()))
    with pytest.warns(UserWarning, match=f"{newest.name}.*cannot be read.*checkpoint before, .*{before.name}"):
        assert folder.newest().run == run(1)
    folder.write(data(3))  # the good ones stay, not the last ones
    assert numbers(tmp_path) == [3, 1]
    for path in files_of(tmp_path):
        (tmp_path / path).write_bytes(b"fastnn run\n")
    with pytest.raises(FileFormatError, match="00000003"):
        folder.newest()
    folder.close()


def test_every_byte_counts(tmp_path):
    whole = data(5)
    path = tmp_path / "fit1-00000001.run"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(FileFormatError):
            read_newest([str(path)])
