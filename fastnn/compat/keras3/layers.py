"""Layers that Keras 3 keeps under `tensorflow.keras.layers` alone: RandomHeight and RandomWidth."""

from fastnn import ops
from fastnn.core import random
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.graph import Symbol
from fastnn.graph.seeds import SeedGenerator
from fastnn.layers import Layer


class _RandomSize(Layer):
    """Base: images of another height, or width, while training; one draw for all images of a batch."""

    axis: int  # of (height, width)

    def __init__(self, factor, interpolation="bilinear", seed=None, **kwargs):
        super().__init__(**kwargs)
        least, most = factor if isinstance(factor, (tuple, list)) else (-factor, factor)
        if most < least:
            raise ArgumentError(
                f"`factor` argument cannot have an upper bound lesser than the lower bound. Received: factor={factor}"
            )
        if least < -1.0:
            raise ArgumentError(f"`factor` argument must have values larger than -1. Received: factor={factor}")
        self.factor, self.interpolation, self.seed = factor, interpolation, seed
        self.bounds = 1.0 + least, 1.0 + most
        self.seed_generator = SeedGenerator(seed)

    def call(self, inputs, training=True):
        """Images of another size, or as they are.

        Args:
            inputs: (batch, height, width, channels) or (height, width, channels), arrays.
            training: whether the size is drawn.

        Raises NotSupportedError inside a model that is trained: each batch would need a plan of its own.
        """
        if not training:
            return inputs
        if isinstance(inputs, Symbol):
            raise NotSupportedError(
                f"{type(self).__name__} gives each batch another size, which a compiled step cannot have. "
                "Call it on the arrays, or in the map of a Dataset, before the model."
            )
        share = float(random.uniform(tuple(map(int, self.seed_generator.next())), (), *self.bounds))
        size = list(inputs.shape[-3:-1])
        size[self.axis] = int(share * size[self.axis])
        resized = ops.image.resize(inputs, tuple(size), interpolation=self.interpolation)
        return ops.cast(resized, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the result, whose height, or width, is None.

        Args:
            input_shape: of the images.
        """
        shape = list(input_shape)
        shape[self.axis - 3] = None
        return tuple(shape)

    def get_config(self):
        """What the layer was made with."""
        own = {"factor": self.factor, "interpolation": self.interpolation, "seed": self.seed}
        return {**super().get_config(), **own}


class RandomHeight(_RandomSize):
    """Images of another height while training.

    Args:
        factor: a share of the height, or (least, most) shares, by which it grows; all larger than -1.
        interpolation: as of ops.image.resize.
        seed: an int, or None.

    >>> RandomHeight((0.5, 0.5))(ops.ones((1, 4, 4, 3)), training=True).shape
    (1, 6, 4, 3)
    """

    axis = 0


class RandomWidth(_RandomSize):
    """Images of another width while training.

    Args:
        factor: a share of the width, or (least, most) shares, by which it grows; all larger than -1.
        interpolation: as of ops.image.resize.
        seed: an int, or None.

    >>> RandomWidth((0.5, 0.5))(ops.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 6, 3)
    """

    axis = 1
