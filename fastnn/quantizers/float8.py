"""Values rounded to the two formats of float8, and the scales that bring tensors into their range."""

from fastnn import ops
from fastnn.core.errors import ArgumentError

# format: (bits of the fraction, smallest exponent of normal values, largest value)
FORMATS = {"float8_e4m3fn": (3, -6, 448.0), "float8_e5m2": (2, -14, 57344.0)}


def compute_float8_scale(amax, scale, dtype_max, margin=0):
    """The scale for a tensor whose largest magnitude is amax: amax 2^margin / dtype_max; the old one if amax is 0 or
    not finite.

    Args:
        amax: the largest magnitude, a scalar.
        scale: the old scale, a scalar.
        dtype_max: the largest value of the format.
        margin: int: how many factors of 2 are kept free.

    >>> round(float(compute_float8_scale(3.0, 2.0, 448.0)), 6) == round(3.0 / 448.0, 6)
    True
    """
    known = ops.logical_and(ops.greater(amax, 0.0), ops.isfinite(amax))
    inverse = ops.divide(ops.divide(dtype_max, amax), 2.0**margin)
    return ops.reciprocal(ops.where(known, inverse, ops.reciprocal(scale)))


def compute_float8_amax_history(x, amax_history):
    """The history of largest magnitudes (a vector) moved on by one, with that of x at its first place.

    Args:
        x: an array or symbol.
        amax_history: vector of largest magnitudes, the newest first.

    >>> compute_float8_amax_history([3.0, -4.0], [1.0, 2.0]).tolist()
    [4.0, 1.0]
    """
    history = ops.convert_to_tensor(amax_history)
    newest = ops.reshape(ops.cast(ops.max(ops.abs(x)), history.dtype), (1,))
    return ops.concatenate([newest, ops.roll(history, -1)[1:]])


def quantize_and_dequantize(inputs, scale, quantized_dtype, compute_dtype):
    """inputs / scale rounded to a float8 format (clipped to its range), times scale.

    Args:
        inputs: an array or symbol of floats.
        scale: a scalar.
        quantized_dtype: "float8_e4m3fn" or "float8_e5m2".
        compute_dtype: dtype of the result.

    Gradients pass through as if nothing were rounded.

    Source: Micikevicius et al., FP8 Formats for Deep Learning, 2022.

    >>> quantize_and_dequantize([1.05, -500.0], 1.0, "float8_e4m3fn", "float32").tolist()
    [1.0, -448.0]
    """
    name = getattr(quantized_dtype, "__name__", str(quantized_dtype))
    if name not in FORMATS:
        raise ArgumentError(f"quantize_and_dequantize: received {name!r}, expected one of {', '.join(FORMATS)}.")
    fraction, least, largest = FORMATS[name]
    scale = ops.cast(scale, compute_dtype)
    x = ops.clip(ops.divide(inputs, scale), -largest, largest)
    size = ops.cast(ops.abs(x), "float64")
    exponent = ops.maximum(ops.floor(ops.log2(ops.maximum(size, 2.0**least))), float(least))
    step = ops.cast(ops.power(2.0, ops.subtract(exponent, fraction)), "float64")
    rounded = ops.cast(ops.multiply(ops.round(ops.divide(ops.cast(x, "float64"), step)), step), x.dtype)
    straight = ops.add(x, ops.stop_gradient(ops.subtract(rounded, x)))
    return ops.multiply(ops.cast(straight, compute_dtype), scale)
