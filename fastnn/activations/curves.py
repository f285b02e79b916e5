"""Activations with exponentials, and those of whole vectors."""

from fastnn import ops


def elu(x, alpha=1.0):
    """x where positive, else alpha * (exp(x) - 1).

    Args:
        x: an array or symbol of floats, of any shape.
        alpha: float: the output tends to -alpha far below 0.

    Source: Clevert et al., Exponential Linear Units, 2016.

    >>> elu([-1.0, 0.5, 2.0]).round(3)
    array([-0.632,  0.5  ,  2.   ], dtype=float32)
    """
    return ops.elu(x, alpha=alpha)


def selu(x):
    """The scaled ELU of self-normalising networks (Klambauer et al., 2017).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> selu([-1.0, 0.5, 2.0]).round(3)
    array([-1.111,  0.525,  2.101], dtype=float32)
    """
    return ops.selu(x)


def celu(x, alpha=1.0):
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).

    Args:
        x: an array or symbol of floats, of any shape.
        alpha: float > 0: the output tends to -alpha far below 0.

    Source: Barron, Continuously Differentiable Exponential Linear Units, 2017.

    >>> celu([-1.0, 0.5, 2.0]).round(3)
    array([-0.632,  0.5  ,  2.   ], dtype=float32)
    """
    return ops.celu(x, alpha=alpha)


def gelu(x, approximate=False):
    """x times the normal distribution function of x; `approximate` uses tanh.

    Args:
        x: an array or symbol of floats, of any shape.
        approximate: whether tanh stands in for the normal distribution function.

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.

    >>> gelu([-1.0, 0.5, 2.0]).round(3)
    array([-0.159,  0.346,  1.954], dtype=float32)
    """
    return ops.gelu(x, approximate=approximate)


def sigmoid(x):
    """1 / (1 + exp(-x)).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> sigmoid([0.0])
    array([0.5], dtype=float32)
    """
    return ops.sigmoid(x)


def log_sigmoid(x):
    """log(sigmoid(x)), computed stably.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> log_sigmoid([-1.0, 0.5, 2.0]).round(3)
    array([-1.313, -0.474, -0.127], dtype=float32)
    """
    return ops.log_sigmoid(x)


def tanh(x):
    """The hyperbolic tangent.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> tanh([-1.0, 0.5, 2.0]).round(3)
    array([-0.762,  0.462,  0.964], dtype=float32)
    """
    return ops.tanh(x)


def tanh_shrink(x):
    """x - tanh(x).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> tanh_shrink([-1.0, 0.5, 2.0]).round(3)
    array([-0.238,  0.038,  1.036], dtype=float32)
    """
    return ops.tanh_shrink(x)


def softplus(x):
    """log(1 + exp(x)).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> softplus([-1.0, 0.5, 2.0]).round(3)
    array([0.313, 0.974, 2.127], dtype=float32)
    """
    return ops.softplus(x)


def softsign(x):
    """x / (1 + |x|).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> softsign([-1.0, 0.5, 2.0]).round(3)
    array([-0.5  ,  0.333,  0.667], dtype=float32)
    """
    return ops.softsign(x)


def squareplus(x, b=4):
    """(x + sqrt(x² + b)) / 2.

    Args:
        x: an array or symbol of floats, of any shape.
        b: float >= 0: how soft the bend is.

    Source: Barron, Squareplus, 2021.

    >>> squareplus([-1.0, 0.5, 2.0]).round(3)
    array([0.618, 1.281, 2.414], dtype=float32)
    """
    return ops.squareplus(x, b=b)


def silu(x):
    """x * sigmoid(x).

    Args:
        x: an array or symbol of floats, of any shape.

    Source: Elfwing et al., Sigmoid-Weighted Linear Units, 2018.

    >>> silu([-1.0, 0.5, 2.0]).round(3)
    array([-0.269,  0.311,  1.762], dtype=float32)
    """
    return ops.silu(x)


def mish(x):
    """x * tanh(softplus(x)).

    Args:
        x: an array or symbol of floats, of any shape.

    Source: Misra, Mish, 2019.

    >>> mish([-1.0, 0.5, 2.0]).round(3)
    array([-0.303,  0.375,  1.944], dtype=float32)
    """
    return ops.mish(x)


def exponential(x):
    """exp(x).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> exponential([0.0])
    array([1.], dtype=float32)
    """
    return ops.exp(x)


def softmax(x, axis=-1):
    """exp(x) divided by its sum along `axis`.

    Args:
        x: an array or symbol of floats, of any shape.
        axis: int, or ints: the axes along which the outputs sum to 1.

    >>> softmax([[0.0, 0.0]])
    array([[0.5, 0.5]], dtype=float32)
    """
    return ops.softmax(x, axis=axis)


def log_softmax(x, axis=-1):
    """log(softmax(x)), computed stably.

    Args:
        x: an array or symbol of floats, of any shape.
        axis: int: the axis along which the exponentials of the outputs sum to 1.

    >>> log_softmax([0.0, 0.0]).round(3)
    array([-0.693, -0.693], dtype=float32)
    """
    return ops.log_softmax(x, axis=axis)


def sparsemax(x, axis=-1):
    """The projection onto the simplex along `axis` (Martins and Astudillo, 2016).

    Args:
        x: an array or symbol of floats, of any shape.
        axis: int: the axis along which the outputs sum to 1.

    >>> sparsemax([0.0, 0.5, 2.0])
    array([0., 0., 1.], dtype=float32)
    """
    return ops.sparsemax(x, axis=axis)


def glu(x, axis=-1):
    """a * sigmoid(b) for the halves a, b of x along `axis`.

    Args:
        x: an array or symbol of floats, of any shape.
        axis: int: the axis that is halved; its size is even.

    Source: Dauphin et al., Language Modeling with Gated Convolutional Networks, 2017.

    >>> glu([1.0, 2.0, 0.0, 0.0])
    array([0.5, 1. ], dtype=float32)
    """
    return ops.glu(x, axis=axis)
