"""Padding, cropping and repeating of steps and pixels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import shapes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.layers.data_format import from_last, join_shape, split_shape, standardize_data_format, to_last
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
ENTRIES = ("1st", "2nd", "3rd")
COUNTS = {2: "two", 3: "3"}


def _pair_of(value, name):
    """(before, after), both >= 0."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else ()
    if len(pair) != 2 or any(whole(v) is None or v < 0 for v in pair):
        raise ArgumentError(f"The `{name}` argument must be a tuple of 2 integers >= 0. Received {name}={value!r}")
    return tuple(map(int, pair))


def _amounts(value, name, rank):
    """((before, after), ...) for an int, one int per axis, or a pair per axis."""
    one = whole(value)
    if one is not None:
        if one < 0:
            raise ArgumentError(f"`{name}` cannot be negative. Received: {name}={value}.")
        return ((one, one),) * rank
    if rank == 1:
        return (_pair_of(value, name),)
    if not isinstance(value, (list, tuple)):
        raise ArgumentError(
            f"`{name}` should be either an int, a tuple of {rank} ints (one for each axis), or a tuple "
            f"of {rank} tuples of 2 ints (before, after). Received: {name}={value!r}."
        )
    if len(value) != rank:
        raise ArgumentError(f"`{name}` should have {COUNTS[rank]} elements. Received: {name}={value}.")
    pairs = [(v, v) if whole(v) is not None else v for v in value]
    return tuple(_pair_of(pair, f"{which} entry of {name}") for which, pair in zip(ENTRIES, pairs))


class _Frame(Layer):
    """Base: something is done at the edges of the spatial axes.

    Args:
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
    """

    rank = 2
    argument = "padding"
    _keeps_dtype = True

    def __init__(self, amounts: Any, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        setattr(self, self.argument, _amounts(amounts, self.argument, self.rank))
        placed = self.rank > 1 or self.argument == "padding"  # Cropping1D knows one way only
        self.data_format = standardize_data_format(data_format) if placed else "channels_last"
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _pairs(self):
        return getattr(self, self.argument)

    def get_config(self):
        pairs = self._pairs()
        config = {**super().get_config(), self.argument: pairs[0] if self.rank == 1 else pairs}
        if self.rank > 1 or self.argument == "padding":
            config["data_format"] = self.data_format
        return config


class _Pad(_Frame):
    def call(self, inputs):
        x = to_last(inputs, self.data_format)
        return from_last(ops.pad(x, ((0, 0), *self._pairs(), (0, 0))), self.data_format)

    def compute_output_shape(self, input_shape):
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        out = [None if n is None else n + a + b for n, (a, b) in zip(spatial, self._pairs())]
        return join_shape(batch, out, channels, self.data_format)


class ZeroPadding2D(_Pad):
    """Zeros around an image.

    Args:
        padding: an int, one per axis, or ((top, bottom), (left, right)).

    >>> import numpy as np
    >>> ZeroPadding2D(1)(np.ones((1, 2, 2, 1), "float32")).shape
    (1, 4, 4, 1)
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding3D(_Pad):
    """Zeros around a volume (batch, depth, height, width, channels).

    Args:
        padding: an int, one per axis, or three pairs (before, after).

    >>> import numpy as np
    >>> ZeroPadding3D(1)(np.ones((1, 2, 2, 2, 1), "float32")).shape
    (1, 4, 4, 4, 1)
    """

    rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class ZeroPadding1D(_Pad):
    """Zeros before and after a sequence (batch, steps, channels).

    Args:
        padding: an int or (before, after).

    >>> import numpy as np
    >>> ZeroPadding1D(2)(np.ones((1, 3, 1), "float32")).shape
    (1, 7, 1)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class _Crop(_Frame):
    argument = "cropping"
    too_much = "Values in `cropping` argument should be smaller than the corresponding spatial dimension of the input"

    def call(self, inputs):
        x = to_last(inputs, self.data_format)
        self.compute_output_shape(inputs.shape)
        index = tuple(slice(a, n - b) for n, (a, b) in zip(x.shape[1:-1], self._pairs()))
        return from_last(x[(slice(None), *index)], self.data_format)

    def compute_output_shape(self, input_shape):
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        out = [None if n is None else n - a - b for n, (a, b) in zip(spatial, self._pairs())]
        if any(n is not None and n <= 0 for n in out):
            raise ShapeError(
                f"{self.too_much}. Received: input_shape={tuple(input_shape)}, cropping={self.get_config()['cropping']}"
            )
        return join_shape(batch, out, channels, self.data_format)


class Cropping2D(_Crop):
    """An image without its margins.

    Args:
        cropping: an int, one per axis, or ((top, bottom), (left, right)).

    >>> import numpy as np
    >>> Cropping2D(1)(np.ones((1, 4, 4, 1), "float32")).shape
    (1, 2, 2, 1)
    """

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(_Crop):
    """A volume (batch, depth, height, width, channels) without its margins.

    Args:
        cropping: an int, one per axis, or three pairs (before, after).

    >>> import numpy as np
    >>> Cropping3D(1)(np.ones((1, 4, 4, 4, 1), "float32")).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping1D(_Crop):
    """A sequence (batch, steps, channels) without its first and last steps.

    Args:
        cropping: an int or (before, after).

    >>> import numpy as np
    >>> Cropping1D(1)(np.ones((1, 4, 1), "float32")).shape
    (1, 2, 1)
    """

    rank = 1
    too_much = "`cropping` parameter of `Cropping1D` layer must be smaller than the input length"

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, None, **kwargs)


class UpSampling1D(Layer):
    """Each step of a sequence `size` times.

    Args:
        size: int >= 1: how often each step comes.

    >>> import numpy as np
    >>> UpSampling1D(2)(np.ones((1, 3, 1), "float32")).shape
    (1, 6, 1)
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if whole(size) is None:
            raise ArgumentTypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size < 1:
            raise ArgumentError(f"Argument `size` should be a positive integer. Received: size={size}")
        self.size = int(size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs):
        return ops.repeat(inputs, self.size, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], None if input_shape[1] is None else input_shape[1] * self.size, input_shape[2])

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class _UpSampling(Layer):
    """Base: each spatial axis has `size` times as many values."""

    rank = 2

    def __init__(self, size: int | Sequence[int], data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = shapes.pair(size, "size", self.rank)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs):
        x = to_last(inputs, self.data_format)
        for axis, factor in enumerate(self.size, 1):
            x = self._longer(x, factor, axis)
        return from_last(x, self.data_format)

    def _longer(self, x, factor, axis):
        return ops.repeat(x, factor, axis=axis)

    def compute_output_shape(self, input_shape):
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        out = [None if n is None else n * f for n, f in zip(spatial, self.size)]
        return join_shape(batch, out, channels, self.data_format)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}


