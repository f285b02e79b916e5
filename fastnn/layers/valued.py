"""What a call returns where its Python asks for values: found by running it on some.

A size that depends on values, as the number of elements under a mask, differs from run to run, so it is not known.
"""

import contextlib
import warnings

import numpy as np

from fastnn.core import dtypes
from fastnn.graph import Symbol
from fastnn.graph.active import paused
from fastnn.graph.stateless import StatelessScope
from fastnn.graph.tensor import Tensor, at_once
from fastnn.layers import nest

ZEROS = 0.25  # the share of values that are 0: masks are made of those that are not


def some_values(shape, dtype, seed):
    """Numbers for such a symbol: floats from -1 to 1, a part of them 0; truth values; integers that count a few.

    The largest integer, and one alone, differ among seeds: they may become sizes. So does the number of different rows.

    >>> [sorted(set(some_values((50,), "int32", (seed, 0)).tolist())) for seed in (1, 2)]
    [[0, 1, 2], [0, 1, 2, 3]]
    >>> [some_values((), "int32", (seed, 0)).tolist() for seed in (1, 2)]
    [2, 3]
    """
    values = _drawn(shape, dtype, seed)
    if len(shape) > 1 and seed[0] % 4 == 1:  # with 5 and 1, not with 7: a condition on rows leaves some of them out
        values[1:] = values[:1]  # how many different rows there are is no size of x
    return values


def _drawn(shape, dtype, seed):
    random = np.random.default_rng(seed)
    kind = dtypes.numpy_type(dtype)
    if dtype == "bool":
        return random.random(shape) < 0.5
    if not dtypes.is_float(dtype):
        number = seed[0]
        return np.full(shape, 1 + number % 5, kind) if not shape else random.integers(0, 2 + number % 3, shape, kind)
    return np.where(random.random(shape) < ZEROS, 0.0, random.uniform(-1.0, 1.0, shape)).astype(kind)


def run(function, args, kwargs, symbol_of, seed):
    """function(*args, **kwargs) on values in the place of symbols; nothing that it changes outlives the call.

    symbol_of: gives shape and dtype of what takes the place of a symbol, or a number; leaves all else as it is.
    seed: of the values.
    """
    made = {}

    def value(x):
        found = symbol_of(x)
        if not isinstance(found, Symbol):
            return found
        if id(x) not in made:
            made[id(x)] = Tensor.of(some_values(found.shape, found.dtype, (seed, len(made))))
        return made[id(x)]

    # nobody means these values, so nobody is warned of them
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(action="ignore"),
        paused(),
        at_once(),
        StatelessScope(),
        _losses_kept(getattr(function, "__self__", None)),
    ):
        return function(*nest.map_structure(value, tuple(args)), **nest.map_structure(value, dict(kwargs)))


@contextlib.contextmanager
def _losses_kept(owner):
    """Afterwards a layer and those inside have the losses that they had before."""
    if not hasattr(owner, "_clear_losses"):
        yield
        return
    before = [(layer, list(layer._losses)) for layer in owner._flatten_layers()]
    try:
        yield
    finally:
        owner._clear_losses()
        for layer, losses in before:
            layer._losses.extend(losses)
