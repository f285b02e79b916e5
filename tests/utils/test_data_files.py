"""get_file: local sources are copied, checked and unpacked; nothing is downloaded."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from fastnn.core.errors import DataError
from fastnn.utils import get_file


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "from" / "a.txt"
    path.parent.mkdir()
    path.write_text("words", encoding="utf-8")
    return path


def text(path):
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [str, lambda p: p.as_uri(), lambda p: p])
def test_copied_once(source, tmp_path, form):
    options = {"origin": form(source), "cache_dir": tmp_path / "cache"}
    path = get_file("b.txt", **options)
    assert path == str(tmp_path / "cache" / "datasets" / "b.txt") and text(path) == "words"
    source.write_text("others", encoding="utf-8")
    assert text(get_file("b.txt", **options)) == "words"
    assert text(get_file("b.txt", force_download=True, **options)) == "others"
    assert get_file(**options).endswith("a.txt")


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_hashes(source, tmp_path, kind):
    digest = hashlib.new(kind, b"words").hexdigest()
    options = {"origin": str(source), "cache_dir": tmp_path}
    path = get_file("b.txt", file_hash=digest, **options)
    (tmp_path / "datasets" / "b.txt").write_text("damaged", encoding="utf-8")
    assert get_file("b.txt", file_hash=digest, **options) == path
    assert (tmp_path / "datasets" / "b.txt").read_text(encoding="utf-8") == "words"
    with pytest.raises(DataError, match="another hash"):
        get_file("b.txt", file_hash="0" * len(digest), **options)


def archive(path, names):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, "inside")
    else:
        with tarfile.open(path, "w:gz") as file:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = 6
                file.addfile(info, io.BytesIO(b"inside"))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_archives(tmp_path, name):
    archive(tmp_path / name, ["deep/b.txt"])
    folder = get_file(origin=str(tmp_path / name), cache_dir=tmp_path / "cache", extract=True)
    assert folder == str(tmp_path / "cache" / "datasets" / "a_extracted")
    assert (tmp_path / "cache/datasets/a_extracted/deep/b.txt").read_text(encoding="utf-8") == "inside"


def test_what_cannot_be_had(tmp_path):
    archive(tmp_path / "out.tar.gz", ["../../evil.txt"])
    with pytest.raises(DataError, match="cannot be unpacked"):
        get_file(origin=str(tmp_path / "out.tar.gz"), cache_dir=tmp_path / "cache", untar=True)
    archive(tmp_path / "out.zip", ["../../evil.txt"])
    get_file(origin=str(tmp_path / "out.zip"), cache_dir=tmp_path / "cache", extract=True)
    assert not (tmp_path / "cache" / "evil.txt").exists() and not (tmp_path / "evil.txt").exists()
    (tmp_path / "no.zip").write_text("nothing", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be unpacked"):
        get_file(origin=str(tmp_path / "no.zip"), cache_dir=tmp_path / "cache", extract=True)
    with pytest.raises(DataError, match="downloads nothing"):
        get_file(origin="https://example.org/a.txt", cache_dir=tmp_path)
