"""Fourier transforms and what is built on them: complex numbers are pairs (real part, imaginary part)."""

import math
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, divide, multiply
from fastnn.ops.functions.elementwise import affine
from fastnn.ops.functions.layout import concatenate, reshape, swapaxes
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, operand
from fastnn.ops.functions.slicing import getitem, pad
from fastnn.ops.op import R

__all__ = ["fft", "fft2", "ifft2", "rfft", "irfft", "extract_sequences", "stft", "istft"]


# ------------------------------------------------------------------ transforms
def _ranked(name, x, rank=1):
    """x, which has at least `rank` dimensions."""
    if len(x.shape) < rank:
        raise ShapeError(
            f"Input should have rank >= {rank}. Received: input.shape = {tuple(x.shape)}. "
            f"Input `x` must have at least {rank} dimensions. Received shape: {tuple(x.shape)} ({name})."
        )
    return x


def _parts(name, x, rank=1):
    """The two parts of a complex value, checked, in a dtype that kernels take."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ArgumentError(
            f"Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x!r} ({name})."
        )
    re, im = (operand(v) for v in x)
    if tuple(re.shape) != tuple(im.shape):
        raise ShapeError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and imaginary parts should "
            f"have the same shape. Received: x[0].shape = {tuple(re.shape)}, x[1].shape = {tuple(im.shape)} ({name})."
        )
    _ranked(name, re, rank)
    if not (dtypes.is_float(dtype_of(re)) and dtypes.is_float(dtype_of(im))):
        raise DTypeError(
            f"At least one tensor in input `x` is not of type float. Received: dtypes {dtype_of(re)} and "
            f"{dtype_of(im)} ({name})."
        )
    kind = dtypes.promote(dtype_of(re), dtype_of(im))
    return [cast_to(v, WIDE.get(kind, kind)) for v in (re, im)]


def fft(x: Any) -> Tensor:
    """The discrete Fourier transform along the last axis of complex values, as (real part, imaginary part).

    Args:
        x: (real part, imaginary part), floats of one shape (..., n).

    >>> re, im = fft(([0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]))
    >>> re.tolist(), im.tolist()
    ([1.0, 0.0, -1.0, 0.0], [0.0, -1.0, 0.0, 1.0])
    """
    return tuple(R.dft(*_parts("fft", x)))


def _plane(parts, inverse):
    for _ in range(2):
        parts = [swapaxes(v, -1, -2) for v in R.dft(*parts, inverse=inverse)]
    return tuple(parts)


def fft2(x: Any) -> Tensor:
    """The discrete Fourier transform over the last two axes.

    Args:
        x: (real part, imaginary part), floats of one shape (..., m, n).

    Returns (real part, imaginary part).

    >>> fft2(([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]))[0].tolist()
    [[10.0, -2.0], [-4.0, 0.0]]
    """
    return _plane(_parts("fft2", x, 2), False)


def ifft2(x: Any) -> Tensor:
    """The inverse of `fft2`.

    Args:
        x: (real part, imaginary part), floats of one shape (..., m, n).

    Returns (real part, imaginary part).

    >>> ifft2(fft2(([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]])))[0].tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    parts = _parts("ifft2", x, 2)
    scale = 1.0 / math.prod(parts[0].shape[-2:])
    return tuple(affine(v, scale) for v in _plane(parts, True))


def _sized(x, n):
    """x with n values along the last axis: cut, or zeros behind."""
    own = x.shape[-1]
    if own == n:
        return x
    return getitem(x, (..., slice(0, n))) if own > n else pad(x, ((0, 0),) * (len(x.shape) - 1) + ((0, n - own),))


def _length(name, value):
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise ArgumentError(f"{name}: `fft_length` must be a positive integer. Received: {value!r}.")
    return value.__index__()


