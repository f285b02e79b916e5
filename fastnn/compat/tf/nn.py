"""TensorFlow's functions for networks, images, text (`tf.nn`, `tf.image`, `tf.strings`) on fastnn.ops; see tf_math."""

import numpy as np

from fastnn import ops, random
from fastnn.compat.tf import patterns
from fastnn.compat.tf.math import _features
from fastnn.compat.tf.values import axes as several
from fastnn.compat.tf.values import beside, dtype_of, host, ints, only, operand, operands, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol


# ---- activations -----------------------------------------------------------------------------------------------
def _softmax(function):
    return lambda logits, axis=None, name=None: function(operand(logits), axis=-1 if axis is None else axis)


def _silu(features, beta=1.0):
    x = operand(features)
    return ops.multiply(x, ops.sigmoid(ops.multiply(beside(beta, x), x)))


def _crelu(features, axis=-1, name=None):
    x = operand(features)
    return ops.relu(ops.concatenate([x, ops.negative(x)], axis=axis))


# ---- losses ----------------------------------------------------------------------------------------------------
def _above_relu(x):
    """softplus(x) - relu(x): log(1 + e^-|x|), which overflows nowhere."""
    return ops.log1p(ops.exp(ops.negative(ops.abs(x))))


def _sigmoid_cross_entropy(labels=None, logits=None, name=None):
    if labels is None or logits is None:
        raise ArgumentError("tf.nn.sigmoid_cross_entropy_with_logits: both labels and logits are needed.")
    z, x = operands(labels, logits)
    return ops.add(ops.subtract(ops.relu(x), ops.multiply(x, z)), _above_relu(x))


def _weighted_cross_entropy(labels, logits, pos_weight, name=None):
    z, x = operands(labels, logits)
    one = beside(1.0, x)
    weight = ops.add(one, ops.multiply(ops.subtract(beside(pos_weight, x), one), z))
    soft = ops.add(_above_relu(x), ops.relu(ops.negative(x)))
    return ops.add(ops.multiply(ops.subtract(one, z), x), ops.multiply(weight, soft))


def _softmax_cross_entropy(labels, logits, axis=-1, name=None):
    labels, logits = operand(labels), operand(logits)
    log = ops.log_softmax(logits, axis=axis)
    return ops.negative(ops.sum(ops.multiply(ops.cast(labels, dtype_of(logits)), log), axis=axis))


def _sparse_softmax_cross_entropy(labels, logits, name=None):
    labels, log = operand(labels), ops.log_softmax(operand(logits), axis=-1)
    found = ops.take_along_axis(log, ops.expand_dims(ops.cast(labels, "int32"), -1), axis=-1)
    return ops.negative(ops.squeeze(found, -1))


def _log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    only("nn.log_poisson_loss", "compute_full_loss", compute_full_loss, False)
    z, x = operands(targets, log_input)
    return ops.subtract(ops.exp(x), ops.multiply(x, z))


def _l2_loss(t, name=None):
    x = operand(t)
    return ops.multiply(ops.sum(ops.square(x)), beside(0.5, x))


def _average_loss(per_example_loss, sample_weight=None, global_batch_size=None):
    loss = operand(per_example_loss)
    loss = loss if sample_weight is None else ops.multiply(loss, operand(sample_weight))
    size = global_batch_size if global_batch_size is not None else (loss.shape[0] if loss.shape else 1)
    return ops.divide(ops.sum(loss), beside(float(size), loss))


# ---- normalisation ---------------------------------------------------------------------------------------------
def _moments(x, axes, shift=None, keepdims=False, name=None):
    x, axis = operand(x), several(axes)
    return ops.mean(x, axis=axis, keepdims=keepdims), ops.var(x, axis=axis, keepdims=keepdims)


def _batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    x, mean, variance = operand(x), operand(mean), operand(variance)
    factor = ops.rsqrt(ops.add(variance, beside(variance_epsilon, variance)))
    factor = factor if scale is None else ops.multiply(factor, operand(scale))
    moved = ops.negative(ops.multiply(mean, factor))
    return ops.add(ops.multiply(x, factor), moved if offset is None else ops.add(operand(offset), moved))


