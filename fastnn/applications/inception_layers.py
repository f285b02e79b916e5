"""The layer of InceptionResNetV2 that is no public layer."""

from fastnn.layers.layer import Layer

__all__ = ["CustomScaleLayer"]


class CustomScaleLayer(Layer):
    """The first input plus a share of the second.

    Args:
        scale: the share.
        kwargs: name, dtype, trainable, as of Layer.

    >>> import numpy as np
    >>> CustomScaleLayer(0.5)([np.ones((1, 1), "float32"), np.ones((1, 1), "float32")]).tolist()
    [[1.5]]
    """

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """The sum.

        Args:
            inputs: two, of one shape.
        """
        return inputs[0] + inputs[1] * self.scale

    def compute_output_shape(self, input_shape):
        """That of the first.

        Args:
            input_shape: two tuples with the batch dimension.
        """
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
