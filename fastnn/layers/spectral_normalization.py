"""SpectralNormalization: a layer whose kernel is kept at spectral norm 1."""

from typing import Any

from fastnn import initializers, ops
from fastnn.core.errors import ArgumentError
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.wrappers import Wrapper


class SpectralNormalization(Wrapper):
    """A layer whose kernel is divided by its largest singular value at every call in training (Miyato et al., 2018).

    The value is estimated by power iteration from a vector that the layer keeps.  The kernel is written back, so that
    inference uses the one of the last step; its gradient is taken after the division.

    Args:
        layer: a layer with a `kernel` (Dense, Conv2D, ...) or `embeddings`.
        power_iterations: int >= 1, iterations at each call.

    Weights: those of the layer, vector_u (1, last dimension of the kernel).

    Raises:
        ArgumentError (a ValueError): for another number, or a layer without a kernel, when it is built.

    >>> import numpy as np
    >>> from fastnn.layers import Dense
    >>> layer = SpectralNormalization(Dense(2, kernel_initializer="identity"))
    >>> layer(3 * np.eye(2, dtype="float32"), training=True).round(4)
    array([[3., 0.],
           [0., 3.]], dtype=float32)
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ArgumentError(
                f"`power_iterations` should be greater than zero. Received: `power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape):
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        found = getattr(self.layer, "kernel", None)
        self.kernel = getattr(self.layer, "embeddings", None) if found is None else found  # its own, too, as in files
        if self.kernel is None:
            raise ArgumentError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.vector_u = self.add_weight(
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
        )

    def call(self, inputs, training=False):
        if training:
            vector, kernel = self.normalized_weights()
            self.vector_u.assign(vector)
            self.kernel.assign(kernel)
        # the layer may have another policy: floats leave in this one's dtype
        return self.dtype_policy.convert_input(self.layer(inputs), self.autocast, self.compute_dtype)

    def normalized_weights(self):
        """The vector and the kernel after the iterations of a call; a kernel of zeros stays."""
        kernel, vector = self.kernel.value, self.vector_u.value
        weights = ops.reshape(kernel, (-1, kernel.shape[-1]))
        for _ in range(self.power_iterations):
            left = _unit(ops.matmul(vector, ops.transpose(weights)))
            vector = _unit(ops.matmul(left, weights))
        vector, left = ops.stop_gradient(vector), ops.stop_gradient(left)
        norm = ops.sum(ops.matmul(left, weights) * vector)
        there = ops.any(ops.not_equal(kernel, 0))
        kernel = kernel / ops.where(there, norm, ops.ones_like(norm))
        return ops.where(there, vector, self.vector_u.value), kernel

    def _rows_apart(self, training):
        return not training and super()._rows_apart(training)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(x):
    """x of norm 1; zeros stay."""
    norm = ops.sqrt(ops.sum(ops.square(x)))
    return x / ops.where(norm > 0, norm, ops.ones_like(norm))