def rfft(x: Any, fft_length: Any = None) -> Tensor:
    """The first fft_length // 2 + 1 numbers of the Fourier transform of real values x along the last axis.

    Args:
        x: floats (..., n).
        fft_length: number of values that are taken, with zeros behind if there are fewer; n by default.

    Returns (real part, imaginary part).

    >>> rfft([0.0, 1.0, 2.0, 3.0])[0].tolist()
    [6.0, -2.0, -2.0]
    """
    x = _ranked("rfft", floating(x))
    x = cast_to(x, WIDE.get(dtype_of(x), dtype_of(x)))
    return tuple(R.rdft(x if fft_length is None else _sized(x, _length("rfft", fft_length))))


def irfft(x: Any, fft_length: Any = None) -> Tensor:
    """The real values whose `rfft` is x.

    Args:
        x: (real part, imaginary part), floats of one shape (..., k).
        fft_length: number of values; 2 (k - 1) by default.

    >>> irfft(rfft([0.0, 1.0, 2.0, 3.0])).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    re, im = _parts("irfft", x)
    n = 2 * (re.shape[-1] - 1) if fft_length is None else _length("irfft", fft_length)
    if n < 1:
        raise ShapeError(f"irfft: received shape {tuple(re.shape)}, expected at least two numbers, or `fft_length`.")
    twice = np.full(n // 2 + 1, 2 / n)  # every number but the ends stands for two
    twice[0] = 1 / n
    if n % 2 == 0:
        twice[-1] = 1 / n
    twice = twice.astype(dtypes.numpy_type(dtype_of(re)))
    return R.rdft_transposed(*(multiply(_sized(v, n // 2 + 1), twice) for v in (re, im)), size=n)


# ------------------------------------------------------------------ sequences
def _step(sequence_stride):
    """The distance of two sequences, an int of 1 or more."""
    if not hasattr(sequence_stride, "__index__") or sequence_stride < 1:
        raise ArgumentError(
            f"`sequence_stride` must be a positive integer. Received: sequence_stride={sequence_stride}"
        )
    return sequence_stride.__index__()


def _frames(x, length, step):
    """(..., n) as (..., number of frames, length): a frame begins every `step` values."""
    lead, n = tuple(x.shape[:-1]), x.shape[-1]
    count = (n - length) // step + 1
    if count < 1:
        raise ShapeError(f"Sequences of {length} values do not fit into {n}.")
    blocks = -(-length // step)  # a frame is so many blocks of `step` values
    x = reshape(_sized(x, (count - 1 + blocks) * step), (*lead, count - 1 + blocks, step))
    parts = [getitem(x, (..., slice(i, i + count), slice(None))) for i in range(blocks)]
    return _sized(concatenate(parts, -1) if blocks > 1 else parts[0], length)


def _overlapped(x, step):
    """The transposed of _frames: (..., frames, length) added up where they overlap, (..., n)."""
    *lead, count, length = x.shape
    blocks = -(-length // step)
    x = reshape(_sized(x, blocks * step), (*lead, count, blocks, step))
    total = None
    for i in range(blocks):
        part = pad(getitem(x, (..., i, slice(None))), ((0, 0),) * len(lead) + ((i, blocks - 1 - i), (0, 0)))
        total = part if total is None else add(total, part)
    return _sized(reshape(total, (*lead, (count - 1 + blocks) * step)), (count - 1) * step + length)


def extract_sequences(x: Any, sequence_length: Any, sequence_stride: Any) -> Tensor:
    """The sequences along the last axis of x, one beginning every sequence_stride values.

    Args:
        x: numbers (..., n).
        sequence_length: values in a sequence, an int.
        sequence_stride: values from the beginning of one to that of the next, an int.

    Returns (..., number of sequences, sequence_length).

    >>> extract_sequences([1, 2, 3, 4, 5], 3, 2).tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    return _frames(_ranked("extract_sequences", operand(x)), int(sequence_length), _step(sequence_stride))


