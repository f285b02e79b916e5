"""Rescaling and Normalization: fixed scaling of inputs."""

import math
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, DTypeError, NotBuiltError, ShapeError
from fastnn.core.values import as_numbers
from fastnn.layers.layer import Layer
from fastnn.ops.functions.operands import reserve


class Rescaling(Layer):
    """x * scale + offset.

    Args:
        scale, offset: numbers, or lists with one value per channel.

    >>> import numpy as np
    >>> Rescaling(1 / 255)(np.array([[255.0]], "float32"))
    array([[1.]], dtype=float32)
    """

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs):
        x = ops.cast(inputs, self.compute_dtype)
        kind = dtypes.numpy_type(self.compute_dtype)
        scale, offset = (np.asarray(v, kind) for v in (self.scale, self.offset))
        if config.image_data_format() == "channels_first" and len(x.shape) > 2:
            scale, offset = (v.reshape(-1, 1, 1) if v.ndim == 1 else v for v in (scale, offset))
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


def _first(batch):
    """The inputs of a batch."""
    return batch[0] if isinstance(batch, (list, tuple)) and batch else batch


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

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    supports_masking = True

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
        if np.shape(mean) != np.shape(variance):
            raise ArgumentError(
                "When setting values directly, `mean` and `variance` must have the same shape. Received: "
                f"mean shape {np.shape(mean)} and variance shape {np.shape(variance)}"
            )
        self._given = self._shape = None

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
        if any(not -rank <= a < rank for a in self.axis):
            raise ArgumentError(
                f"All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim={rank}, while "
                f"axis={self.axis}"
            )
        kept = sorted(a % rank for a in self.axis)
        if any(input_shape[a] is None for a in kept):
            raise ShapeError(
                f"All `axis` values to be kept must have a known shape. Received axis={self.axis}, "
                f"inputs.shape={tuple(input_shape)}."
            )
        self._shape, self._kept = tuple(input_shape), kept
        self._reduced = tuple(i for i in range(rank) if i not in kept)
        self._wide = tuple(input_shape[i] if i in kept else 1 for i in range(rank))
        if self.input_mean is None:
            shape = tuple(input_shape[a] for a in kept)
            self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)
        else:
            reserve(2 * math.prod(self._wide), 4)
            given = [
                np.asarray(v, dtypes.numpy_type(self.compute_dtype)) for v in (self.input_mean, self.input_variance)
            ]
            self._given = tuple(self._broadcast(v) for v in given)

    def _broadcast(self, value):
        """Given statistics in the shape that broadcasts: their axes are the last of those that are kept."""
        own = value.shape[value.ndim - len(self._kept) :] if value.ndim > len(self._kept) else value.shape
        if math.prod(own) == value.size and len(own) <= len(self._kept):
            shape = [1] * len(self._wide)
            for size, axis in zip(reversed(own), reversed(self._kept)):
                shape[axis] = size
            value = value.reshape(shape)
        wide = value.reshape(self._wide) if value.size == math.prod(self._wide) else np.broadcast_to(value, self._wide)
        return np.ascontiguousarray(wide)

    def adapt(self, data):
        """Take the statistics from an array (rows first), or from the batches of a data set or any iterable of them.

        Of batches that are tuples, the first part counts.

        Args:
            data: an array (rows, ...), a Dataset, or an iterable of batches.

        Raises ArgumentError for a layer with given statistics and for no batches, ShapeError for batches of another
        shape, DTypeError for what has no shape.
        """
        if self.input_mean is not None:
            raise ArgumentError(
                "Cannot `adapt` a Normalization layer that is initialized with static `mean` and `variance`."
            )
        rows, count, mean, variance = 0, 0, 0.0, 0.0
        for batch in self._batches(data):
            wide = batch.astype(np.float64)
            self._fits(batch.shape)
            more = math.prod(batch.shape[i] for i in self._reduced)
            rows, count, share = rows + len(batch), count + more, more / max(count + more, 1)
            own = wide.mean(self._reduced), wide.var(self._reduced)
            joint = mean * (1 - share) + own[0] * share  # variances about the joint mean, by what each stands for
            variance = (variance + (mean - joint) ** 2) * (1 - share) + (own[1] + (own[0] - joint) ** 2) * share
            mean = joint
        if not rows:
            raise ArgumentError(
                "adapt() received an empty iterable (no batches). Expected at least one batch: an array, or an "
                "iterable of arrays, e.g. layer.adapt([x])."
            )
        self.adapt_mean.assign(np.asarray(mean, dtypes.numpy_type(self.dtype)))
        self.adapt_variance.assign(np.asarray(variance, dtypes.numpy_type(self.dtype)))
        self.count.assign(rows)

    def _batches(self, data):
        """The arrays of what adapt() takes; the layer is built for the first."""
        spec = data.element_spec if hasattr(data, "element_spec") else None
        if spec is not None and len((spec[0] if isinstance(spec, tuple) else spec).shape) < 2:
            data = data.batch(128)
        numbers = isinstance(data, (list, tuple)) and data and not any(hasattr(_first(x), "shape") for x in data)
        whole = numbers or hasattr(data, "dtype") or hasattr(data, "__array__")
        if not whole and not hasattr(data, "__iter__") and not hasattr(data, "__getitem__"):
            raise DTypeError(
                f"Unsupported data type: {type(data)}. `adapt` takes arrays, data sets and iterables of batches."
            )
        for batch in [data] if whole else data:
            batch = batch if whole else _first(batch)
            if not whole and not hasattr(batch, "shape"):
                raise DTypeError(
                    "adapt() expects an iterable that yields arrays with a `.shape` attribute. Received an element "
                    f"of type {type(batch).__name__}."
                )
            array = as_numbers(batch, "data", wide=True, real=True)
            yield array[:, None] if array.ndim == 1 and self.axis else array

    def _fits(self, shape):
        if not self.built:
            self.build((None, *shape[1:]) if 0 not in (a % len(shape) for a in self.axis) else shape)
            self.built = True
        elif len(shape) != len(self._shape) or any(shape[a] != self._shape[a] for a in self._kept):
            raise ShapeError(
                f"The layer was built with input_shape={self._shape}, but adapt() is being called with data with an "
                f"incompatible shape, data.shape={tuple(shape)}"
            )

    def finalize_state(self):
        """What Keras calls after the weights have changed; here calls read the weights themselves."""

    def call(self, inputs):
        if not self.built:
            raise NotBuiltError("You must call `.build(input_shape)` or `.adapt(data)` on the layer before using it.")
        x = ops.cast(inputs, self.compute_dtype)
        if self._given is not None:
            mean, variance = self._given
            scale = np.maximum(np.sqrt(variance), variance.dtype.type(1e-7))
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
