"""Normalisation within each sample: LayerNormalization, GroupNormalization, UnitNormalization, RMSNormalization."""

import math
import warnings
from typing import Any

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core import shapes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.layers import nest
from fastnn.layers.dense import weight_config
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.normalization import RMS_SCALING


class _Affine(Layer):
    """Base: gamma and beta with their initializers, regularizers and constraints.

    Args:
        axis: int, or ints: the axis (or axes) of the input that the statistics are about.
        epsilon: float >= 0, added to the variance.
        center: whether beta is added.
        scale: whether gamma is multiplied.
    """

    supports_masking = True

    def _set_affine(self, center, scale, kwargs):
        self.center, self.scale = center, scale
        for name, default in (("beta", "zeros"), ("gamma", "ones")):
            setattr(self, f"{name}_initializer", initializers.get(kwargs.get(f"{name}_initializer") or default))
            setattr(self, f"{name}_regularizer", regularizers.get(kwargs.get(f"{name}_regularizer")))
            setattr(self, f"{name}_constraint", constraints.get(kwargs.get(f"{name}_constraint")))

    def _calculate_wide(self):
        """In half precision, which does not hold squares of its numbers, take inputs as they are, or in float32."""
        self.autocast = self.autocast and self.compute_dtype not in WIDE

    def _affine_weights(self, shape, scale, center):
        for name, wanted in (("gamma", scale), ("beta", center)):
            weight = None
            if wanted:
                weight = self.add_weight(
                    name=name,
                    shape=shape,
                    initializer=getattr(self, f"{name}_initializer"),
                    regularizer=getattr(self, f"{name}_regularizer"),
                    constraint=getattr(self, f"{name}_constraint"),
                    autocast=self.autocast,
                )
            setattr(self, name, weight)

    def compute_output_shape(self, input_shape):
        return input_shape


class LayerNormalization(_Affine):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with statistics over `axis` of each sample.

    Args:
        axis: int, or ints: the axes of a sample that are normalised together.
        rms_scaling: x / sqrt(variance + epsilon) * gamma instead (of old files; RMSNormalization is what is meant).

    Weights: gamma and beta, of the shape of the normalised axes.

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.

    >>> import numpy as np
    >>> LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0]], "float32"))
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        given = {k: v for k, v in locals().items() if k.startswith(("beta_", "gamma_"))}
        if rms_scaling:
            warnings.warn(RMS_SCALING.format("keras.layers.RMSNormalization"), stacklevel=2)
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise ArgumentTypeError(
                f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}"
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.epsilon, self.rms_scaling = epsilon, bool(rms_scaling)
        self._calculate_wide()
        self._set_affine(center, scale, given)

    def build(self, input_shape):
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        axes = shapes.normalize_axes(self.axis, len(input_shape))
        shape = tuple(input_shape[a] for a in axes)
        if None in shape:
            raise ShapeError(
                f"LayerNormalization '{self.name}': the normalised axes must be known. "
                f"Received: input_shape={tuple(input_shape)}, axis={self.axis}"
            )
        self._affine_weights(shape, self.scale or self.rms_scaling, self.center and not self.rms_scaling)

    def call(self, inputs):
        inputs = ops.cast(inputs, WIDE.get(self.compute_dtype, self.compute_dtype))
        y = ops.layer_normalization(
            inputs, self.gamma, self.beta, axis=tuple(self.axis), epsilon=self.epsilon, rms_scaling=self.rms_scaling
        )
        return ops.cast(y, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon, "center": self.center,
                "scale": self.scale, "rms_scaling": self.rms_scaling,
                **weight_config(self, ("beta", "gamma"), activity=False)}  # fmt: skip


