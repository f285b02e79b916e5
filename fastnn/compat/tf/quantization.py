"""tf.quantization: values as they are after they were stored in few bits; see tf_math for what a table is.

Gradients pass where a value lies within the range (Jacob et al., 2017): the rounding has that of the value itself.
"""

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import beside, operand
from fastnn.core.errors import ArgumentError


def _fake(x, low, high, num_bits, narrow_range):
    """Values on the steps of a range, which is moved a little so that 0 is one of them."""
    first, last = (1 if narrow_range else 0), 2 ** int(num_bits) - 1
    scale = (high - low) / float(last - first)
    start = first - low / scale
    zero = ops.clip(ops.floor(start + 0.5), float(first), float(last))  # halves away from zero
    nudged_low, nudged_high = (float(first) - zero) * scale, (float(last) - zero) * scale
    held = ops.minimum(ops.maximum(x, nudged_low), nudged_high)
    steps = ops.floor((held - nudged_low) / scale + 0.5)
    return held + ops.stop_gradient(steps * scale + nudged_low - held)


def _args(inputs, min=-6, max=6, num_bits=8, narrow_range=False, name=None):
    x = operand(inputs)
    if not min < max:
        raise ArgumentError(
            f"tf.quantization.fake_quant_with_min_max_args: received {min=}, {max=}; expected min < max."
        )
    return _fake(x, beside(float(min), x), beside(float(max), x), num_bits, narrow_range)


def _vars(inputs, min, max, num_bits=8, narrow_range=False, name=None):
    return _fake(operand(inputs), operand(min), operand(max), num_bits, narrow_range)


def _quantize_and_dequantize(input, input_min, input_max, signed_input=True, num_bits=8, range_given=False,
                             round_mode="HALF_TO_EVEN", name=None, narrow_range=False, axis=None):  # fmt: skip
    """Values on the steps of a range around 0, of the values' own size if none is given."""
    x = operand(input)
    if range_given:
        low, high = (np.asarray(v, np.float64) for v in (input_min, input_max))
    else:
        values = np.asarray(x, np.float64)
        rest = None if axis is None else tuple(k for k in range(values.ndim) if k != axis % values.ndim)
        low, high = values.min(axis=rest), values.max(axis=rest)
    most = 2 ** (num_bits - 1) - 1 if signed_input else 2**num_bits - 1
    least = 0 if not signed_input else -most if narrow_range else -most - 1
    with np.errstate(divide="ignore"):
        from_low = np.where(least * low > 0, least / np.where(low == 0, 1, low), np.inf)
        from_high = np.where(most * high > 0, most / np.where(high == 0, 1, high), np.inf)
    scale = np.minimum(from_low, from_high)
    low, high = (np.where(np.isfinite(scale), v / scale, 0) for v in (least, most))
    if axis is not None:
        shape = [-1 if k == axis % len(x.shape) else 1 for k in range(len(x.shape))]
        scale, low, high = (v.reshape(shape) for v in (scale, low, high))
    scale, low, high = (np.asarray(v, "float32") for v in (scale, low, high))
    held = ops.minimum(ops.maximum(x, low), high)
    scaled = held * scale
    steps = ops.floor(scaled + 0.5) if round_mode == "HALF_UP" else ops.round(scaled)
    return held + ops.stop_gradient(steps / scale - held)


TABLE = {
    "quantization.fake_quant_with_min_max_args": _args, "quantization.fake_quant_with_min_max_vars": _vars,
    "quantization.fake_quant_with_min_max_vars_per_channel": lambda inputs, min, max, num_bits=8, narrow_range=False,
    name=None: _vars(inputs, min, max, num_bits, narrow_range),
    "quantization.quantize_and_dequantize_v2": _quantize_and_dequantize,
}  # fmt: skip
