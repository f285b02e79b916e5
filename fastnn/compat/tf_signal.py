"""tf.signal: Fourier transforms, windows and frames.  Complex results are NumPy's complex arrays.

Transforms are computed for arrays; frames and windows also for symbols.
"""

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf_values import host, ints, operand, part, values_of, within
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError


def _real(dtype, name):
    """The NumPy dtype for floats; DTypeError for another."""
    if not dtypes.is_float(dtypes.standardize(dtype)):
        raise DTypeError(
            f"tf.signal.{name}: received dtype {dtypes.standardize(dtype)}, expected a floating point type."
        )
    return dtypes.numpy_type(dtypes.standardize(dtype))


# ---- windows ---------------------------------------------------------------------------------------------------
def _window(one, other):
    def window(window_length, periodic=True, dtype="float32", name=None):
        n, kind = int(window_length), _real(dtype, "hann_window or hamming_window")
        within("signal.hann_window", "window_length", n, 0)
        if n == 1:
            return host(np.ones(1, kind))
        steps = np.arange(n) / (n if periodic and n % 2 == 0 else n - 1)
        return host((one - other * np.cos(2 * np.pi * steps)).astype(kind))

    return window


hann_window = _window(0.5, 0.5)
hann_window.__name__ = "hann_window"


# ---- transforms ------------------------------------------------------------------------------------------------
def _wide(x, name):
    """An array for NumPy's transforms and the complex dtype of the result: of tensors by their precision."""
    array = values_of(x, name)
    wide = isinstance(x, Tensor) and array.dtype in (np.float64, np.complex128)  # NumPy's doubles count as float32
    return array, np.complex128 if wide else np.complex64


def _fourier(function, axes):
    def transform(input, name=None):
        array, kind = _wide(input, f"signal.{function.__name__}")
        return host(function(array, **axes).astype(kind))

    return transform


def _rfft(input_tensor, fft_length=None, name=None):
    array, kind = _wide(input_tensor, "signal.rfft")
    return host(np.fft.rfft(array, None if fft_length is None else ints(fft_length)[0]).astype(kind))


def _irfft(input_tensor, fft_length=None, name=None):
    array, kind = _wide(input_tensor, "signal.irfft")
    real = np.float64 if kind is np.complex128 else np.float32
    return host(np.fft.irfft(array, None if fft_length is None else ints(fft_length)[0]).astype(real))


