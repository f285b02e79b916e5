"""BatchNormalization."""

from typing import Any

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.dense import weight_config
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.ops.records.normalization import batch_norm


class BatchNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, per element of `axis`.

    While training the statistics are those of the batch (population variance), and
    ``moving = momentum * moving + (1 - momentum) * batch`` once per call; otherwise, and always if the layer is not
    trainable, the moving ones are used.

    Args:
        axis: the axis that keeps its own statistics, -1 for channels_last.
        momentum: share of the old moving statistics.
        epsilon: added to the variance.
        center, scale: whether beta and gamma are there.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: first values.
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of the weights.

    Weights: gamma, beta, moving_mean, moving_variance, each (x.shape[axis],).

    >>> import numpy as np
    >>> BatchNormalization(epsilon=0.0)(np.ones((2, 3), "float32"))
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """

    supports_masking = True
    KWARGS = (*Layer.KWARGS, "synchronized", "renorm", "renorm_clipping", "renorm_momentum", "fused",
              "virtual_batch_size")  # fmt: skip

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("renorm", False):
            raise ArgumentError("BatchNormalization: renorm=True is not supported.")
        for name in ("renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)):
            if len(axis) != 1:
                raise ArgumentError(f"BatchNormalization: `axis` must be one int. Received: axis={axis}")
            axis = axis[0]
        if not 0.0 <= momentum <= 1.0:
            raise ArgumentError(f"BatchNormalization: `momentum` must lie in [0, 1]. Received: momentum={momentum}")
        self.axis, self.momentum, self.epsilon = axis, float(momentum), epsilon
        self.center, self.scale, self.synchronized = center, scale, synchronized
        self.beta_initializer, self.gamma_initializer = map(initializers.get, (beta_initializer, gamma_initializer))
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, (beta_regularizer, gamma_regularizer))
        self.beta_constraint, self.gamma_constraint = map(constraints.get, (beta_constraint, gamma_constraint))
        self.gamma = self.beta = self.moving_mean = self.moving_variance = None

    def build(self, input_shape):
        rank = len(input_shape)
        axis = shapes.normalize_axis(self.axis, rank)
        size = input_shape[axis]
        if size is None:
            raise ShapeError(
                f"BatchNormalization '{self.name}': axis {self.axis} of the input must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if self.scale:
            self.gamma = self.add_weight(
                shape=(size,),
                name="gamma",
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                shape=(size,),
                name="beta",
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.moving_mean = self.add_weight(
            shape=(size,), name="moving_mean", trainable=False, initializer=self.moving_mean_initializer
        )
        self.moving_variance = self.add_weight(
            shape=(size,), name="moving_variance", trainable=False, initializer=self.moving_variance_initializer
        )
        self.input_spec = InputSpec(ndim=rank, axes={axis: size})

    def call(self, inputs, training=None, mask=None):
        rank = len(inputs.shape)
        axis = shapes.normalize_axis(self.axis, rank)
        if not training or not self.trainable:
            return ops.batch_normalization(
                inputs, self.moving_mean, self.moving_variance, axis, self.beta, self.gamma, self.epsilon
            )
        if mask is not None:
            return self._masked(inputs, mask, axis)
        x = inputs
        if axis != rank - 1:
            x = ops.transpose(x, (*range(axis), *range(axis + 1, rank), axis))
        y, mean, variance = batch_norm(x, self.gamma, self.beta, epsilon=float(self.epsilon))
        self._update(mean, variance)
        if axis != rank - 1:
            y = ops.transpose(y, (*range(axis), rank - 1, *range(axis, rank - 1)))
        return y

    def _rows_apart(self, training):
        return not (training and self.trainable) and super()._rows_apart(training)

    def _update(self, mean, variance):
        m = self.momentum
        self.moving_mean.assign(self.moving_mean * m + mean * (1.0 - m))
        self.moving_variance.assign(self.moving_variance * m + variance * (1.0 - m))

    def _masked(self, inputs, mask, axis):
        """Statistics of the unmasked positions only."""
        weight = ops.cast(mask, self.compute_dtype)
        while len(weight.shape) < len(inputs.shape):
            weight = ops.expand_dims(weight, -1)
        axes = tuple(i for i in range(len(inputs.shape)) if i != axis)
        count = ops.sum(weight * ops.ones_like(inputs), axis=axes, keepdims=True) + 1e-7
        mean = ops.sum(inputs * weight, axis=axes, keepdims=True) / count
        variance = ops.sum(ops.square(inputs - mean) * weight, axis=axes, keepdims=True) / count
        size = (inputs.shape[axis],)
        mean, variance = ops.reshape(mean, size), ops.reshape(variance, size)
        self._update(mean, variance)
        return ops.batch_normalization(inputs, mean, variance, axis, self.beta, self.gamma, self.epsilon)

    def compute_output_shape(self, input_shape):
        if not self.built:
            axis = self.axis if self.axis >= 0 else len(input_shape) + self.axis
            if not 0 <= axis < len(input_shape):
                raise ShapeError(f"Axis {self.axis} is out of bounds for input shape {tuple(input_shape)}.")
        return input_shape

    def get_config(self):
        weights = weight_config(self, ("beta", "gamma"), activity=False)
        # fmt: off
        return {**super().get_config(), "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon,
                "center": self.center, "scale": self.scale, "synchronized": self.synchronized,
                "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
                "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer), **weights}
        # fmt: on
