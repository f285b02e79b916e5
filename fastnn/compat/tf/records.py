"""TFRecord files: `tf.io.TFRecordWriter`, `tf.data.TFRecordDataset`.

A record is its length (8 bytes), a check of that, its bytes, and a check of these.  Format:
tensorflow/core/lib/io/record_writer.h.
"""

import gzip
import os
import struct
import zlib

import numpy as np

from fastnn.compat.tf.files import bytes_of, content
from fastnn.core import messages
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.messages import masked_crc
from fastnn.data import Dataset


# ---- records ---------------------------------------------------------------------------------------------------
class TFRecordOptions:
    """How records are compressed.

    Args:
        compression_type: "", "GZIP" or "ZLIB".
        others: of no effect.
    """

    def __init__(self, compression_type=None, **others):
        self.compression_type = compression_type or ""


class TFRecordWriter:
    """Writes records to a file; a context manager.

    Args:
        path: of the file.
        options: a TFRecordOptions or a word for the compression; None for none.

    Raises ArgumentError for another compression.
    """

    def __init__(self, path, options=None):
        kind = getattr(options, "compression_type", options) or ""
        if kind not in ("", "GZIP", "ZLIB"):
            raise ArgumentError(f"TFRecordWriter: received compression {kind!r}, expected '', 'GZIP' or 'ZLIB'.")
        path = os.fspath(path)
        opened = gzip.open if kind == "GZIP" else open
        self._file = opened(path, "wb")
        self._packer = zlib.compressobj() if kind == "ZLIB" else None

    def write(self, record):
        """Add a record.

        Args:
            record: bytes, or a tensor of them.
        """
        data = record if isinstance(record, bytes) else bytes_of(record, "io.TFRecordWriter.write")
        whole = messages.record(data)
        self._file.write(whole if self._packer is None else self._packer.compress(whole))

    def flush(self):
        """Hand what was written to the system."""
        self._file.flush()

    def close(self):
        """Finish the file."""
        if self._packer is not None and not self._file.closed:
            self._file.write(self._packer.flush())
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def records(path, compression=""):
    """The records of a file, one after the other, as bytes.

    Args:
        path: of the file.
        compression: "", "GZIP" or "ZLIB".

    Raises DataError for a file that is cut off or no TFRecord file.
    """
    with open(path, "rb") as file:
        data = file.read()
    data = gzip.decompress(data) if compression == "GZIP" else zlib.decompress(data) if compression == "ZLIB" else data
    place = 0
    while place < len(data):
        head = data[place : place + 12]
        if len(head) < 12 or struct.unpack("<I", head[8:])[0] != masked_crc(head[:8]):
            raise DataError(f"{path}: corrupted record at byte {place}: the check of its length does not agree.")
        (size,) = struct.unpack("<Q", head[:8])
        body = data[place + 12 : place + 12 + size]
        end = data[place + 12 + size : place + 16 + size]
        if len(body) < size or len(end) < 4:
            raise DataError(f"{path}: truncated record at byte {place}: {size} bytes expected, {len(body)} found.")
        if struct.unpack("<I", end)[0] != masked_crc(body):
            raise DataError(f"{path}: corrupted record at byte {place}: the check of its bytes does not agree.")
        yield body
        place += 16 + size


class TFRecordDataset:
    """A Dataset of the records of files, each a tensor of one `bytes`.

    Args:
        filenames: a path, a list of them, or a Dataset of them.
        compression_type: "", "GZIP" or "ZLIB"; None for "".
        others: of no effect.
    """

    def __new__(cls, filenames, compression_type=None, *others, **unused):
        if isinstance(filenames, Dataset):
            return filenames.flat_map(lambda path: TFRecordDataset(path, compression_type))
        paths = [os.fspath(p) for p in np.atleast_1d(np.asarray(filenames, object)).tolist()]

        def each():
            for path in paths:
                for record in records(path, compression_type or ""):
                    yield content(record)

        return Dataset.from_generator(each)


NAMES = {
    **{n: f"compat.tf.records:{n.rpartition('.')[2]}" for n in (
        "io.TFRecordWriter", "io.TFRecordOptions", "python_io.TFRecordWriter", "data.TFRecordDataset")},
}  # fmt: skip
