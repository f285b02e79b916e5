"""`tf.signal` on arrays: spectra, frames, windows; see tf_math for what a table is.

Spectra are complex, which no operation of a model takes: the functions are for pipelines and for what is looked at.
"""

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf_values import host, ints, operand, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError


def _known(x, name):
    return np.asarray(values_of(x, f"signal.{name}"))


def _complex(x):
    return x.astype("complex128" if x.dtype in (np.float64, np.complex128) else "complex64")


def _transform(name, function, axes=1, back=False):
    """A transform of the last axes: of a tensor in its precision, of NumPy's arrays in that of float32."""

    def found(x, *more, **options):
        wide = isinstance(x, Tensor) and x.dtype in (np.float64, np.complex128)
        kinds = ("float64", "float32") if back else ("complex128", "complex64")
        return host(function(_known(x, name), *more, **options).astype(kinds[not wide]))

    if name in ("rfft", "irfft"):
        return lambda input_tensor, fft_length=None, name=None: found(
            input_tensor, None if fft_length is None else ints(np.ravel(fft_length))[0]
        )
    options = {} if axes == 1 else {"axes": tuple(range(-axes, 0))}
    return lambda input, name=None: found(input, **options)


# ---- parts of complex numbers ----------------------------------------------------------------------------------
def _joined(real, imag, name=None):
    parts = [_known(part, "complex") for part in (real, imag)]
    return host((parts[0] + 1j * parts[1]).astype("complex128" if parts[0].dtype == np.float64 else "complex64"))


# ---- windows ---------------------------------------------------------------------------------------------------
def _cosine(a, b):
    def window(window_length, periodic=True, dtype="float32", name=None):
        n = int(window_length)
        kind = dtypes.numpy_type(dtypes.standardize(dtype))
        if n == 1:
            return host(np.ones(1, kind))
        even = 1 - n % 2
        steps = n + int(periodic) * even - 1
        return host((a - b * np.cos(2 * np.pi * np.arange(n) / steps)).astype(kind))

    return window


_hann, _hamming = _cosine(0.5, 0.5), _cosine(0.54, 0.46)
_hann.__name__ = "hann_window"  # as a default of arguments


# ---- frames ----------------------------------------------------------------------------------------------------
def _frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    x = np.moveaxis(_known(signal, "frame"), axis, -1)
    length, step = int(frame_length), int(frame_step)
    count = -(-x.shape[-1] // step) if pad_end else max((x.shape[-1] - length) // step + 1, 0)
    if pad_end:
        more = max((count - 1) * step + length - x.shape[-1], 0)
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, more)], constant_values=np.asarray(pad_value, x.dtype))
    found = x[..., np.arange(count)[:, None] * step + np.arange(length)]
    place = axis % x.ndim
    return host(np.moveaxis(found, (-2, -1), (place, place + 1)))


def _overlap_and_add(signal, frame_step, name=None):
    x = _known(signal, "overlap_and_add")
    count, length, step = *x.shape[-2:], int(frame_step)
    out = np.zeros((*x.shape[:-2], (count - 1) * step + length), x.dtype)
    for k in range(count):
        out[..., k * step : k * step + length] += x[..., k, :]
    return host(out)


def _power_of_two(n):
    return 1 << max(int(n) - 1, 0).bit_length()


def _stft(signals, frame_length, frame_step, fft_length=None, window_fn=_hann, pad_end=False, name=None):
    length = int(frame_length)
    framed = np.asarray(_frame(signals, length, frame_step, pad_end))
    if window_fn is not None:
        framed = framed * np.asarray(window_fn(length, dtype=framed.dtype.name))
    return host(_complex(np.fft.rfft(framed, int(fft_length or _power_of_two(length)))))


