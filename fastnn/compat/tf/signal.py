"""tf.signal: Fourier and cosine transforms, frames and spectra, on fastnn.ops: of arrays, in models and on tapes."""

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf.values import axes as several
from fastnn.compat.tf.values import dtype_of, ints, operand, within
from fastnn.compat.tf.windows import hann_window, real, vorbis_window
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol, Variable


# ---- complex numbers in two parts --------------------------------------------------------------------------------
def joined(real, imag, name=None):
    """The complex numbers with these parts."""
    return ops.view_as_complex(ops.stack([operand(real), operand(imag)], axis=-1))


def _parts(z):
    return ops.real(z), ops.imag(z)


def _narrow(x):
    """An operand; NumPy's doubles count as float32, as where TensorFlow makes tensors of them."""
    tensor = isinstance(x, (Symbol, Variable, Tensor)) or not isinstance(x, np.ndarray)
    x = operand(x)
    if tensor or dtype_of(x) not in ("float64", "complex128"):
        return x
    return x.astype({"float64": "float32", "complex128": "complex64"}[dtype_of(x)])


def _complex(x):
    x = _narrow(x)
    kinds = {"complex64": x, "complex128": x}
    return kinds[dtype_of(x)] if dtype_of(x) in kinds else joined(x, ops.zeros_like(x))


def _sized(x, n, axis):
    """x cut off, or with zeros behind, to n values along an axis from the end."""
    if n is None or x.shape[axis] == n:
        return x
    behind = (slice(None),) * (-axis - 1)
    x = x[(..., slice(0, n), *behind)]
    missing = n - x.shape[axis]
    widths = [(0, 0)] * len(x.shape)
    widths[axis] = (0, missing)
    return ops.pad(x, widths) if missing else x


def _swapped(x, axis):
    return x if axis == -1 else ops.swapaxes(x, axis, -1)


def _turned(z, axis, back=False):
    """The transform of complex numbers along one axis."""
    z = _swapped(z, axis)
    if back:  # over an axis of one more: the transform of one number is that number
        found = ops.squeeze(joined(*ops.ifft2(_parts(ops.expand_dims(z, -2)))), -2)
    else:
        found = joined(*ops.fft(_parts(z)))
    return _swapped(found, axis)


# ---- Fourier transforms ------------------------------------------------------------------------------------------
def _fft(rank, back=False):
    def transform(input, name=None):
        z = _complex(input)
        for axis in range(-1, -rank - 1, -1):
            z = _turned(z, axis, back)
        return z

    return transform


def _lengths(fft_length, rank):
    return (None,) * rank if fft_length is None else ints(fft_length)


def _rfft(rank):
    def transform(input_tensor, fft_length=None, name=None):
        x = _narrow(input_tensor)
        *outer, last = _lengths(fft_length, rank)
        z = joined(*ops.rfft(x, last))
        for axis, n in zip(range(-2, -rank - 1, -1), outer[::-1]):
            z = _turned(_sized(z, n, axis), axis)
        return z

    return transform


def _irfft(rank):
    def transform(input_tensor, fft_length=None, name=None):
        z = _complex(input_tensor)
        *outer, last = _lengths(fft_length, rank)
        for axis, n in zip(range(-2, -rank - 1, -1), outer[::-1]):
            z = _turned(_sized(z, n, axis), axis, back=True)
        return ops.irfft(_parts(z), last)

    return transform


