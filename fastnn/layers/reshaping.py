"""Layers that move elements about without changing them: Flatten, Reshape, Permute, RepeatVector."""

import math
from typing import Any

from fastnn import ops
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.layers.data_format import standardize_data_format
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer


class Flatten(Layer):
    """All dimensions but the first as one.

    Args:
        data_format: "channels_first" input is put in channels_last order before; None:
            keras.config.image_data_format().

    >>> import numpy as np
    >>> Flatten()(np.ones((2, 3, 4), "float32")).shape
    (2, 12)
    """

    _keeps_dtype = True

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape):
        rest = input_shape[1:]
        return (input_shape[0], None if None in rest else math.prod(rest))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


def _target(input_shape, target):
    """The output shape of Reshape, -1 resolved; None stays None."""
    rest = tuple(input_shape[1:])
    total = None if None in rest else math.prod(rest)
    known = math.prod(d for d in target if d != -1)
    if -1 in target:
        if total is not None and (known == 0 or total % known):
            raise ShapeError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={tuple(input_shape)}, "
                f"target_shape={target}"
            )
        filled = None if total is None else total // known
        return (input_shape[0], *(filled if d == -1 else d for d in target))
    if total is not None and total != known:
        raise ShapeError(
            f"The total size of the tensor must be unchanged. Received: input_shape={tuple(input_shape)}, "
            f"target_shape={target}"
        )
    return (input_shape[0], *target)


class Reshape(Layer):
    """Samples in another shape; one dimension of `target_shape` may be -1.

    Args:
        target_shape: an int, or a tuple of ints: shape of a sample, without the batch; one may be -1, which follows
            from the others.

    Raises ShapeError if the number of elements differs.

    >>> import numpy as np
    >>> Reshape((2, -1))(np.ones((1, 6), "float32")).shape
    (1, 2, 3)
    """

    _keeps_dtype = True

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target_shape = (target_shape,) if hasattr(target_shape, "__index__") else tuple(target_shape)
        if any(whole(d) is None or d < -1 for d in target_shape):
            raise ArgumentError(
                "Each dimension of `target_shape` must be a non-negative integer, or -1 for one that follows from the "
                f"others. Received: target_shape={target_shape}"
            )
        if sum(d == -1 for d in target_shape) > 1:
            raise ArgumentError(
                "There must be at most one unknown dimension (-1) in `target_shape`. "
                f"Received: target_shape={target_shape}"
            )
        self.target_shape = target_shape

    def call(self, inputs):
        return ops.reshape(inputs, _target(inputs.shape, self.target_shape))

    def compute_output_shape(self, input_shape):
        return _target(input_shape, self.target_shape)

    def get_config(self):
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """The dimensions of a sample in another order, counted from 1.

    Args:
        dims: ints: which dimension of the input each one of the output is; 1 is the first behind the batch.

    >>> import numpy as np
    >>> Permute((2, 1))(np.ones((5, 3, 4), "float32")).shape
    (5, 4, 3)
    """

    _keeps_dtype = True

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ArgumentError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` "
                f"must be consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def get_config(self):
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each sample of shape (features,) n times: (batch, n, features).

    Args:
        n: int: how often.

    >>> import numpy as np
    >>> RepeatVector(3)(np.ones((2, 4), "float32")).shape
    (2, 3, 4)
    """

    _keeps_dtype = True

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(n, bool) or not isinstance(n, int):
            raise ArgumentTypeError(f"Expected an integer value for `n`, got {type(n)}.")
        if n < 1:
            raise ArgumentError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self):
        return {**super().get_config(), "n": self.n}
