"""Loss functions of real-valued targets: one value per sample, from y_true and y_pred of shape (n, ..., d).

Each takes arrays, symbols or variables; ranks that differ by one are aligned, sizes of 1 within a row are spread with a
warning, other differences are errors.
"""

import numpy as np

from fastnn import ops
from fastnn.core import config, dtypes
from fastnn.core.values import doubtful
from fastnn.graph import Symbol, Variable
from fastnn.losses.loss import align, dtype_of, float_tensor, same_shape, tensor


def number(value, like):
    """A number of the dtype of `like` (a bare Python float would be rounded to float32 first).

    A constant, or a Variable or symbol: those have the value of the step that reads them.
    """
    if isinstance(value, (Variable, Symbol)):
        return ops.cast(value, dtype_of(like))
    return np.asarray(value, dtypes.numpy_type(dtype_of(like)))


def operands(name, y_true, y_pred):
    """Both operands in the dtype of y_pred, aligned, of one shape or of shapes that differ by sizes of 1 within a row.

    Rows are never spread: (n,) against (n, k) is an error, but for n = 1, where it is (1, 1) against (1, k); (n,)
    against (n, t, 1), of which an n x n x t would follow, is (n, 1, 1).
    """
    y_pred = float_tensor(y_pred)
    y_true, y_pred = align(tensor(y_true, dtype_of(y_pred)), y_pred)
    rank, wanted = len(y_pred.shape), tuple(y_pred.shape)
    if len(y_true.shape) == 1 and rank > 1 and tuple(y_true.shape) == wanted[:1] and (rank > 2 or wanted[0] == 1):
        y_true = ops.reshape(y_true, (wanted[0],) + (1,) * (rank - 1))
    if not _spread(name, tuple(y_true.shape), wanted):
        same_shape(name, y_true, y_pred)
    return y_true, y_pred


def _spread(name, given, wanted):
    """Whether two shapes of the same rows fit by broadcasting, of which a warning tells: a layer too few, often."""
    fits = len(given) == len(wanted) > 1 and given[0] == wanted[0]
    if given == wanted or not fits or any(m != n and 1 not in (m, n) for m, n in zip(given, wanted)):
        return False
    doubtful(
        f"{name}: y_true of shape {given} and y_pred of shape {wanted} are broadcast: one value of a row is compared "
        "with several. Check the number of units of the output layer, and return_sequences, against the targets."
    )
    return True


