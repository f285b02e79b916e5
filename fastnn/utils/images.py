"""Image files and arrays; Pillow is imported when a file is read or written."""

import io
import os
import pathlib

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError, MissingFileError
from fastnn.core.extras import missing
from fastnn.utils.resampling import resize

MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(what):
    """Pillow's module Image; MissingPackageError, in the name of `what`, where it is not installed."""
    try:
        from PIL import Image
    except ImportError:
        raise missing(what, "images") from None
    return Image


def _channels_last(data_format):
    return config.standard_data_format(data_format) == "channels_last"


def _filter(image_module, interpolation):
    if interpolation not in FILTERS:
        raise ArgumentError(f"interpolation: received {interpolation!r}, expected one of {', '.join(FILTERS)}.")
    return getattr(image_module.Resampling, interpolation.upper())


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """A Pillow image of an array.

    Args:
        x: (rows, columns, 1, 3 or 4), or with the channels first.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        scale: whether values are stretched to 0 .. 255.
        dtype: that the values have before they are stretched; the default float type if None.

    Raises DataError for another shape.

    >>> array_to_img(np.ones((4, 5, 3))).size
    (5, 4)
    """
    image = pillow("array_to_img")
    x = np.asarray(x, dtype or config.floatx())
    if x.ndim != 3:
        raise DataError(f"array_to_img: received an array of shape {x.shape}, expected (rows, columns, channels).")
    x = x if _channels_last(data_format) else x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    kinds = {1: "L", 3: "RGB", 4: "RGBA"}
    if x.shape[2] not in kinds:
        raise DataError(f"array_to_img: received {x.shape[2]} channels, expected 1, 3 or 4.")
    wide = x.shape[2] == 1 and x.max() > 255
    return (
        image.fromarray(x[:, :, 0].astype("int32"))
        if wide
        else image.fromarray((x[:, :, 0] if x.shape[2] == 1 else x).astype("uint8"), kinds[x.shape[2]])
    )


def img_to_array(img, data_format=None, dtype=None):
    """The array of a Pillow image: (rows, columns, channels), or channels first.

    Args:
        img: a Pillow image.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dtype: of the array; the default float type if None.

    >>> img_to_array(array_to_img(np.ones((4, 5, 1)))).shape
    (4, 5, 1)
    """
    x = np.asarray(img, dtype or config.floatx())
    if x.ndim not in (2, 3):
        raise DataError(f"img_to_array: received an image of shape {x.shape}, expected two or three dimensions.")
    x = x[:, :, None] if x.ndim == 2 else x
    return x if _channels_last(data_format) else np.ascontiguousarray(x.transpose(2, 0, 1))


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """An image file as a Pillow image.

    Args:
        path: str, path object, or file of bytes.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: (rows, columns) or None.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether the middle of the image is cut to the shape of target_size first.

    Raises ArgumentError for another mode, DataError where there is no image.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_img(os.path.join(folder, "a.png"), np.zeros((4, 6, 3)))
    ...     size = load_img(os.path.join(folder, "a.png"), target_size=(2, 3)).size
    >>> size  # Pillow's, (columns, rows)
    (3, 2)
    """
    image = pillow("load_img")
    if color_mode not in MODES:
        raise ArgumentError(f"color_mode: received {color_mode!r}, expected one of {', '.join(MODES)}.")
    try:
        data = path.read() if isinstance(path, io.IOBase) else pathlib.Path(path).read_bytes()
        img = image.open(io.BytesIO(data))
        img = img.convert(MODES[color_mode]) if img.mode not in ("I", "I;16", MODES[color_mode]) else img.copy()
    except FileNotFoundError as error:
        raise MissingFileError(f"load_img: no file {str(path)!r}.") from error
    except (OSError, SyntaxError) as error:
        raise DataError(f"load_img: {path!r} is no image that can be read: {error}.") from error
    if target_size is None:
        return img
    rows, columns = target_size
    if keep_aspect_ratio:
        width, height = img.size
        cut_w, cut_h = min(width, height * columns // rows), min(height, width * rows // columns)
        left, top = (width - cut_w) // 2, (height - cut_h) // 2
        img = img.crop((left, top, left + cut_w, top + cut_h))
    chosen = _filter(image, interpolation)
    return img if img.size == (columns, rows) else img.resize((columns, rows), chosen)


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Write an array as an image file.

    Args:
        path: str, path object, or file of bytes.
        x: as of array_to_img.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        file_format: "png", "jpeg", ...; as the name says if None.
        scale: whether values are stretched to 0 .. 255.
        kwargs: of Pillow's Image.save.

    >>> import io
    >>> file = io.BytesIO()
    >>> save_img(file, np.zeros((4, 6, 3)), file_format="png")
    >>> file.getvalue()[1:4]
    b'PNG'
    """
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and (file_format or os.path.splitext(str(path))[1][1:]).lower() in ("jpg", "jpeg"):
        img = img.convert("RGB")
    if file_format is not None and file_format.lower() == "jpg":  # Pillow knows the format by its name only
        file_format = "jpeg"
    img.save(path, format=file_format, **kwargs)


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last", backend_module=None):
    """Images of another size, cut in the middle so that nothing is distorted.

    Args:
        x: (..., rows, columns, channels), or channels first.
        size: (rows, columns).
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        data_format: "channels_last" or "channels_first".
        backend_module: Keras's argument, of no effect.

    >>> smart_resize(np.ones((8, 16, 3), "float32"), (4, 4)).shape
    (4, 4, 3)
    """
    if len(size) != 2:
        raise ArgumentError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    x = np.asarray(x)
    if x.ndim not in (3, 4):
        raise DataError(f"smart_resize: received an array of shape {x.shape}, expected an image or a batch of them.")
    last = data_format == "channels_last"
    if not last:
        x = np.moveaxis(x, -3, -1)
    height, width = x.shape[-3:-1]
    rows, columns = size
    cut_h, cut_w = min(height, width * rows // columns), min(width, height * columns // rows)
    top, left = (height - cut_h) // 2, (width - cut_w) // 2
    out = resize(x[..., top : top + cut_h, left : left + cut_w, :], size, interpolation)
    return out if last else np.moveaxis(out, -1, -3)
