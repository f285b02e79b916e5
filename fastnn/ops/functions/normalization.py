"""Normalisation."""

import warnings
from typing import Any

import numpy as np

from fastnn.core import config, dtypes, shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions import elementwise, reduction
from fastnn.ops.functions.arithmetic import add, divide, maximum, multiply
from fastnn.ops.functions.elementwise import rsqrt
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.functions.operands import calculate, cast_to, dtype_of, floating, operand
from fastnn.ops.functions.reduction import moments
from fastnn.ops.functions.softmax import to_last
from fastnn.ops.records.layer_normalization import layer_norm
from fastnn.ops.records.normalization import batch_norm_inference

__all__ = ["batch_normalization", "layer_normalization", "rms_normalization", "group_normalization", "normalize",
           "l2_normalize"]  # fmt: skip
RMS_SCALING = (
    "You passed `rms_scaling=True`, which is deprecated. This argument incorrectly scales the input by the variance, "
    "not the root mean square. To correctly use RMS Normalization, please use `{}` instead."
)


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: Any, offset: Any = None, scale: Any = None, epsilon: Any = 1e-3
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, one value of each per element of `axis`.

    Args:
        x: float array or symbol.
        mean, variance, offset, scale: shape (x.shape[axis],).
        axis: int.
        epsilon: added to the variance.

    Raises:
        ShapeError: if a statistic has not one value per channel.

    >>> import numpy as np
    >>> batch_normalization(np.ones((2, 3)), np.ones(3), np.ones(3), -1).shape
    (2, 3)
    """
    x, back = to_last(floating(x), axis)
    for name, value in (("mean", mean), ("variance", variance), ("offset", offset), ("scale", scale)):
        shape = x.shape[-1:] if value is None else value.shape if hasattr(value, "shape") else np.shape(value)
        if tuple(shape) != tuple(x.shape[-1:]):
            raise ShapeError(
                f"Arguments `{name}` must be a vector of length `x.shape[axis]`. Expected: `({x.shape[-1]},)`, one "
                f"value per element of axis {axis}. Received: `{tuple(shape)}`."
            )
    return back(batch_norm_inference(x, mean, variance, scale, offset, epsilon=float(epsilon)))


def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: Any = None, **kwargs: Any
) -> Tensor:
    """x less its mean over some axes, divided by sqrt(variance + epsilon), scaled and shifted (Ba et al., 2016).

    Args:
        x: numbers of any shape; integers become the default float type.
        gamma, beta: the scale and the shift, in the shape of the axes, or in one that broadcasts with x; None leaves
            them out.
        axis: an int, or the last axes as a tuple.
        epsilon: added to the variance; the configured one (1e-7) if None.
        kwargs: rms_scaling=True, Keras's deprecated form, divides by the deviation without subtracting the mean.

    >>> import numpy as np
    >>> layer_normalization(np.array([[1.0, 3.0]]), epsilon=0.0)
    array([[-1.,  1.]])
    """
    if kwargs.pop("rms_scaling", False):  # Keras' deprecated form: scaled by the deviation, but not centred
        warnings.warn(RMS_SCALING.format("keras.ops.rms_normalization"), stacklevel=3)
        x = floating(x)
        return calculate(lambda v: _by_deviation(v, gamma, axis, epsilon), [x], dtype_of(x))
    if kwargs:
        raise ArgumentError(f"layer_normalization: unknown arguments {sorted(kwargs)}.")
    return _layer_normalize(x, gamma, beta, axis, epsilon, True)


def _by_deviation(x, gamma, axis, epsilon):
    _, var = moments(x, axis, keepdims=True)
    y = x * rsqrt(var + (config.epsilon() if epsilon is None else float(epsilon)))
    return y if gamma is None else y * gamma


def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: Any = None) -> Tensor:
    """x / sqrt(mean(x^2 over axis) + epsilon) * scale (Zhang and Sennrich, 2019).

    Args:
        x: numbers of any shape; integers become the default float type.
        scale: in the shape of the axes, or in one that broadcasts with x; None leaves it out.
        axis: an int, or the last axes as a tuple.
        epsilon: added to the mean square; the configured one (1e-7) if None.

    >>> import numpy as np
    >>> rms_normalization(np.array([[3.0, 3.0]]), epsilon=0.0)
    array([[1., 1.]])
    """
    return _layer_normalize(x, scale, None, axis, epsilon, False)


def _layer_normalize(x, gamma, beta, axis, epsilon, centered):
    x = floating(x)
    gamma, beta = (None if v is None else cast_to(operand(v), dtypes.standardize(x.dtype)) for v in (gamma, beta))
    epsilon = config.epsilon() if epsilon is None else float(epsilon)
    rank = len(x.shape)
    axes = shapes.normalize_axes(axis, rank)
    inner = tuple(x.shape[a] for a in axes)
    if not all(v is None or _one_each(v.shape, inner) for v in (gamma, beta)):  # they differ along other axes, too
        y = _layer_normalize(x, None, None, axis, epsilon, centered)
        y = y if gamma is None else multiply(y, gamma)
        return y if beta is None else add(y, beta)
    if axes == (rank - 1,):
        gamma, beta = (None if v is None else reshape(v, (-1,)) if len(v.shape) > 1 else v for v in (gamma, beta))
        return layer_norm(x, gamma, beta, epsilon=epsilon, centered=centered)[0]
    kept = tuple(a for a in range(rank) if a not in axes)
    order = (*kept, *axes)
    moved = transpose(x, order) if order != tuple(range(rank)) else x
    outer = tuple(-1 if d is None else d for d in moved.shape[: len(kept)])
    gamma, beta = (None if v is None else reshape(v, (-1,)) for v in (gamma, beta))
    y = layer_norm(reshape(moved, (*outer, shapes.product(inner))), gamma, beta, epsilon=epsilon, centered=centered)[0]
    y = reshape(y, (*outer, *inner))
    back = tuple(order.index(a) for a in range(rank))
    return transpose(y, back) if order != tuple(range(rank)) else y


def _one_each(shape, inner):
    """Whether a weight of this shape has one value for each place of the axes, which have the sizes `inner`."""
    sizes = [d for d in shape if d != 1]
    unknown = None in (*shape, *inner)
    return len(sizes) <= len(inner) if unknown else shapes.product(shape) == shapes.product(inner)


def group_normalization(
    x: Any, gamma: Any = None, beta: Any = None, groups: Any = 32, axis: Any = -1, epsilon: Any = 1e-3
) -> Tensor:
    """x with each group of channels of each sample normalised (Wu and He, 2018).

    Args:
        x: (n, ..., c), or with the channels elsewhere; integers become the default float type.
        gamma, beta: the scale and the shift, (c,); None leaves them out.
        groups: how many groups, an int that divides c.
        axis: the axis of the channels, an int.
        epsilon: added to the variance.

    Raises ShapeError for a number of groups that does not divide the channels.

    >>> import numpy as np
    >>> group_normalization(np.ones((2, 4, 4, 6)), groups=3).shape
    (2, 4, 4, 6)
    """
    x, back = to_last(floating(x), axis)
    c, inner = x.shape[-1], shapes.product(x.shape[1:-1])
    if c % groups:
        raise ShapeError(f"group_normalization: {c} channels cannot be divided into {groups} groups.")
    grouped = transpose(reshape(x, (-1, inner, groups, c // groups)), (0, 2, 1, 3))
    flat = reshape(grouped, (-1, groups, inner * (c // groups)))
    y = layer_norm(flat, None, None, epsilon=float(epsilon), centered=True)[0]
    y = transpose(reshape(y, (-1, groups, inner, c // groups)), (0, 2, 1, 3))
    y = reshape(y, (-1, *x.shape[1:]))
    y = y if gamma is None else y * gamma
    return back(y if beta is None else y + beta)


def normalize(x: Any, axis: Any = -1, order: Any = 2, epsilon: Any = None) -> Tensor:
    """x divided by its norm along an axis.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int or a tuple.
        order: of the norm, an int >= 1.
        epsilon: norms below it count as it; the configured one (1e-7) if None.

    >>> import numpy as np
    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(f"Argument `order` must be an int >= 1. Received: order={order!r}")
    x = floating(x)
    epsilon = config.epsilon() if epsilon is None else float(epsilon)
    axes = shapes.normalize_axes(axis, len(x.shape))

    def scaled(v):
        if order == 2:
            # the reciprocal root of the clipped square sum: the gradient stays finite at 0, as in Keras
            squares = reduction.sum(multiply(v, v), axis=axes, keepdims=True)
            return multiply(v, rsqrt(maximum(squares, epsilon * epsilon)))
        norm = reduction.sum(elementwise.abs(v) ** order, axis=axes, keepdims=True) ** (1.0 / order)
        return divide(v, maximum(norm, epsilon))

    return calculate(scaled, [x], dtype_of(x))  # half precision holds neither squares nor epsilon's


def l2_normalize(x: Any, axis: Any = -1, epsilon: Any = None) -> Tensor:
    """x divided by its Euclidean norm: `normalize` with order 2 (a name of the Keras 1 and 2 years).

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int or a tuple.
        epsilon: norms below it count as it; the configured one (1e-7) if None.

    >>> import numpy as np
    >>> l2_normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    return normalize(x, axis, 2, epsilon)
