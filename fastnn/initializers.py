"""Initializers: the first values of weights.

An initializer without a seed takes a random stream of its own when it is made, so the same script gives the same
values; with a seed its values depend on the seed alone.  Called twice, it gives the same values twice.
"""

import copy
import math
from typing import Any, Self

import numpy as np

from fastnn.core import config, dtypes, hooks, random, windows
from fastnn.core.arguments import ChecksArguments
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import compute_fans
from fastnn.core.types import Config, Shape, Tensor, open_signature
from fastnn.saving import identifiers as serial


class Initializer(ChecksArguments):
    """Base class: an initializer is called as ``initializer(shape, dtype=None)`` and returns an array.

    >>> class Three(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.full(shape, 3.0, dtype)
    >>> Three()((2,), "float32")
    array([3., 3.], dtype=float32)
    """

    _makes_new = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._makes_new = cls.__module__ == __name__  # each call returns a new array: a variable need not copy it

    @open_signature
    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        """The first values.

        Args:
            shape: tuple of ints.
            dtype: dtype name; the default float type if None.
        """
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """An initializer with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def clone(self) -> Self:
        """A new initializer of the same configuration."""
        return type(self).from_config(self.get_config())


def _type(dtype):
    return dtypes.numpy_type(dtypes.standardize(dtype))


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, _type(dtype))


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return np.ones(shape, _type(dtype))


class Constant(Initializer):
    """One value everywhere, or an array of the weight's shape.

    Args:
        value: a number or an array that broadcasts to the weight's shape.

    >>> Constant(0.5)((2,))
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape, dtype=None):
        value = np.asarray(self.value, _type(dtype))
        try:
            return np.broadcast_to(value, tuple(shape)).copy()
        except ValueError:
            raise ShapeError(
                f"Expected `shape` to be {value.shape} for provided tensor. Received: shape={tuple(shape)}"
            ) from None

    def get_config(self):
        return {"value": self.value.tolist() if isinstance(self.value, np.ndarray) else self.value}


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zeros elsewhere; 2-D shapes only.

    Args:
        gain: float, what stands on the diagonal.

    >>> Identity()((2, 2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ArgumentError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={tuple(shape)} of rank {len(shape)}."
            )
        return (self.gain * np.eye(*shape)).astype(_type(dtype))

    def get_config(self):
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Base of the random ones.

    Args:
        seed: an int or a SeedGenerator: the values depend on it alone; None: a random stream of its own, which follows
            from `keras.utils.set_random_seed` and the order in which initializers are made.
    """

    def __init__(self, seed: Any = None) -> None:
        good = seed is None or hasattr(seed, "key") or (hasattr(seed, "__index__") and not isinstance(seed, bool))
        if not good:
            raise ArgumentError(
                "`seed` argument should be an int, a SeedGenerator or None. Received: "
                f"seed={seed!r} (of type {type(seed).__name__})."
            )
        self.seed = seed
        self._key = (
            (config.seed(), config.next_stream())
            if seed is None
            else tuple(seed.key)
            if hasattr(seed, "key")
            else (int(seed), 0)
        )

    def get_config(self):
        return {"seed": self.seed if self.seed is None or hasattr(self.seed, "__index__") else None}


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


class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns, times `gain`; higher ranks are seen as (everything, last).

    Args:
        gain: float, the length of each row or column.

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
        return (self.gain * q.reshape(shape)).astype(_type(dtype))

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


class STFT(Initializer):
    """The kernels of a short-time Fourier transform, for convolutions (frame length, 1, fft_length // 2 + 1).

    Args:
        side: "real" or "imag".
        window: name of a window, its weights, or None for none.
        scaling: "density" (the window's squares sum to 1), "spectrum" (the window sums to 1) or None.
        periodic: whether the window is periodic.

    Raises ArgumentError for another side, scaling or window.

    >>> STFT("real", None)((2, 1, 3)).round(3).tolist()
    [[[1.0, 1.0, 1.0]], [[1.0, 0.0, -1.0]]]
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ArgumentError(f"side should be 'real' or 'imag', not {side}")
        if scaling not in (None, "density", "spectrum"):
            raise ArgumentError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={scaling}"
            )
        if isinstance(window, str):
            windows.window(window, 1)
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape, dtype=None):
        frame, _, bins = shape
        kernel = windows.fourier_kernel(self.side, frame, bins)
        if self.window is not None:
            weights = windows.window(self.window, frame, self.periodic)
            scales = {"density": np.sqrt(np.sum(weights**2)), "spectrum": np.sum(np.abs(weights))}
            kernel = kernel * weights[:, None, None] / scales.get(self.scaling, 1.0)
        return kernel.astype(_type(dtype))

    def get_config(self):
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}


IdentityInitializer, OrthogonalInitializer, STFTInitializer = Identity, Orthogonal, STFT
_CLASSES = (Zeros, Ones, Constant, Identity, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling,
            GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal, STFT)  # fmt: skip
# Keras accepts class names and these; the functions of Keras 1 and 2 had the same names
zeros, ones, constant, identity, orthogonal, stft = Zeros, Ones, Constant, Identity, Orthogonal, STFT
random_normal = normal = RandomNormal
random_uniform = uniform = RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling
glorot_uniform, glorot_normal, he_uniform, he_normal = GlorotUniform, GlorotNormal, HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
_ALIASES = {
    "zeros": Zeros, "zero": Zeros, "ones": Ones, "one": Ones, "constant": Constant, "identity": Identity,
    "IdentityInitializer": Identity, "orthogonal": Orthogonal, "OrthogonalInitializer": Orthogonal,
    "random_normal": RandomNormal, "normal": RandomNormal, "random_uniform": RandomUniform, "uniform": RandomUniform,
    "truncated_normal": TruncatedNormal, "variance_scaling": VarianceScaling, "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal, "he_uniform": HeUniform, "he_normal": HeNormal, "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal, "stft": STFT, "STFTInitializer": STFT,
}  # fmt: skip
_TABLE = {**{c.__name__: c for c in _CLASSES}, **_ALIASES}
__all__ = sorted(["Initializer", "RandomInitializer", "get", "serialize", "deserialize", "compute_fans",
                  *(n for n in _TABLE if n in globals())])  # fmt: skip


def get(identifier):
    """The initializer that a name, config, class, object or function stands for; None for None.

    Args:
        identifier: a name, config dict, class, Initializer, function (shape, dtype) or None.

    Raises UnknownNameError for an unknown name.

    >>> get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if isinstance(identifier, (int, float, np.ndarray)) and not isinstance(identifier, bool):
        return Constant(identifier)
    return serial.resolve("initializer", identifier, _TABLE, "initializers")


def for_axes(initializer, input_axes, output_axes):
    """`initializer` for a weight whose axes mean these; only those that look at fans care."""
    return initializer.for_axes(input_axes, output_axes) if isinstance(initializer, VarianceScaling) else initializer


def serialize(initializer):
    """The config dict of an initializer.

    Args:
        initializer: an Initializer.

    >>> serialize(Zeros())["class_name"]
    'Zeros'
    """
    return serial.serialize(initializer)


def deserialize(config, custom_objects=None):
    """The initializer that a config dict describes.

    Args:
        config: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "Ones", "config": {}})((1,))
    array([1.], dtype=float32)
    """
    return serial.resolve("initializer", config, _TABLE, "initializers", custom_objects)


hooks.register("initializer", get)


def __dir__():
    return __all__
