"""BatchNormalization."""

from typing import Any

import numpy as np

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core import shapes
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.batch_statistics import by_domain, domain_of, masked_moments, recounted, synchronized_moments
from fastnn.layers.config import placed
from fastnn.layers.dense import weight_config
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.ops.records.normalization import batch_norm
from fastnn.ops.records.shards import shard

MOVING = "moving_mean_initializer", "moving_variance_initializer"


class BatchNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, per element of `axis`.

    While training the statistics are those of the batch (population variance), and
    ``moving = momentum * moving + (1 - momentum) * batch`` once per call; otherwise, and always if the layer is not
    trainable, the moving ones are used.

    Args:
        axis: int: the axis that keeps its own statistics: -1 for channels last, 1 for channels first.
        momentum: float in [0, 1]: share of the old moving statistics.
        epsilon: float >= 0, added to the variance.
        center, scale: whether beta is added, and gamma multiplied.
        renorm: whether batches are corrected towards moving statistics while training, too (Ioffe, 2017).
        renorm_clipping: {"rmin", "rmax", "dmax"} bounds of the correction, each may be left out.
        renorm_momentum: share of the old statistics that corrections use.
        synchronized: whether the statistics are those of the whole batch also where it is cut into shards
            (`keras.distribution.DataParallel`), which then wait for each other at the layer, forwards and backwards.
        domains: None, or how many kinds of rows there are, such as photographs and drawings. The call then takes
            `domain`, the kind of each row: ints (n,) or (n, 1) from 0 on, or one int for all. Each kind has statistics,
            gamma and beta of its own, as if it went through a layer of its own; everything else of a model is shared
            (Chang et al., 2019).

    Weights: gamma, beta, moving_mean, moving_variance, with renorm also moving_stddev, renorm_mean, renorm_stddev, each
    (x.shape[axis],), or (domains, x.shape[axis]).

    `model.recalibrate_batchnorm(x)` counts the statistics anew.

    Source: Ioffe and Szegedy, Batch Normalization, 2015.

    >>> import numpy as np
    >>> BatchNormalization(epsilon=0.0)(np.ones((2, 3), "float32"))
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    >>> BatchNormalization(domains=2)(np.ones((2, 3), "float32"), domain=np.array([0, 1])).shape
    (2, 3)
    """

    supports_masking = True
    KWARGS = (*Layer.KWARGS, "synchronized", "fused", "virtual_batch_size")

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
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        domains: int | None = None,
        **kwargs: Any,
    ) -> None:
        for name in ("fused", "virtual_batch_size"):
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
        self.renorm, self.renorm_momentum = renorm, renorm_momentum
        self.renorm_clipping = _clipping(renorm_clipping or {}) if renorm else renorm_clipping
        self.beta_initializer, self.gamma_initializer = map(initializers.get, (beta_initializer, gamma_initializer))
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, (beta_regularizer, gamma_regularizer))
        self.beta_constraint, self.gamma_constraint = map(constraints.get, (beta_constraint, gamma_constraint))
        self.gamma = self.beta = self.moving_mean = self.moving_variance = None
        self.domains = count("domains", domains, none=True)
        if domains is not None and renorm:
            raise ArgumentError("BatchNormalization: received renorm=True with `domains`, expected one of the two.")
        self._recount = None  # statistics that are counted anew (models/recalibration.py)

    def build(self, input_shape):
        rank = len(input_shape)
        axis = shapes.normalize_axis(self.axis, rank)
        size = input_shape[axis]
        if size is None:
            raise ShapeError(
                f"BatchNormalization '{self.name}': axis {self.axis} of the input must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if self.domains is not None and (axis == 0 or rank < 2):
            raise ShapeError(
                f"BatchNormalization '{self.name}': with `domains` rows lie along axis 0. Received: axis={self.axis}, "
                f"input_shape={tuple(input_shape)}"
            )
        shape = (size,) if self.domains is None else (self.domains, size)
        if self.scale:
            self.gamma = self.add_weight(
                shape=shape,
                name="gamma",
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                shape=shape,
                name="beta",
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.moving_mean = self.add_weight(
            shape=shape, name="moving_mean", trainable=False, initializer=self.moving_mean_initializer
        )
        self.moving_variance = self.add_weight(
            shape=shape, name="moving_variance", trainable=False, initializer=self.moving_variance_initializer
        )
        if self.renorm:
            for name, first in (
                ("moving_stddev", self._first_stddev),
                ("renorm_mean", self.moving_mean_initializer),
                ("renorm_stddev", self._first_stddev),
            ):
                setattr(self, name, self.add_weight(shape=(size,), name=name, trainable=False, initializer=first))
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: size})

    def _first_stddev(self, shape, dtype=None):
        """What standard deviations begin with: the root of what variances do."""
        return np.sqrt(np.asarray(self.moving_variance_initializer(shape, dtype=dtype)))

    def call(self, inputs, training=None, mask=None, domain=None):
        """The inputs, normalised.

        Args:
            inputs: an array or symbol; its axis `axis` has the size that the layer was built with.
            training: whether the statistics are the batch's; None: what the call around it says.
            mask: booleans (batch, steps), False where a step is left out of the statistics.
            domain: with `domains`, the kind of each row: ints (n,) or (n, 1), or one int for all.
        """
        rank = len(inputs.shape)
        axis = shapes.normalize_axis(self.axis, rank)
        if self.domains is not None or domain is not None:
            rows = domain_of(self, domain)
            return by_domain(self, inputs, rows, mask, axis, training and self.trainable)
        if self._recount is not None:
            return recounted(self, inputs, mask, axis)
        if not training or not self.trainable:
            return ops.batch_normalization(
                inputs, self.moving_mean, self.moving_variance, axis, self.beta, self.gamma, self.epsilon
            )
        if mask is not None:
            mean, variance, _ = masked_moments(inputs, mask, axis, self.compute_dtype, self.synchronized)
            return self._by(inputs, mean, variance, axis)
        if self.synchronized and shard() is not None:
            return self._by(inputs, *synchronized_moments(inputs, axis), axis)
        x = inputs
        if axis != rank - 1:
            x = ops.transpose(x, (*range(axis), *range(axis + 1, rank), axis))
        if self.renorm:
            y, mean, variance = batch_norm(x, None, None, epsilon=float(self.epsilon))
            gamma, beta = self._corrected(mean, variance)
            y = y * gamma + beta
        else:
            y, mean, variance = batch_norm(x, self.gamma, self.beta, epsilon=float(self.epsilon))
        self._update(mean, variance)
        if axis != rank - 1:
            y = ops.transpose(y, (*range(axis), rank - 1, *range(axis, rank - 1)))
        return y

    def _rows_apart(self, training):
        return not (training and self.trainable) and super()._rows_apart(training)

    def _update(self, mean, variance):
        _move(self.moving_mean, mean, self.momentum)
        if not self.renorm:
            _move(self.moving_variance, variance, self.momentum)
            return
        stddev = ops.sqrt(variance + self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.relu(ops.square(self.moving_stddev.value) - self.epsilon))

    def _corrected(self, mean, variance):
        """(scale, offset) of values normalised with the batch's statistics, for those of the moving ones (Ioffe, 2017).

        With r = stddev / renorm_stddev and d = (mean - renorm_mean) / renorm_stddev, which have no gradient, it is
        (x * r + d) * gamma + beta.
        """
        least = float(self.epsilon) ** 0.5
        unit = ops.maximum(self.renorm_stddev.value, least)
        r = ops.sqrt(variance + self.epsilon) / unit
        d = (mean - self.renorm_mean) / unit
        bounds = self.renorm_clipping
        if "rmin" in bounds or "rmax" in bounds:
            r = ops.clip(r, bounds.get("rmin", 0.0), bounds.get("rmax", np.inf))
        if "dmax" in bounds:
            d = ops.clip(d, -bounds["dmax"], bounds["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        scale, offset = (r, d) if self.gamma is None else (r * self.gamma, d * self.gamma)
        return scale, offset if self.beta is None else offset + self.beta

    def _by(self, inputs, mean, variance, axis):
        """Inputs by statistics, which the moving ones follow."""
        gamma, beta = self._corrected(mean, variance) if self.renorm else (self.gamma, self.beta)
        self._update(mean, variance)
        return ops.batch_normalization(inputs, mean, variance, axis, beta, gamma, self.epsilon)

    def compute_output_shape(self, input_shape):
        if not self.built:
            axis = self.axis if self.axis >= 0 else len(input_shape) + self.axis
            if not 0 <= axis < len(input_shape):
                raise ShapeError(f"Axis {self.axis} is out of bounds for input shape {tuple(input_shape)}.")
        return input_shape

    def get_config(self):
        moving = {n: initializers.serialize(getattr(self, n)) for n in MOVING}
        weights = {**weight_config(self, ("beta", "gamma"), activity=False), **moving}
        # fmt: off
        own = {} if self.domains is None else {"domains": self.domains}  # Keras's layer has no such argument
        return {**super().get_config(), **own, "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon,
                "center": self.center, "scale": self.scale, **placed(weights, tuple(moving), "beta_regularizer"),
                "synchronized": self.synchronized, "renorm": self.renorm, "renorm_clipping": self.renorm_clipping,
                "renorm_momentum": self.renorm_momentum}
        # fmt: on


def _move(variable, value, momentum):
    """The moving average of a variable and a new value."""
    variable.assign(variable * momentum + value * (1.0 - momentum))


def _clipping(bounds):
    """The bounds of renorm, checked."""
    known = ["rmax", "rmin", "dmax"]
    if set(bounds) - set(known):
        raise ArgumentError(
            f"Received invalid keys for `renorm_clipping` argument: {bounds}. Supported values: {known}."
        )
    bounds = {name: value for name, value in bounds.items() if value is not None}
    if bounds.get("rmax", np.inf) < bounds.get("rmin", 0.0):
        raise ArgumentError(f"rmax should be greater than rmin in the `renorm_clipping` argument. Received: {bounds}.")
    if bounds.get("dmax", 0) < 0:
        raise ArgumentError(f"dmax should be non-negative in the `renorm_clipping` argument. Received: {bounds}.")
    return bounds
