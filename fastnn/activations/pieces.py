"""Activations made of pieces of lines and parabolas."""

import functools

from fastnn import ops


def _slope_of_other_years(function):
    """A function that takes its slope as `alpha`, too, its name up to Keras 2."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if "alpha" in kwargs:
            kwargs["negative_slope"] = kwargs.pop("alpha")
        return function(*args, **kwargs)

    return call


def linear(x):
    """x itself.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> linear(3.0)
    3.0
    """
    return x


@_slope_of_other_years
@ops.public.recorded_as("activations.relu")
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0), or with a slope below `threshold` and a bound `max_value` above.

    Args:
        x: an array or symbol of floats, of any shape.
        negative_slope: float >= 0: the slope below the threshold.
        max_value: float >= 0: the largest output; None: any.
        threshold: float: where the output leaves the slope.

    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    if threshold:
        above = ops.where(ops.greater(x, threshold), x, 0.0)
        above = above if max_value is None else ops.clip(above, 0.0, max_value)
        return above - negative_slope * ops.relu(threshold - x) if negative_slope else above
    if negative_slope:
        x = ops.leaky_relu(x, negative_slope)
    else:
        x = ops.relu(x)
    return x if max_value is None else ops.minimum(x, max_value)


def leaky_relu(x, negative_slope=0.2):
    """x where positive, else negative_slope * x.

    Args:
        x: an array or symbol of floats, of any shape.
        negative_slope: float: the slope where x < 0.

    >>> leaky_relu([-1.0, 0.5, 2.0])
    array([-0.2,  0.5,  2. ], dtype=float32)
    """
    return ops.leaky_relu(x, negative_slope=negative_slope)


def relu6(x):
    """min(max(x, 0), 6).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> relu6([-1.0, 0.5, 8.0])
    array([0. , 0.5, 6. ], dtype=float32)
    """
    return ops.relu6(x)


def hard_sigmoid(x):
    """min(max(x / 6 + 1 / 2, 0), 1).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> hard_sigmoid([-1.0, 0.5, 2.0]).round(3)
    array([0.333, 0.583, 0.833], dtype=float32)
    """
    return ops.hard_sigmoid(x)


def hard_tanh(x):
    """min(max(x, -1), 1).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> hard_tanh([-1.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return ops.hard_tanh(x)


def hard_shrink(x, threshold=0.5):
    """x where |x| > threshold, else 0.

    Args:
        x: an array or symbol of floats, of any shape.
        threshold: float >= 0.

    >>> hard_shrink([-1.0, 0.5, 2.0])
    array([-1.,  0.,  2.], dtype=float32)
    """
    return ops.hard_shrink(x, threshold=threshold)


def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by `threshold`, 0 where that would cross.

    Args:
        x: an array or symbol of floats, of any shape.
        threshold: float >= 0.

    >>> soft_shrink([-1.0, 0.5, 2.0])
    array([-0.5,  0. ,  1.5], dtype=float32)
    """
    return ops.soft_shrink(x, threshold=threshold)


def threshold(x, threshold, default_value):
    """x where x > threshold, else default_value.

    Args:
        x: an array or symbol of floats, of any shape.
        threshold: a number.
        default_value: a number.

    >>> threshold([-1.0, 0.5, 2.0], 1.0, 0.0)
    array([0., 0., 2.], dtype=float32)
    """
    return ops.threshold(x, threshold, default_value)


def sparse_plus(x):
    """0 below -1, x above 1, (x + 1)² / 4 between.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> sparse_plus([-1.0, 0.5, 2.0]).round(3)
    array([0.   , 0.562, 2.   ], dtype=float32)
    """
    return ops.sparse_plus(x)


def sparse_sigmoid(x):
    """0 below -1, 1 above 1, (x + 1) / 2 between.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> sparse_sigmoid([-1.0, 0.5, 2.0])
    array([0.  , 0.75, 1.  ], dtype=float32)
    """
    return ops.sparse_sigmoid(x)


def hard_silu(x):
    """x * hard_sigmoid(x).

    Args:
        x: an array or symbol of floats, of any shape.

    Source: Howard et al., Searching for MobileNetV3, 2019.

    >>> hard_silu([-1.0, 0.5, 2.0]).round(3)
    array([-0.333,  0.292,  1.667], dtype=float32)
    """
    return ops.hard_silu(x)
