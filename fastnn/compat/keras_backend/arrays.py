"""The part of `keras.backend` that calculates: random arrays, shapes, layers' functions, dtypes."""

import numpy as np

from fastnn import activations, ops, random
from fastnn.compat.keras_backend.values import variable
from fastnn.core import config, dtypes
from fastnn.core.config import floatx
from fastnn.core.errors import ArgumentError
from fastnn.core.types import is_function
from fastnn.graph import Symbol
from fastnn.layers import Dot
from fastnn.layers.data_format import standardize_data_format


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


def dot(x, y):
    """The product over the last axis of x and the last but one of y, as `numpy.dot` has it.

    Args:
        x, y: symbols or arrays.

    >>> dot(np.ones((2, 3), "float32"), np.ones((5, 3, 4), "float32")).shape
    (2, 5, 4)
    """
    return ops.matmul(x, y) if _ndim(y) < 3 else ops.tensordot(x, y, [[_ndim(x) - 1], [_ndim(y) - 2]])


def batch_dot(x, y, axes=None):
    """The product of each sample of x with that of y, over one axis of each.

    Tensors of four and more dimensions that agree in all but the last two are multiplied matrix by matrix, as up to
    Keras 2.2.2; a missing axis counts as one of size 1 at the end.

    Args:
        x, y: symbols or arrays, (batch, ...).
        axes: an int for both, or one for each; the last of x and the last but one of y if None.

    >>> batch_dot(np.ones((2, 3, 4), "float32"), np.ones((2, 4, 5), "float32"), axes=(2, 1)).shape
    (2, 3, 5)
    >>> batch_dot(np.ones((2, 3, 4), "float32"), np.ones((2, 3, 4, 5), "float32"), axes=(2, 2)).shape
    (2, 3, 5)
    """
    if axes is None:
        axes = 1 if _ndim(y) == 2 and _ndim(x) == 2 else (_ndim(x) - 1, max(_ndim(y) - 2, 1))
    pair = (axes, axes) if isinstance(axes, int) else tuple(a if isinstance(a, int) else a[0] for a in axes)
    pair = tuple(a % _ndim(t) for a, t in zip(pair, (x, y)))
    rank = max(_ndim(x), _ndim(y))
    if rank < 4 or min(pair) < rank - 2 or not _matrices_of_the_same(x, y, rank):
        return Dot(axes=pair)([x, y])
    if abs(_ndim(x) - _ndim(y)) > 1:
        return Dot(axes=pair)([x, y])
    return _matrix_by_matrix(x, y, rank, *pair)


def _matrices_of_the_same(x, y, rank):
    """Whether all sizes but those of the batch and of the last two dimensions are known and the same."""
    known = [tuple(t.shape)[1 : rank - 2] for t in (x, y)]
    return all(a == b and a is not None for a, b in zip(*known))


def _matrix_by_matrix(x, y, rank, axis_x, axis_y):
    a = ops.expand_dims(x, -1) if _ndim(x) < rank else x
    b = ops.expand_dims(y, -1) if _ndim(y) < rank else y
    swapped = (*range(rank - 2), rank - 1, rank - 2)
    a = ops.transpose(a, swapped) if axis_x == rank - 2 else a
    b = ops.transpose(b, swapped) if axis_y == rank - 1 else b
    found = ops.matmul(a, b)
    if _ndim(x) < rank:
        return ops.squeeze(found, -2)
    return ops.squeeze(found, -1) if _ndim(y) < rank else found


