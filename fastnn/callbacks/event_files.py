"""Event files for TensorBoard where the package tensorboardX is not installed: numbers, histograms, pictures, texts.

A file holds records; each is an Event with its time in field 1, its step in 2 and a Summary in 5.  Formats:
tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
"""

from __future__ import annotations

import importlib
import io
import os
import socket
import struct
import threading
import time
import wave
import zlib
from typing import Any

import numpy as np

from fastnn.core.messages import double, field, integer, record, single
from fastnn.core.types import Array

_made = [0]  # files of this process: no two have one name
_lock = threading.Lock()


def summary_writer(folder: str, **kwargs: Any) -> Any:
    """tensorboardX's SummaryWriter where it is installed, else one of this module.

    Args:
        folder: where the files go.
        kwargs: max_queue, flush_secs, filename_suffix.
    """
    try:
        made = importlib.import_module("tensorboardX").SummaryWriter
    except ImportError:
        made = SummaryWriter
    return made(folder, **kwargs)


def png(pixels: Array) -> bytes:
    """The PNG file of a picture (rows, columns, 1 to 4) of uint8.

    >>> png(np.zeros((2, 3, 1), "uint8"))[:4]
    b'\\x89PNG'
    """
    rows, columns, channels = pixels.shape
    lines = np.concatenate([np.zeros((rows, 1), "uint8"), pixels.reshape(rows, -1)], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", columns, rows, 8, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    chunks = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _bytes_of(picture: Array) -> Array:
    """A picture as uint8: floats are those of [0, 1]."""
    return picture if picture.dtype == np.uint8 else (np.clip(picture, 0, 1) * 255 + 0.5).astype("uint8")


class SummaryWriter:
    """Writes entries to a file of its own in a folder; the methods are those of tensorboardX's class of this name.

    Args:
        logdir: the folder.
        max_queue, flush_secs: of no effect: what is written is in the file at once.
        filename_suffix: the end of the file's name.
    """

    def __init__(self, logdir: str, max_queue: Any = None, flush_secs: Any = None, filename_suffix: str = "") -> None:
        os.makedirs(logdir, exist_ok=True)
        with _lock:
            _made[0] += 1
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{_made[0]}"
        self._file = open(os.path.join(logdir, name + filename_suffix), "wb")  # noqa: SIM115 close() closes it
        self._write(field(3, b"brain.Event:2"))

    def _write(self, body: bytes, step: Any = 0) -> None:
        if not self._file.closed:
            self._file.write(record(double(1, time.time()) + integer(2, step or 0) + body))
            self._file.flush()

    def _add(self, tag: str, value: bytes, step: Any, plugin: str = "") -> None:
        more = field(9, field(1, field(1, plugin.encode()))) if plugin else b""
        self._write(field(5, field(1, field(1, tag.encode()) + more + value)), step)

    def add_scalar(self, tag: str, value: Any, step: Any = None) -> None:
        """A number."""
        self._add(tag, single(2, float(value)), step)

    def add_histogram(self, tag: str, values: Any, step: Any = None) -> None:
        """How often values of which size are there, in 30 ranges; values that are not finite do not count."""
        x = np.asarray(values, np.float64).ravel()
        x = x[np.isfinite(x)]
        x = x if x.size else np.zeros(1)
        counts, edges = np.histogram(x, 30)
        body = b"".join(double(n, v) for n, v in enumerate((x.min(), x.max(), x.size, x.sum(), (x * x).sum()), 1))
        packed = field(6, edges[1:].astype("<f8").tobytes()) + field(7, counts.astype("<f8").tobytes())
        self._add(tag, field(5, body + packed), step)

    def add_image(self, tag: str, image: Any, step: Any = None, dataformats: str = "CHW") -> None:
        """A picture: uint8, or floats of [0, 1]; dataformats says the order of its axes."""
        x = np.asarray(image)
        x = _bytes_of(x.transpose([dataformats.index(axis) for axis in "HWC"]))
        rows, columns, channels = x.shape
        body = integer(1, rows) + integer(2, columns) + integer(3, channels) + field(4, png(x))
        self._add(tag, field(4, body), step)

    def add_images(self, tag: str, images: Any, step: Any = None, dataformats: str = "NCHW") -> None:
        """Pictures along an axis N, beside each other."""
        x = np.moveaxis(np.asarray(images), dataformats.index("N"), 0)
        order = dataformats.replace("N", "")
        self.add_image(tag, np.concatenate(list(x), axis=order.index("W")), step, order)

    def add_text(self, tag: str, text: str, step: Any = None) -> None:
        """A text, in Markdown."""
        tensor = integer(1, 7) + field(2, field(2, integer(1, 1))) + field(8, text.encode())
        self._add(tag, field(8, tensor), step, "text")

    def add_audio(self, tag: str, sound: Any, step: Any = None, sample_rate: int = 44100) -> None:
        """A sound of [-1, 1], (samples,) or (samples, channels)."""
        x = np.asarray(sound, np.float64)
        x = np.clip(x if x.ndim == 2 else x.reshape(-1, 1), -1, 1)
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(x.shape[1])
            out.setsampwidth(2)
            out.setframerate(int(sample_rate))
            out.writeframes((x * 32767).astype("<i2").tobytes())
        body = single(1, sample_rate) + integer(2, x.shape[1]) + integer(3, len(x)) + field(4, file.getvalue())
        self._add(tag, field(6, body + field(5, b"audio/wav")), step)

    def flush(self) -> None:
        """Nothing: what is written is in the file at once."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
