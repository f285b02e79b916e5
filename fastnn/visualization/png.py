"""PNG images from arrays, and grids of small ones."""

import base64
import struct
import zlib

import numpy as np

from fastnn.core.errors import ShapeError


def encode(image, scale=1):
    r"""The bytes of a PNG file.

    Args:
        image: uint8, (height, width) grey or (height, width, 3) colour.
        scale: int, pixels drawn per pixel.

    Raises ShapeError for anything else.

    >>> encode(np.zeros((2, 3), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ShapeError(
            f"png: received shape {image.shape} of {image.dtype}, expected (height, width) or "
            "(height, width, 3) of uint8."
        )
    image = image.repeat(scale, 0).repeat(scale, 1)
    height, width = image.shape[:2]
    rows = image.reshape(height, -1)
    # Each row begins with the number of its filter; 0 is "none".
    raw = np.concatenate([np.zeros((height, 1), np.uint8), rows], 1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if image.ndim == 3 else 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")
    )


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def data_uri(image, scale=1):
    """A picture as the text of a `src` attribute."""
    return "data:image/png;base64," + base64.b64encode(encode(image, scale)).decode()


def normalise(image, symmetric=False):
    """Values stretched to 0..255 as uint8.

    Args:
        image: numbers of any shape.
        symmetric: zero becomes the middle grey.

    >>> normalise(np.array([-1.0, 0.0, 1.0]), symmetric=True)
    array([  0, 128, 255], dtype=uint8)
    """
    image = np.nan_to_num(np.asarray(image, np.float64))
    if image.size == 0:
        return image.astype(np.uint8)
    low, high = (-np.abs(image).max(), np.abs(image).max()) if symmetric else (image.min(), image.max())
    return np.floor((image - low) / ((high - low) or 1.0) * 255 + 0.5).astype(np.uint8)


def image_grid(images, columns=8, gap=1, background=255):
    """Small images side by side in one uint8 image.

    Args:
        images: uint8, (n, height, width) or (n, height, width, 3).
        columns: how many side by side, an int.
        gap: pixels between two.
        background: the grey value there.

    >>> image_grid(np.zeros((3, 2, 2), np.uint8), columns=2).shape
    (5, 5)
    """
    images = np.asarray(images, np.uint8)
    if images.ndim not in (3, 4) or not len(images):
        raise ShapeError(
            f"image_grid: received shape {images.shape}, expected (n, height, width) or "
            "(n, height, width, 3) with n >= 1."
        )
    n, h, w = images.shape[:3]
    columns = min(columns, n)
    rows = -(-n // columns)
    shape = (rows * (h + gap) - gap, columns * (w + gap) - gap, *images.shape[3:])
    grid = np.full(shape, background, np.uint8)
    for i, image in enumerate(images):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        grid[y : y + h, x : x + w] = image
    return grid