def mean_squared_error(y_true, y_pred):
    """mean((y_true - y_pred)^2, axis=-1): shape (n, ...).

    Args:
        y_true, y_pred: (n, ..., d), of one shape.

    >>> float(mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]])[0])
    2.5
    """
    y_true, y_pred = operands("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(ops.subtract(y_pred, y_true)), axis=-1)


def mean_absolute_error(y_true, y_pred):
    """mean(|y_true - y_pred|, axis=-1): shape (n, ...).

    Args:
        y_true, y_pred: (n, ..., d), of one shape.

    >>> float(mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]])[0])
    1.5
    """
    y_true, y_pred = operands("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(ops.subtract(y_pred, y_true)), axis=-1)


def mean_absolute_percentage_error(y_true, y_pred):
    """100 * mean(|y_true - y_pred| / max(|y_true|, epsilon), axis=-1), in percent.

    Args:
        y_true, y_pred: (n, ..., d), of one shape.

    >>> round(float(mean_absolute_percentage_error([[2.0]], [[1.0]])[0]), 3)
    50.0
    """
    y_true, y_pred = operands("mean_absolute_percentage_error", y_true, y_pred)
    size = ops.maximum(ops.abs(y_true), number(config.epsilon(), y_pred))
    diff = ops.abs(ops.divide(ops.subtract(y_true, y_pred), size))
    return ops.multiply(number(100.0, y_pred), ops.mean(diff, axis=-1))


def mean_squared_logarithmic_error(y_true, y_pred):
    """mean((log(max(y_true, epsilon) + 1) - log(max(y_pred, epsilon) + 1))^2, axis=-1).

    Args:
        y_true, y_pred: (n, ..., d), of one shape.

    >>> float(mean_squared_logarithmic_error([[1.0]], [[1.0]])[0])
    0.0
    """
    y_true, y_pred = operands("mean_squared_logarithmic_error", y_true, y_pred)
    eps, one = number(config.epsilon(), y_pred), number(1.0, y_pred)
    first = ops.log(ops.add(ops.maximum(y_pred, eps), one))
    second = ops.log(ops.add(ops.maximum(y_true, eps), one))
    return ops.mean(ops.square(ops.subtract(first, second)), axis=-1)


def huber(y_true, y_pred, delta=1.0):
    """mean of e^2 / 2 where |e| <= delta, delta |e| - delta^2 / 2 elsewhere; e = y_pred - y_true.

    Args:
        y_true, y_pred: (n, ..., d), of one shape.
        delta: float > 0, where the two meet.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.

    >>> float(huber([[0.0]], [[3.0]])[0])
    2.5
    """
    y_true, y_pred = operands("huber", y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    size = ops.abs(error)
    half = number(0.5, y_pred)
    square = ops.multiply(half, ops.square(error))
    line = ops.subtract(ops.multiply(number(delta, y_pred), size), number(0.5 * delta * delta, y_pred))
    return ops.mean(ops.where(ops.less_equal(size, number(delta, y_pred)), square, line), axis=-1)


def log_cosh(y_true, y_pred):
    """mean(log(cosh(y_pred - y_true)), axis=-1), as e + softplus(-2 e) - log 2, which does not overflow.

    Args:
        y_true, y_pred: (n, ..., d), of one shape.

    >>> float(log_cosh([[0.0]], [[0.0]])[0])
    0.0
    """
    y_true, y_pred = operands("log_cosh", y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    soft = ops.softplus(ops.multiply(error, number(-2.0, y_pred)))
    return ops.mean(ops.subtract(ops.add(error, soft), number(np.log(2.0), y_pred)), axis=-1)


def unit_vectors(x, axis=-1):
    """x / max(|x|_2, epsilon) along `axis`; half precision, which holds neither squares nor 1 / epsilon, in float32."""
    own = dtype_of(x)
    x = ops.cast(x, "float32") if own in dtypes.HALVES else x
    square_sum = ops.sum(ops.square(x), axis=axis, keepdims=True)
    unit = ops.multiply(x, ops.minimum(ops.rsqrt(square_sum), number(1.0 / config.epsilon(), x)))
    return ops.cast(unit, own) if own in dtypes.HALVES else unit


def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between y_true and y_pred along `axis`: -1 = same direction.

    Args:
        y_true, y_pred: (n, ..., d), of one shape.
        axis: int: the axis of the vectors that are compared.

    >>> float(cosine_similarity([[3.0, 4.0]], [[6.0, 8.0]])[0])
    -1.0
    """
    y_true, y_pred = operands("cosine_similarity", y_true, y_pred)
    product = ops.multiply(unit_vectors(y_true, axis), unit_vectors(y_pred, axis))
    return ops.negative(ops.sum(product, axis=axis))


def poisson(y_true, y_pred):
    """mean(y_pred - y_true * log(y_pred + epsilon), axis=-1).

    Args:
        y_true: counts, (n, ..., d).
        y_pred: expected counts, of its shape.

    >>> float(poisson([[0.0]], [[2.0]])[0])
    2.0
    """
    y_true, y_pred = operands("poisson", y_true, y_pred)
    log = ops.log(ops.add(y_pred, number(config.epsilon(), y_pred)))
    return ops.mean(ops.subtract(y_pred, ops.multiply(y_true, log)), axis=-1)


def kl_divergence(y_true, y_pred):
    """sum(y_true * log(y_true / y_pred), axis=-1), both clipped to [epsilon, 1].

    Args:
        y_true, y_pred: probabilities, (n, ..., classes).

    >>> float(kl_divergence([[0.5, 0.5]], [[0.5, 0.5]])[0])
    0.0
    """
    y_true, y_pred = operands("kl_divergence", y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def signed_labels(y_true):
    """{0, 1} labels as {-1, 1}, but only if every label of the batch is 0 or 1 (Keras's rule)."""
    one = number(1.0, y_true)
    binary = ops.all(ops.logical_or(ops.equal(y_true, number(0.0, y_true)), ops.equal(y_true, one)))
    return ops.where(binary, ops.subtract(ops.multiply(number(2.0, y_true), y_true), one), y_true)


def _margin(name, y_true, y_pred):
    y_true, y_pred = operands(name, y_true, y_pred)
    gap = ops.subtract(number(1.0, y_pred), ops.multiply(signed_labels(y_true), y_pred))
    return ops.maximum(gap, number(0.0, y_pred))


def hinge(y_true, y_pred):
    """mean(max(1 - y_true * y_pred, 0), axis=-1); labels are -1 and 1, or 0 and 1.

    Args:
        y_true: labels, (n, ..., d).
        y_pred: scores, of its shape.

    >>> float(hinge([[1.0]], [[0.25]])[0])
    0.75
    """
    return ops.mean(_margin("hinge", y_true, y_pred), axis=-1)


def squared_hinge(y_true, y_pred):
    """mean(max(1 - y_true * y_pred, 0)^2, axis=-1); labels are -1 and 1, or 0 and 1.

    Args:
        y_true: labels, (n, ..., d).
        y_pred: scores, of its shape.

    >>> float(squared_hinge([[1.0]], [[0.5]])[0])
    0.25
    """
    return ops.mean(ops.square(_margin("squared_hinge", y_true, y_pred)), axis=-1)


def categorical_hinge(y_true, y_pred):
    """max(max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, 0); y_true is one-hot, shape (n, classes).

    Args:
        y_true: one-hot labels, (n, ..., classes).
        y_pred: scores, of its shape.

    >>> float(categorical_hinge([[0.0, 1.0]], [[0.5, 1.0]])[0])
    0.5
    """
    y_true, y_pred = operands("categorical_hinge", y_true, y_pred)
    one = number(1.0, y_pred)
    pos = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    neg = ops.max(ops.multiply(ops.subtract(one, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(neg, pos), one), number(0.0, y_pred))