def bias_add(x, bias, data_format=None):
    """x + bias along the channels.

    Args:
        x: (batch, ..., channels), or channels second.
        bias: (channels,), or of x's shape without the batch, channels last.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> bias_add(np.ones((1, 2), "float32"), np.array([1.0, 2.0], "float32")).tolist()
    [[2.0, 3.0]]
    """
    if _ndim(bias) not in (1, _ndim(x) - 1):
        raise ArgumentError(f"Unexpected bias dimensions {_ndim(bias)}, expect to be 1 or {_ndim(x) - 1} dimensions.")
    if standardize_data_format(data_format) == "channels_first" and _ndim(x) > 2:
        *rest, channels = bias.shape
        bias = ops.reshape(bias, (channels, *(rest or (1,) * (_ndim(x) - 2))))  # reshaped, not transposed: Keras's way
    return ops.add(x, bias)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """Rectified: alpha * (x - threshold) below the threshold, at most max_value.

    Args:
        x: numbers of any shape.
        alpha: a number, or an array that broadcasts with x.
        max_value, threshold: numbers; max_value may be None.

    >>> relu(np.array([-1.0, 5.0], "float32"), alpha=0.5, max_value=2.0).tolist()
    [-0.5, 2.0]
    """
    if not isinstance(alpha, (int, float)):
        kept = activations.relu(x, max_value=max_value, threshold=threshold)
        return ops.add(kept, ops.multiply(alpha, ops.minimum(ops.subtract(x, threshold), 0)))
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """gamma * (x - mean) / sqrt(var + epsilon) + beta.

    Args:
        x: floats of any shape.
        mean, var, beta, gamma: (x.shape[axis],), or the same with ones for x's other axes; beta and gamma may be None.
        axis: of the channels, an int.
        epsilon: added to the variance.

    >>> one, zero = np.ones(2, "float32"), np.zeros(2, "float32")
    >>> batch_normalization(np.ones((1, 2), "float32"), zero, one, zero, one, epsilon=0.0).tolist()
    [[1.0, 1.0]]
    """
    if axis == -1 and _ndim(mean) == _ndim(x):  # Keras 2 gave the axis by the shape of these
        axis = next((k for k, size in enumerate(mean.shape) if size != 1), -1)
    flat = (v if v is None or _ndim(v) == 1 else ops.reshape(v, (-1,)) for v in (mean, var, beta, gamma))
    return ops.batch_normalization(x, next(flat), next(flat), axis, *flat, epsilon=epsilon)


def normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon=1e-3):
    """Normalised over a batch: (the result, mean, variance).

    Args:
        x: floats of any shape.
        gamma, beta: (channels,), or None.
        reduction_axes: the axes over which mean and variance are taken.
        epsilon: added to the variance.

    >>> normalize_batch_in_training(np.array([[1.0], [3.0]], "float32"), None, None, [0], 0.0)[0].tolist()
    [[-1.0], [1.0]]
    """
    axes = [a % _ndim(x) for a in reduction_axes]
    mean, var = ops.moments(x, axes, keepdims=True)
    kept = [1 if a in axes else -1 for a in range(_ndim(x))]
    found = ops.divide(ops.subtract(x, mean), ops.sqrt(ops.add(var, epsilon)))
    found = found if gamma is None else ops.multiply(found, ops.reshape(gamma, kept))
    found = found if beta is None else ops.add(found, ops.reshape(beta, kept))
    return found, *(ops.squeeze(m, tuple(axes)) for m in (mean, var))


def eye(size, dtype=None, name=None):
    """Ones on the diagonal of zeros.

    Args:
        size: rows and columns: an int, or a tuple of two.
        dtype: of the result; the configured float type by default.
        name: not used.

    >>> eye((2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    rows, columns = size if isinstance(size, (tuple, list)) else (size, size)
    return ops.eye(rows, columns, dtype=dtype or floatx())


def sqrt(x):
    """The square root; 0 of what is below 0.

    Args:
        x: floats of any shape.

    >>> sqrt(np.array([4.0, -1.0], "float32")).tolist()
    [2.0, 0.0]
    """
    return ops.sqrt(ops.maximum(x, 0))


def hard_sigmoid(x):
    """min(max(0.2 x + 0.5, 0), 1): Keras 3 has another slope.

    >>> hard_sigmoid(np.array([-3.0, 0.0, 1.0], "float32")).tolist()
    [0.0, 0.5, 0.699999988079071]
    """
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0, 1)


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
    sizes = [_ndim(x) if hasattr(x, "shape") else np.ndim(x) for x in (a, b)]
    missing = max(sizes) - _ndim(condition) if hasattr(condition, "shape") else 0
    for _ in range(missing):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, a, b)
