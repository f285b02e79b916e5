"""tf.nn, the rest: convolutions of any rank and transposed ones, pools, CTC, moments; see tf_math for tables."""

import numpy as np

from fastnn import ops
from fastnn.compat.tf.nn import _conv, _format, _padding, _pool, _sizes
from fastnn.compat.tf.sparse import Sparse
from fastnn.compat.tf.values import axes as several
from fastnn.compat.tf.values import beside, dtype_of, host, ints, only, operand, values_of
from fastnn.core.errors import ArgumentError


# ---- convolutions ------------------------------------------------------------------------------------------------
def _convolution(input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None):
    x = operand(input)
    return _conv(len(x.shape) - 2)(x, filters, 1 if strides is None else strides, padding, data_format, dilations)


def _transposed(rank, name):
    def convolve(input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None):
        only(name, "dilations", dilations, None, 1)
        x = operand(input)
        n = len(x.shape) - 2 if rank is None else rank
        size, kind = _sizes(name, strides, n), _padding(name, padding)
        found = ops.conv_transpose(x, operand(filters), size, kind, **_format(name, data_format))
        wanted = ints(output_shape)
        wanted = wanted[1:-1] if len(wanted) == n + 2 else wanted
        return _to_sizes(found, wanted, x, operand(filters).shape[:n], size, kind, name)

    return convolve


def _to_sizes(found, wanted, x, kernel, strides, padding, name):
    """A transposed convolution as large as is asked for: sizes whose convolution is as large as x."""
    if tuple(found.shape[1:-1]) == wanted:
        return found
    for n, size, k, s in zip(x.shape[1:-1], wanted, kernel, strides):
        if n is not None and n != (-(-size // s) if padding == "same" else -(-(size - k + 1) // s)):
            only(name, "output_shape", wanted, tuple(found.shape[1:-1]))
    widths = [(0, max(0, m - n)) for n, m in zip(found.shape[1:-1], wanted)]
    if padding == "same" and any(after for _, after in widths):
        only(name, "output_shape", wanted, tuple(found.shape[1:-1]))
    found = ops.pad(found, [(0, 0), *widths, (0, 0)])  # places that no window reached are 0
    return found[(slice(None), *(slice(0, m) for m in wanted))]


def _conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None,
                      name=None):  # fmt: skip
    return _transposed(1, "nn.conv1d_transpose")(input, filters, output_shape, strides, padding, data_format, dilations)


def _conv3d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NDHWC", dilations=None,
                      name=None):  # fmt: skip
    return _transposed(3, "nn.conv3d_transpose")(input, filters, output_shape, strides, padding, data_format, dilations)


def _conv_transpose(input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None, name=None):
    return _transposed(None, "nn.conv_transpose")(
        input, filters, output_shape, strides, padding, data_format, dilations
    )


def _separable(input, depthwise_filter, pointwise_filter, strides, padding, data_format=None, dilations=None,
               name=None):  # fmt: skip
    label = "nn.separable_conv2d"
    return ops.separable_conv(
        operand(input), operand(depthwise_filter), operand(pointwise_filter), _sizes(label, strides, 2),
        _padding(label, padding), dilation_rate=1 if dilations is None else _sizes(label, dilations, 2),
        **_format(label, data_format))  # fmt: skip


def _atrous(value, filters, rate, padding, name=None):
    return _conv(2)(value, filters, 1, padding, None, int(rate))


