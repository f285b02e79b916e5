"""Layers that Keras 1 had and Keras 2 dropped, and arguments of others."""

from typing import Any

from fastnn import activations, constraints, initializers, layers, ops, regularizers
from fastnn.core.errors import ArgumentError
from fastnn.layers import Layer


class _Weighted(Layer):
    """Base: Keras 1's arguments of a layer with matrices W and biases b."""

    def __init__(
        self,
        init: Any = "glorot_uniform",
        W_regularizer: Any = None,
        b_regularizer: Any = None,
        W_constraint: Any = None,
        b_constraint: Any = None,
        bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.init, self.bias = initializers.get(init), bias
        self.W_regularizer, self.b_regularizer = regularizers.get(W_regularizer), regularizers.get(b_regularizer)
        self.W_constraint, self.b_constraint = constraints.get(W_constraint), constraints.get(b_constraint)

    def _matrix(self, name, shape):
        rank = len(shape)
        start = initializers.for_axes(self.init, [rank - 2], [rank - 1])
        return self.add_weight(
            name=name, shape=shape, initializer=start, regularizer=self.W_regularizer, constraint=self.W_constraint
        )

    def _biases(self, name, shape, start="zeros"):
        if not self.bias:
            return None
        return self.add_weight(
            name=name, shape=shape, initializer=start, regularizer=self.b_regularizer, constraint=self.b_constraint
        )

    def get_config(self):
        return {
            **super().get_config(),
            "init": initializers.serialize(self.init),
            "W_regularizer": regularizers.serialize(self.W_regularizer),
            "b_regularizer": regularizers.serialize(self.b_regularizer),
            "W_constraint": constraints.serialize(self.W_constraint),
            "b_constraint": constraints.serialize(self.b_constraint),
            "bias": self.bias,
        }


class DroppingEmbedding(layers.Embedding):
    """Embedding with Keras 1's `dropout`: in training whole words are zero at every place, the others are scaled.

    Args:
        dropout: the share of the words, a float in [0, 1).
        args, kwargs: those of Embedding.

    >>> DroppingEmbedding(5, 2, dropout=0.5).get_config()["dropout"]
    0.5
    """

    def __init__(self, *args: Any, dropout: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dropout, self._drop = dropout, layers.Dropout(dropout)

    def call(self, inputs, training=False):
        found = super().call(inputs)
        if not training:
            return found
        kept = self._drop(ops.ones((self.input_dim,), found.dtype), training=True)
        return found * ops.expand_dims(ops.take(kept, ops.cast(inputs, "int32")), -1)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


class BatchNormalizationOfMode(layers.BatchNormalization):
    """BatchNormalization with Keras 1's `mode`: by the sizes of the batch in use as in training, or of each row.

    Args:
        mode: 2: with mean and variance of the batch, always; 1: of each row along its last axis, with epsilon added to
            the standard deviation.
        args, kwargs: those of BatchNormalization.

    >>> BatchNormalizationOfMode(mode=2).get_config()["mode"]
    2
    """

    def __init__(self, *args: Any, mode: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mode not in (1, 2):
            raise ArgumentError(f"BatchNormalization: received mode={mode!r}, expected 0, 1 or 2.")
        self.mode = mode

    def call(self, inputs, training=None, mask=None):
        rank = len(inputs.shape)
        axes = [-1] if self.mode == 1 else [k for k in range(rank) if k != self.axis % rank]
        mean, variance = ops.moments(inputs, axes, keepdims=True)
        size = ops.sqrt(variance) + self.epsilon if self.mode == 1 else ops.sqrt(variance + self.epsilon)
        shape = [-1 if k == self.axis % rank else 1 for k in range(rank)]
        found = (inputs - mean) / size
        found = found if self.gamma is None else found * ops.reshape(self.gamma, shape)
        return found if self.beta is None else found + ops.reshape(self.beta, shape)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


class MaxoutDense(_Weighted):
    """The largest of `nb_feature` dense layers, element by element (Goodfellow et al., 2013).

    Args:
        output_dim: number of outputs.  nb_feature: number of dense layers.
        init, W_regularizer, b_regularizer, W_constraint, b_constraint, bias: of their weights.

    Weights: W (nb_feature, features, output_dim), b (nb_feature, output_dim).

    >>> import numpy as np
    >>> MaxoutDense(2, nb_feature=3)(np.ones((5, 4), "float32")).shape
    (5, 2)
    """

    def __init__(self, output_dim: int, nb_feature: int = 4, init: Any = "glorot_uniform", **kwargs: Any) -> None:
        super().__init__(init, **kwargs)
        self.output_dim, self.nb_feature = output_dim, nb_feature

    def build(self, input_shape):
        self.W = self._matrix("W", (self.nb_feature, input_shape[-1], self.output_dim))
        self.b = self._biases("b", (self.nb_feature, self.output_dim))

    def call(self, inputs):
        found = ops.einsum("nd,fdo->nfo", inputs, self.W)
        return ops.max(found if self.b is None else found + self.b, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.output_dim)

    def get_config(self):
        return {**super().get_config(), "output_dim": self.output_dim, "nb_feature": self.nb_feature}


class Highway(_Weighted):
    """activation(x W + b) * t + x * (1 - t) with t = sigmoid(x W_carry + b_carry) (Srivastava et al., 2015).

    Args:
        activation: linear if None.
        init, W_regularizer, b_regularizer, W_constraint, b_constraint, bias: of the weights.

    Weights: W, W_carry (features, features), b, b_carry (features,).

    >>> import numpy as np
    >>> Highway()(np.ones((5, 4), "float32")).shape
    (5, 4)
    """

    def __init__(self, init: Any = "glorot_uniform", activation: Any = None, **kwargs: Any) -> None:
        super().__init__(init, **kwargs)
        self.activation = activations.get(activation)

    def build(self, input_shape):
        n = input_shape[-1]
        self.W, self.W_carry = self._matrix("W", (n, n)), self._matrix("W_carry", (n, n))
        self.b, self.b_carry = self._biases("b", (n,)), self._biases("b_carry", (n,), "ones")

    def call(self, inputs):
        found, carry = ops.matmul(inputs, self.W), ops.matmul(inputs, self.W_carry)
        if self.bias:
            found, carry = found + self.b, carry + self.b_carry
        share = ops.sigmoid(carry)
        return self.activation(found) * share + (1 - share) * inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ParametricSoftplus(Layer):
    """alpha * log(1 + exp(beta * x)), with alpha and beta for each feature.

    Args:
        alpha_init, beta_init: their first values.
        weights: these, as a list of two arrays; or None.
        shared_axes: axes along which they are the same, or None.

    >>> import numpy as np
    >>> ParametricSoftplus(alpha_init=1.0, beta_init=1.0)(np.zeros((1, 1), "float32")).shape
    (1, 1)
    """

    def __init__(self, alpha_init: Any = 0.2, beta_init: Any = 5.0, shared_axes: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha_init, self.beta_init = alpha_init, beta_init
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes

    def build(self, input_shape):
        shape = _per_feature(input_shape, self.shared_axes)
        self.alpha = self.add_weight(name="alpha", shape=shape, initializer=initializers.Constant(self.alpha_init))
        self.beta = self.add_weight(name="beta", shape=shape, initializer=initializers.Constant(self.beta_init))

    def call(self, inputs):
        return ops.softplus(self.beta * inputs) * self.alpha

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {"alpha_init": self.alpha_init, "beta_init": self.beta_init, "shared_axes": self.shared_axes}
        return {**super().get_config(), **own}


def _per_feature(input_shape, shared_axes):
    """The shape of a weight per feature, 1 along the axes that share it."""
    return [1 if k in (shared_axes or ()) else n for k, n in enumerate(input_shape) if k > 0]


class SReLU(Layer):
    """Linear between two thresholds, and with slopes of its own below and above them (Jin et al., 2015).

    Args:
        t_left_init, a_left_init, t_right_init, a_right_init: initializers of the thresholds and of the slopes.
        shared_axes: axes along which they are the same, or None.

    >>> import numpy as np
    >>> SReLU(a_left_init="zero", t_right_init="one", a_right_init="zero")(np.array([[-2.0, 3.0]], "float32")).tolist()
    [[0.0, 1.0]]
    """

    def __init__(
        self,
        t_left_init: Any = "zero",
        a_left_init: Any = "glorot_uniform",
        t_right_init: Any = "glorot_uniform",
        a_right_init: Any = "one",
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.starts = {"t_left": t_left_init, "a_left": a_left_init, "t_right": t_right_init, "a_right": a_right_init}
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes

    def build(self, input_shape):
        shape = _per_feature(input_shape, self.shared_axes)
        self.parts = [self.add_weight(name=n, shape=shape, initializer=start) for n, start in self.starts.items()]

    def call(self, inputs):
        left, slope_left, right, slope_right = self.parts
        right = left + ops.abs(right)  # no threshold below the other
        low = ops.where(inputs < left, left + slope_left * (inputs - left), inputs)
        return ops.where(inputs >= right, right + slope_right * (inputs - right), low)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), **{f"{n}_init": v for n, v in self.starts.items()},
                "shared_axes": self.shared_axes}  # fmt: skip
