"""Normalisation: the functions of ``keras.ops``, over the records of `fastnn.ops.norm`."""
import numpy as np

from fastnn.core import config, shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.ops.records.normalization import batch_norm_inference, layer_norm
from fastnn.ops.records.softmax import to_last

__all__ = ["batch_normalization", "layer_normalization", "rms_normalization", "group_normalization",
           "normalize", "l2_normalize"]


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, one value of each per element of `axis`.

    Args:
        x: float array or symbol.
        mean, variance, offset, scale: shape (x.shape[axis],).
        axis: int.
        epsilon: added to the variance.

    Raises:
        ShapeError: if a statistic has not one value per channel.

    >>> batch_normalization(np.ones((2, 3)), np.ones(3), np.ones(3), -1).shape
    (2, 3)
    """
    x, back = to_last(as_float(x), axis)
    return back(batch_norm_inference(x, mean, variance, scale, offset, epsilon=float(epsilon)))


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """Subtract the mean over `axis` (an int, or the last axes as a tuple), divide by sqrt(variance + epsilon),
    scale, shift.

    >>> layer_normalization(np.array([[1.0, 3.0]]), epsilon=0.0)
    array([[-1.,  1.]])
    """
    if kwargs.pop("rms_scaling", False):        # Keras' deprecated form: scaled by the deviation, but not centred
        from fastnn import ops
        _, var = ops.moments(as_float(x), axis, keepdims=True)
        y = x * ops.rsqrt(var + (config.epsilon() if epsilon is None else float(epsilon)))
        return y if gamma is None else y * gamma
    if kwargs:
        raise ArgumentError(f"layer_normalization: unknown arguments {sorted(kwargs)}.")
    return _layer_normalize(x, gamma, beta, axis, epsilon, True)


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / sqrt(mean(x^2 over axis) + epsilon) * scale.

    >>> rms_normalization(np.array([[3.0, 3.0]]), epsilon=0.0)
    array([[1., 1.]])
    """
    return _layer_normalize(x, scale, None, axis, epsilon, False)


def _layer_normalize(x, gamma, beta, axis, epsilon, centered):
    from fastnn import ops
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else float(epsilon)
    rank = len(x.shape)
    axes = shapes.normalize_axes(axis, rank)
    if axes == (rank - 1,):
        return layer_norm(x, gamma, beta, epsilon=epsilon, centered=centered)[0]
    kept = tuple(a for a in range(rank) if a not in axes)
    order = (*kept, *axes)
    inner = tuple(x.shape[a] for a in axes)
    moved = ops.transpose(x, order) if order != tuple(range(rank)) else x
    outer = tuple(-1 if d is None else d for d in moved.shape[:len(kept)])
    gamma, beta = (None if v is None else ops.reshape(v, (-1,)) for v in (gamma, beta))
    y = layer_norm(ops.reshape(moved, (*outer, shapes.product(inner))), gamma, beta, epsilon=epsilon,
                   centered=centered)[0]
    y = ops.reshape(y, (*outer, *inner))
    back = tuple(order.index(a) for a in range(rank))
    return ops.transpose(y, back) if order != tuple(range(rank)) else y


def group_normalization(x, gamma=None, beta=None, groups=32, axis=-1, epsilon=1e-3):
    """Normalise each of `groups` groups of channels of each sample; gamma, beta: one value per channel.

    >>> group_normalization(np.ones((2, 4, 4, 6)), groups=3).shape
    (2, 4, 4, 6)
    """
    from fastnn import ops
    x, back = to_last(as_float(x), axis)
    c, inner = x.shape[-1], shapes.product(x.shape[1:-1])
    if c % groups:
        raise ShapeError(f"group_normalization: {c} channels cannot be divided into {groups} groups.")
    grouped = ops.transpose(ops.reshape(x, (-1, inner, groups, c // groups)), (0, 2, 1, 3))
    flat = ops.reshape(grouped, (-1, groups, inner * (c // groups)))
    y = layer_norm(flat, None, None, epsilon=float(epsilon), centered=True)[0]
    y = ops.transpose(ops.reshape(y, (-1, groups, inner, c // groups)), (0, 2, 1, 3))
    y = ops.reshape(y, (-1, *x.shape[1:]))
    y = y if gamma is None else y * gamma
    return back(y if beta is None else y + beta)


def normalize(x, axis=-1, order=2, epsilon=None):
    """x divided by its `order`-norm along `axis` (an int or tuple); norms below epsilon count as epsilon.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    from fastnn import ops
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(f"Argument `order` must be an int >= 1. Received: order={order!r}")
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else float(epsilon)
    axes = shapes.normalize_axes(axis, len(x.shape))
    if order == 2:
        # the reciprocal root of the clipped square sum: the gradient stays finite at 0, as in Keras
        return x * ops.rsqrt(ops.maximum(ops.sum(x * x, axis=axes, keepdims=True), epsilon * epsilon))
    norm = ops.sum(ops.abs(x) ** order, axis=axes, keepdims=True) ** (1.0 / order)
    return x / ops.maximum(norm, epsilon)


def l2_normalize(x, axis=-1, epsilon=None):
    """normalize with order 2 (a name of the Keras 1 and 2 years).

    >>> l2_normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    return normalize(x, axis, 2, epsilon)


def as_float(x):
    """x as something with shape and a float dtype (Python numbers and integer arrays become floatx)."""
    from fastnn import ops
    if not hasattr(x, "dtype") or not hasattr(x, "shape"):
        x = np.asarray(x, config.floatx())
    return x if str(x.dtype) in ("float16", "float32", "float64") else ops.cast(x, config.floatx())
