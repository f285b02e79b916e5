"""Files of TensorFlow: `tf.io.read_file`, and pictures and sound in them (`tf.io.decode_*`).

The contents of a file are a text scalar that holds bytes.  Paths are local.
"""

import base64
import collections
import csv
import glob
import io
import os
import re
import wave

import numpy as np

from fastnn.compat.tf.values import host, only, operand, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError, NotSupportedError
from fastnn.graph.dtype import DType
from fastnn.utils.images import pillow

MODES = {0: None, 1: "L", 3: "RGB", 4: "RGBA"}  # channels -> Pillow's mode


def _one(x):
    """The value of a scalar: text or bytes, as the user gave it."""
    return np.asarray(x, object)[()] if not hasattr(x, "__fspath__") else os.fspath(x)


def bytes_of(x, name):
    """The bytes of a tensor of one text.

    name: of the function, for the error.
    """
    found = _one(x)
    if isinstance(found, str):
        return found.encode("utf-8")
    if not isinstance(found, (bytes, bytearray)):
        raise ArgumentError(f"tf.{name}: received {type(found).__name__}, expected the bytes of one file.")
    return bytes(found)


def path_of(x):
    """The path that a user names, as text or in a tensor."""
    found = _one(x)
    return found.decode("utf-8") if isinstance(found, bytes) else str(found)


def content(data):
    """Bytes as a text scalar, whose numpy() gives them."""
    found = np.empty((), object)
    found[()] = data
    return host(found)


def _read_file(filename, name=None):
    path = path_of(filename)
    if not os.path.isfile(path):
        raise MissingFileError(f"tf.io.read_file: no file {path!r}.")
    with open(path, "rb") as file:
        return content(file.read())


def _write_file(filename, contents, name=None):
    path = path_of(filename)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(bytes_of(contents, "io.write_file"))


def _matching_files(pattern, name=None):
    patterns = np.atleast_1d(np.asarray(pattern, object))
    return host(np.array(sorted(f for p in patterns for f in glob.glob(path_of(p))), object))


# ---- pictures --------------------------------------------------------------------------------------------------
def _frames(data, channels, name):
    if channels not in MODES:
        raise ArgumentError(f"tf.{name}: received channels={channels}, expected one of [0, 1, 3, 4].")
    Image = pillow(f"tf.{name}")
    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except OSError as error:
        raise FileFormatError(f"tf.{name}: received {len(data)} bytes that are no picture: {error}.") from error
    kind = picture.format
    frames = []
    for k in range(getattr(picture, "n_frames", 1)):
        picture.seek(k)
        mode = MODES[channels]
        if mode is None:
            plain = picture.mode in ("L", "LA", "RGB", "RGBA") or picture.mode.startswith("I")
            mode = "RGB" if kind == "GIF" else picture.mode if plain else "L" if picture.mode == "1" else "RGB"
        frame = picture if picture.mode == mode else picture.convert(mode)
        array = np.asarray(frame)
        frames.append(array[..., None] if array.ndim == 2 else array)
    return kind, frames


def _in_dtype(array, dtype, name):
    dtype = dtypes.standardize(dtype)
    only(name, "dtype", dtype, "uint8", "uint16", "float32")
    if dtype == "float32":
        return array.astype("float32") * np.float32(1 / 255)
    return (
        array.astype("uint16") * np.uint16(257)
        if dtype == "uint16" and array.dtype == np.uint8
        else array.astype(dtype)
    )


def _decode(contents, channels, dtype, name):
    return host(_in_dtype(_frames(bytes_of(contents, name), channels or 0, name)[1][0], dtype, name))


def _decode_image(contents, channels=None, dtype="uint8", name=None, expand_animations=True):
    kind, frames = _frames(bytes_of(contents, "io.decode_image"), channels or 0, "io.decode_image")
    found = np.stack(frames) if kind == "GIF" and expand_animations else frames[0]
    return host(_in_dtype(found, dtype, "io.decode_image"))


def _decode_jpeg(contents, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False,
                 acceptable_fraction=1, dct_method="", name=None):  # fmt: skip
    only("io.decode_jpeg", "ratio", ratio, 1)
    return _decode(contents, channels, "uint8", "io.decode_jpeg")


