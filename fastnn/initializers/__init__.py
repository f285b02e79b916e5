"""Initializers: the first values of weights.

An initializer without a seed takes a random stream of its own when it is made, so the same script gives the same
values; with a seed its values depend on the seed alone.  Called twice, it gives the same values twice.
"""

import numpy as np

from fastnn.core import hooks
from fastnn.core.shapes import compute_fans
from fastnn.initializers.base import Initializer
from fastnn.initializers.drawn import Orthogonal, RandomInitializer, RandomNormal, RandomUniform, TruncatedNormal
from fastnn.initializers.fixed import STFT, Constant, Identity, Ones, Zeros
from fastnn.initializers.scaled import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from fastnn.saving import identifiers as serial

IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT
_CLASSES = (Zeros, Ones, Constant, Identity, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling,
            GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal, STFT)  # fmt: skip
# Keras accepts class names and these; the functions of Keras 1 and 2 had the same names
zeros, ones, constant, identity, orthogonal, stft = Zeros, Ones, Constant, Identity, Orthogonal, STFT
random_normal = normal = RandomNormal
random_uniform = uniform = RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling
glorot_uniform, glorot_normal, he_uniform, he_normal = GlorotUniform, GlorotNormal, HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
_ALIASES = {
    "zeros": Zeros, "zero": Zeros, "ones": Ones, "one": Ones, "constant": Constant, "identity": Identity,
    "IdentityInitializer": Identity, "orthogonal": Orthogonal, "OrthogonalInitializer": Orthogonal,
    "random_normal": RandomNormal, "normal": RandomNormal, "random_uniform": RandomUniform, "uniform": RandomUniform,
    "truncated_normal": TruncatedNormal, "variance_scaling": VarianceScaling, "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal, "he_uniform": HeUniform, "he_normal": HeNormal, "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal, "stft": STFT, "STFTInitializer": STFT,
}  # fmt: skip
_TABLE = {**{c.__name__: c for c in _CLASSES}, **_ALIASES}
__all__ = sorted(["get", "serialize", "deserialize", *(n for n in _TABLE if n in globals()),
                  *(thing.__name__ for thing in (Initializer, RandomInitializer, compute_fans))])  # fmt: skip


def get(identifier):
    """The initializer that a name, config, class, object or function stands for; None for None.

    Args:
        identifier: a name, config dict, class, Initializer, function (shape, dtype) or None.

    Raises UnknownNameError for an unknown name.

    >>> get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if isinstance(identifier, (int, float, np.ndarray)) and not isinstance(identifier, bool):
        return Constant(identifier)
    return serial.resolve("initializer", identifier, _TABLE, "initializers")


def for_axes(initializer, input_axes, output_axes):
    """`initializer` for a weight whose axes mean these; only those that look at fans care."""
    return initializer.for_axes(input_axes, output_axes) if isinstance(initializer, VarianceScaling) else initializer


def serialize(initializer):
    """The config dict of an initializer.

    Args:
        initializer: an Initializer.

    >>> serialize(Zeros())["class_name"]
    'Zeros'
    """
    return serial.serialize(initializer)


def deserialize(config, custom_objects=None):
    """The initializer that a config dict describes.

    Args:
        config: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "Ones", "config": {}})((1,))
    array([1.], dtype=float32)
    """
    return serial.resolve("initializer", config, _TABLE, "initializers", custom_objects)


hooks.register("initializer", get)


def __dir__():
    return __all__
