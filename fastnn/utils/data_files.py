"""Files that others have downloaded, or that lie elsewhere on this machine."""

import hashlib
import os
import shutil
import tarfile
import urllib.parse
import urllib.request
import zipfile

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
    """The path of a file that is already in Keras's folder of data files, `~/.keras/datasets`, or is copied there.

    Args:
        fname: its name (the last part of `origin` if None).
        origin: where it comes from: a path, or a `file:` address, is copied; what is elsewhere must be there already.
        untar, extract: whether to unpack a local archive (tar or zip) into a folder beside it, whose path is returned.
        md5_hash, file_hash: MD5 or SHA-256 that the file must have, in hexadecimal digits.
        cache_subdir, cache_dir: the folder.
        hash_algorithm, archive_format: Keras's arguments, of no effect: the digits and the file say it themselves.
        force_download: whether to copy it again.

    Raises DataError if it is not there (fastnn downloads nothing), has another hash, or cannot be unpacked.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "words.txt"), "w") as file:
    ...         _ = file.write("one two")
    ...     path = get_file(origin=os.path.join(folder, "words.txt"), cache_dir=folder)
    >>> os.path.basename(path)
    'words.txt'
    """
    name = fname or os.path.basename(origin or "")
    if not name:
        raise ArgumentError("get_file: please specify `fname` or `origin`.")
    folder = os.path.join(os.path.expanduser(cache_dir or os.path.join("~", ".keras")), cache_subdir)
    path = os.path.join(folder, name)
    local = _local(origin)
    if local is not None:
        wanted = file_hash or md5_hash
        if force_download or not os.path.isfile(path) or (wanted and _digest(path, wanted) != wanted.lower()):
            os.makedirs(folder, exist_ok=True)
            shutil.copyfile(local, path)
        if wanted and _digest(path, wanted) != wanted.lower():
            raise DataError(
                f"Incomplete or corrupted file detected. get_file: {path!r} has another hash than {wanted}: it is "
                "incomplete, or another file."
            )
        return _unpacked(path) if extract or untar else path
    for found in (path, path.removesuffix(".tar.gz").removesuffix(".tgz").removesuffix(".zip")):
        if os.path.exists(found) and (found != path or not (extract or untar)):
            return found
    if os.path.exists(path):
        raise DataError(f"get_file: {path!r} is an archive; unpack it beside it first.")
    raise DataError(
        f"get_file: no {path!r}. fastnn downloads nothing: put the file there"
        + (f", from {origin}." if origin else ".")
    )


def _local(origin):
    """The path of a file on this machine that an origin names, or None."""
    parts = urllib.parse.urlsplit(os.fspath(origin or ""))
    path = urllib.request.url2pathname(parts.path) if parts.scheme == "file" else os.fspath(origin or "")
    return path if os.path.isfile(path) else None


def _digest(path, like):
    """The hash of a file, of the kind that the digits `like` are of."""
    digest = hashlib.md5(usedforsecurity=False) if len(like) == 32 else hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _unpacked(path):
    """The folder into which an archive has been unpacked; members that lead out of it are refused."""
    name = os.path.basename(path)
    folder = os.path.join(os.path.dirname(path), f"{name.split('.')[0]}_extracted")
    try:
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        else:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)  # drops what would lead out
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise DataError(f"get_file: {path!r} cannot be unpacked: {error}.") from error
    return folder
