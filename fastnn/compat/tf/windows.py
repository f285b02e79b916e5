"""tf.signal's windows and the weights of mel bins, computed once as arrays; see tf_math for what a table is."""

import math

import numpy as np

from fastnn.compat.tf.values import host, within
from fastnn.core import dtypes
from fastnn.core.errors import DTypeError


def real(dtype, name):
    """The NumPy dtype for floats; DTypeError for another."""
    if not dtypes.is_float(dtypes.standardize(dtype)):
        raise DTypeError(
            f"tf.signal.{name}: received dtype {dtypes.standardize(dtype)}, expected a floating point type."
        )
    return dtypes.numpy_type(dtypes.standardize(dtype))


def _raised_cosine(name, one, other):
    def window(window_length, periodic=True, dtype="float32", name=None):
        n, kind = int(window_length), real(dtype, "hann_window or hamming_window")
        within("signal.hann_window", "window_length", n, 0)
        if n == 1:
            return host(np.ones(1, kind))
        steps = np.arange(n) / (n if periodic and n % 2 == 0 else n - 1)
        return host((one - other * np.cos(2 * np.pi * steps)).astype(kind))

    window.__name__ = name
    return window


hann_window = _raised_cosine("hann_window", 0.5, 0.5)
hamming_window = _raised_cosine("hamming_window", 0.54, 0.46)


def vorbis_window(window_length, dtype="float32", name=None):
    """sin(π/2 sin²(π (k + ½) / n)): Vorbis's, whose halves overlap to 1 in power."""
    places = np.arange(int(window_length)) + 0.5
    rising = np.sin(np.pi / int(window_length) * places) ** 2
    return host(np.sin(np.pi / 2 * rising).astype(real(dtype, "vorbis_window")))


def _kaiser(window_length, beta=12.0, dtype="float32", name=None):
    return host(np.kaiser(int(window_length), float(beta)).astype(real(dtype, "kaiser_window")))


def _kaiser_bessel_derived(window_length, beta=12.0, dtype="float32", name=None):
    sums = np.cumsum(np.kaiser(int(window_length) // 2 + 1, float(beta)))
    half = np.sqrt(sums[:-1] / sums[-1])
    return host(np.concatenate([half, half[::-1]]).astype(real(dtype, "kaiser_bessel_derived_window")))


def _of_inverse(frame_step, forward_window_fn=hann_window, name=None):
    """The window with which inverse_stft undoes an stft with the other one."""

    def window(frame_length, dtype="float32"):
        step, size = int(frame_step), int(frame_length)
        forward = np.asarray(forward_window_fn(size, dtype=dtype))
        count = math.ceil(size / step)
        power = np.pad(forward**2, (0, count * step - size)).reshape(count, step).sum(axis=0)
        return host(forward / np.tile(power, count)[:size])

    return window


# ---- mel bins --------------------------------------------------------------------------------------------------
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


TABLE = {
    "signal.hann_window": lambda window_length, periodic=True, dtype="float32", name=None: hann_window(
        window_length, periodic, dtype),
    "signal.hamming_window": lambda window_length, periodic=True, dtype="float32", name=None: hamming_window(
        window_length, periodic, dtype),
    "signal.vorbis_window": lambda window_length, dtype="float32", name=None: vorbis_window(window_length, dtype),
    "signal.kaiser_window": _kaiser, "signal.kaiser_bessel_derived_window": _kaiser_bessel_derived,
    "signal.inverse_stft_window_fn": _of_inverse, "signal.linear_to_mel_weight_matrix": _mel_matrix,
}  # fmt: skip