# ---- frames ----------------------------------------------------------------------------------------------------
def _frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    x = operand(signal)
    size, step, rank = int(frame_length), int(frame_step), len(x.shape)
    axis %= rank
    n = x.shape[axis]
    if pad_end:
        count = -(-n // step)
        missing = max(0, size + step * (count - 1) - n)
        x = ops.pad(x, [(0, missing if k == axis else 0) for k in range(rank)], constant_values=pad_value)
    else:
        count = max(0, 1 + (n - size) // step)
    places = np.add.outer(np.arange(count) * step, np.arange(size)).astype("int32")
    return ops.take(x, places, axis=axis)


def _overlap_and_add(signal, frame_step, name=None):
    x = operand(signal)
    within("signal.overlap_and_add", "frame_step", frame_step, 1)
    step, (count, size) = int(frame_step), x.shape[-2:]
    whole = step * (count - 1) + size
    parts = [
        ops.pad(part(x, len(x.shape) - 2, k, k + 1)[..., 0, :],
                [(0, 0)] * (len(x.shape) - 2) + [(k * step, whole - k * step - size)])
        for k in range(count)
    ]  # fmt: skip
    return ops.sum(ops.stack(parts), axis=0)


def _size(frame_length, fft_length):
    return 1 << (int(frame_length) - 1).bit_length() if fft_length is None else int(fft_length)


def _stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    x = values_of(operand(signals), "signal.stft")
    _real(x.dtype, "stft")
    frames = np.asarray(_frame(x, frame_length, frame_step, pad_end))
    if window_fn is not None:
        frames = frames * np.asarray(window_fn(int(frame_length), dtype=str(x.dtype)))
    kind = np.complex128 if x.dtype == np.float64 else np.complex64
    return host(np.fft.rfft(frames, _size(frame_length, fft_length)).astype(kind))


def _inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    x = values_of(operand(stfts), "signal.inverse_stft")
    real = np.float64 if x.dtype == np.complex128 else np.float32
    frames = np.fft.irfft(x, _size(frame_length, fft_length))[..., : int(frame_length)].astype(real)
    frames = np.pad(frames, [(0, 0)] * (frames.ndim - 1) + [(0, int(frame_length) - frames.shape[-1])])
    if window_fn is not None:
        frames = frames * np.asarray(window_fn(int(frame_length), dtype=np.dtype(real).name))
    return _overlap_and_add(frames, frame_step)


def _mel(hertz):
    return 1127.0 * np.log(1.0 + hertz / 700.0)


def _mel_matrix(num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0,
                upper_edge_hertz=3800.0, dtype="float32", name=None):  # fmt: skip
    name = "signal.linear_to_mel_weight_matrix"
    within(name, "num_mel_bins", num_mel_bins, 1)
    within(name, "lower_edge_hertz", lower_edge_hertz, 0)
    within(name, "upper_edge_hertz", upper_edge_hertz, lower_edge_hertz, sample_rate / 2, open_low=True)
    bins = _mel(np.linspace(0.0, float(sample_rate) / 2, int(num_spectrogram_bins))[1:])[:, None]
    edges = np.linspace(_mel(float(lower_edge_hertz)), _mel(float(upper_edge_hertz)), int(num_mel_bins) + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0.0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    return host(np.pad(weights, [(1, 0), (0, 0)]).astype(dtypes.numpy_type(dtypes.standardize(dtype))))


def _array(x, name):
    return np.asarray(values_of(operand(x), f"signal.{name}"))


def _dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The cosine transform of type 2, "ortho" or not."""
    if type != 2 or axis != -1:
        raise ArgumentError(f"tf.signal.dct: received type={type}, axis={axis}; expected type=2 and axis=-1.")
    if norm not in (None, "ortho"):
        raise ArgumentError(f"tf.signal.dct: received norm={norm!r}, expected None or 'ortho'.")
    x = _array(input, "dct")
    _real(x.dtype, "dct")
    x = x if n is None else np.pad(x[..., :n], [(0, 0)] * (x.ndim - 1) + [(0, max(n - x.shape[-1], 0))])
    size = x.shape[-1]
    places = np.arange(size)
    waves = 2 * np.cos(np.pi * np.outer(2 * places + 1, places) / (2 * size))
    if norm == "ortho":
        waves *= np.where(places == 0, np.sqrt(0.25 / size), np.sqrt(0.5 / size))
    return host((x @ waves).astype(x.dtype))


def _mfccs(log_mel_spectrograms, name=None):
    x = _array(log_mel_spectrograms, "mfccs_from_log_mel_spectrograms")
    return host((np.asarray(_dct(x)) / np.sqrt(x.shape[-1] * 2.0)).astype(x.dtype))


def _shift(function):
    return lambda x, axes=None, name=None: host(function(values_of(operand(x), f"signal.{function.__name__}"), axes))


def _joined(real, imag, name=None):
    re, im = operand(real), operand(imag)
    return ops.view_as_complex(ops.stack([re, im], axis=-1))


TABLE = {
    "signal.hann_window": lambda window_length, periodic=True, dtype="float32", name=None: hann_window(
        window_length, periodic, dtype),
    "signal.hamming_window": _window(0.54, 0.46),
    "signal.fft": _fourier(np.fft.fft, {}), "signal.ifft": _fourier(np.fft.ifft, {}),
    "signal.fft2d": _fourier(np.fft.fft2, {"axes": (-2, -1)}),
    "signal.ifft2d": _fourier(np.fft.ifft2, {"axes": (-2, -1)}),
    "signal.rfft": _rfft, "signal.irfft": _irfft, "signal.frame": _frame,
    "signal.overlap_and_add": _overlap_and_add, "signal.stft": _stft, "signal.inverse_stft": _inverse_stft,
    "signal.linear_to_mel_weight_matrix": _mel_matrix,
    "signal.fftshift": _shift(np.fft.fftshift), "signal.ifftshift": _shift(np.fft.ifftshift),
    "signal.dct": _dct, "signal.mfccs_from_log_mel_spectrograms": _mfccs,
    "math.real": lambda input, name=None: ops.real(operand(input)),
    "math.imag": lambda input, name=None: ops.imag(operand(input)),
    "math.angle": lambda input, name=None: ops.angle(operand(input)),
    "math.conj": lambda x, name=None: ops.conj(operand(x)), "complex": _joined,
}  # fmt: skip
