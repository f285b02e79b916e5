"""What layers call to draw a mask."""

import numpy as np

from fastnn.core import dtypes, random
from fastnn.core.errors import ArgumentError
from fastnn.graph import trace as tracing
from fastnn.graph.node import Symbol
from fastnn.graph.tensor import stepping
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.records.random import dropout_op, random_bernoulli


# ------------------------------------------------------------------ what layers call
def dropout(x, rate, seed=0, stream=0, call=0, noise_shape=None):
    """x with elements set to 0 at `rate`, the others divided by 1 - rate.

    Args:
        x: float symbol or array.
        rate: in [0, 1); 1 gives zeros.
        seed, stream, call: ints, the key of the mask.
        noise_shape: shape of the mask, which broadcasts against x; None in it stands for x's size there.

    Raises:
        ArgumentError: if rate is not in [0, 1].

    >>> sorted(set(dropout(np.ones(100, "float32"), 0.5).tolist()))
    [0.0, 2.0]
    """
    if not 0 <= rate <= 1:
        raise ArgumentError(
            f"Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
            f"Received: rate={rate!r}"
        )
    if rate == 0:
        return x
    if rate == 1:
        return zeros_like(x)
    key = {"seed": int(seed), "stream": int(stream), "call": int(call)}
    if not isinstance(x, Symbol) and tracing.current() is None and not stepping():
        # a plan for each call number would fill the cache of plans; these are the bits of the kernel at step 0
        x = np.asarray(x)
        shape = x.shape if noise_shape is None else mask_shape(x.shape, noise_shape)
        draw = random.dropped if shape == x.shape else random.bernoulli
        keep = ~draw((*key.values(), 0), shape, rate)
        return np.where(keep, x * x.dtype.type(1.0 / (1.0 - rate)), x.dtype.type(0))
    shape = tuple(x.shape)
    if noise_shape is not None:
        noise_shape = mask_shape(shape, noise_shape)
    if noise_shape is None or noise_shape == shape:
        return dropout_op(x, rate=float(rate), **key)
    name = dtypes.standardize(x.dtype)
    mask = random_bernoulli(shape=noise_shape, dtype=name, p=float(rate), low=1.0 / (1.0 - rate), high=0.0, **key)
    return x * mask


def mask_shape(shape, noise_shape):
    """`noise_shape` with None replaced by the sizes of `shape`.

    >>> mask_shape((8, 5, 3), (None, 1, None))
    (8, 1, 3)
    """
    noise_shape = tuple(noise_shape)
    if len(noise_shape) != len(shape) or any(m not in (None, 1, s) for m, s in zip(noise_shape, shape)):
        raise ArgumentError(
            f"noise_shape: received {noise_shape} for an input of shape {shape}, expected as many "
            "sizes, each None, 1 or the input's."
        )
    return tuple(s if m is None else m for m, s in zip(noise_shape, shape))