def _bias_add(value, bias, data_format=None, name=None):
    x, bias = operand(value), operand(bias)
    first = data_format is not None and data_format.startswith("NC") and len(x.shape) > 2
    return ops.add(x, ops.reshape(bias, (-1,) + (1,) * (len(x.shape) - 2)) if first else bias)


def _dropout(x, rate, noise_shape=None, seed=None, name=None):
    """What tf.nn.dropout does at every call, in training or not."""
    rate = float(rate) if isinstance(rate, np.ndarray) and not rate.ndim else rate
    return random.dropout(operand(x), rate, noise_shape, seed)


# ---- windows ---------------------------------------------------------------------------------------------------
def _format(name, data_format):
    last = data_format is None or data_format[-1] == "C"
    only(name, "data_format", data_format, *([data_format] if last else ["NHWC"]))
    return {"data_format": "channels_last"}


def _sizes(name, value, rank):
    """Sizes for the `rank` axes of an image, from one number, `rank` of them, or one for every axis."""
    found = ints(value)
    if len(found) == rank + 2:
        only(name, "sizes of the batch and channel axes", (found[0], found[-1]), (1, 1))
        found = found[1:-1]
    return found * rank if len(found) == 1 else found


def _padding(name, padding):
    if not isinstance(padding, str):
        only(name, "padding", padding, "SAME", "VALID")
    return padding.lower()


def _conv(rank, function=ops.conv):
    name = f"nn.conv{rank}d" if function is ops.conv else "nn.depthwise_conv2d"

    def convolve(x, kernel, strides, padding, data_format, dilations):
        return function(
            operand(x),
            operand(kernel),
            _sizes(name, strides, rank),
            _padding(name, padding),
            dilation_rate=1 if dilations is None else _sizes(name, dilations, rank),
            **_format(name, data_format),
        )

    return convolve


def _conv2d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None, name=None
):
    name = "nn.conv2d_transpose"
    only(name, "dilations", dilations, None, 1)
    found = ops.conv_transpose(
        operand(input),
        operand(filters),
        _sizes(name, strides, 2),
        _padding(name, padding),
        **_format(name, data_format),
    )
    if tuple(found.shape[1:]) != ints(output_shape)[1:]:
        only(name, "output_shape", tuple(output_shape), tuple(found.shape))
    return found


def _pool(function, rank, default):
    label = f"nn.{'max' if function is ops.max_pool else 'avg'}_pool"

    def pooled(input, ksize, strides, padding, data_format=default, name=None):
        x = operand(input)
        n = len(x.shape) - 2 if rank is None else rank
        return function(
            x,
            _sizes(label, ksize, n),
            _sizes(label, strides, n),
            _padding(label, padding),
            **_format(label, data_format),
        )

    return pooled


def _blocks(function, label):
    return lambda input, block_size, data_format="NHWC", name=None: function(
        operand(input), block_size, **_format(label, data_format)
    )


# ---- strings ---------------------------------------------------------------------------------------------------
def _strings(x, name):
    if isinstance(x, Symbol):
        values_of(x, name)
    array = np.asarray(x)
    return np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array.astype(str)


def _length(input, unit="BYTE", name=None):
    only("strings.length", "unit", unit, "BYTE", "UTF8_CHAR")
    x = _strings(input, "strings.length")
    return host(np.char.str_len(np.char.encode(x, "utf-8") if unit == "BYTE" else x).astype(np.int32))


def _lower(input, encoding="", name=None):
    return host(np.char.lower(_strings(input, "strings.lower")))


def _upper(input, encoding="", name=None):
    return host(np.char.upper(_strings(input, "strings.upper")))


def _join(inputs, separator="", name=None):
    parts = np.broadcast_arrays(*(_strings(x, "strings.join") for x in inputs))
    found = [separator.join(row) for row in zip(*(p.reshape(-1).tolist() for p in parts))]
    return host(np.array(found).reshape(parts[0].shape))