class UpSampling3D(_UpSampling):
    """Each value of a volume (batch, depth, height, width, channels) repeated along each axis.

    Args:
        size: an int or three factors.
        data_format: "channels_last" (the default) or "channels_first".

    >>> import numpy as np
    >>> UpSampling3D()(np.ones((1, 2, 2, 2, 1), "float32")).shape
    (1, 4, 4, 4, 1)
    """

    rank = 3

    def __init__(self, size: int | Sequence[int] = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(size, data_format, **kwargs)


class UpSampling2D(_UpSampling):
    """Larger images.

    Args:
        size: an int or two factors (height, width).
        data_format: "channels_last" (the default) or "channels_first".
        interpolation: "nearest" (each pixel repeated), "bilinear", "bicubic", "lanczos3" or "lanczos5".

    >>> import numpy as np
    >>> UpSampling2D()(np.ones((1, 2, 2, 1), "float32")).shape
    (1, 4, 4, 1)
    """

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        self.interpolation = interpolation.lower()
        if self.interpolation not in INTERPOLATIONS:
            raise ArgumentError(
                f"`interpolation` argument should be one of {INTERPOLATIONS}. "
                f"Received: interpolation={interpolation!r}."
            )

    def call(self, inputs):
        if self.interpolation in ("nearest", "bilinear"):
            return super().call(inputs)
        x = to_last(inputs, self.data_format)
        size = tuple(n * factor for n, factor in zip(x.shape[1:-1], self.size))
        larger = ops.image.resize(x, size, interpolation=self.interpolation, data_format="channels_last")
        return from_last(larger, self.data_format)

    def _longer(self, x, factor, axis):
        return super()._longer(x, factor, axis) if self.interpolation == "nearest" else _stretch(x, axis, factor)

    def get_config(self):
        config = super().get_config()
        data_format = config.pop("data_format")
        return {**config, "data_format": data_format, "interpolation": self.interpolation}


def _stretch(x, axis, factor):
    """Linear interpolation to `factor` times as many pixels along an axis, with half-pixel centres."""
    n = x.shape[axis]
    at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    low = np.floor(at).astype("int32")
    share = (at - low).astype(str(x.dtype)).reshape([-1 if i == axis else 1 for i in range(4)])
    high = np.minimum(low + 1, n - 1).astype("int32")
    return ops.take(x, low, axis=axis) * (1 - share) + ops.take(x, high, axis=axis) * share
