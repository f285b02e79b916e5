"""Base classes for the convolutions that Keras 1 scripts derive from Convolution1D and Convolution2D."""

import functools

from fastnn import layers
from fastnn.compat.arguments import OLD, translate

_MIDDLE = "init", "activation", "weights", "border_mode", "subsample"
_END = ("W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint", "bias")


def named(rank, atrous, args):
    """Keras 1's positional arguments by today's names: the filters, the sizes, then the others in their order.

    >>> named(2, False, (8, 3, 5, "glorot_uniform", "relu"))
    {'filters': 8, 'kernel_size': (3, 5), 'kernel_initializer': 'glorot_uniform', 'activation': 'relu'}
    """
    order = (*_MIDDLE, *(("atrous_rate",) if atrous else ()), *(("dim_ordering",) if rank > 1 else ()), *_END)
    given = dict(zip(order, args[1 + rank :]))
    sizes = args[1] if rank == 1 else args[1 : 1 + rank]
    return {"filters": args[0], "kernel_size": sizes, **translate(OLD["Conv2D"], given)}


@functools.cache
def base(rank, atrous):
    """The class that a script's own convolution derives from: today's, with Keras 1's arguments and attributes.

    >>> base(1, True)(8, 2, "glorot_uniform", "tanh", None, "valid", 1, 4).dilation_rate
    (4,)
    """
    today = getattr(layers, f"Conv{rank}D")

    class Own(today):
        def __init__(self, *args, **kwargs):
            kwargs = translate(OLD["Conv2D"], kwargs)
            old = len(args) > rank and all(isinstance(n, int) for n in args[1 : 1 + rank])
            if old and (rank > 1 or not isinstance(args[2:3] and args[2], (int, tuple))):
                args, kwargs = (), {**named(rank, atrous, args), **kwargs}
            start = kwargs.pop("weights", None)
            kwargs = {k: v for k, v in kwargs.items() if v is not None}
            super().__init__(*args, **kwargs)
            if start is not None:
                self.initial_weights = start

        nb_filter = property(lambda self: self.filters)
        filter_length = nb_row = property(lambda self: self.kernel_size[0])
        nb_col = property(lambda self: self.kernel_size[-1])
        subsample_length = property(lambda self: self.strides[0])
        border_mode = property(lambda self: self.padding)
        subsample = property(lambda self: (*self.strides, 1)[:2])
        atrous_rate = property(lambda self: self.dilation_rate[0] if rank == 1 else self.dilation_rate)
        W, b = property(lambda self: self.kernel), property(lambda self: self.bias)

        def call(self, x, mask=None):
            return super().call(x)

    Own.__name__ = Own.__qualname__ = f"Convolution{rank}D"
    return Own


class Derivable(type):
    """The type of the names that a script may call, or derive a class from: that class derives from `base`."""

    def __new__(mcs, name, bases, space, atrous=False, **kwargs):
        old = next((b for b in bases if isinstance(b, Derivable)), None)
        if old is None or space.get("__module__") == old.__module__:
            made = super().__new__(mcs, name, bases, space)
            made.atrous = atrous
            return made
        found = base(old.rank, old.atrous)
        return type(found)(name, tuple(found if b is old else b for b in bases), space, **kwargs)

    def __init__(cls, name, bases, space, **kwargs):
        super().__init__(name, bases, space)