def _regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    x = _strings(input, "strings.regex_replace")
    fitting, count = patterns.compiled(pattern), 0 if replace_global else 1
    found = [patterns.replaced(fitting, rewrite, s, count) for s in x.reshape(-1).tolist()]
    return host(np.array(found).reshape(x.shape))


def _to_number(input, out_type="float32", name=None):
    try:
        return host(_strings(input, "strings.to_number").astype(dtypes.numpy_type(dtypes.standardize(out_type))))
    except ValueError as error:
        raise ArgumentError(f"tf.strings.to_number: received what is no number: {error}.") from error


TABLE = {
    **{f"nn.{n}": _features(f) for n, f in {
        "relu": ops.relu, "relu6": ops.relu6, "elu": ops.elu, "selu": ops.selu}.items()},
    "nn.sigmoid": lambda x, name=None: ops.sigmoid(operand(x)), "nn.tanh": lambda x, name=None: ops.tanh(operand(x)),
    "nn.gelu": lambda features, approximate=False, name=None: ops.gelu(operand(features), approximate=approximate),
    "nn.leaky_relu": lambda features, alpha=0.2, name=None: ops.leaky_relu(operand(features), alpha),
    "nn.silu nn.swish": _silu, "nn.crelu": _crelu, "math.softmax nn.softmax": _softmax(ops.softmax),
    "math.log_softmax nn.log_softmax": _softmax(ops.log_softmax),
    "nn.sigmoid_cross_entropy_with_logits": _sigmoid_cross_entropy,
    "nn.weighted_cross_entropy_with_logits": _weighted_cross_entropy,
    "nn.softmax_cross_entropy_with_logits": _softmax_cross_entropy,
    "nn.sparse_softmax_cross_entropy_with_logits": _sparse_softmax_cross_entropy,
    "nn.log_poisson_loss": _log_poisson_loss, "nn.l2_loss": _l2_loss, "nn.compute_average_loss": _average_loss,
    "nn.moments": _moments, "nn.batch_normalization": _batch_normalization, "nn.bias_add": _bias_add,
    "nn.dropout": _dropout,
    "nn.conv1d": lambda input, filters, stride, padding, data_format="NWC", dilations=None, name=None: _conv(1)(
        input, filters, stride, padding, data_format, dilations),
    "nn.conv2d": lambda input, filters, strides, padding, data_format="NHWC", dilations=None, name=None: _conv(2)(
        input, filters, strides, padding, data_format, dilations),
    "nn.conv3d": lambda input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None: _conv(3)(
        input, filters, strides, padding, data_format, dilations),
    "nn.depthwise_conv2d": lambda input, filter, strides, padding, data_format=None, dilations=None, name=None: _conv(
        2, ops.depthwise_conv)(input, filter, strides, padding, data_format, dilations),
    "nn.conv2d_transpose": _conv2d_transpose, "nn.max_pool": _pool(ops.max_pool, None, None),
    "nn.avg_pool": _pool(ops.average_pool, None, None), "nn.max_pool1d": _pool(ops.max_pool, 1, "NWC"),
    "nn.avg_pool1d": _pool(ops.average_pool, 1, "NWC"), "nn.max_pool2d": _pool(ops.max_pool, 2, "NHWC"),
    "nn.avg_pool2d": _pool(ops.average_pool, 2, "NHWC"),
    "nn.depth_to_space": _blocks(ops.depth_to_space, "nn.depth_to_space"),
    "nn.space_to_depth": _blocks(ops.space_to_depth, "nn.space_to_depth"), "strings.length": _length,
    "strings.lower": _lower, "strings.upper": _upper, "strings.join": _join,
    "strings.strip": lambda input, name=None: host(np.char.strip(_strings(input, "strings.strip"))),
    "strings.regex_replace": _regex_replace,
    "strings.to_number": _to_number,
}  # fmt: skip
