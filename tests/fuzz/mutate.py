"""Changes to bytes, to HDF5 structures, to zip archives.  All are functions (random, bytes) -> bytes."""

from __future__ import annotations

import io
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable

Mutation = Callable[[random.Random, bytes], bytes]

# Where readers of integers go wrong: ends of ranges, sizes that overflow a product, no address.
NUMBERS = (0, 1, 2, 7, 8, 16, 127, 128, 255, 256, 4095, 1 << 15, (1 << 16) - 1, 1 << 24, (1 << 31) - 1, 1 << 31,
           (1 << 32) - 1, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1)  # fmt: skip


def spot(random, data):
    """A place in a file, seldom one in the emptiness that files of HDF5 are full of."""
    found = [random.randrange(len(data)) for _ in range(6)]
    return next((at for at in found if data[at]), found[0])


def flip(random, data):
    """Some bits turned."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        out[spot(random, out)] ^= 1 << random.randrange(8)
    return bytes(out)


def noise(random, data):
    """A stretch of random bytes, or of one byte."""
    at, size = spot(random, data), random.choice((1, 2, 4, 8, 64, 512))
    new = random.randbytes(size) if random.random() < 0.5 else bytes([random.choice((0, 255, 32))]) * size
    return (data[:at] + new + data[at + size :])[: len(data)]


def truncate(random, data):
    """The end missing."""
    return data[: random.randrange(len(data))]


def splice(random, data):
    """A stretch of the file over another one."""
    size = random.choice((4, 8, 16, 64, 256))
    a, b = spot(random, data), spot(random, data)
    return (data[:a] + data[b : b + size] + data[a + len(data[b : b + size]) :])[: len(data)]


def move(random, data):
    """A stretch cut out, or some put in."""
    at, size = spot(random, data), random.choice((1, 4, 8, 64))
    return data[:at] + data[at + size :] if random.random() < 0.5 else data[:at] + random.randbytes(size) + data[at:]


def number(random, data):
    """An aligned integer at an end of its range."""
    size = random.choice((1, 2, 4, 8))
    return put(data, spot(random, data) // size * size, random.choice(NUMBERS), size)


def put(data, at, value, size):
    """The bytes with an integer at a place."""
    out = bytearray(data)
    out[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    return bytes(out[: len(data)])


BYTES: tuple[Mutation, ...] = (flip, flip, noise, truncate, splice, move, number)

# ---- HDF5 -------------------------------------------------------------------------------------------------------
_MARK = re.compile(rb"TREE|HEAP|SNOD|GCOL|OHDR")


def hdf5_field(random, data):
    """A field of a structure: its count, a length, an address."""
    marks = [m.start() for m in _MARK.finditer(data)] or [8]
    size = random.choice((1, 2, 4, 8, 8))
    at = random.choice(marks) + random.randrange(4, 96) // size * size
    return put(data, at, random.choice((*NUMBERS, *marks, len(data), len(data) - 8)), size)


def hdf5_pointer(random, data):
    """An address changed to that of another structure: cycles, shared parts, structures of another kind."""
    whole = struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])
    places = [i for i, v in enumerate(whole) if 48 <= v < len(data) and v % 8 == 0]
    if not places:
        return flip(random, data)
    marks = [m.start() for m in _MARK.finditer(data)]
    to = random.choice(
        (whole[random.choice(places)], random.choice(marks or [0]), random.choice(places) * 8, random.choice(NUMBERS))
    )
    return put(data, random.choice(places) * 8, to, 8)


HDF5: tuple[Mutation, ...] = (*BYTES, hdf5_field, hdf5_field, hdf5_pointer, hdf5_pointer)

# ---- zip --------------------------------------------------------------------------------------------------------
_HEADER = re.compile(rb"PK(\x01\x02|\x03\x04|\x05\x06)")
_NAMES = ("/etc/passwd", "../config.json", "C:\\config.json", "config.json\0x", "CONFIG.JSON", "assets/x",
          "assets/../x", "config.json/",
          "", "model.weights.h5.npz", "ü.json", "config.json ", "__main__.py")  # fmt: skip


def members(data):
    """{name: bytes} of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(entries, kind=zipfile.ZIP_STORED, alter=None):
    """The bytes of an archive of (name, bytes) pairs; alter(info) changes what is said of each."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", kind) as file:
        warnings.simplefilter("ignore")  # names that come twice
        for name, content in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = kind
            if alter is not None:
                alter(info)
            file.writestr(info, content)
    return out.getvalue()


def zip_header(random, data):
    """A field of a header of the archive, most of them sizes and offsets."""
    places = [m.start() for m in _HEADER.finditer(data)] or [0]
    size = random.choice((2, 4))
    at = random.choice(places) + random.randrange(4, 48) // size * size
    return put(data, at, random.choice((*NUMBERS, len(data), *places)), size)


def zip_names(random, data):
    """A member of a strange name: more, instead, or twice."""
    entries = list(members(data).items())
    name, content = random.choice(entries)
    new = random.choice((*_NAMES, name))
    if random.random() < 0.5:
        entries.append((new, content))
    else:
        entries[random.randrange(len(entries))] = new, content
    random.shuffle(entries)
    return archive(entries)


def zip_kind(random, data):
    """Another compression, order, attribute or comment: some of them are what other programs may write."""
    entries = list(members(data).items())
    random.shuffle(entries)
    kind = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))

    def alter(info):
        info.external_attr = random.choice((0, 0, 0o120777 << 16, 0o040755 << 16, 0o100644 << 16))
        info.comment = random.choice((b"", b"a comment"))
        info.extra = random.choice((b"", struct.pack("<HHQ", 1, 8, random.choice(NUMBERS))))

    return archive(entries, kind, alter)


def zip_bomb(random, data):
    """A member that unpacks to much more than it takes."""
    entries = members(data)
    name = random.choice(sorted(entries))
    entries[name] += random.choice((b" ", b"\0")) * random.choice((1 << 20, 8 << 20))
    return archive(entries.items(), zipfile.ZIP_DEFLATED)


ZIP: tuple[Mutation, ...] = (*BYTES, zip_header, zip_header, zip_names, zip_kind, zip_bomb)
