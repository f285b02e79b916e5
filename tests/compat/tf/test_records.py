"""TFRecord files: those of TensorFlow are read, and written again byte for byte."""

import pytest

from fastnn.compat.tf import records
from fastnn.compat.tf.files import content
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data import Dataset

# What tf.io.TFRecordWriter of TensorFlow 2.21 wrote for `row(0)` and `row(1)` of test_examples.py.
STORED = bytes.fromhex(
    "46000000000000007235b9a50a440a0f0a0173120a0a080a04676f61740a000a140a016e120f1a0d0a0b00ffffffffffffffffff010a080a"
    "046e6f6e6512000a110a0178120c120a0a080000000082a8fb375df111d546000000000000007235b9a50a440a0f0a0173120a0a080a0467"
    "6f61740a000a140a016e120f1a0d0a0b01feffffffffffffffff010a080a046e6f6e6512000a110a0178120c120a0a080000003f82a8fb37"
    "a6fa095b"
)


def written(path, rows, options=None):
    """A file of records."""
    with records.TFRecordWriter(path, options) as writer:
        for record in rows:
            writer.write(record)
        writer.flush()
    return path


def test_tensorflows_file_is_read_and_written(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(STORED)
    data = list(records.records(path))
    assert [len(record) for record in data] == [70, 70]
    assert written(tmp_path / "b.tfrecord", data).read_bytes() == STORED
    assert [r.numpy() for r in records.TFRecordDataset([str(path)])] == data


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_compression(compression, tmp_path):
    options = records.TFRecordOptions(compression_type=compression)
    path = written(tmp_path / "a", [b"one", content(b"two"), b""], options)
    paths = Dataset.from_tensor_slices([str(path), str(path)])
    found = [r.numpy() for r in records.TFRecordDataset(paths, compression)]
    assert found == [b"one", b"two", b""] * 2


@pytest.mark.parametrize("cut", range(1, len(STORED) // 2, 7))
def test_files_that_are_cut_off_or_changed(cut, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(STORED[: len(STORED) - cut])
    with pytest.raises(DataError, match="record at byte 86"):
        list(records.records(path))
    changed = bytearray(STORED)
    changed[cut] ^= 1
    path.write_bytes(changed)
    with pytest.raises(DataError, match="corrupted record at byte 0"):
        list(records.records(path))


def test_other_compressions_and_numbers_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="GZIP"):
        records.TFRecordWriter(tmp_path / "a", "BZIP")
    with records.TFRecordWriter(tmp_path / "a") as writer, pytest.raises(ArgumentError, match="expected the bytes"):
        writer.write(3)