def _window(window, sequence_length, fft_length, dtype):
    """The weights of a frame, in the middle of fft_length places."""
    if window is None:
        values = np.ones(fft_length)
    else:
        if isinstance(window, str):
            if window not in ("hann", "hamming"):
                raise ArgumentError(
                    'If a string is passed to `window`, it must be one of `"hann"`, `"hamming"`. '
                    f"Received: window={window}"
                )
            low = 0.5 if window == "hann" else 0.54
            turns = 2 * np.pi * np.arange(sequence_length) / sequence_length
            window = low - (1 - low) * np.cos(turns) if sequence_length > 1 else np.ones(1)
        values = np.asarray(window, np.float64)
        if values.shape != (sequence_length,):
            raise ShapeError(
                f"The shape of `window` must be equal to [sequence_length]. Received: window shape={values.shape}"
            )
        before = (fft_length - sequence_length) // 2
        values = np.pad(values, (before, fft_length - sequence_length - before))
    return values.astype(dtypes.numpy_type(dtype))


def _check_lengths(sequence_length, fft_length):
    if fft_length < sequence_length:
        raise ArgumentError(
            "`fft_length` must equal or larger than `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}"
        )


def stft(
    x: Any, sequence_length: Any, sequence_stride: Any, fft_length: Any, window: Any = "hann", center: bool = True
) -> Tensor:
    """The Fourier transforms of overlapping, weighted sequences of a signal (..., n), float32 or float64.

    Args:
        x: the signal, floats (..., n).
        sequence_length, sequence_stride: length of a sequence, and from the beginning of one to that of the next.
        fft_length: number of values of each transform, at least sequence_length.
        window: "hann", "hamming", weights (sequence_length,), or None.
        center: whether the signal is reflected at its ends, so that sequence t has its middle at t sequence_stride.

    Returns (real part, imaginary part), each (..., sequences, fft_length // 2 + 1).

    >>> import numpy as np
    >>> [v.shape for v in stft(np.ones(16, "float32"), 4, 2, 4)]
    [(9, 3), (9, 3)]
    """
    x = operand(x)
    if dtype_of(x) not in ("float32", "float64"):
        raise DTypeError(f"Invalid input type. Expected `float32` or `float64`. Received: input type={dtype_of(x)}")
    _check_lengths(sequence_length, fft_length)
    sequence_stride = _step(sequence_stride)
    weights = _window(window, sequence_length, fft_length, dtype_of(x))
    if center:
        x = pad(x, ((0, 0),) * (len(x.shape) - 1) + ((fft_length // 2,) * 2,), mode="reflect")
    return tuple(R.rdft(multiply(_frames(x, fft_length, sequence_stride), weights)))


def istft(
    x: Any,
    sequence_length: Any,
    sequence_stride: Any,
    fft_length: Any,
    length: Any = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """The signal whose `stft` is x: overlapping sequences are added, weighted.

    Args:
        x: (real part, imaginary part), floats (..., sequences, fft_length // 2 + 1).
        sequence_length, sequence_stride: length of a sequence, and from the beginning of one to that of the next.
        fft_length: number of values of each transform, at least sequence_length.
        length: of the signal; what the sequences cover by default.
        window: "hann", "hamming", weights (sequence_length,), or None.
        center: whether the signal was reflected at its ends.

    >>> import numpy as np
    >>> x = np.arange(16, dtype="float32")
    >>> istft(stft(x, 4, 2, 4), 4, 2, 4).round(3).tolist() == x.tolist()
    True
    """
    re, im = _parts("istft", x, 2)
    _check_lengths(sequence_length, fft_length)
    sequence_stride = _step(sequence_stride)
    count, kind = re.shape[-2], dtype_of(re)
    weights = _window(window, sequence_length, fft_length, kind)
    total = _overlapped(multiply(irfft((re, im), fft_length), weights), sequence_stride)
    norm = np.zeros(total.shape[-1])
    for t in range(count):
        norm[t * sequence_stride : t * sequence_stride + fft_length] += weights.astype(np.float64) ** 2
    y = divide(total, np.where(norm > 1e-10, norm, 1.0).astype(dtypes.numpy_type(kind)))
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else -(fft_length // 2) if center else total.shape[-1]
    return getitem(y, (..., slice(start, end or None)))
