"""Activations of tensorflow_addons."""

from fastnn import activations, ops

__all__ = ["gelu", "hardshrink", "lisht", "mish", "snake", "softshrink", "sparsemax", "tanhshrink"]


def gelu(x, approximate=True):
    """x times the normal distribution's share below x, by tanh unless `approximate` is False.

    >>> float(gelu(0.0))
    0.0
    """
    return ops.gelu(x, approximate)


def mish(x):
    """x tanh(softplus(x)).

    >>> float(mish(0.0))
    0.0
    """
    return activations.mish(x)


def sparsemax(logits, axis=-1):
    """The nearest probabilities to logits, many of them 0.

    >>> sparsemax([[0.0, 3.0]]).tolist()
    [[0.0, 1.0]]
    """
    return activations.sparsemax(logits, axis)


def tanhshrink(x):
    """x - tanh(x).

    >>> float(tanhshrink(0.0))
    0.0
    """
    return ops.subtract(x, ops.tanh(x))


def lisht(x):
    """x tanh(x) (Roy et al., 2019).

    >>> float(lisht(0.0))
    0.0
    """
    return ops.multiply(x, ops.tanh(x))


def snake(x, frequency=1.0):
    """x + (1 - cos(2 f x)) / (2 f) (Ziyin et al., 2020).

    >>> float(snake(0.0))
    0.0
    """
    return x + (1.0 - ops.cos(2.0 * frequency * x)) / (2.0 * frequency)


def hardshrink(x, lower=-0.5, upper=0.5):
    """x, and 0 from `lower` to `upper`.

    >>> hardshrink(ops.convert_to_tensor([0.25, 0.75])).tolist()
    [0.0, 0.75]
    """
    return ops.where(ops.logical_or(x < lower, x > upper), x, ops.zeros_like(x))


def softshrink(x, lower=-0.5, upper=0.5):
    """x - upper above `upper`, x - lower below `lower`, 0 between.

    >>> softshrink(ops.convert_to_tensor([0.25, 1.0])).tolist()
    [0.0, 0.5]
    """
    return ops.where(x < lower, x - lower, ops.where(x > upper, x - upper, ops.zeros_like(x)))
