"""Layers of tensorflow_addons."""

from typing import Any

from fastnn import ops, random
from fastnn.compat.addons import activations
from fastnn.compat.addons.registered import registered
from fastnn.core.errors import ArgumentError
from fastnn.layers import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    GroupNormalization,
    SpectralNormalization,
)
from fastnn.layers.layer import Layer

__all__ = [
    "GELU", "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "GroupNormalization",
    "InstanceNormalization", "Maxout", "Sparsemax", "SpectralNormalization", "StochasticDepth",
]  # fmt: skip


@registered
class InstanceNormalization(GroupNormalization):
    """Each channel of each image with mean 0 and variance 1 (Ulyanov et al., 2016).

    Args:
        **kwargs: as of GroupNormalization, but `groups`: each channel is one.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("groups", None)
        super().__init__(groups=-1, **kwargs)


@registered
class GELU(Layer):
    """The activation gelu as a layer.

    Args:
        approximate: whether by tanh.
    """

    def __init__(self, approximate: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.approximate, self.supports_masking = approximate, True

    def call(self, inputs):
        return activations.gelu(inputs, self.approximate)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "approximate": self.approximate}


@registered
class Sparsemax(Layer):
    """The activation sparsemax as a layer.

    Args:
        axis: along which probabilities sum to 1.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.supports_masking = axis, True

    def call(self, inputs):
        return activations.sparsemax(inputs, self.axis)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


@registered
class Maxout(Layer):
    """The largest of every num_units-th feature (Goodfellow et al., 2013).

    Args:
        num_units: int: how many features are left; it divides how many there are.
        axis: of the features.
    """

    def __init__(self, num_units: int, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_units, self.axis = num_units, axis

    def call(self, inputs):
        axis, n = self.axis % len(inputs.shape), inputs.shape[self.axis]
        if n % self.num_units:
            raise ArgumentError(f"Maxout: number of features({n}) is not a multiple of num_units({self.num_units})")
        shape = [-1 if d is None else d for d in inputs.shape]
        rows = ops.reshape(inputs, (*shape[:axis], n // self.num_units, self.num_units, *shape[axis + 1 :]))
        return ops.max(rows, axis=axis)

    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        shape[self.axis] = self.num_units
        return tuple(shape)

    def get_config(self):
        return {**super().get_config(), "num_units": self.num_units, "axis": self.axis}


@registered
class StochasticDepth(Layer):
    """shortcut + residual, called as layer([shortcut, residual]): while training the residual is there by chance.

    Args:
        survival_probability: how often it is; otherwise the residual counts so much.

    Source: Huang et al., Deep Networks with Stochastic Depth, 2016.
    """

    def __init__(self, survival_probability: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.survival_probability = survival_probability
        self.seed_generator = random.SeedGenerator()

    def call(self, inputs, training=None):
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ArgumentError("input must be a list of length 2.")
        shortcut, residual = inputs
        there = self.survival_probability
        if training:
            there = ops.cast(random.uniform((), seed=self.seed_generator) < there, residual.dtype)
        return shortcut + there * residual

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "survival_probability": self.survival_probability}
