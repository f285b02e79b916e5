"""Constraints: what a weight is projected onto after each update."""

from typing import Any, Self

from fastnn import ops
from fastnn.core import config
from fastnn.core.arguments import ChecksArguments
from fastnn.core.types import Config, Tensor, open_signature
from fastnn.saving import identifiers as serial


class Constraint(ChecksArguments):
    """Base class: a constraint is called with a weight and returns the projected weight.

    Raises ArgumentError for numbers that do not fit.

    >>> class Whole(Constraint):
    ...     def __call__(self, w):
    ...         return ops.round(w)
    >>> Whole().get_config()
    {}
    """

    @open_signature
    def __call__(self, w: Tensor) -> Tensor:
        """The weight after the constraint: the same, unless a subclass says more.

        Args:
            w: an array or symbol.
        """
        return w

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A constraint with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)


def _norm(w, axis):
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Shrinks weights whose norm along `axis` exceeds `max_value`.

    Args:
        max_value: float > 0: the largest norm.
        axis: int or tuple of ints: the axes that a norm is taken over: 0 for Dense kernels (one norm per unit), (0, 1,
            2) for Conv2D kernels.

    Source: Srivastava et al., Dropout, 2014.

    >>> import numpy as np
    >>> MaxNorm(1.0)(np.array([[3.0], [4.0]], "float32"))
    array([[0.6],
           [0.8]], dtype=float32)
    """

    def __init__(self, max_value: Any = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w):
        norms = _norm(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (config.epsilon() + norms))

    def get_config(self):
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Sets negative weights to zero.

    >>> NonNeg()([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """

    def __call__(self, w):
        return ops.maximum(w, 0.0)


class UnitNorm(Constraint):
    """Scales weights to norm 1 along `axis`.

    Args:
        axis: int or tuple of ints: the axes that a norm is taken over: 0 for Dense kernels (one norm per unit), (0, 1,
            2) for Conv2D kernels.

    >>> import numpy as np
    >>> UnitNorm()(np.array([[3.0], [4.0]], "float32"))
    array([[0.6],
           [0.8]], dtype=float32)
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w):
        return w / (config.epsilon() + _norm(w, self.axis))

    def get_config(self):
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Moves the norm along `axis` towards [min_value, max_value] by the share `rate` (1: at once).

    Args:
        min_value: float >= 0: the smallest norm.
        max_value: float > 0: the largest norm.
        rate: float in [0, 1]: how much of the way is gone at each update.
        axis: int or tuple of ints: the axes that a norm is taken over: 0 for Dense kernels (one norm per unit), (0, 1,
            2) for Conv2D kernels.

    >>> import numpy as np
    >>> MinMaxNorm(0.0, 1.0)(np.array([[3.0], [4.0]], "float32"))
    array([[0.6],
           [0.8]], dtype=float32)
    """

    def __init__(self, min_value: Any = 0.0, max_value: Any = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        norms = _norm(w, self.axis)
        wanted = self.rate * ops.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (config.epsilon() + norms))

    def get_config(self):
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm
_TABLE = {"MaxNorm": MaxNorm, "NonNeg": NonNeg, "UnitNorm": UnitNorm, "MinMaxNorm": MinMaxNorm, "max_norm": MaxNorm,
          "maxnorm": MaxNorm, "non_neg": NonNeg, "nonneg": NonNeg, "unit_norm": UnitNorm, "unitnorm": UnitNorm,
          "min_max_norm": MinMaxNorm}  # fmt: skip
__all__ = ["Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm",
           "min_max_norm", "non_neg", "serialize", "unit_norm"]  # fmt: skip


def get(identifier):
    """The constraint that a name, config, class, object or function stands for; None for None.

    Args:
        identifier: a name, config dict, class, Constraint, function of a weight or None.

    Raises UnknownNameError for an unknown name.

    >>> get("max_norm").max_value
    2
    """
    return serial.resolve("constraint", identifier, _TABLE, "constraints")


def serialize(constraint):
    """The config dict of a constraint.

    Args:
        constraint: a Constraint.

    >>> serialize(UnitNorm())["config"]
    {'axis': 0}
    """
    return serial.serialize(constraint)


def deserialize(config, custom_objects=None):
    """The constraint that a config dict describes.

    Args:
        config: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "NonNeg", "config": {}}).get_config()
    {}
    """
    return serial.resolve("constraint", config, _TABLE, "constraints", custom_objects)


def __dir__():
    return __all__
