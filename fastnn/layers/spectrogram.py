"""Sounds as pictures of their frequencies: MelSpectrogram and STFTSpectrogram."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np

from fastnn import initializers, ops
from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, DTypeError
from fastnn.layers.data_format import standardize_data_format
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


def hertz_to_mel(hertz: Any) -> Any:
    """Frequencies on the mel scale: 1127 ln(1 + f / 700) (O'Shaughnessy, 1987; that of HTK).

    >>> round(float(hertz_to_mel(700.0)), 3)
    781.177
    """
    return 1127.0 * np.log(1.0 + np.asarray(hertz, np.float64) / 700.0)


@functools.lru_cache(maxsize=32)
def mel_matrix(bands: int, bins: int, sampling_rate: float, low: float, high: float, dtype: str) -> Any:
    """(bins, bands) weights: triangles between the edges of bands, which are as far apart as each other in mel.

    bins: frequencies from 0 to sampling_rate / 2; the first has weight 0.
    """
    mel = hertz_to_mel(np.linspace(0, sampling_rate / 2, bins))[:, None]
    edges = np.linspace(hertz_to_mel(low), hertz_to_mel(high), bands + 2)
    lower, middle, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((mel - lower) / (middle - lower), (upper - mel) / (upper - middle)))
    weights[0] = 0
    return np.ascontiguousarray(weights, dtypes.numpy_type(dtype))


class MelSpectrogram(Layer):
    """Sounds (batch, samples) or (samples,) as pictures (batch, num_mel_bins, frames) of their frequencies.

    Args:
        fft_length: int: values of each transform.
        sequence_stride: int: samples from one frame to the next.
        sequence_length: int: samples in a frame; None: fft_length.
        window: "hann", "hamming", weights, or None.
        sampling_rate: samples in a second.
        num_mel_bins: int >= 1, the number of bands.
        min_freq: where the first band begins, in hertz.
        max_freq: where the last one ends, in hertz; None: half the rate.
        power_to_db: whether values are decibels: 10 log10(value / ref_power).
        top_db: float: how far below the largest value the smallest may lie, in decibels.
        mag_exp: float: exponent of the magnitudes; 2 is power.
        min_power: float > 0: smaller values are raised to it.
        ref_power: float > 0: the power that is 0 decibels.

    Raises ArgumentError where fft_length is less than sequence_length.

    >>> MelSpectrogram(16, 8, num_mel_bins=4, sampling_rate=100, min_freq=1.0)(np.ones((2, 32), "float32")).shape
    (2, 4, 5)
    """

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: Any = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fft_length, self.sequence_stride = fft_length, sequence_stride
        self.sequence_length = sequence_length or fft_length
        if fft_length < self.sequence_length:
            raise ArgumentError(
                "`fft_length` must be greater than or equal to `sequence_length`. Received: "
                f"`sequence_length`={self.sequence_length}, `fft_length`={fft_length}."
            )
        self.window, self.sampling_rate, self.num_mel_bins = window, sampling_rate, num_mel_bins
        self.min_freq, self.max_freq = min_freq, max_freq or int(sampling_rate / 2)
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power

    def call(self, inputs: Any) -> Any:
        """The pictures of sounds.

        Args:
            inputs: (batch, samples) or (samples,), floats.
        """
        dtype = self.compute_dtype if self.compute_dtype in ("float32", "float64") else "float32"
        real, imag = ops.stft(ops.cast(inputs, dtype), self.sequence_length, self.sequence_stride, self.fft_length,
                              self.window)  # fmt: skip
        power = ops.square(real) + ops.square(imag)
        found = power if self.mag_exp == 2 else ops.power(ops.sqrt(power), self.mag_exp)
        bins = self.fft_length // 2 + 1
        bands = mel_matrix(self.num_mel_bins, bins, self.sampling_rate, self.min_freq, self.max_freq, dtype)
        found = ops.matmul(found, bands)
        if self.power_to_db:
            found = 10.0 * ops.log10(ops.maximum(found, self.min_power))
            found = found - 10.0 * math.log10(max(abs(self.ref_power), self.min_power))
            found = ops.maximum(found, ops.max(found) - self.top_db)
        return ops.cast(ops.swapaxes(found, -1, -2), self.compute_dtype)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: Any = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Any:
        """(num_spectrogram_bins, num_mel_bins) matrix from frequencies to bands: see mel_matrix.

        Args:
            num_mel_bins: int, the number of bands.
            num_spectrogram_bins: int, the number of frequencies from 0 to half the rate.
            sampling_rate: samples in a second.
            lower_edge_hertz, upper_edge_hertz: where the first band begins and the last one ends, in hertz.
            dtype: dtype of the matrix.
        """
        return mel_matrix(num_mel_bins, num_spectrogram_bins, sampling_rate, lower_edge_hertz, upper_edge_hertz, dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        n = input_shape[-1]
        frames = None if n is None else 1 + (n + self.fft_length // 2 * 2 - self.fft_length) // self.sequence_stride
        return (*input_shape[:-1], self.num_mel_bins, frames)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        names = ("fft_length", "sequence_stride", "sequence_length", "window", "sampling_rate", "num_mel_bins",
                 "min_freq", "max_freq", "power_to_db", "top_db", "mag_exp", "min_power", "ref_power")  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class STFTSpectrogram(Layer):
    """Signals (batch, samples, channels) as their frequencies over time, by convolutions whose kernels can be trained.

    Args:
        mode: "log", "magnitude", "psd" (power), "real", "imag", "angle", or "stft" (real and imaginary parts).
        frame_length, frame_step: samples in a frame, and from one to the next (None: half a frame).
        fft_length: values of each transform (None: the next power of two).
        window: "hann", "hamming", ..., or None.
        periodic: whether the window goes on after its end.
        scaling: "density", "spectrum" or None.
        padding: "valid" or "same".
        expand_dims: whether channels have an axis of their own.
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().

    Output: (batch, frames, frequencies * channels), with expand_dims (batch, frames, frequencies, channels).

    Raises ArgumentError for arguments that do not fit, DTypeError for inputs that are not floats.

    >>> STFTSpectrogram(frame_length=8)(np.ones((2, 32, 1), "float32")).shape
    (2, 7, 5)
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        if frame_step is not None and not 1 <= frame_step <= frame_length:
            raise ArgumentError(
                "`frame_step` should be a positive integer not greater than `frame_length`. Received "
                f"frame_step={frame_step}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length < frame_length:
            raise ArgumentError(
                "`fft_length` should be not less than `frame_length`. Received "
                f"fft_length={fft_length}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length & -fft_length != fft_length:
            warnings.warn(
                f"`fft_length` is recommended to be a power of two. Received fft_length={fft_length}", stacklevel=2
            )
        if mode not in MODES:
            raise ArgumentError(f"Output mode is invalid, it must be one of {', '.join(MODES)}. Received: mode={mode}")
        if scaling not in (None, "density", "spectrum"):
            raise ArgumentError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={scaling}"
            )
        if padding not in ("valid", "same"):
            raise ArgumentError(f"Padding is invalid, it should be 'valid', 'same'. Received: padding={padding}")
        super().__init__(**kwargs)
        self.mode, self.frame_length, self.frame_step, self.fft_length = mode, frame_length, frame_step, fft_length
        self._step = frame_step or frame_length // 2
        self._bins = (fft_length or 2 ** math.ceil(math.log2(frame_length))) // 2 + 1
        self.window, self.periodic, self.scaling, self.padding = window, periodic, scaling, padding
        self.expand_dims, self.data_format = expand_dims, standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=3)
        self._kernel("real")  # a window that is unknown is told at once

    def _kernel(self, side: str) -> Any:
        return initializers.STFT(side, self.window, self.scaling, self.periodic)

    def build(self, input_shape: Any) -> None:
        """Make the kernels, which begin as windowed cosines and sines.

        Args:
            input_shape: (batch, samples, channels), the channels known.
        """
        shape = (self.frame_length, 1, self._bins)
        if self.mode != "imag":
            self.real_kernel = self.add_weight(name="real_kernel", shape=shape, initializer=self._kernel("real"))
        if self.mode != "real":
            self.imag_kernel = self.add_weight(name="imag_kernel", shape=shape, initializer=self._kernel("imag"))

    def _part(self, x: Any, kernel: Any) -> Any:
        """(batch, channels, frequencies, frames): each channel by itself."""
        channels, samples = x.shape[1:]
        flat = ops.reshape(x, (-1, samples, 1))
        found = ops.conv(flat, ops.cast(kernel, x.dtype), self._step, self.padding, "channels_last")
        _, frames, bins = found.shape
        return ops.reshape(ops.transpose(found, (0, 2, 1)), (-1, channels, bins, frames))

    def _arranged(self, found: Any) -> Any:
        _, channels, bins, frames = found.shape
        last = self.data_format == "channels_last"
        if self.expand_dims:
            return ops.transpose(found, (0, 3, 2, 1) if last else (0, 1, 3, 2))
        flat = ops.reshape(found, (-1, channels * bins, frames))
        return ops.transpose(flat, (0, 2, 1)) if last else flat

    def call(self, inputs: Any) -> Any:
        """The frequencies of signals.

        Args:
            inputs: (batch, samples, channels), floats.
        """
        if dtypes.standardize(inputs.dtype) not in ("float16", "float32", "float64"):
            raise DTypeError(
                f"Invalid input type. Expected `float16`, `float32` or `float64`. Received: input type={inputs.dtype}"
            )
        x = ops.transpose(inputs, (0, 2, 1)) if self.data_format == "channels_last" else inputs
        real = None if self.mode == "imag" else self._part(x, self.real_kernel)
        imag = None if self.mode == "real" else self._part(x, self.imag_kernel)
        if self.mode in ("real", "imag"):
            return self._arranged(imag if real is None else real)
        if self.mode == "angle":
            return self._arranged(ops.arctan2(imag, real))
        if self.mode == "stft":
            return self._arranged(ops.concatenate([real, imag], axis=2))
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":  # the frequencies that stand for two
            return self._arranged(power + ops.pad(power[:, :, 1:-1, :], ((0, 0), (0, 0), (1, 1), (0, 0))))
        found = self._arranged(ops.sqrt(ops.maximum(power, config.epsilon())))
        return found if self.mode == "magnitude" else ops.log(ops.maximum(found, config.epsilon()))

    def compute_output_shape(self, input_shape: Any) -> Any:
        last = self.data_format == "channels_last"
        rows, samples, channels = input_shape if last else (input_shape[0], input_shape[2], input_shape[1])
        bins = self._bins * (2 if self.mode == "stft" else 1)
        cut = 0 if self.padding == "same" else self.frame_length - 1
        frames = None if samples is None else -(-(samples - cut) // self._step)
        if self.expand_dims:
            return (rows, frames, bins, channels) if last else (rows, channels, frames, bins)
        return (rows, frames, bins * channels) if last else (rows, bins * channels, frames)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        names = ("mode", "frame_length", "frame_step", "fft_length", "window", "periodic", "scaling", "padding",
                 "data_format", "expand_dims")  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
