"""Activations: element-wise functions of layers, and softmax and its kin along an axis.

Each takes a symbol, variable or array of any shape and returns one of the same shape.
"""

from fastnn.activations.curves import (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    log_sigmoid,
    log_softmax,
    mish,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
)
from fastnn.activations.pieces import (
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)
from fastnn.saving import identifiers as serial

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
