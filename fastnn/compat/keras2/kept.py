"""Classes that Keras 2 had beside those of today: metrics, a constraint, a layer, models and a schedule.

Their formulas and defaults are those of Keras 2.15.
"""

import math

import numpy as np

from fastnn import activations, constraints, initializers, layers, metrics, models, ops, optimizers, regularizers
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.optimizers import schedules


# ---- metrics ---------------------------------------------------------------------------------------------------
class SumOverBatchSize(metrics.Mean):
    """The mean of values.

    Args:
        name, dtype: as of Mean.
    """

    def __init__(self, name="sum_over_batch_size", dtype=None):
        super().__init__(name, dtype)


class MeanTensor(metrics.Metric):
    """The (weighted) mean of each element of a tensor.

    Args:
        name, dtype: as of Metric.
        shape: of the tensor; None: that of the first.

    >>> mean = MeanTensor()
    >>> mean.update_state(np.array([0.0, 1.0], "float32"))
    >>> mean.update_state(np.array([2.0, 5.0], "float32"))
    >>> mean.result().tolist()
    [1.0, 3.0]
    """

    def __init__(self, name="mean_tensor", dtype=None, shape=None):
        super().__init__(name=name, dtype=dtype)
        self._shape = None
        if shape is not None:
            self._build(shape)

    def _build(self, shape):
        self._shape = tuple(shape)
        self.total = self.add_variable(self._shape, name="total")
        self.count = self.add_variable(self._shape, name="count")

    def update_state(self, values, sample_weight=None):
        """Add a tensor.

        Args:
            values: of the same shape each time.
            sample_weight: of a shape that fits it, or None.
        """
        values = ops.convert_to_tensor(values, dtype=self.dtype)
        if self._shape is None:
            self._build(values.shape)
        elif tuple(values.shape) != self._shape:
            raise ShapeError(
                "MeanTensor input values must always have the same shape. Expected shape (set during the first call): "
                f"{self._shape}. Got: {tuple(values.shape)}."
            )
        weight = ops.ones_like(values)
        if sample_weight is not None:
            weight = weight * ops.cast(sample_weight, self.dtype)
        self.total.assign(self.total + values * weight)
        self.count.assign(self.count + weight)

    def result(self):
        """The means so far."""
        if self._shape is None:
            raise ArgumentError("MeanTensor does not have any value yet. Call it on a tensor first.")
        return ops.divide_no_nan(self.total, self.count)