def _decode_png(contents, channels=0, dtype="uint8", name=None):
    return _decode(contents, channels, dtype, "io.decode_png")


def _decode_bmp(contents, channels=0, name=None):
    return _decode(contents, channels, "uint8", "io.decode_bmp")


def _decode_gif(contents, name=None):
    return host(np.stack(_frames(bytes_of(contents, "io.decode_gif"), 3, "io.decode_gif")[1]))


def _decode_and_crop_jpeg(contents, crop_window, channels=0, ratio=1, fancy_upscaling=True,
                          try_recover_truncated=False, acceptable_fraction=1, dct_method="", name=None):  # fmt: skip
    top, left, height, width = (int(n) for n in np.asarray(crop_window))
    whole = _decode_jpeg(contents, channels, ratio)
    return whole[top : top + height, left : left + width]


def encoded(image, form, **options):
    """A picture (height, width, channels) of uint8 as the bytes of a file."""
    array = values_of(operand(image), f"io.encode_{form}")
    if array.ndim != 3 or array.dtype != np.uint8:
        raise ArgumentError(
            f"tf.io.encode_{form}: received {array.dtype} of shape {array.shape}, expected uint8 of "
            "(height, width, channels)."
        )
    out = io.BytesIO()
    pillow(f"tf.io.encode_{form}").fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(
        out, form, **options
    )
    return out.getvalue()


def _encode_jpeg(image, format="", quality=95, progressive=False, optimize_size=False, chroma_downsampling=True,
                 density_unit="in", x_density=300, y_density=300, xmp_metadata="", name=None):  # fmt: skip
    return content(encoded(image, "jpeg", quality=int(quality), progressive=bool(progressive),
                           optimize=bool(optimize_size), subsampling=2 if chroma_downsampling else 0))  # fmt: skip


def _encode_png(image, compression=-1, name=None):
    return content(encoded(image, "png", compress_level=6 if compression < 0 else int(compression)))


def _is_jpeg(contents, name=None):
    return host(np.asarray(bytes_of(contents, "io.is_jpeg")[:3] == b"\xff\xd8\xff"))


def _extract_jpeg_shape(contents, output_type="int32", name=None):
    return host(np.asarray(_frames(bytes_of(contents, "io.extract_jpeg_shape"), 0, "io.extract_jpeg_shape")[1][0].shape,
                           dtypes.standardize(output_type)))  # fmt: skip


# ---- sound and other bytes -------------------------------------------------------------------------------------
DecodeWav = collections.namedtuple("DecodeWav", ["audio", "sample_rate"])


def _decode_wav(contents, desired_channels=-1, desired_samples=-1, name=None):
    with wave.open(io.BytesIO(bytes_of(contents, "audio.decode_wav"))) as sound:
        if sound.getsampwidth() != 2:
            raise NotSupportedError(f"tf.audio.decode_wav: received {8 * sound.getsampwidth()} bits, expected 16.")
        channels, rate = sound.getnchannels(), sound.getframerate()
        heard = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, channels)
    found = heard.astype("float32") / 32768
    if desired_channels > channels:
        found = np.repeat(found, desired_channels, axis=1)[:, :desired_channels]
    found = found if desired_channels < 0 else found[:, :desired_channels]
    if desired_samples >= 0:
        found = np.pad(found[:desired_samples], ((0, max(desired_samples - len(found), 0)), (0, 0)))
    return DecodeWav(host(found), host(np.asarray(rate, "int32")))


def _encode_wav(audio, sample_rate, name=None):
    array, out = values_of(operand(audio), "audio.encode_wav"), io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(array.shape[1])
        sound.setsampwidth(2)
        sound.setframerate(int(sample_rate))
        sound.writeframes(np.clip(np.round(array * 32768), -32768, 32767).astype("<i2").tobytes())
    return content(out.getvalue())


