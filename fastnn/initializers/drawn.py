"""Initializers that draw their values."""

import math
from typing import Any

import numpy as np

from fastnn.core import config, random
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.initializers.base import Initializer, type_of
from fastnn.saving.serialization import deserialize_object, serialize_object


class RandomInitializer(Initializer):
    """Base of the random ones.

    Args:
        seed: an int: the values depend on it alone; a SeedGenerator: each call draws its next values; None: a random
            stream of its own, which follows from `keras.utils.set_random_seed` and the order in which initializers are
            made.

    >>> RandomInitializer(seed=1).get_config()
    {'seed': 1}
    """

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, dict):  # the config of a SeedGenerator
            seed = deserialize_object(seed, category="random")
        good = seed is None or hasattr(seed, "key") or whole(seed) is not None
        if not good:
            raise ArgumentError(
                "`seed` argument should be an int, a SeedGenerator or None. Received: "
                f"seed={seed!r} (of type {type(seed).__name__})."
            )
        self.seed = seed
        self._fixed = (config.seed(), config.next_stream()) if seed is None else ()
        if whole(seed) is not None:
            self._fixed = int(seed), 0

    @property
    def _key(self):
        """The key of a call's values: one for all calls, or the next of a SeedGenerator."""
        return self.seed.draw_of_life() if hasattr(self.seed, "key") else self._fixed

    def get_config(self):
        return {"seed": serialize_object(self.seed) if hasattr(self.seed, "key") else self.seed}


class RandomNormal(RandomInitializer):
    """Normal numbers of the given `mean` and `stddev`.

    Args:
        mean: float.
        stddev: float >= 0, the standard deviation.

    >>> RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape, dtype=None):
        return random.normal(self._key, shape, self.mean, self.stddev, dtype)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal numbers, those beyond two standard deviations drawn again.

    >>> bool(abs(TruncatedNormal(stddev=1.0, seed=1)((1000,))).max() <= 2.0)
    True
    """

    def __call__(self, shape, dtype=None):
        return random.truncated_normal(self._key, shape, self.mean, self.stddev, dtype)


class RandomUniform(RandomInitializer):
    """Numbers uniform in [minval, maxval).

    Args:
        minval: float, the least value.
        maxval: float, above all values.

    >>> bool(abs(RandomUniform(seed=1)((1000,))).max() <= 0.05)
    True
    """

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape, dtype=None):
        return random.uniform(self._key, shape, self.minval, self.maxval, dtype)

    def get_config(self):
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns, times `gain`; higher ranks are seen as (everything, last).

    Args:
        gain: float, the length of each row or column.

    Source: Saxe et al., Exact Solutions to the Nonlinear Dynamics of Learning, 2014.

    >>> w = Orthogonal(seed=1)((3, 3))
    >>> bool(np.allclose(w @ w.T, np.eye(3), atol=1e-6))
    True
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ArgumentError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={tuple(shape)} of rank {len(shape)}."
            )
        rows, cols = math.prod(shape[:-1]), shape[-1]
        tall = random.normal(self._key, (max(rows, cols), min(rows, cols)), dtype="float64")
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
        if rows < cols:
            q = q.T
        return (self.gain * q.reshape(shape)).astype(type_of(dtype))

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}