class MeanRelativeError(metrics.Mean):
    """The mean of |y_true - y_pred| / normalizer; 0 where that is 0.

    Args:
        normalizer: values of the shape of y_pred.
        name, dtype: as of Mean.
    """

    def __init__(self, normalizer, name=None, dtype=None):
        super().__init__(name or "mean_relative_error", dtype)
        self.normalizer = np.asarray(normalizer, self.dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add the errors of a batch.

        Args:
            y_true, y_pred: of one shape.
            sample_weight: of a shape that fits it, or None.
        """
        error = ops.abs(ops.cast(y_true, self.dtype) - ops.cast(y_pred, self.dtype))
        super().update_state(ops.divide_no_nan(error, self.normalizer), sample_weight)

    def get_config(self):
        """{"normalizer": a list, ...}."""
        return {"normalizer": self.normalizer.tolist(), **super().get_config()}


# ---- a constraint, layers, models ------------------------------------------------------------------------------
class RadialConstraint(constraints.Constraint):
    """Kernels of convolutions that are alike in all four directions.

    >>> RadialConstraint()(np.arange(9.0).reshape(3, 3, 1, 1))[:, 1, 0, 0].tolist()
    [1.0, 4.0, 1.0]
    """

    def __call__(self, w):
        """The kernel (n, n, inputs, outputs) with the values of its middle column's upper half at each distance.

        Args:
            w: the kernel.
        """
        if len(w.shape) != 4 or w.shape[0] != w.shape[1]:
            raise ShapeError(
                "The weight tensor must have rank 4. Received weight tensor with shape: " + str(tuple(w.shape))
            )
        n = w.shape[0]
        middle = np.abs(np.arange(n) - (n - 1) / 2)
        rings = np.floor(np.maximum(middle[:, None], middle))  # distance from the middle, of the larger coordinate
        steps = (n // 2 - (1 if n % 2 == 0 else 0)) - rings  # the row of the upper half that it takes
        return ops.take(w[:, n // 2 - (1 if n % 2 == 0 else 0)], steps.astype("int32"), axis=0)


class RandomFourierFeatures(layers.Layer):
    """cos(x w / scale + b) with random w and b: features whose products are about a kernel's (Rahimi, Recht, 2007).

    Args:
        output_dim: number of features.
        kernel_initializer: "gaussian", "laplacian" or an Initializer: how w is drawn.
        scale: a number; None: sqrt(inputs / 2) of "gaussian", else 1.
        trainable: whether the scale is trained.
        name, kwargs: as of Layer.
    """

    def __init__(self, output_dim, kernel_initializer="gaussian", scale=None, trainable=False, name=None, **kwargs):
        if output_dim <= 0:
            raise ArgumentError(f"`output_dim` should be a positive integer. Received: {output_dim}")
        if scale is not None and scale <= 0:
            raise ArgumentError(f"When provided, `scale` should be a positive float. Received: {scale}")
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.output_dim, self.kernel_initializer, self.scale = output_dim, kernel_initializer, scale

    def build(self, input_shape):
        """Draw the weights.

        Args:
            input_shape: (batch, inputs).
        """
        n, word = input_shape[-1], self.kernel_initializer
        first = {"gaussian": initializers.RandomNormal(stddev=1.0), "laplacian": _cauchy}.get(
            word.lower() if isinstance(word, str) else None
        )
        self.unscaled_kernel = self.add_weight(
            name="unscaled_kernel", shape=(n, self.output_dim), trainable=False,
            initializer=first or initializers.get(word))  # fmt: skip
        self.bias = self.add_weight(name="bias", shape=(self.output_dim,), trainable=False,
                                    initializer=initializers.RandomUniform(0.0, 2 * math.pi))  # fmt: skip
        scale = self.scale or (math.sqrt(n / 2.0) if word == "gaussian" else 1.0)
        self.kernel_scale = self.add_weight(
            name="kernel_scale", shape=(1,), initializer=initializers.Constant(scale), constraint="non_neg"
        )

    def call(self, inputs):
        """(batch, output_dim).

        Args:
            inputs: (batch, inputs).
        """
        return ops.cos(ops.matmul(inputs, (1.0 / self.kernel_scale) * self.unscaled_kernel) + self.bias)

    def get_config(self):
        """What the constructor was given."""
        own = {"output_dim": self.output_dim, "kernel_initializer": self.kernel_initializer, "scale": self.scale}
        return {**super().get_config(), **own}


def _cauchy(shape, dtype=None):
    """Numbers whose characteristic function is that of a Laplacian kernel."""
    share = initializers.RandomUniform(0.0, 1.0)(shape, dtype)
    return ops.tan(math.pi * (share - 0.5))


class LinearModel(models.Model):
    """activation(Σ x w + b), over one input or several.

    Args:
        units: number of outputs.
        activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer: as of Dense.
        kwargs: as of Model.
    """

    def __init__(self, units=1, activation=None, use_bias=True, kernel_initializer="zeros", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, **kwargs):  # fmt: skip
        super().__init__(**kwargs)
        self.units, self.activation, self.use_bias = units, activations.get(activation), use_bias
        self.kernel_initializer, self.bias_initializer = map(initializers.get, (kernel_initializer, bias_initializer))
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))

    def build(self, input_shape):
        """Make a kernel for each input, and the bias.

        Args:
            input_shape: of the input, or of each of several in a list or dict.
        """
        shapes = input_shape.values() if isinstance(input_shape, dict) else input_shape
        several = isinstance(input_shape, (dict, list)) or isinstance(next(iter(shapes)), (list, tuple))
        self.dense_layers = [
            layers.Dense(self.units, use_bias=False, kernel_initializer=self.kernel_initializer,
                         kernel_regularizer=self.kernel_regularizer, name=f"input_{k}" if several else None)
            for k, _ in enumerate(shapes if several else [input_shape])
        ]  # fmt: skip
        for dense, shape in zip(self.dense_layers, shapes if several else [input_shape]):
            dense.build(shape)
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer
        ) if self.use_bias else None  # fmt: skip
        self.built = True

    def call(self, inputs):
        """(batch, units).

        Args:
            inputs: (batch, features), or a list or dict of such.
        """
        given = list(inputs.values()) if isinstance(inputs, dict) else inputs
        given = given if isinstance(given, (list, tuple)) else [given]
        parts = [dense(x) for dense, x in zip(self.dense_layers, given)]
        total = sum(parts[1:], parts[0])
        return self.activation(total if self.bias is None else total + self.bias)


class WideDeepModel(models.Model):
    """The sum of a linear and a deep model, which train together (Cheng et al., 2016).

    Args:
        linear_model, dnn_model: models of the same inputs, or of the two inputs.
        activation: of the sum.
        kwargs: as of Model.
    """

    def __init__(self, linear_model, dnn_model, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.linear_model, self.dnn_model, self.activation = linear_model, dnn_model, activations.get(activation)

    def call(self, inputs, training=None):
        """(batch, units).

        Args:
            inputs: of both models, or a pair: of the one and of the other.
            training: whether the models are trained.
        """
        wide, deep = inputs if isinstance(inputs, (list, tuple)) and len(inputs) == 2 else (inputs, inputs)
        return self.activation(self.linear_model(wide) + self.dnn_model(deep, training=training))

    def compile(self, optimizer="rmsprop", *args, **kwargs):
        """As of Model.

        Args:
            optimizer: of both models, or a pair: of the linear and of the deep one.
            args, kwargs: as of Model.compile.
        """
        if isinstance(optimizer, (list, tuple)):
            wide, deep = map(optimizers.get, optimizer)
            optimizer = optimizers.MultiOptimizer(
                lambda v: wide if any(v is w for w in self.linear_model.trainable_variables) else deep
            )
        super().compile(optimizer, *args, **kwargs)


class LinearCosineDecay(schedules.LearningRateSchedule):
    """(alpha + linear) · cosine + beta of the first rate (Bello et al., 2017).

    Args:
        initial_learning_rate: the first rate.
        decay_steps: steps until the rate is beta of it.
        num_periods: of the cosine.
        alpha, beta: numbers.
        name: of no effect.

    >>> [round(float(LinearCosineDecay(1.0, 10)(step)), 4) for step in (0, 10)]
    [1.001, 0.001]
    """

    def __init__(self, initial_learning_rate, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001, name=None):
        super().__init__()
        self.initial_learning_rate, self.decay_steps, self.num_periods = initial_learning_rate, decay_steps, num_periods
        self.alpha, self.beta, self.name = alpha, beta, name

    def __call__(self, step):
        """The rate at a step.

        Args:
            step: an int.
        """
        share = ops.minimum(ops.cast(step, "float32"), float(self.decay_steps)) / float(self.decay_steps)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * 2.0 * self.num_periods * share))
        return self.initial_learning_rate * ((self.alpha + 1.0 - share) * cosine + self.beta)

    def get_config(self):
        """What the constructor was given."""
        names = "initial_learning_rate decay_steps num_periods alpha beta name".split()
        return {name: getattr(self, name) for name in names}
