"""`tf.io` on files of this machine: their bytes, images in them, and `tf.io.gfile`.

A file's bytes are a tensor of one `bytes`; pictures are read and written by Pillow.
"""

import builtins
import glob as globbing
import io
import os
import shutil

import numpy as np

from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf_values import values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.extras import missing
from fastnn.graph import Symbol


# ---- text and bytes --------------------------------------------------------------------------------------------
def _one(x, name):
    """The one value of a tensor of text, or of what Python calls text, bytes or a path."""
    if isinstance(x, Symbol):
        values_of(x, name)
    found = np.asarray(os.fspath(x) if isinstance(x, os.PathLike) else x, None if hasattr(x, "dtype") else object)
    if found.size != 1:
        raise ArgumentError(f"tf.{name}: received {found.size} values, expected one.")
    return found.reshape(()).item()


def _path(x, name):
    found = _one(x, name)
    return found.decode("utf-8") if isinstance(found, bytes) else str(found)


def bytes_of(x, name):
    """The bytes of a tensor that holds them.

    Raises ArgumentError for text.
    """
    found = _one(x, name)
    if not isinstance(found, bytes):
        raise ArgumentError(f"tf.{name}: received {type(found).__name__}, expected bytes, as tf.io.read_file gives.")
    return found


def tensor_of(value):
    """A tensor of one `bytes` or `str`."""
    found = np.empty((), object)
    found[()] = value
    return found.view(Tensor)


def read_file(filename, name=None):
    """The bytes of a file.

    Args:
        filename: str, path or a tensor of one.
        name: of no effect.

    Raises FileNotFoundError.
    """
    with open(_path(filename, "io.read_file"), "rb") as file:
        return tensor_of(file.read())


def write_file(filename, contents, name=None):
    """Write a file, and its folder where there is none.

    Args:
        filename: str, path or a tensor of one.
        contents: bytes or text, or a tensor of one.
        name: of no effect.
    """
    path, data = _path(filename, "io.write_file"), _one(contents, "io.write_file")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else str(data).encode("utf-8"))


def decode_raw(input_bytes, out_type, little_endian=True, fixed_length=None, name=None):
    """The numbers whose bytes these are.

    Args:
        input_bytes: a tensor of one `bytes`.
        out_type: dtype of the numbers.
        little_endian: whether the low byte comes first.
        fixed_length: how many bytes to take; all if None.
        name: of no effect.

    Raises DataError for bytes that are no whole number of numbers.

    >>> decode_raw(b"\\x01\\x00\\x02\\x00", "int16").tolist()
    [1, 2]
    """
    data = bytes_of(input_bytes, "io.decode_raw")[:fixed_length]
    kind = np.dtype(dtypes.numpy_type(dtypes.standardize(out_type)))
    if len(data) % kind.itemsize:
        raise DataError(f"tf.io.decode_raw: received {len(data)} bytes, expected a multiple of {kind.itemsize}.")
    found = np.frombuffer(data, kind.newbyteorder("<" if little_endian else ">"))
    return found.astype(kind).view(Tensor)


# ---- pictures --------------------------------------------------------------------------------------------------
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _pillow():
    try:
        from PIL import Image
    except ImportError:
        raise missing("tf.image.decode_jpeg", "images") from None
    return Image


def _decoded(contents, channels, dtype, name):
    pillow, data = _pillow(), bytes_of(contents, name)
    if channels not in (None, 0, *_MODES):
        raise ArgumentError(f"tf.{name}: received channels={channels}, expected 0, 1, 3 or 4.")
    try:
        image = pillow.open(io.BytesIO(data))
        own = 1 if image.mode in ("1", "L", "I", "I;16", "F") else 4 if "A" in image.getbands() else 3
        found = np.asarray(image.convert(_MODES[channels or own]))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(
            f"tf.{name}: received {len(data)} bytes that are no image that can be read: {error}."
        ) from error
    found = (found if found.ndim == 3 else found[..., None]).copy()
    kind = dtypes.standardize(dtype)
    if kind == "uint16":
        return (found.astype("uint16") * 257).view(Tensor)
    return (found if kind == "uint8" else (found / 255).astype(dtypes.numpy_type(kind))).view(Tensor)


def decode_image(contents, channels=None, dtype="uint8", name=None, expand_animations=True):
    """The pixels of a JPEG, PNG, BMP or GIF file: (rows, columns, channels).

    Args:
        contents: a tensor of one `bytes`: the file.
        channels: 1, 3 or 4; 0 or None for those of the file.
        dtype: "uint8", or a float type for values from 0 to 1.
        name, expand_animations: of no effect: of an animation the first picture is read.

    Raises DataError for other bytes.
    """
    return _decoded(contents, channels, dtype, "io.decode_image")


def decode_jpeg(contents, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False,
                acceptable_fraction=1, dct_method="", name=None):  # fmt: skip
    """The pixels of a JPEG (or PNG) file; uint8 of (rows, columns, channels).

    Args:
        contents: a tensor of one `bytes`: the file.
        channels: 1 or 3; 0 for those of the file.
        ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method, name: of no effect.

    Raises DataError for other bytes.
    """
    return _decoded(contents, channels, "uint8", "io.decode_jpeg")


