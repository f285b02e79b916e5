"""Rescaling and Normalization: fixed scaling of inputs."""

import math
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, NotBuiltError, ShapeError
from fastnn.core.values import as_numbers
from fastnn.layers.layer import Layer
from fastnn.ops.functions.operands import reserve


class Rescaling(Layer):
    """x * scale + offset.

    scale, offset: numbers, or lists with one value per channel.

    >>> import numpy as np
    >>> Rescaling(1 / 255)(np.array([[255.0]], "float32"))
    array([[1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        x = ops.cast(inputs, self.compute_dtype)
        kind = dtypes.numpy_type(self.compute_dtype)
        scale, offset = (np.asarray(v, kind) for v in (self.scale, self.offset))
        x = ops.multiply(x, float(scale) if scale.ndim == 0 else scale)
        if not offset.any():
            return x
        return ops.add(x, float(offset) if offset.ndim == 0 else offset)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "scale": _plain(self.scale), "offset": _plain(self.offset)}


def _plain(value):
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


class Normalization(Layer):
    """(x - mean) / sqrt(variance), with statistics given, or taken from data by `adapt`.

    Args:
        axis: the axis (or axes) with statistics of its own; None for one mean and variance.
        mean, variance: given statistics, instead of adapt().
        invert: x * sqrt(variance) + mean instead.

    Weights: mean, variance, count (if adapted).

    >>> import numpy as np
    >>> layer = Normalization()
    >>> layer.adapt(np.array([[0.0], [2.0]], "float32"))
    >>> layer(np.array([[2.0]], "float32"))
    array([[1.]], dtype=float32)
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean, self.input_variance, self.invert = mean, variance, invert
        if (mean is None) != (variance is None):
            raise ArgumentError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        self._given = None

    @property
    def mean(self):
        """The mean in use, an array of the shape that broadcasts; None before there is one."""
        return self._statistics()[0]

    @property
    def variance(self):
        """The variance in use, likewise."""
        return self._statistics()[1]

    def _statistics(self):
        if self._given is not None:
            return self._given
        if not self.built or self.input_mean is not None:
            return None, None
        return tuple(np.reshape(v.numpy(), self._wide) for v in (self.adapt_mean, self.adapt_variance))

    def build(self, input_shape):
        rank = len(input_shape)
        kept = sorted(a % rank for a in self.axis)
        if any(input_shape[a] is None for a in kept):
            raise ShapeError(
                f"All `axis` values to be kept must have a known shape. Received axis={self.axis}, "
                f"inputs.shape={tuple(input_shape)}."
            )
        self._reduced = tuple(i for i in range(rank) if i not in kept)
        self._wide = tuple(input_shape[i] if i in kept else 1 for i in range(rank))
        if self.input_mean is None:
            shape = tuple(input_shape[a] for a in kept)
            self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)
        else:
            reserve(2 * math.prod(self._wide), 4)
            given = [np.asarray(v, self.dtype) for v in (self.input_mean, self.input_variance)]
            self._given = tuple(
                np.ascontiguousarray(np.broadcast_to(v, self._wide) if v.size == 1 else v.reshape(self._wide))
                for v in given
            )

    def adapt(self, data):
        """Take the statistics from an array (rows first)."""
        if self.input_mean is not None:
            raise ArgumentError(
                "Cannot `adapt` a Normalization layer that is initialized with static `mean` and `variance`."
            )
        data = as_numbers(data, "data", wide=True)
        if data.ndim == 1:
            data = data[:, None]
        if not self.built:
            self.build((None, *data.shape[1:]))
        wide = data.astype(np.float64)
        mean = wide.mean(self._reduced)
        variance = wide.var(self._reduced)
        self.adapt_mean.assign(mean.astype(self.dtype))
        self.adapt_variance.assign(variance.astype(self.dtype))
        self.count.assign(len(data))

    def finalize_state(self):
        """What Keras calls after the weights have changed; here calls read the weights themselves."""

    def call(self, inputs):
        if not self.built:
            raise NotBuiltError("You must call `.build(input_shape)` or `.adapt(data)` on the layer before using it.")
        x = ops.cast(inputs, self.compute_dtype)
        if self._given is not None:
            mean, variance = self._given
            scale = np.maximum(np.sqrt(variance), 1e-7)
        else:
            mean, variance = (
                ops.cast(ops.reshape(v, self._wide), self.compute_dtype) for v in (self.adapt_mean, self.adapt_variance)
            )
            scale = ops.maximum(ops.sqrt(variance), 1e-7)
        return x * scale + mean if self.invert else (x - mean) / scale

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": _plain(self.input_mean),
            "variance": _plain(self.input_variance),
        }
