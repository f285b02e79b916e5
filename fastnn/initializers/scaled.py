"""Initializers that draw values of a scale that follows from a weight's shape."""

import copy
import math
from typing import Any

from fastnn.core import random
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import compute_fans
from fastnn.initializers.drawn import RandomInitializer


class VarianceScaling(RandomInitializer):
    """Random numbers of variance scale / n, n being the fan in, the fan out or their mean.

    Args:
        scale: float > 0.
        mode: what n is: "fan_in" (inputs of a unit), "fan_out" (units that an input goes to) or "fan_avg" (their mean).
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        input_axes, output_axes: lists of the weight's axes that count as inputs and as outputs, where they are not the
            last but one and the last; both or neither.

    >>> VarianceScaling(2.0, "fan_in", seed=1)((4, 8)).shape
    (4, 8)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        if scale <= 0.0:
            raise ArgumentError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ArgumentError(f"Invalid `mode` argument: {mode!r}. Expected 'fan_in', 'fan_out' or 'fan_avg'.")
        distribution = str(distribution).lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ArgumentError(
                f"Invalid `distribution` argument: {distribution!r}. Expected 'uniform', "
                "'truncated_normal' or 'untruncated_normal'."
            )
        super().__init__(seed)
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random.uniform(self._key, shape, -limit, limit, dtype)
        if self.distribution == "untruncated_normal":
            return random.normal(self._key, shape, 0.0, math.sqrt(scale), dtype)
        # the standard deviation of a standard normal cut at two, which the scale is divided by
        return random.truncated_normal(self._key, shape, 0.0, math.sqrt(scale) / 0.87962566103423978, dtype)

    def for_axes(self, input_axes, output_axes):
        """The same numbers scaled by the fans of these axes; itself where it was made with axes of its own.

        Args:
            input_axes, output_axes: lists of the weight's axes that count as inputs and as outputs.
        """
        if self.input_axes is not None and self.output_axes is not None:
            return self
        made = copy.copy(self)
        made.input_axes, made.output_axes = list(input_axes), list(output_axes)
        return made

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "mode": self.mode, "distribution": self.distribution,
                "input_axes": self.input_axes, "output_axes": self.output_axes}  # fmt: skip


class _Named(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution its name says."""

    rule: tuple = ()

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(*self.rule, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self):
        return {
            "seed": RandomInitializer.get_config(self)["seed"],
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class GlorotUniform(_Named):
    """Uniform within ±sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010).

    >>> GlorotUniform(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal of standard deviation sqrt(2 / (fan in + fan out)) (Glorot and Bengio, 2010).

    >>> GlorotNormal(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform within ±sqrt(6 / fan in) (He et al., 2015).

    >>> HeUniform(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal of standard deviation sqrt(2 / fan in) (He et al., 2015).

    >>> HeNormal(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform within ±sqrt(3 / fan in) (LeCun et al., 1998).

    >>> LecunUniform(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal of standard deviation sqrt(1 / fan in) (LeCun et al., 1998).

    >>> LecunNormal(seed=1)((4, 8)).shape
    (4, 8)
    """

    rule = (1.0, "fan_in", "truncated_normal")