def decode_png(contents, channels=0, dtype="uint8", name=None):
    """The pixels of a PNG (or JPEG) file; of (rows, columns, channels).

    Args:
        contents: a tensor of one `bytes`: the file.
        channels: 1, 3 or 4; 0 for those of the file.
        dtype: "uint8" or "uint16".
        name: of no effect.

    Raises DataError for other bytes.
    """
    return _decoded(contents, channels, dtype, "io.decode_png")


def _encoded(image, form, name, **options):
    pixels = values_of(image, name)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[-1] not in _MODES:
        raise ArgumentError(
            f"tf.{name}: received {pixels.dtype.name} of shape {pixels.shape}, expected uint8 of "
            "(rows, columns, 1, 3 or 4)."
        )
    out = io.BytesIO()
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    _pillow().fromarray(np.ascontiguousarray(pixels)).save(out, form, **options)
    return tensor_of(out.getvalue())


def encode_png(image, compression=-1, name=None):
    """A PNG file of pixels: a tensor of one `bytes`.

    Args:
        image: uint8 of (rows, columns, channels).
        compression, name: of no effect.

    Raises ArgumentError for another shape or dtype.

    >>> decode_png(encode_png(np.full((2, 3, 3), 7, "uint8"))).shape
    (2, 3, 3)
    """
    return _encoded(image, "PNG", "io.encode_png")


def encode_jpeg(image, format="", quality=95, *args, **kwargs):
    """A JPEG file of pixels: a tensor of one `bytes`.

    Args:
        image: uint8 of (rows, columns, 1 or 3).
        quality: 0 to 100.
        format, args, kwargs: of no effect.

    Raises ArgumentError for another shape or dtype.
    """
    return _encoded(image, "JPEG", "io.encode_jpeg", quality=int(quality))


# ---- gfile -----------------------------------------------------------------------------------------------------
class GFile:
    """A file, as `tf.io.gfile.GFile(name, mode)` opens it; the file that Python opens."""

    def __new__(cls, name, mode="r"):
        encoding = None if "b" in mode else "utf-8"
        return builtins.open(_path(name, "io.gfile.GFile"), mode, encoding=encoding)


def glob(pattern):
    """The paths that fit a pattern, or one of several, in order.

    Args:
        pattern: str, or a list of them.
    """
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return sorted({found for p in patterns for found in globbing.glob(os.fspath(p))})


def copy(src, dst, overwrite=False):
    """Copy a file.

    Args:
        src, dst: paths.
        overwrite: whether dst may exist.

    Raises ArgumentError where it exists and may not.
    """
    if os.path.exists(dst) and not overwrite:
        raise ArgumentError(f"tf.io.gfile.copy: {dst!r} exists and overwrite is False.")
    shutil.copyfile(src, dst)


def rename(src, dst, overwrite=False):
    """Move a file or folder.

    Args:
        src, dst: paths.
        overwrite: whether dst may exist.

    Raises ArgumentError where it exists and may not.
    """
    if os.path.exists(dst) and not overwrite:
        raise ArgumentError(f"tf.io.gfile.rename: {dst!r} exists and overwrite is False.")
    os.replace(src, dst)


def makedirs(path):
    """Make a folder and those above it; nothing where it is.

    Args:
        path: str.
    """
    os.makedirs(path, exist_ok=True)


def matching_files(pattern, name=None):
    """A tensor of the paths that fit a pattern.

    Args:
        pattern: str, or a list of them.
        name: of no effect.
    """
    found = np.empty(len(paths := glob(pattern)), object)
    found[:] = paths
    return found.view(Tensor)


exists, isdir, join, listdir = os.path.exists, os.path.isdir, os.path.join, os.listdir
mkdir, remove, rmtree, stat, walk = os.mkdir, os.remove, shutil.rmtree, os.stat, os.walk
_GFILE = ("GFile", "copy", "exists", "glob", "isdir", "join", "listdir", "makedirs", "mkdir", "remove", "rename",
          "rmtree", "stat", "walk")  # fmt: skip
_GFILE_OF_1 = {"Open": "GFile", "FastGFile": "GFile", "GFile": "GFile", "Copy": "copy", "Exists": "exists",
               "Glob": "glob", "IsDirectory": "isdir", "ListDirectory": "listdir", "MakeDirs": "makedirs",
               "MkDir": "mkdir", "Remove": "remove", "Rename": "rename", "DeleteRecursively": "rmtree",
               "Stat": "stat", "Walk": "walk"}  # fmt: skip
_IO = ("read_file", "write_file", "decode_raw", "matching_files")
_PICTURES = ("decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png")
NAMES = {
    **{f"io.gfile.{n}": f"compat.tf_files:{n}" for n in _GFILE},
    **{f"gfile.{old}": f"compat.tf_files:{n}" for old, n in _GFILE_OF_1.items()},
    **{f"{where}{n}": f"compat.tf_files:{n}" for n in _IO for where in ("io.", "")},
    **{f"{where}.{n}": f"compat.tf_files:{n}" for n in _PICTURES for where in ("io", "image")},
    "image.decode_bmp": "compat.tf_files:decode_image", "image.decode_gif": "compat.tf_files:decode_image",
}  # fmt: skip