class RMSNormalization(Layer):
    """x / sqrt(mean(x²) + epsilon) * scale along `axis`.

    Args:
        axis: int, or ints: the axes that the mean is over.
        epsilon: float >= 0, added to the mean.

    Weights: scale, of the shape of the normalised axes.

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.

    >>> import numpy as np
    >>> RMSNormalization(epsilon=0.0)(np.array([[3.0, 3.0]], "float32"))
    array([[1., 1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.epsilon = list(axis) if isinstance(axis, (list, tuple)) else axis, epsilon

    def build(self, input_shape):
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        axes = shapes.normalize_axes(self.axis, len(input_shape))
        self.scale = self.add_weight(name="scale", shape=tuple(input_shape[a] for a in axes), initializer="ones")

    def call(self, inputs):
        return ops.rms_normalization(inputs, self.scale, axis=tuple(self.axis), epsilon=self.epsilon)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


class GroupNormalization(_Affine):
    """Normalises each of `groups` groups of channels of each sample (groups=-1: each channel by itself).

    Args:
        groups: int >= 1 that divides the channels; -1: as many as there are channels.
        axis: int: the axis of the channels.

    Weights: gamma and beta, one value per channel.

    Source: Wu and He, Group Normalization, 2018.

    >>> import numpy as np
    >>> GroupNormalization(2)(np.ones((1, 4, 4, 6), "float32")).shape
    (1, 4, 4, 6)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        given = {k: v for k, v in locals().items() if k.startswith(("beta_", "gamma_"))}
        super().__init__(**kwargs)
        if groups != -1 and (whole(groups) or 0) < 1:
            raise ArgumentError(
                "Invalid value for argument `groups`. Expected a positive integer, or -1 for a group for each channel. "
                f"Received: groups={groups!r}"
            )
        self.groups, self.axis, self.epsilon = groups, axis, epsilon
        self._calculate_wide()
        self._set_affine(center, scale, given)

    def build(self, input_shape):
        size = input_shape[self.axis]
        if size is None:
            raise ShapeError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer received "
                f"an input with shape {tuple(input_shape)}."
            )
        if self.groups == -1:
            self.groups = size
        if size < self.groups:
            raise ArgumentError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels ({size})."
            )
        if size % self.groups:
            raise ArgumentError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels ({size}), or rather "
                "a divisor of it."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})
        self._affine_weights((size,), self.scale, self.center)

    def call(self, inputs):
        inputs = ops.cast(inputs, WIDE.get(self.compute_dtype, self.compute_dtype))
        rank = len(inputs.shape)
        axis = shapes.normalize_axis(self.axis, rank)
        order = (*(i for i in range(rank) if i != axis), axis)
        x = inputs if axis == rank - 1 else ops.transpose(inputs, order)
        shape, size = x.shape, x.shape[-1]
        n, g = math.prod(shape[1:-1]), self.groups
        x = ops.transpose(ops.reshape(x, (shape[0], n, g, size // g)), (0, 2, 1, 3))
        x = ops.reshape(x, (shape[0], g, n * (size // g)))
        x = ops.layer_normalization(x, None, None, axis=-1, epsilon=self.epsilon)
        x = ops.transpose(ops.reshape(x, (shape[0], g, n, size // g)), (0, 2, 1, 3))
        x = ops.reshape(x, shape)
        x = x if self.gamma is None else x * self.gamma
        x = x if self.beta is None else x + self.beta
        x = ops.cast(x, self.compute_dtype)
        return x if axis == rank - 1 else ops.transpose(x, tuple(order.index(i) for i in range(rank)))

    def get_config(self):
        # fmt: off
        return {**super().get_config(), "groups": self.groups, "axis": self.axis, "epsilon": self.epsilon,
                "center": self.center, "scale": self.scale, **weight_config(self, ("beta", "gamma"), activity=False)}
        # fmt: on


class UnitNormalization(Layer):
    """x scaled to norm 1 along `axis` (an int or a list of ints).

    >>> import numpy as np
    >>> UnitNormalization()(np.array([[3.0, 4.0]], "float32"))
    array([[0.6, 0.8]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise ArgumentTypeError(
                f"Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis={axis}"
            )
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self._build_at_init()

    def call(self, inputs):
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        return ops.normalize(inputs, axis=axis, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape):
        if nest.is_shape(input_shape):
            shapes.normalize_axes(self.axis, len(input_shape))
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
