"""The part of `keras.backend` that calculates: random arrays, shapes, layers' functions, dtypes."""

import numpy as np

from fastnn import activations, ops, random
from fastnn.compat.backend_values import variable
from fastnn.core import config, dtypes
from fastnn.core.config import floatx, image_data_format
from fastnn.core.errors import ArgumentError
from fastnn.core.types import is_function
from fastnn.graph import Symbol
from fastnn.layers import Dot, UpSampling2D
from fastnn.ops.functions.operands import result_dtype


def _ndim(x):
    return len(x.shape)


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers.

    Args:
        shape: a tuple of ints.
        mean, stddev: numbers.
        dtype: of the result; the default float type if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> random_normal((2, 3)).shape
    (2, 3)
    """
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Uniformly distributed numbers in [minval, maxval); integers for an integer dtype.

    Args:
        shape: a tuple of ints.
        minval, maxval: numbers.
        dtype: of the result; the default float type if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> random_uniform((2, 3)).shape
    (2, 3)
    """
    whole = dtype is not None and not dtypes.is_float(dtypes.standardize(dtype))
    return (random.randint if whole else random.uniform)(shape, minval, maxval, dtype, seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers within two standard deviations.

    Args:
        shape: a tuple of ints.
        mean, stddev: numbers.
        dtype: of the result; the default float type if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> truncated_normal((2, 3)).shape
    (2, 3)
    """
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_binomial(shape, p=0.0, dtype=None, seed=None):
    """1 with probability p, else 0.

    Args:
        shape: a tuple of ints.
        p: a number in [0, 1].
        dtype: of the result; the default float type if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> random_binomial((2,), p=1.0)
    array([1., 1.], dtype=float32)
    """
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), dtype or floatx())


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A Variable of normally distributed numbers.

    Args:
        shape: a tuple of ints.
        mean, scale: mean and standard deviation, numbers.
        dtype: of the result; the default float type if None.
        name: str, made if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> random_normal_variable((2, 3), 0.0, 1.0).shape
    (2, 3)
    """
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A Variable of uniformly distributed numbers.

    Args:
        shape: a tuple of ints.
        low, high: the bounds, numbers.
        dtype: of the result; the default float type if None.
        name: str, made if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> random_uniform_variable((2, 3), 0.0, 1.0).shape
    (2, 3)
    """
    return variable(random.uniform(shape, low, high, dtype, seed), dtype, name)


def dropout(x, level, noise_shape=None, seed=None):
    """x with a share of `level` set to zero and the rest scaled up.

    Args:
        x: floats of any shape.
        level: in [0, 1).
        noise_shape: shape of the mask, which broadcasts against x; x's if None.
        seed: int, a SeedGenerator, or None for another at each call.

    >>> sorted(set(dropout(np.ones(100, "float32"), 0.5).tolist()))
    [0.0, 2.0]
    """
    return random.dropout(x, level, noise_shape, seed)


def cast_to_floatx(x):
    """x in the default float type.

    Args:
        x: a symbol or an array.

    >>> cast_to_floatx([1, 2])
    array([1., 2.], dtype=float32)
    """
    return np.asarray(x, dtypes.numpy_type(config.floatx())) if not isinstance(x, Symbol) else ops.cast(x, floatx())


def flatten(x):
    """All numbers of x in one dimension.

    Args:
        x: a symbol or an array.

    >>> flatten(np.ones((2, 3))).shape
    (6,)
    """
    return ops.reshape(x, (-1,))


def batch_flatten(x):
    """x as (batch, everything else).

    Args:
        x: a symbol or an array, (batch, ...).

    >>> batch_flatten(np.ones((2, 3, 4))).shape
    (2, 12)
    """
    return ops.reshape(x, (x.shape[0] or -1, int(np.prod(x.shape[1:]))))


def repeat(x, n):
    """x, (batch, d), as (batch, n, d).

    Args:
        x: a symbol or an array.
        n: an int.

    >>> repeat(np.ones((2, 3), "float32"), 4).shape
    (2, 4, 3)
    """
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def batch_dot(x, y, axes=None):
    """The product of each sample of x with that of y, over one axis of each.

    Args:
        x, y: symbols or arrays, (batch, ...).
        axes: an int for both, or one for each; the last of x and the last but one of y if None.

    >>> batch_dot(np.ones((2, 3, 4), "float32"), np.ones((2, 4, 5), "float32"), axes=(2, 1)).shape
    (2, 3, 5)
    """
    if axes is None:
        axes = 1 if _ndim(y) == 2 and _ndim(x) == 2 else (_ndim(x) - 1, max(_ndim(y) - 2, 1))
    return Dot(axes=axes)([x, y])


def bias_add(x, bias, data_format=None):
    """x + bias along the channels.

    Args:
        x: (batch, ..., channels), or channels second.
        bias: (channels,).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> bias_add(np.ones((1, 2), "float32"), np.array([1.0, 2.0], "float32")).tolist()
    [[2.0, 3.0]]
    """
    first = (data_format or image_data_format()) == "channels_first" and _ndim(x) > 2
    return ops.add(x, ops.reshape(bias, (1, -1) + (1,) * (_ndim(x) - 2)) if first else bias)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """Rectified: alpha * (x - threshold) below the threshold, at most max_value.

    Args:
        x: numbers of any shape.
        alpha, max_value, threshold: numbers; max_value may be None.

    >>> relu(np.array([-1.0, 5.0], "float32"), alpha=0.5, max_value=2.0).tolist()
    [-0.5, 2.0]
    """
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """gamma * (x - mean) / sqrt(var + epsilon) + beta.

    Args:
        x: floats of any shape.
        mean, var, beta, gamma: (x.shape[axis],).
        axis: of the channels, an int.
        epsilon: added to the variance.

    >>> one, zero = np.ones(2, "float32"), np.zeros(2, "float32")
    >>> batch_normalization(np.ones((1, 2), "float32"), zero, one, zero, one, epsilon=0.0).tolist()
    [[1.0, 1.0]]
    """
    return ops.batch_normalization(x, mean, var, axis, offset=beta, scale=gamma, epsilon=epsilon)


def _conv(name, transposed=False):
    def convolution(x, kernel, *args, strides=1, padding="valid", data_format=None, dilation_rate=1):
        """A convolution of x with a kernel, as `fastnn.ops.conv` (the transpose: `fastnn.ops.conv_transpose`).

        Args:
            x: (n, steps, c), (n, h, w, c) or (n, d, h, w, c), or channels second.
            kernel: (..., c, filters); of the transpose (..., filters, c).
            args: strides and padding by position; of the transpose the output's shape, which follows from these.
            strides, dilation_rate: an int or one per dimension.
            padding: "valid" or "same".
            data_format: "channels_last" or "channels_first"; the configured one by default.
        """
        if transposed:  # the output shape is what strides and padding give
            return ops.conv_transpose(x, kernel, strides, padding, data_format=data_format, dilation_rate=dilation_rate)
        return ops.conv(x, kernel, *(args or (strides, padding)), data_format=data_format, dilation_rate=dilation_rate)

    convolution.__name__ = name
    return convolution


conv1d, conv2d, conv3d = _conv("conv1d"), _conv("conv2d"), _conv("conv3d")
conv2d_transpose = _conv("conv2d_transpose", transposed=True)


def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """Pooling over windows.

    Args:
        x: images (n, h, w, c), or channels second.
        pool_size, strides: (height, width).
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; the configured one by default.
        pool_mode: "max" or "avg".

    Raises ArgumentError for another pool_mode.

    >>> pool2d(np.ones((1, 4, 4, 1), "float32"), (2, 2), (2, 2)).shape
    (1, 2, 2, 1)
    """
    function = {"max": ops.max_pool, "avg": ops.average_pool}
    if pool_mode not in function:
        raise ArgumentError(f"pool_mode: received {pool_mode!r}, expected 'max' or 'avg'.")
    return function[pool_mode](x, pool_size, strides, padding, data_format)


def resize_images(x, height_factor, width_factor, data_format=None, interpolation="nearest"):
    """Images with each side a whole number of times as long.

    Args:
        x: images (n, h, w, c), or channels second.
        height_factor, width_factor: ints.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        interpolation: "nearest", "bilinear" or what else `UpSampling2D` takes.

    >>> resize_images(np.ones((1, 2, 2, 1), "float32"), 2, 3).shape
    (1, 4, 6, 1)
    """
    return UpSampling2D((height_factor, width_factor), data_format, interpolation)(x)


def in_top_k(predictions, targets, k):
    """Whether each target is among the k largest predictions.

    Args:
        predictions: floats (n, classes).
        targets: integers (n,).
        k: an int.

    >>> in_top_k([[0.1, 0.9]], [1], 1).tolist()
    [True]
    """
    return ops.in_top_k(targets, predictions, k)


def switch(condition, then_expression, else_expression):
    """then_expression where the condition holds, else else_expression; functions without arguments are called.

    Args:
        condition: a truth value, or an array of them.
        then_expression, else_expression: values, or functions without arguments.

    >>> switch(True, lambda: np.float32(1), lambda: np.float32(2)).tolist()
    1.0
    """
    a, b = (e() if is_function(e) else e for e in (then_expression, else_expression))
    missing = max(_ndim(a), _ndim(b)) - _ndim(condition) if hasattr(condition, "shape") else 0
    for _ in range(missing):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, a, b)


def is_float_dtype(dtype):
    """Whether a dtype name is a float's.

    Args:
        dtype: a name.

    >>> is_float_dtype("float16")
    True
    """
    return dtypes.is_float(dtypes.standardize(dtype))


def is_int_dtype(dtype):
    """Whether a dtype name is an integer's.

    Args:
        dtype: a name.

    >>> is_int_dtype("int8")
    True
    """
    return not is_float_dtype(dtype) and "int" in dtypes.standardize(dtype)


def result_type(*given):
    """The dtype in which values of these dtypes meet.

    Args:
        given: names of dtypes, values that have one, or Python's int and float, which take the dtype of what they meet.

    >>> result_type("int32", "float32"), result_type("int8", int), result_type("int8", float), result_type()
    ('float32', 'int8', 'float32', 'float32')
    """
    if not given:
        return dtypes.standardize(None)
    values = [d(1) if d in (int, float) else np.zeros((), dtypes.numpy_type(dtypes.standardize(d))) for d in
              (getattr(d, "dtype", d) for d in given)]  # fmt: skip
    return result_dtype(*values)