def _shift(sign):
    def shift(x, axes=None, name=None):
        x = operand(x)
        axes = range(len(x.shape)) if axes is None else np.atleast_1d(several(axes)).tolist()
        for axis in axes:
            n = x.shape[axis]
            x = ops.roll(x, n // 2 if sign > 0 else n - n // 2, axis)
        return x

    return shift


# ---- frames ------------------------------------------------------------------------------------------------------
def _frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    x = operand(signal)
    size, step, rank = int(frame_length), int(frame_step), len(x.shape)
    axis %= rank
    if pad_end:  # zeros for a frame that begins with the last value; what begins behind is none
        x = ops.pad(x, [(0, size - 1 if k == axis else 0) for k in range(rank)], constant_values=pad_value)
    n = x.shape[axis]
    if n is None:
        frames = ops.extract_sequences(ops.moveaxis(x, axis, -1), size, step)
        return ops.moveaxis(frames, (-2, -1), (axis, axis + 1))
    places = np.add.outer(np.arange(max(0, 1 + (n - size) // step)) * step, np.arange(size)).astype("int32")
    return ops.take(x, places, axis=axis)


def _overlap_and_add(signal, frame_step, name=None):
    """Frames are cut into stretches of a step; the stretches of one number are shifted by it, and added."""
    x = operand(signal)
    within("signal.overlap_and_add", "frame_step", frame_step, 1)
    step, size, lead = int(frame_step), x.shape[-1], x.shape[:-2]
    stretches, rank = -(-size // step), len(x.shape)
    x = _sized(x, stretches * step, -1)
    shifted = [
        ops.pad(x[..., k * step : (k + 1) * step], [(0, 0)] * (rank - 2) + [(k, stretches - 1 - k), (0, 0)])
        for k in range(stretches)
    ]
    total = shifted[0] if stretches == 1 else ops.sum(ops.stack(shifted), axis=0)
    rows = total.shape[-2]
    whole = ops.reshape(total, (*(-1 if n is None else n for n in lead), -1 if rows is None else rows * step))
    behind = stretches * step - size
    return whole[..., :-behind] if behind else whole


def _size(frame_length, fft_length):
    return 1 << (int(frame_length) - 1).bit_length() if fft_length is None else int(fft_length)


def _weights(window_fn, frame_length, dtype):
    return np.asarray(window_fn(int(frame_length), dtype=dtypes.standardize(dtype)))


def _stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    x = operand(signals)
    real(x.dtype, "stft")
    frames = _frame(x, frame_length, frame_step, pad_end)
    if window_fn is not None:
        frames = ops.multiply(frames, _weights(window_fn, frame_length, x.dtype))
    return joined(*ops.rfft(frames, _size(frame_length, fft_length)))


def _inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    z = operand(stfts)
    frames = _sized(ops.irfft(_parts(z), _size(frame_length, fft_length)), int(frame_length), -1)
    if window_fn is not None:
        frames = ops.multiply(frames, _weights(window_fn, frame_length, frames.dtype))
    return _overlap_and_add(frames, frame_step)


# ---- cosine transforms -------------------------------------------------------------------------------------------
def _first(k, n):
    ends = np.where((k == 0) | (k == n - 1), 1.0, 2.0)
    return ends[:, None] * np.cos(np.pi * np.outer(k, k) / (n - 1))


def _second(k, n):
    return 2 * np.cos(np.pi * np.outer(2 * k + 1, k) / (2 * n))


def _third(k, n):
    return np.where(k == 0, 1.0, 2.0)[:, None] * np.cos(np.pi * np.outer(k, 2 * k + 1) / (2 * n))


def _fourth(k, n):
    return 2 * np.cos(np.pi * np.outer(2 * k + 1, 2 * k + 1) / (4 * n))


def _first_apart(k, n):
    return np.where(k == 0, np.sqrt(0.25 / n), np.sqrt(0.5 / n))


# type: (weights of value n in result k, factors of "ortho" of the results, and of the values)
_COSINES = {
    1: (_first, None, None),
    2: (_second, _first_apart, None),
    3: (_third, None, lambda k, n: np.where(k == 0, np.sqrt(1 / n), np.sqrt(0.5 / n))),
    4: (_fourth, lambda k, n: np.sqrt(0.5 / n) * np.ones(n), None),
}


def _dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The cosine transform of types 1 to 4, "ortho" or not."""
    if type not in _COSINES or axis != -1:
        raise ArgumentError(f"tf.signal.dct: received type={type}, axis={axis}; expected type 1 to 4 and axis=-1.")
    if norm not in (None, "ortho") or (norm and type == 1):
        raise ArgumentError(f"tf.signal.dct: received norm={norm!r}, expected None or, but for type 1, 'ortho'.")
    x = operand(input)
    kind = real(x.dtype, "dct")
    x = _sized(x, None if n is None else int(n), -1)
    count = x.shape[-1]
    if count is None:
        raise ArgumentError("tf.signal.dct: received values of an unknown number; give it as n.")
    if type == 1 and count < 2:
        raise ArgumentError(f"tf.signal.dct: received {count} values for type 1, expected 2 or more.")
    make, results, values = _COSINES[type]
    places = np.arange(count)
    waves = make(places, count)
    if norm == "ortho":
        waves = waves if results is None else waves * results(places, count)
        waves = waves if values is None else waves * values(places, count)[:, None]
    return ops.matmul(x, waves.astype(kind))


def _idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """What `dct` of that type undoes, up to a factor where it is not "ortho"."""
    if n is not None:
        raise ArgumentError(f"tf.signal.idct: received n={n}, expected None.")
    return _dct(input, {2: 3, 3: 2}.get(type, type), None, axis, norm)


def _mdct(signals, frame_length, window_fn=vorbis_window, pad_end=False, norm=None, name=None):
    size = int(frame_length)
    if size % 4:
        raise ArgumentError(f"tf.signal.mdct: received frame_length={size}, expected a multiple of 4.")
    frames = _frame(signals, size, size // 2, pad_end)
    frames = ops.multiply(frames, _halved(window_fn, size, frames.dtype))
    a, b, c, d = ops.split(frames, 4, axis=-1)
    first = ops.subtract(ops.negative(ops.flip(c, axis=-1)), d)
    second = ops.subtract(a, ops.flip(b, axis=-1))
    return _dct(ops.concatenate([first, second], axis=-1), 4, norm=norm)


def _halved(window_fn, size, dtype):
    if window_fn is None:
        return np.full(size, np.sqrt(0.5)).astype(dtypes.numpy_type(dtypes.standardize(dtype)))
    return _weights(window_fn, size, dtype)


def _inverse_mdct(mdcts, window_fn=vorbis_window, norm=None, name=None):
    x = operand(mdcts)
    half = x.shape[-1]
    found = _dct(x, 4, norm=norm)
    found = found if norm == "ortho" else ops.multiply(found, np.asarray(0.5 / half, real(x.dtype, "inverse_mdct")))
    a, b = ops.split(found, 2, axis=-1)
    parts = [b, ops.negative(ops.flip(b, axis=-1)), ops.negative(ops.flip(a, axis=-1)), ops.negative(a)]
    frames = ops.concatenate(parts, axis=-1)
    return _overlap_and_add(ops.multiply(frames, _halved(window_fn, 2 * half, frames.dtype)), half)


def _mfccs(log_mel_spectrograms, name=None):
    x = operand(log_mel_spectrograms)
    factor = 1 / np.sqrt(x.shape[-1] * 2.0)
    return ops.multiply(_dct(x), np.asarray(factor, real(x.dtype, "mfccs_from_log_mel_spectrograms")))


TABLE = {
    "signal.fft": _fft(1), "signal.fft2d": _fft(2), "signal.fft3d": _fft(3), "signal.ifft": _fft(1, back=True),
    "signal.ifft2d": _fft(2, back=True), "signal.ifft3d": _fft(3, back=True), "signal.rfft": _rfft(1),
    "signal.rfft2d": _rfft(2), "signal.rfft3d": _rfft(3), "signal.irfft": _irfft(1), "signal.irfft2d": _irfft(2),
    "signal.irfft3d": _irfft(3), "signal.frame": _frame, "signal.overlap_and_add": _overlap_and_add,
    "signal.stft": _stft, "signal.inverse_stft": _inverse_stft, "signal.fftshift": _shift(1),
    "signal.ifftshift": _shift(-1), "signal.dct": _dct, "signal.idct": _idct, "signal.mdct": _mdct,
    "signal.inverse_mdct": _inverse_mdct, "signal.mfccs_from_log_mel_spectrograms": _mfccs,
    "math.real": lambda input, name=None: ops.real(operand(input)),
    "math.imag": lambda input, name=None: ops.imag(operand(input)),
    "math.angle": lambda input, name=None: ops.angle(operand(input)),
    "math.conj": lambda x, name=None: ops.conj(operand(x)), "complex": joined,
}  # fmt: skip
