"""Fake quantization: floats rounded to what integers of a few bits would stand for."""

from fastnn import ops


def _nudged(least, largest, num_bits, narrow_range):
    """(least, largest, step, 1 / step) of a grid of integers on which zero lies."""
    low, high = int(bool(narrow_range)), 2**num_bits - 1
    step = ops.divide(ops.subtract(largest, least), float(high - low))
    inverse = ops.divide(float(high - low), ops.subtract(largest, least))
    zero = ops.round(ops.clip(ops.subtract(float(low), ops.divide(least, step)), float(low), float(high)))
    ends = (ops.multiply(ops.subtract(float(end), zero), step) for end in (low, high))
    return (*ends, step, inverse)


def fake_quant_with_min_max_vars(inputs, min_vals, max_vals, num_bits=8, narrow_range=False, axis=None):
    """inputs clipped to [min_vals, max_vals] and rounded to 2^num_bits values there (one less with narrow_range).

    Args:
        inputs: an array or symbol of floats.
        min_vals, max_vals: numbers, or one for each channel of `axis`.
        num_bits: int >= 2.
        narrow_range: whether the least whole number is left out.
        axis: int: the axis of the channels; None: there is one range.

    Inside the range gradients go to the inputs, outside to the end that clips.

    >>> fake_quant_with_min_max_vars([0.0, 0.26, 2.0], 0.0, 1.0, num_bits=2).round(3)
    array([0.   , 0.333, 1.   ], dtype=float32)
    """
    x = ops.convert_to_tensor(inputs)
    wide = "float64" if str(x.dtype) == "float64" else "float32"
    shape = [1] * len(x.shape)
    if axis is not None:
        shape[axis] = -1
    least, largest = (ops.reshape(ops.cast(v, wide), shape) for v in (min_vals, max_vals))
    low, high, step, inverse = _nudged(least, largest, int(num_bits), narrow_range)
    value = ops.cast(x, wide)
    zero = ops.floor(ops.add(ops.multiply(ops.negative(low), inverse), 0.5))
    steps = ops.multiply(ops.subtract(ops.clip(value, low, high), low), inverse)
    result = ops.multiply(ops.floor(ops.add(ops.subtract(steps, zero), 0.5)), step)
    inside = ops.logical_and(ops.greater_equal(value, low), ops.less_equal(value, high))
    none = ops.zeros_like(value)
    ways = ((inside, value), (ops.less_equal(value, low), least), (ops.greater_equal(value, high), largest))
    through = none
    for mask, source in ways:
        through = ops.add(through, ops.where(mask, ops.add(source, none), none))
    return ops.cast(ops.add(through, ops.stop_gradient(ops.subtract(result, through))), x.dtype)