def _inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=_hann, name=None):
    x, length = _known(stfts, "inverse_stft"), int(frame_length)
    kind = "float64" if x.dtype == np.complex128 else "float32"
    frames = np.fft.irfft(x, int(fft_length or _power_of_two(length)))[..., :length].astype(kind)
    frames = np.pad(frames, [(0, 0)] * (frames.ndim - 1) + [(0, length - frames.shape[-1])])
    if window_fn is not None:
        frames = frames * np.asarray(window_fn(length, dtype=kind))
    return _overlap_and_add(host(frames), frame_step)


# ---- mel -------------------------------------------------------------------------------------------------------
def _mel(hertz):
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


def _mel_weights(num_mel_bins=20, num_spectrogram_bins=129, sample_rate=8000, lower_edge_hertz=125.0,
                 upper_edge_hertz=3800.0, dtype="float32", name=None):  # fmt: skip
    """Triangles on the mel scale (HTK's): (num_spectrogram_bins, num_mel_bins); the first bin has no weight."""
    if not 0 <= lower_edge_hertz < upper_edge_hertz <= float(sample_rate) / 2:
        raise ArgumentError(
            f"linear_to_mel_weight_matrix: received edges {lower_edge_hertz} and {upper_edge_hertz}, expected "
            f"0 <= lower < upper <= {float(sample_rate) / 2}, half of sample_rate."
        )
    bins = _mel(np.linspace(0.0, float(sample_rate) / 2, int(num_spectrogram_bins))[1:])[:, None]
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), int(num_mel_bins) + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    slopes = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    kind = dtypes.numpy_type(dtypes.standardize(dtype))
    return host(np.pad(np.maximum(slopes, 0.0), [(1, 0), (0, 0)]).astype(kind))


def _dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The cosine transform of type 2, "ortho" or not."""
    if type != 2 or axis != -1:
        raise ArgumentError(f"tf.signal.dct: received type={type}, axis={axis}; expected type=2 and axis=-1.")
    x = _known(input, "dct")
    x = x if n is None else np.pad(x[..., :n], [(0, 0)] * (x.ndim - 1) + [(0, max(n - x.shape[-1], 0))])
    size = x.shape[-1]
    places = np.arange(size)
    waves = 2 * np.cos(np.pi * np.outer(2 * places + 1, places) / (2 * size))
    if norm == "ortho":
        waves *= np.where(places == 0, np.sqrt(0.25 / size), np.sqrt(0.5 / size))
    return host((x @ waves).astype(x.dtype))


def _mfccs(log_mel_spectrograms, name=None):
    x = _known(log_mel_spectrograms, "mfccs_from_log_mel_spectrograms")
    return host((np.asarray(_dct(x)) / np.sqrt(x.shape[-1] * 2.0)).astype(x.dtype))


def _shift(name):
    shift = getattr(np.fft, name)
    return lambda x, axes=None, name=None: host(shift(_known(x, shift.__name__), axes))


TABLE = {
    "signal.fftshift": _shift("fftshift"), "signal.ifftshift": _shift("ifftshift"),
    "math.real": lambda input, name=None: ops.real(operand(input)),
    "math.imag": lambda input, name=None: ops.imag(operand(input)),
    "math.angle": lambda input, name=None: ops.angle(operand(input)),
    "math.conj": lambda x, name=None: ops.conj(operand(x)), "complex": _joined,
    "signal.frame": _frame, "signal.overlap_and_add": _overlap_and_add, "signal.stft": _stft,
    "signal.inverse_stft": _inverse_stft, "signal.hann_window": _hann, "signal.hamming_window": _hamming,
    "signal.linear_to_mel_weight_matrix": _mel_weights, "signal.dct": _dct,
    "signal.mfccs_from_log_mel_spectrograms": _mfccs,
    "signal.fft": _transform("fft", np.fft.fft), "signal.ifft": _transform("ifft", np.fft.ifft),
    "signal.fft2d": _transform("fft2d", np.fft.fft2, 2), "signal.ifft2d": _transform("ifft2d", np.fft.ifft2, 2),
    "signal.rfft": _transform("rfft", np.fft.rfft),
    "signal.irfft": _transform("irfft", np.fft.irfft, back=True),
}  # fmt: skip