def _windows(x, size, strides, rates, padding, fill):
    """The values of each window (..., rows, columns, window, channels), with `fill` beyond the edges."""
    if padding == "same":
        widths = []
        for n, k, s, r in zip(x.shape[1:3], size, strides, rates):
            missing = max((-(-n // s) - 1) * s + (k - 1) * r + 1 - n, 0)
            widths.append((missing // 2, missing - missing // 2))
        x = ops.pad(x, [(0, 0), *widths, (0, 0)], constant_values=fill)
    counts = [(n - (k - 1) * r - 1) // s + 1 for n, k, s, r in zip(x.shape[1:3], size, strides, rates)]
    parts = [
        x[:, i * rates[0] : i * rates[0] + (counts[0] - 1) * strides[0] + 1 : strides[0],
          j * rates[1] : j * rates[1] + (counts[1] - 1) * strides[1] + 1 : strides[1]]
        for i in range(size[0]) for j in range(size[1])
    ]  # fmt: skip
    return ops.stack(parts, axis=3)


def _dilation2d(input, filters, strides, padding, data_format, dilations, name=None):
    """The largest of value + weight over each window: grey dilation."""
    x, w, label = operand(input), operand(filters), "nn.dilation2d"
    _format(label, data_format)
    found = _windows(x, w.shape[:2], _sizes(label, strides, 2), _sizes(label, dilations, 2), padding.lower(), -np.inf)
    return ops.max(found + ops.reshape(w, (-1, w.shape[2])), axis=3)


def _erosion2d(value, filters, strides, padding, data_format, dilations, name=None):
    """The least of value - weight over each window: grey erosion."""
    turned = ops.flip(operand(filters), axis=(0, 1))
    return ops.negative(_dilation2d(ops.negative(operand(value)), turned, strides, padding, data_format, dilations))


# ---- pools -------------------------------------------------------------------------------------------------------
def _any_pool(input, window_shape, pooling_type, strides=None, padding="VALID", data_format=None, dilations=None,
              name=None):  # fmt: skip
    only("nn.pool", "dilations", dilations, None, 1)
    functions = {"MAX": ops.max_pool, "AVG": ops.average_pool}
    if pooling_type not in functions:
        raise ArgumentError(f"tf.nn.pool: received pooling_type={pooling_type!r}, expected 'AVG' or 'MAX'.")
    return _pool(functions[pooling_type], None, None)(
        input, window_shape, 1 if strides is None else strides, padding, data_format
    )


def _with_argmax(input, ksize, strides, padding, data_format="NHWC", output_dtype="int64",
                 include_batch_in_index=False, name=None):  # fmt: skip
    label, x = "nn.max_pool_with_argmax", operand(input)
    _format(label, data_format)
    size, steps, kind = _sizes(label, ksize, 2), _sizes(label, strides, 2), _padding(label, padding)
    batch, height, width, channels = x.shape
    places = np.arange(height * width * channels, dtype="float64").reshape(1, height, width, channels)
    if include_batch_in_index:
        places = places + (np.arange(batch, dtype="float64") * places.size).reshape(-1, 1, 1, 1)
    values = _windows(x, size, steps, (1, 1), kind, -np.inf)
    numbers = ops.broadcast_to(_windows(places, size, steps, (1, 1), kind, -1.0), ops.shape(values))
    first = ops.expand_dims(ops.argmax(values, axis=3), 3)
    found = ops.squeeze(ops.take_along_axis(numbers, first, axis=3), 3)
    return ops.max(values, axis=3), ops.cast(found, output_dtype)


# ---- normalisation -----------------------------------------------------------------------------------------------
def _local_response(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """x / (bias + alpha Σ x²)^beta, summed over the channels around each."""
    x = operand(input)
    radius, channels = int(depth_radius), x.shape[-1]
    near = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels))) <= radius
    sums = ops.matmul(ops.square(x), near.astype(dtype_of(x)))
    return ops.divide(x, ops.power(beside(float(bias), x) + beside(float(alpha), x) * sums, beside(float(beta), x)))


def _statistics(x, axes, shift=None, keepdims=False, name=None):
    x, axis = operand(x), several(axes)
    listed = [axis] if isinstance(axis, int) else list(axis)
    count = host(np.asarray(np.prod([x.shape[a] for a in listed]), dtype_of(x)))
    moved = x if shift is None else x - operand(shift)
    sums = [ops.sum(v, axis=axis, keepdims=keepdims) for v in (moved, ops.square(moved))]
    return count, *sums, None if shift is None else operand(shift)


def _normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    counts = operand(counts)
    mean = operand(mean_ss) / counts
    variance = operand(variance_ss) / counts - ops.square(mean)
    return (mean if shift is None else mean + operand(shift)), variance


def _weighted_moments(x, axes, frequency_weights, keepdims=False, name=None):
    x, axis = operand(x), several(axes)
    w = ops.cast(operand(frequency_weights), dtype_of(x)) * ops.ones_like(x)
    total = ops.sum(w, axis=axis, keepdims=True)
    mean = ops.sum(w * x, axis=axis, keepdims=True) / total
    variance = ops.sum(w * ops.square(x - mean), axis=axis, keepdims=True) / total
    return (mean, variance) if keepdims else (ops.squeeze(mean, axis), ops.squeeze(variance, axis))


# ---- CTC ---------------------------------------------------------------------------------------------------------
def _rows_first(logits, time_major):
    x = operand(logits)
    return ops.transpose(x, (1, 0, 2)) if time_major else x


def _ctc_loss(labels, logits, label_length, logit_length, logits_time_major=True, unique=None, blank_index=None,
              name=None):  # fmt: skip
    x, labels = _rows_first(logits, logits_time_major), operand(labels)
    if label_length is None:  # of labels that are sparse: which places are named says how long they are
        blank_index = -1 if blank_index is None else blank_index
        if type(labels) is Sparse:
            rows = np.asarray(labels.indices)[:, 0]
            label_length = np.bincount(rows, minlength=labels.shape[0]).astype(np.int32)
            labels = host(np.asarray(labels))
        else:  # behind them there is 0
            label_length = ops.sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=-1)
    blank = 0 if blank_index is None else int(blank_index)
    return ops.ctc_loss(labels, x, label_length, logit_length, blank % x.shape[2])


def _ctc_loss_v1(labels, inputs=None, sequence_length=None, preprocess_collapse_repeated=False, ctc_merge_repeated=True,
                 ignore_longer_outputs_than_inputs=False, time_major=True, logits=None):  # fmt: skip
    only("nn.ctc_loss", "preprocess_collapse_repeated", preprocess_collapse_repeated, False)
    only("nn.ctc_loss", "ctc_merge_repeated", ctc_merge_repeated, True)
    return _ctc_loss(labels, logits if inputs is None else inputs, None, sequence_length, time_major, None, -1)


def _collapsed(labels, seq_length, name=None):
    """Each sequence without repetitions, with 0 behind; how long they are then."""
    x, lengths = values_of(operand(labels), "nn.collapse_repeated"), np.asarray(seq_length)
    rows = [[v for k, v in enumerate(row[:n]) if k == 0 or v != row[k - 1]] for row, n in zip(x.tolist(), lengths)]
    most = max(map(len, rows), default=0)
    found = np.zeros((len(rows), most), x.dtype)
    for row, values in zip(found, rows):
        row[: len(values)] = values
    return host(found), host(np.array([len(r) for r in rows], np.int32))


def _scaled_loss(regularization_loss):
    """The loss: there is one replica."""
    return operand(regularization_loss)


TABLE = {
    "nn.convolution": _convolution, "nn.conv1d_transpose": _conv1d_transpose,
    "nn.conv3d_transpose": _conv3d_transpose, "nn.conv_transpose": _conv_transpose, "nn.separable_conv2d": _separable,
    "nn.atrous_conv2d": _atrous, "nn.dilation2d": _dilation2d, "nn.erosion2d": _erosion2d, "nn.pool": _any_pool,
    "nn.max_pool_with_argmax": _with_argmax,
    "nn.local_response_normalization nn.lrn": _local_response, "nn.sufficient_statistics": _statistics,
    "nn.normalize_moments": _normalize_moments, "nn.weighted_moments": _weighted_moments,
    "nn.ctc_loss": _ctc_loss,
    "compat.v1.nn.ctc_loss": _ctc_loss_v1,
    "nn.collapse_repeated": _collapsed, "nn.scale_regularization_loss": _scaled_loss,
    "nn.max_pool3d": lambda input, ksize, strides, padding, data_format="NDHWC", name=None: _pool(
        ops.max_pool, 3, "NDHWC")(input, ksize, strides, padding, data_format),
    "nn.avg_pool3d": lambda input, ksize, strides, padding, data_format="NDHWC", name=None: _pool(
        ops.average_pool, 3, "NDHWC")(input, ksize, strides, padding, data_format),
}  # fmt: skip
