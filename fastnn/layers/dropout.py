"""Dropout and noise: layers that act only while training."""

import math
from typing import Any

from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.graph import apply
from fastnn.layers.config import placed
from fastnn.layers.data_format import standardize_data_format
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.ops.functions.random import dropout
from fastnn.ops.records.random import random_bernoulli, random_normal
from fastnn.random import SeedGenerator


class _Noise(Layer):
    """Base: input unchanged while not training.

    Args:
        rate: float in [0, 1].
        seed: int: the draws are the same in each run; None: a random stream of the layer's own.
    """

    supports_masking = True

    def __init__(self, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = seed if isinstance(seed, SeedGenerator) else SeedGenerator(seed)
        self._build_at_init()

    def _key(self):
        return dict(zip(("seed", "stream", "call"), self.seed_generator.draw()))

    def _draw(self, op, shape, **attrs):
        return apply(op, (), {"shape": tuple(shape), "dtype": self.compute_dtype, **attrs, **self._key()})

    def compute_output_shape(self, input_shape):
        return input_shape

    def _config(self, **own):
        return {**super().get_config(), **own, "seed": self.seed if hasattr(self.seed, "__index__") else None}


def _rate(rate):
    plain = not isinstance(rate, bool) and hasattr(rate, "__float__")
    if not plain or not 0 <= rate <= 1:
        kind = ArgumentError if plain else ArgumentTypeError
        raise kind(
            "Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
            f"Received: rate={rate!r}"
        )
    return rate


def _noise_shape(shape):
    if shape is None:
        return None
    if not isinstance(shape, (list, tuple)):
        raise ArgumentError(
            "Invalid value received for argument `noise_shape`. Expected a tuple or list of integers. "
            f"Received: noise_shape={shape!r}"
        )
    for size in shape:
        if size is None:
            continue
        if whole(size) is None:
            raise ArgumentError(
                "Invalid value received for argument `noise_shape`. Expected all elements to be integers or None. "
                f"Received: noise_shape={tuple(shape)}"
            )
        if size < 1:
            raise ArgumentError(
                "Invalid value received for argument `noise_shape`. Expected all dimensions to be positive integers or "
                f"None. Received: noise_shape={tuple(shape)}"
            )
    return tuple(shape)


class Dropout(_Noise):
    """While training, each element is 0 with probability `rate`, else divided by 1 - rate.

    Args:
        rate: float in [0, 1]: the probability with which an element is dropped.
        noise_shape: shape of the mask, None where it is the input's, 1 where one draw is shared along an axis; None: of
            the input's shape.

    Raises ArgumentError for another rate.

    Source: Srivastava et al., Dropout, 2014.

    >>> import numpy as np
    >>> Dropout(0.5)(np.ones((1, 4), "float32"))
    array([[1., 1., 1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.rate = _rate(rate)
        self.noise_shape = _noise_shape(noise_shape)

    def _noise_shape(self, shape):
        return self.noise_shape

    def _rows_apart(self, training):
        free = self.noise_shape is None or self.noise_shape[0] is None
        return free and super()._rows_apart(training)

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        return dropout(inputs, self.rate, noise_shape=self._noise_shape(inputs.shape), **self._key())

    def get_config(self):
        return placed(self._config(rate=self.rate, noise_shape=self.noise_shape), ("seed",), "noise_shape")


class _SpatialDropout(Dropout):
    """Base: whole channels are dropped.

    Args:
        rate: float in [0, 1]: the probability with which a channel of a sample is dropped.
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
    """

    def get_config(self):
        # Keras writes no more than this
        return {"rate": self.rate, "seed": self._config()["seed"], "name": self.name, "dtype": self.dtype}


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of a sequence (batch, steps, channels).

    Source: Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> import numpy as np
    >>> SpatialDropout1D(0.5)(np.ones((1, 4, 2), "float32")).shape
    (1, 4, 2)
    """

    def __init__(
        self, rate: float, seed: Any = None, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _noise_shape(self, shape):
        return (shape[0], 1, shape[2])


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of an image.

    Source: Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> import numpy as np
    >>> SpatialDropout2D(0.5)(np.ones((1, 4, 4, 2), "float32")).shape
    (1, 4, 4, 2)
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=4)

    def _noise_shape(self, shape):
        first = self.data_format == "channels_first"
        return (shape[0], shape[1], 1, 1) if first else (shape[0], 1, 1, shape[3])

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of a volume.

    Source: Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    >>> import numpy as np
    >>> SpatialDropout3D(0.5)(np.ones((1, 4, 4, 4, 2), "float32")).shape
    (1, 4, 4, 4, 2)
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=5)

    def _noise_shape(self, shape):
        last = self.data_format == "channels_last"
        return (shape[0], 1, 1, 1, shape[4]) if last else (shape[0], shape[1], 1, 1, 1)

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class GaussianNoise(_Noise):
    """While training, normal noise of standard deviation `stddev` is added.

    Args:
        stddev: float >= 0.

    >>> import numpy as np
    >>> GaussianNoise(0.1)(np.ones((1, 2), "float32"))
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, stddev: Any, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        if not hasattr(stddev, "__float__") or stddev < 0:
            raise ArgumentError(
                "Invalid value received for argument `stddev`. Expected a float value >= 0. "
                f"Received: stddev={stddev!r}"
            )
        self.stddev = stddev

    def call(self, inputs, training=False):
        if not training or not self.stddev:
            return inputs
        return inputs + self._draw(random_normal, inputs.shape, stddev=float(self.stddev))

    def get_config(self):
        return self._config(stddev=self.stddev)


class GaussianDropout(_Noise):
    """While training, multiplied by normal noise of mean 1 and standard deviation sqrt(rate / (1 - rate)).

    Args:
        rate: float in [0, 1): as Dropout's, whose mean and variance the noise has.

    Source: Srivastava et al., Dropout, 2014.

    >>> import numpy as np
    >>> GaussianDropout(0.5)(np.ones((1, 2), "float32"))
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.rate = _rate(rate)

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * self._draw(random_normal, inputs.shape, mean=1.0, stddev=stddev)

    def get_config(self):
        return self._config(rate=self.rate)


class AlphaDropout(_Noise):
    """Dropout that keeps mean and variance of SELU's outputs (Klambauer et al., 2017).

    Args:
        rate: float in [0, 1]: the probability with which an element is set to what SELU tends to.
        noise_shape: shape of the mask, None where it is the input's, 1 where one draw is shared along an axis.

    >>> import numpy as np
    >>> AlphaDropout(0.5)(np.ones((1, 2), "float32"))
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.rate, self.noise_shape = _rate(rate), noise_shape

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        low = -1.6732632423543772 * 1.0507009873554805  # what SELU tends to
        a = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        shape = (
            inputs.shape
            if self.noise_shape is None
            else tuple(d if n is None else n for n, d in zip(self.noise_shape, inputs.shape))
        )
        kept = self._draw(random_bernoulli, shape, p=1.0 - float(self.rate), low=0.0, high=1.0)
        x = inputs * kept + low * (1.0 - kept)
        return x * a - a * low * self.rate

    def get_config(self):
        return placed(self._config(rate=self.rate, noise_shape=self.noise_shape), ("seed",), "noise_shape")
