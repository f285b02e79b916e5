"""The shell of a .keras file: every kind of archive or JSON that is not exactly one is refused by name."""

import io
import stat
import warnings
import zipfile

import numpy as np
import pytest

from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.saving import container
from fastnn.saving.container import CONFIG, METADATA, WEIGHTS, parse_json, read_json, read_member, read_members

GOOD = {METADATA: b'{"a": 1}', CONFIG: b'{"b": [1, 2]}', WEIGHTS: bytes(range(256)) * 4}


def archive_of(members, **attributes):
    """An archive of (name, data) pairs, each ZipInfo changed by `attributes`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a duplicate name is what some tests want
        for name, data in members:
            info = zipfile.ZipInfo(name)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return out.getvalue()


def open_all(data):
    """Read every member, as loading does; {name: bytes}."""
    archive, infos = read_members(data)
    for name in (CONFIG, METADATA):
        if name in infos:
            read_json(archive, infos[name])
    return {name: read_member(archive, info) for name, info in infos.items()}


def test_round_trip():
    data = container.write_members(GOOD)
    assert open_all(data) == GOOD
    assert data == container.write_members(GOOD)  # the same content gives the same bytes


@pytest.mark.parametrize("name", ["/etc/passwd", "../config.json", "C:\\config.json", "a\\..\\b", "Config.json",
                                  "config.json/", "model.weights.npz", "./config.json", "x" * 300])  # fmt: skip
def test_strange_member_names(name):
    with pytest.raises(FileFormatError):
        open_all(archive_of([*GOOD.items(), (name, b"x")]))


def test_other_archives():
    open_all(archive_of([*GOOD.items(), ("assets/vocabulary.txt", b"x")]))  # whose it is the model says
    for name in ("assets/", "assets/../x", "assets//x", "assets/C:/x", "assets\\x", "assets/a/./x"):
        with pytest.raises(FileFormatError, match="refused"):
            open_all(archive_of([*GOOD.items(), (name, b"x")]))
    with pytest.raises(FileFormatError, match="twice"):
        open_all(archive_of([*GOOD.items(), (CONFIG, b"{}")]))
    for missing in (CONFIG, WEIGHTS):
        with pytest.raises(FileFormatError, match=missing):
            open_all(archive_of([(n, d) for n, d in GOOD.items() if n != missing]))
    with pytest.raises(FileFormatError, match="symbolic link"):
        open_all(archive_of(GOOD.items(), create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16))
    with pytest.raises(FileFormatError, match="compressed by"):
        open_all(archive_of(GOOD.items(), compress_type=zipfile.ZIP_BZIP2))
    with pytest.raises(FileFormatError, match=r"not a \.keras"):
        open_all(b"hello")
    with pytest.raises(FileFormatError, match="HDF5"):
        open_all(b"\x89HDF\r\n\x1a\n" + bytes(100))


def test_encrypted_flag():
    data = bytearray(container.write_members(GOOD))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(signature)
        data[at + offset] |= 1
    with pytest.raises(FileFormatError, match="encrypted"):
        open_all(bytes(data))


def test_bombs():
    zeros = bytes(50 << 20)
    with pytest.raises(FileFormatError, match="bomb"):
        open_all(archive_of([(CONFIG, b"{}"), (WEIGHTS, zeros)], compress_type=zipfile.ZIP_DEFLATED))
    with pytest.raises(FileFormatError, match="claims"):
        open_all(archive_of([(METADATA, bytes(2 << 20)), *[(n, d) for n, d in GOOD.items() if n != METADATA]]))


def test_overlapping_members():
    data = bytearray(archive_of(GOOD.items()))
    # Let the central directory's second entry point at the first member.
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    with pytest.raises(FileFormatError):
        open_all(bytes(data))


def test_truncated_everywhere():
    data = container.write_members(GOOD)
    for size in range(0, len(data), 3):
        with pytest.raises(FileFormatError):
            open_all(data[:size])


def test_bit_flips_fail_or_change_nothing():
    data = container.write_members(GOOD)
    generator = np.random.default_rng(0)
    refused = 0
    for bit in generator.choice(len(data) * 8, 1000, replace=False):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            assert open_all(bytes(flipped)) == GOOD
        except (FileFormatError, NotSupportedError):
            refused += 1
    assert refused > 700


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "nul",
        '{"a": NaN}',
        "[Infinity]",
        "[-Infinity]",
        "[1e400]",
        '{"a": 1, "a": 2}',
        '["\\ud800"]',
        "[" * 100_000,
        "[" * 2100 + "]" * 2100,
        '{"a":' * 2100 + "1" + "}" * 2100,
        "9" * 5000,
        b"\xff\xfe{}",
        "{'a': 1}",
    ],
)
def test_json_refused(text):
    with pytest.raises(FileFormatError):
        parse_json(text)


def test_json_accepted():
    assert parse_json('{"a": [1, -2.5, "[[[\\"{", null, true, "é"]}') == {"a": [1, -2.5, '[[["{', None, True, "é"]}
    assert parse_json("[" * 300 + "]" * 300)
