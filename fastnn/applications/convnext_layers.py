"""Layers of ConvNeXt that are no public layers."""

from typing import Any

from fastnn import initializers, ops, random
from fastnn.layers.layer import Layer

__all__ = ["LayerScale", "StochasticDepth"]


class StochasticDepth(Layer):
    """While training, the whole input of some samples is 0, that of the others larger.

    Args:
        drop_path_rate: the probability of 0.
        kwargs: name, dtype, trainable, as of Layer.

    >>> import numpy as np
    >>> StochasticDepth(0.5)(np.ones((1, 2), "float32"), training=False).tolist()
    [[1.0, 1.0]]
    """

    def __init__(self, drop_path_rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.drop_path_rate = drop_path_rate
        self.seed_generator = random.SeedGenerator()

    def call(self, x, training=None):
        """x, with some samples 0 while training.

        Args:
            x: (batch, ...).
            training: whether this is a step of training.
        """
        if not training:
            return x
        keep = 1 - self.drop_path_rate
        shape = (x.shape[0], *(1,) * (len(x.shape) - 1))
        return x / keep * ops.floor(keep + random.uniform(shape, 0, 1, seed=self.seed_generator))

    def compute_output_shape(self, input_shape):
        """The input's.

        Args:
            input_shape: a tuple with the batch dimension.
        """
        return input_shape

    def get_config(self):
        return {**super().get_config(), "drop_path_rate": self.drop_path_rate}


class LayerScale(Layer):
    """Each channel times a number that is learned.

    Args:
        init_values: the first value of the numbers.
        projection_dim: how many channels there are.
        kwargs: name, dtype, trainable, as of Layer.

    >>> import numpy as np
    >>> LayerScale(0.5, 2)(np.ones((1, 2), "float32")).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape):
        """Make the factors.

        Args:
            input_shape: a tuple with the batch dimension.
        """
        self.gamma = self.add_weight(
            shape=(self.projection_dim,), initializer=initializers.Constant(self.init_values), name="gamma"
        )

    def call(self, x):
        """x times the factors.

        Args:
            x: (batch, ..., projection_dim).
        """
        return x * self.gamma

    def compute_output_shape(self, input_shape):
        """The input's.

        Args:
            input_shape: a tuple with the batch dimension.
        """
        return input_shape

    def get_config(self):
        return {**super().get_config(), "init_values": self.init_values, "projection_dim": self.projection_dim}
