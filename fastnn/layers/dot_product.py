"""Dot: products of two inputs, summed over an axis of each."""

from typing import Any

from fastnn import ops
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.layers import nest
from fastnn.layers.merging import Merge


class Dot(Merge):
    """Products of two inputs summed over an axis of each, sample by sample.

    Args:
        axes: an int, or two: the axes that are summed over (the batch axis 0 is not allowed).
        normalize: whether the inputs are scaled to norm 1 first (cosine similarity).

    >>> import numpy as np
    >>> Dot(axes=1)([np.ones((2, 3), "float32"), np.ones((2, 3), "float32")])
    array([[3.],
           [3.]], dtype=float32)
    """

    fewest = 2

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)):
            raise ArgumentTypeError(
                f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes}"
            )
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(a, int) for a in axes)):
            raise ArgumentError(
                "Invalid format for argument `axes`: expected an int, or a list that contains two elements, and list "
                f"elements should be integers. It should contain two elements. Received: axes={axes}"
            )
        self.axes, self.normalize = axes, normalize

    def _pair(self, ranks):
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        return tuple(normalize_axis(a, r) for a, r in zip(axes, ranks))

    def _check(self, input_shape):
        if not isinstance(input_shape, (list, tuple)) or nest.is_shape(input_shape) or len(input_shape) != 2:
            raise ShapeError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        a, b = map(tuple, input_shape)
        i, j = self._pair((len(a), len(b)))
        if a[0] != b[0] and None not in (a[0], b[0]):
            raise ShapeError(f"Cannot merge tensors with different batch sizes. Received tensors with shapes {a}, {b}")
        if 0 in (i, j):
            raise ShapeError(f"Dot: the batch axis 0 cannot be summed over. Received: axes={self.axes}")
        if a[i] != b[j] and None not in (a[i], b[j]):
            raise ShapeError(
                f"Incompatible input shapes: axis values {a[i]} (at axis {i}) != {b[j]} (at axis {j}). "
                f"Full input shapes: {a}, {b}"
            )

    def build(self, input_shape):
        self._check(input_shape)

    def call(self, inputs):
        a, b = inputs
        i, j = self._pair((len(a.shape), len(b.shape)))
        if self.normalize:
            a, b = ops.normalize(a, axis=i, order=2), ops.normalize(b, axis=j, order=2)
        return batch_dot(a, b, i, j)

    def compute_output_shape(self, input_shape):
        self._check(input_shape)
        a, b = map(list, input_shape)
        i, j = self._pair((len(a), len(b)))
        rest = (*(d for k, d in enumerate(a) if k not in (0, i)), *(d for k, d in enumerate(b) if k not in (0, j)))
        return (a[0], *(rest or (1,)))

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def batch_dot(a, b, i, j):
    """sum over axis i of a and axis j of b of their products, for each sample; (batch, 1) if nothing else is left."""
    n = a.shape[0]
    if len(a.shape) == len(b.shape) == 2:
        return ops.sum(ops.multiply(a, b), axis=1, keepdims=True)
    left = [k for k in range(1, len(a.shape)) if k != i]
    right = [k for k in range(1, len(b.shape)) if k != j]
    shape = (n, *(a.shape[k] for k in left), *(b.shape[k] for k in right))
    depth = a.shape[i]
    a = ops.reshape(ops.transpose(a, (0, *left, i)), (n, -1 if len(left) else 1, depth))
    b = ops.reshape(ops.transpose(b, (0, j, *right)), (n, depth, -1 if len(right) else 1))
    return ops.reshape(ops.matmul(a, b), shape)


def dot(inputs, axes=-1, **kwargs):
    """Dot(axes, **kwargs)(inputs): the layer of that name, made and called.

    Args:
        inputs: list of two arrays or symbols.
        axes: an int, or two: the axes that are summed over.
        **kwargs: what Dot takes: `normalize`, and `name`, `dtype`, ...

    >>> import numpy as np
    >>> dot([np.ones((1, 3), "float32")] * 2, axes=1)
    array([[3.]], dtype=float32)
    """
    return Dot(axes=axes, **kwargs)(inputs)