def _decode_raw(input_bytes, out_type, little_endian=True, fixed_length=None, name=None):
    kind = np.dtype(dtypes.numpy_type(dtypes.standardize(out_type))).newbyteorder("<" if little_endian else ">")
    given = np.asarray(input_bytes, object)
    rows = [bytes_of(b, "io.decode_raw") for b in given.reshape(-1)]
    rows = [r if fixed_length is None else r[:fixed_length].ljust(fixed_length, b"\0") for r in rows]
    found = [np.frombuffer(r, kind).astype(kind.newbyteorder("=")) for r in rows]
    return host(np.stack(found).reshape(*given.shape, -1))


def _decode_csv(records, record_defaults, field_delim=",", use_quote_delim=True, na_value="", select_cols=None,
                name=None):  # fmt: skip
    given = np.asarray(records, object)
    quoting = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
    lines = [line.decode("utf-8") if isinstance(line, bytes) else str(line) for line in given.reshape(-1)]
    rows = list(csv.reader(lines, delimiter=field_delim, quoting=quoting))
    columns = range(len(record_defaults)) if select_cols is None else select_cols
    for row in rows:
        if select_cols is None and len(row) > len(record_defaults):
            raise ArgumentError(
                f"tf.io.decode_csv: Expect {len(record_defaults)} fields but have {len(row)} in {row!r}; "
                "give each a default in record_defaults, or name the columns in select_cols."
            )
    return [column(rows, c, default, na_value, given.shape) for c, default in zip(columns, record_defaults)]


def column(rows, place, default, na_value, shape):
    """A column of texts in the dtype of its default; a dtype, or an empty array of it: every field is there."""
    needed = isinstance(default, DType) or not np.size(default)
    if needed and not isinstance(default, DType):
        empty = np.asarray(default, getattr(default, "dtype", np.float32)).dtype
        default = DType("string" if empty.kind in "OSU" else empty.name)
    fill = None if needed else np.atleast_1d(np.asarray(operand(default)))[0]
    kind = str(default) if isinstance(default, DType) else "string" if isinstance(fill, str) else None
    dtype = object if kind == "string" else np.asarray(fill).dtype if kind is None else dtypes.numpy_type(kind)
    found = []
    for row in rows:
        if place >= len(row) or (needed and row[place] == na_value):
            raise ArgumentError(f"tf.io.decode_csv: field {place} is needed but missing in {row!r}.")
        field = fill if row[place] == na_value else row[place]
        found.append(str(field) if dtype is object else dtype.type(field) if hasattr(dtype, "type") else dtype(field))
    return host(np.array(found, dtype).reshape(shape))


def _encode_base64(input, pad=False, name=None):
    found = base64.urlsafe_b64encode(bytes_of(input, "io.encode_base64"))
    return content(found if pad else found.rstrip(b"="))


def _decode_base64(input, name=None):
    data = bytes_of(input, "io.decode_base64")
    if not re.fullmatch(rb"[A-Za-z0-9_-]*={0,2}", data) or len(data.rstrip(b"=")) % 4 == 1:
        raise ArgumentError("tf.io.decode_base64: received other characters than those of web-safe base64.")
    return content(base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4)))


TABLE = {
    "io.read_file": _read_file, "io.write_file": _write_file, "io.matching_files": _matching_files,
    "io.decode_image image.decode_image": _decode_image, "io.decode_jpeg image.decode_jpeg": _decode_jpeg,
    "io.decode_png image.decode_png": _decode_png, "io.decode_bmp image.decode_bmp": _decode_bmp,
    "io.decode_gif image.decode_gif": _decode_gif,
    "io.decode_and_crop_jpeg image.decode_and_crop_jpeg": _decode_and_crop_jpeg,
    "io.encode_jpeg image.encode_jpeg": _encode_jpeg, "io.encode_png image.encode_png": _encode_png,
    "io.is_jpeg image.is_jpeg": _is_jpeg, "io.extract_jpeg_shape image.extract_jpeg_shape": _extract_jpeg_shape,
    "audio.decode_wav": _decode_wav, "audio.encode_wav": _encode_wav, "io.decode_raw": _decode_raw,
    "io.decode_csv": _decode_csv, "io.encode_base64": _encode_base64, "io.decode_base64": _decode_base64,
}  # fmt: skip
