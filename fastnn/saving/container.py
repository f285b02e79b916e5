"""The outer shell of a `.keras` file: a zip archive of few known members, and JSON read strictly.

Nothing is extracted to disk, members are looked up by name in a closed list, and every size is checked
before a byte is unpacked.
"""

import collections
import io
import json
import math
import stat
import zipfile
import zlib

from fastnn.core import nesting
from fastnn.core.errors import BadHdf5Error, FileFormatError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_LIMITS = {CONFIG: 256 << 20, METADATA: 1 << 20}
_MAX_RATIO = 200  # deflate reaches 1032; a real config some 30
_MAX_DEPTH = 2000  # three or four for a model inside a model
_FRAMES = 5  # of Python that a level takes, here and where the config is looked through


def read_members(data, name="the file"):
    """Check an archive as a whole; {member: ZipInfo} and the open ZipFile.

    data: bytes of the archive.  Raises FileFormatError for whatever is not exactly a `.keras` archive.
    """
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        raise FileFormatError(
            f"{name} is an HDF5 file, expected a .keras archive. Weights alone are read with "
            "model.load_weights(), whole models of the legacy format under a name ending in .h5."
        )
    if data[:2] != b"PK":
        kind = BadHdf5Error if name.rstrip("'\"").endswith((".h5", ".hdf5")) else FileFormatError
        raise kind(f"{name} is not a .keras archive: it begins with {data[:4]!r}, expected a zip file.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{name} is a damaged or truncated .keras archive: {error!s:.300}.") from error
    found = {}
    for info in infos:
        _check_member(info, found, name)
        found[info.filename] = info
    for member in (CONFIG, WEIGHTS):
        if member not in found:
            raise FileFormatError(
                f"{name} has no member {member!r}: it is not a .keras archive. "
                f"Members: {', '.join(sorted(found)) or 'none'}."
            )
    end = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset < end:
            raise FileFormatError(f"{name}: member {info.filename!r} overlaps another one; refused.")
        end = info.header_offset + 30 + len(info.orig_filename.encode()) + info.compress_size
    if end > len(data):
        raise FileFormatError(f"{name} is truncated: its members need {end} bytes, it has {len(data)}.")
    return archive, found


def is_asset(member):
    """Whether a name is that of a file of a layer's own, at a place inside the folder of assets.

    >>> is_asset("assets/layers/mine/words.txt"), is_asset("assets/../config.json"), is_asset("assets/C:/x")
    (True, False, False)
    """
    words = member.split("/")
    return (
        len(words) > 1
        and words[0] == "assets"
        and all(w not in ("", ".", "..") and not any(c in w for c in "\\:\0") for w in words)
    )


def _check_member(info, found, name):
    member = info.filename
    if member not in (CONFIG, METADATA, WEIGHTS) and not is_asset(member):
        raise FileFormatError(
            f"{name} holds a member {member!r:.100}, expected only {CONFIG!r}, {METADATA!r} and {WEIGHTS!r}; refused."
        )
    if info.orig_filename != member:
        raise FileFormatError(f"{name}: member name {info.orig_filename!r:.100} is not plain; refused.")
    if member in found:
        raise FileFormatError(f"{name} holds the member {member!r} twice; refused.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise FileFormatError(f"{name}: member {member!r} is a symbolic link; refused.")
    if info.flag_bits & 0x1:
        raise FileFormatError(f"{name}: member {member!r} is encrypted; expected a plain archive.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileFormatError(
            f"{name}: member {member!r} is compressed by method {info.compress_type}; expected stored or deflated."
        )
    if info.file_size > _LIMITS.get(member, math.inf):
        raise FileFormatError(
            f"{name}: member {member!r} claims {info.file_size} bytes, more than the "
            f"{_LIMITS[member]} that such a file can need; refused."
        )
    if info.file_size > _MAX_RATIO * info.compress_size + (1 << 16):
        raise FileFormatError(
            f"{name}: member {member!r} unpacks {info.compress_size} bytes to {info.file_size}; "
            "refused as a decompression bomb."
        )


def read_member(archive, info, name="the file"):
    """The bytes of one checked member, its length and checksum verified."""
    try:
        with archive.open(info) as file:
            data = file.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise FileFormatError(f"{name}: member {info.filename!r} is damaged: {error!s:.300}.") from error
    if len(data) != info.file_size:
        raise FileFormatError(f"{name}: member {info.filename!r} has {len(data)} bytes, expected {info.file_size}.")
    return data


def read_json(archive, info, name="the file"):
    """The content of one checked JSON member."""
    return parse_json(read_member(archive, info, name), f"{name}: {info.filename}")


def write_members(members):
    """The bytes of an archive.  members: {name: bytes}; stored, so that the weights stay readable in place."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def parse_json(data, name="the file"):
    """JSON read strictly: UTF-8, no NaN or infinity, no duplicate keys, bounded depth.

    data: bytes or str.  Raises FileFormatError.

    >>> parse_json(b'{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{name}: the JSON is not UTF-8 text: {error}.") from error
    nesting.make_room(_FRAMES * _depth(text, name))
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_no_duplicates)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no encoding
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{name}: not valid JSON: {error}.") from error
    return value


def _depth(text, name):
    """How deep brackets are nested; FileFormatError if they are nested too deep."""
    depth, deepest, inside, escaped = 0, 0, False, False
    # Only brackets outside of strings count; the scan avoids recursing into what it protects from.
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if depth > _MAX_DEPTH:
                raise FileFormatError(f"{name}: the JSON is nested more than {_MAX_DEPTH} levels deep; refused.")
        elif char in "]}":
            depth -= 1
    return deepest


def _refuse_constant(text):
    raise FileFormatError(f"the JSON holds {text}, which is not a number that a config may have")


def _finite(text):
    value = float(text)
    if not math.isfinite(value):
        raise FileFormatError(f"the JSON holds the number {text}, which is out of range")
    return value


def _no_duplicates(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        twice = next(k for k, n in collections.Counter(key for key, _ in pairs).items() if n > 1)
        raise FileFormatError(f"the JSON has the key {twice!r} twice in one object")
    return out
