"""Regularizers: penalties on weights or activations that are added to the loss."""

import math
from typing import Any, Self

import numpy as np

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Config, Tensor, open_signature
from fastnn.ops.functions.reduction import sum_of_squares
from fastnn.saving import identifiers as serial


def _penalty(name, value):
    """A penalty factor as a finite float >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ArgumentError(
            f"Invalid value for argument {name}: expected a non-negative float. Received: {name}={value!r}"
        )
    return float(value)


class Regularizer:
    """Base class: a regularizer is called with a weight and returns a scalar.

    >>> class Half(Regularizer):
    ...     def __call__(self, x):
    ...         return 0.5 * ops.sum(x)
    >>> float(Half()([1.0, 3.0]))
    2.0
    """

    @open_signature
    def __call__(self, x: Tensor) -> Tensor:
        return 0.0

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A regularizer with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)


class L1L2(Regularizer):
    """l1 * sum(|x|) + l2 * sum(x²).

    Args:
        l1: float >= 0, the weight of the sum of |x|.
        l2: float >= 0, the weight of the sum of x².

    >>> float(L1L2(l1=0.5, l2=1.0)([1.0, -2.0]))
    6.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = 0.0 if l1 is None else _penalty("l1", l1)
        self.l2 = 0.0 if l2 is None else _penalty("l2", l2)

    def __call__(self, x):
        out = 0.0
        if self.l1:
            out = self.l1 * ops.sum(ops.abs(x))
        if self.l2:
            out = out + self.l2 * sum_of_squares(x)
        return out

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 * sum(|x|).

    Args:
        l1: float >= 0, the weight of the sum of |x|.

    >>> float(L1(0.5)([1.0, -2.0]))
    1.5
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = 0.01 if l1 is None else _penalty("l1", l1)

    def __call__(self, x):
        return self.l1 * ops.sum(ops.abs(x))

    def get_config(self):
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 * sum(x²).

    Args:
        l2: float >= 0, the weight of the sum of x².

    >>> float(L2(0.5)([1.0, -2.0]))
    2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = 0.01 if l2 is None else _penalty("l2", l2)

    def __call__(self, x):
        return self.l2 * sum_of_squares(x)

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Pushes the rows (or columns) of a matrix to be orthogonal to each other.

    Args:
        factor: float; the mean of |cosine| over pairs is multiplied by it.
        mode: "rows" or "columns".

    Raises:
        ArgumentError: for another mode, or, when called, for a weight that is not a matrix.

    >>> float(OrthogonalRegularizer(1.0)([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """

    def __init__(self, factor: Any = 0.01, mode: str = "rows") -> None:
        self.factor = _penalty("factor", factor)
        if mode not in ("rows", "columns"):
            raise ArgumentError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, x):
        x = x if hasattr(x, "shape") else ops.convert_to_tensor(x)
        if len(x.shape) != 2:
            raise ArgumentError(
                f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={tuple(x.shape)}"
            )
        if self.mode == "columns":
            x = ops.transpose(x)
        length = ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), 1e-12))
        x = x / length
        n = x.shape[0]
        pairs = n * (n - 1.0) / 2.0
        cosines = ops.abs(ops.matmul(x, ops.transpose(x))) * (1.0 - np.eye(n, dtype=str(x.dtype)))
        return self.factor * 0.5 * ops.sum(cosines) / max(pairs, 1.0)

    def get_config(self):
        return {"factor": self.factor, "mode": self.mode}


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
_TABLE = {"L1": L1, "L2": L2, "L1L2": L1L2, "OrthogonalRegularizer": OrthogonalRegularizer, "l1": L1, "l2": L2,
          "l1_l2": L1L2, "l1l2": L1L2, "orthogonal_regularizer": OrthogonalRegularizer}  # fmt: skip
__all__ = ["L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2",
           "orthogonal_regularizer", "serialize"]  # fmt: skip


def get(identifier):
    """The regularizer that a name, config, class, object or function stands for; None for None.

    Args:
        identifier: a name, config dict, class, Regularizer, function of a weight or None.

    Raises UnknownNameError for an unknown name.

    >>> get("l2").get_config()
    {'l2': 0.01}
    """
    return serial.resolve("regularizer", identifier, _TABLE, "regularizers")


def serialize(regularizer):
    """The config dict of a regularizer.

    Args:
        regularizer: a Regularizer.

    >>> serialize(L2(0.1))["config"]
    {'l2': 0.1}
    """
    return serial.serialize(regularizer)


def deserialize(config, custom_objects=None):
    """The regularizer that a config dict describes.

    Args:
        config: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "L1", "config": {"l1": 0.1}}).l1
    0.1
    """
    return serial.resolve("regularizer", config, _TABLE, "regularizers", custom_objects)


def __dir__():
    return __all__
