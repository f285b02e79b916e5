"""Activations: element-wise functions of layers, and softmax and its kin along an axis.

Each takes a symbol, variable or array of any shape and returns one of the same shape.
"""

from fastnn import ops
from fastnn.saving import identifiers as serial


def linear(x):
    """x itself.

    Args:
        x: an array or symbol of floats, of any shape.

    >>> linear(3.0)
    3.0
    """
    return x


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
        slope = negative_slope * (x - threshold) if negative_slope else ops.zeros_like(x)
        x = ops.where(ops.greater(x, threshold), x, slope)
    elif negative_slope:
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


def elu(x, alpha=1.0):
    """x where positive, else alpha * (exp(x) - 1).

    Args:
        x: an array or symbol of floats, of any shape.
        alpha: float: the output tends to -alpha far below 0.

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

    >>> celu([-1.0, 0.5, 2.0]).round(3)
    array([-0.632,  0.5  ,  2.   ], dtype=float32)
    """
    return ops.celu(x, alpha=alpha)


def gelu(x, approximate=False):
    """x times the normal distribution function of x; `approximate` uses tanh.

    Args:
        x: an array or symbol of floats, of any shape.
        approximate: whether tanh stands in for the normal distribution function.

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


def hard_sigmoid(x):
    """min(max(x / 6 + 1 / 2, 0), 1).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> hard_sigmoid([-1.0, 0.5, 2.0]).round(3)
    array([0.333, 0.583, 0.833], dtype=float32)
    """
    return ops.hard_sigmoid(x)


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


def hard_tanh(x):
    """min(max(x, -1), 1).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> hard_tanh([-1.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return ops.hard_tanh(x)


def tanh_shrink(x):
    """x - tanh(x).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> tanh_shrink([-1.0, 0.5, 2.0]).round(3)
    array([-0.238,  0.038,  1.036], dtype=float32)
    """
    return ops.tanh_shrink(x)


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

    >>> squareplus([-1.0, 0.5, 2.0]).round(3)
    array([0.618, 1.281, 2.414], dtype=float32)
    """
    return ops.squareplus(x, b=b)


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


def silu(x):
    """x * sigmoid(x).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> silu([-1.0, 0.5, 2.0]).round(3)
    array([-0.269,  0.311,  1.762], dtype=float32)
    """
    return ops.silu(x)


def hard_silu(x):
    """x * hard_sigmoid(x).

    Args:
        x: an array or symbol of floats, of any shape.

    >>> hard_silu([-1.0, 0.5, 2.0]).round(3)
    array([-0.333,  0.292,  1.667], dtype=float32)
    """
    return ops.hard_silu(x)


def mish(x):
    """x * tanh(softplus(x)).

    Args:
        x: an array or symbol of floats, of any shape.

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

    >>> glu([1.0, 2.0, 0.0, 0.0])
    array([0.5, 1. ], dtype=float32)
    """
    return ops.glu(x, axis=axis)


swish, hard_swish = silu, hard_silu
_FUNCTIONS = (linear, relu, leaky_relu, relu6, elu, selu, celu, gelu, sigmoid, hard_sigmoid, log_sigmoid, tanh,
              hard_tanh, tanh_shrink, hard_shrink, soft_shrink, threshold, softplus, softsign, squareplus, sparse_plus,
              sparse_sigmoid, silu, hard_silu, mish, exponential, softmax, log_softmax, sparsemax, glu)  # fmt: skip
_TABLE = {**{f.__name__: f for f in _FUNCTIONS}, "swish": silu, "hard_swish": hard_silu}
__all__ = sorted([*_TABLE, "get", "serialize", "deserialize"])


def get(identifier):
    """The activation that a name, config or callable stands for; `linear` for None.

    Args:
        identifier: a name, config dict, function or None.

    Raises UnknownNameError for an unknown name.

    >>> get("swish") is silu
    True
    """
    if identifier is None:
        return linear
    return serial.resolve("activation function", identifier, _TABLE, "activations")


def serialize(activation):
    """The name of a built-in activation, the config dict of any other.

    Args:
        activation: a function.

    >>> serialize(relu)
    'relu'
    """
    name = getattr(activation, "__name__", None)
    if _TABLE.get(name) is activation:
        return name
    return serial.serialize(activation)


def deserialize(config, custom_objects=None):
    """The activation that a name or config dict describes.

    Args:
        config: a name or a dict that serialize() gave.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize("tanh") is tanh
    True
    """
    return serial.resolve("activation function", config, _TABLE, "activations", custom_objects)


def __dir__():
    return __all__
