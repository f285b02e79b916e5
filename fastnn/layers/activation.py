"""Activation layers: a function of the input, with or without parameters."""

from typing import Any

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.config import placed
from fastnn.layers.dense import weight_config
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer


class SameShape(Layer):
    """Base of layers whose output has the shape of their input and that pass masks on."""

    supports_masking = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        return input_shape


class Activation(SameShape):
    """An activation by name or as a function.

    Args:
        activation: name of an activation ("relu"), or a function of an array; None: the input as it is.

    >>> import numpy as np
    >>> Activation("relu")(np.array([-1.0, 2.0], "float32"))
    array([0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs):
        return self.activation(inputs)

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


def _number(name, value, layer):
    if value is None or isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ArgumentError(f"{layer}: {name} must be a number. Received: {name}={value!r}")
    return float(value)


def _non_negative(name, value, layer):
    if value is None or _number(name, value, layer) < 0:
        raise ArgumentError(
            f"{name} of a {layer} layer cannot be None or a negative value. Expected a float. Received: {name}={value}"
        )
    return float(value)


class ReLU(SameShape):
    """max(x, 0), with a slope below `threshold` and a bound `max_value` above.

    Args:
        max_value: float >= 0 or None for no bound.
        negative_slope: float >= 0.
        threshold: float >= 0; below it the output is negative_slope * (x - threshold).

    >>> import numpy as np
    >>> ReLU(max_value=1.0)(np.array([-1.0, 0.5, 2.0], "float32"))
    array([0. , 0.5, 1. ], dtype=float32)
    """

    def __init__(self, max_value: Any = None, negative_slope: float = 0.0, threshold: Any = 0.0, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)  # Keras 2's older name
        super().__init__(**kwargs)
        if max_value is not None and _number("max_value", max_value, "ReLU") < 0:
            raise ArgumentError(
                f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}"
            )
        self.max_value = None if max_value is None else float(max_value)
        self.negative_slope = _non_negative("negative_slope", negative_slope, "ReLU")
        self.threshold = _non_negative("threshold", threshold, "ReLU")

    def call(self, inputs):
        return activations.relu(
            inputs, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )

    def get_config(self):
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(SameShape):
    """x where positive, else negative_slope * x (`alpha` is Keras 2's name of the slope, and is taken too).

    Args:
        negative_slope: float >= 0, the slope where x < 0.

    >>> import numpy as np
    >>> LeakyReLU(0.5)(np.array([-1.0, 2.0], "float32"))
    array([-0.5,  2. ], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        if negative_slope is None or _number("negative_slope", negative_slope, "LeakyReLU") < 0:
            raise ArgumentError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a float. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = float(negative_slope)

    def call(self, inputs):
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self):
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(SameShape):
    """x where positive, else alpha * (exp(x) - 1).

    Args:
        alpha: float: what the output tends to for x far below 0 is -alpha.

    Source: Clevert et al., Exponential Linear Units, 2016.

    >>> import numpy as np
    >>> ELU()(np.array([0.0, 2.0], "float32"))
    array([0., 2.], dtype=float32)
    """

    def __init__(self, alpha: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = _number("alpha", alpha, "ELU")

    def call(self, inputs):
        return activations.elu(inputs, alpha=self.alpha)

    def get_config(self):
        return placed({**super().get_config(), "alpha": self.alpha}, ("alpha",), "trainable")


class ThresholdedReLU(SameShape):
    """x where x > theta, else 0 (of Keras 2).

    Args:
        theta: float >= 0: what is not larger becomes 0.

    >>> import numpy as np
    >>> ThresholdedReLU()(np.array([0.5, 2.0], "float32"))
    array([0., 2.], dtype=float32)
    """

    def __init__(self, theta: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = _non_negative("theta", theta, "ThresholdedReLU")

    def call(self, inputs):
        return activations.relu(inputs, threshold=self.theta)

    def get_config(self):
        return {**super().get_config(), "theta": self.theta}


class Softmax(SameShape):
    """exp(x) over its sum along `axis`; where a mask is False the output is 0.

    Args:
        axis: int, or ints: the axis (or axes) along which the outputs sum to 1.

    >>> import numpy as np
    >>> Softmax()(np.zeros((1, 2), "float32"))
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs, mask=None):
        """The shares of each value along the axis.

        Args:
            inputs: an array or symbol.
            mask: booleans of its shape, or one that broadcasts to it: where False the output is 0; None: there is none.
        """
        inputs = ops.cast(inputs, self.compute_dtype)  # differences of uint8 would wrap
        if mask is not None:
            if len(mask.shape) > len(inputs.shape):
                raise ShapeError(
                    "The `mask` must be broadcastable to `inputs` and must not have more dimensions. "
                    f"Received: inputs.shape={tuple(inputs.shape)}, mask.shape={tuple(mask.shape)}"
                )
            pairs = zip(mask.shape[::-1], inputs.shape[::-1])
            if any(m not in (1, d) for m, d in pairs if None not in (m, d)):
                raise ShapeError(
                    "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 or match the "
                    f"corresponding input dimension. Received: inputs.shape={tuple(inputs.shape)}, "
                    f"mask.shape={tuple(mask.shape)}"
                )
            mask = mask if mask.dtype == "bool" else ops.greater(mask, 0.5)
            inputs = ops.where(mask, inputs, -3e4 if self.compute_dtype == "float16" else -1e9)
        out = self._softmax(inputs)
        # where all is masked there is no distribution: zeros, with gradient zero
        return out if mask is None else ops.where(mask, out, 0.0)

    def _softmax(self, inputs):
        if isinstance(self.axis, (tuple, list)) and len(self.axis) > 1:
            shifted = ops.exp(inputs - ops.max(inputs, axis=tuple(self.axis), keepdims=True))
            return shifted / ops.sum(shifted, axis=tuple(self.axis), keepdims=True)
        axis = self.axis[0] if isinstance(self.axis, (tuple, list)) else self.axis
        return ops.softmax(inputs, axis=axis)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


class PReLU(Layer):
    """x where positive, else alpha * x with a learned alpha.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: axes of the input (from 1) along which one slope is shared, e.g. (1, 2) for images.

    Weights: alpha, of the input's shape without the batch dimension, 1 along shared axes.

    Source: He et al., Delving Deep into Rectifiers, 2015.

    >>> import numpy as np
    >>> PReLU(alpha_initializer="ones")(np.array([[-1.0, 2.0]], "float32"))
    array([[-1.,  2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = (
            None if shared_axes is None else [shared_axes] if isinstance(shared_axes, int) else list(shared_axes)
        )

    def build(self, input_shape):
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            shape=tuple(shape),
            name="alpha",
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        axes = {i: input_shape[i] for i in range(1, len(input_shape)) if i not in (self.shared_axes or ())}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs):
        inputs = ops.cast(inputs, self.compute_dtype)  # the negative of a uint8 would wrap
        return ops.relu(inputs) - self.alpha * ops.relu(ops.negative(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            **weight_config(self, ("alpha",), activity=False),
            "shared_axes": self.shared_axes,
        }
