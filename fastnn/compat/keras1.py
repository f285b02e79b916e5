"""What Keras 1 scripts call under names or with positions that have another meaning today."""

from fastnn import layers, regularizers
from fastnn.compat.arguments import OLD, translate
from fastnn.core.errors import ArgumentError

_MERGES = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
    "min": layers.Minimum,
}


class Convolution2D:
    """Conv2D as Keras 1 wrote it: Convolution2D(filters, rows, columns, ...); also takes today's arguments.

    >>> Convolution2D(4, 3, 5, border_mode="same").kernel_size
    (3, 5)
    """

    rank = 2

    def __new__(cls, *args, **kwargs):
        size = args[1 : 1 + cls.rank]
        if cls.rank > 1 and len(size) == cls.rank and all(isinstance(n, int) for n in size):
            args = (args[0], size, *args[1 + cls.rank :])
        return getattr(layers, f"Conv{cls.rank}D")(*args, **translate(OLD["Conv2D"], kwargs))


class Convolution1D(Convolution2D):
    """Conv1D with Keras 1's argument names.

    >>> Convolution1D(4, 3, border_mode="same").padding
    'same'
    """

    rank = 1


class Convolution3D(Convolution2D):
    """Conv3D as Keras 1 wrote it: Convolution3D(filters, length, rows, columns, ...).

    >>> Convolution3D(4, 3, 3, 2, border_mode="same").kernel_size
    (3, 3, 2)
    """

    rank = 3


class Deconvolution2D:
    """Conv2DTranspose as Keras 1 wrote it: its output shape follows from the input's, whatever was said.

    >>> Deconvolution2D(4, 3, 3, output_shape=(None, 8, 8, 4), subsample=(2, 2), border_mode="same").strides
    (2, 2)
    """

    def __new__(cls, *args, **kwargs):
        kwargs.pop("output_shape", None)
        if len(args) > 2 and all(isinstance(n, int) for n in args[1:3]):
            args = (args[0], args[1:3], *args[4:])
        return layers.Conv2DTranspose(*args, **translate(OLD["Conv2DTranspose"], kwargs))


def l1l2(l1=0.01, l2=0.01):
    """L1L2 with the defaults that Keras 1 had.

    >>> l1l2().get_config()
    {'l1': 0.01, 'l2': 0.01}
    """
    return regularizers.L1L2(l1, l2)


def merge(inputs, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None, name=None):
    """Keras 1's `merge`: one symbol from several.

    mode: "sum", "mul", "ave", "max", "min", "concat", "dot", "cos", or a function of the list.

    Raises ArgumentError for another mode.

    >>> a = layers.Input((3,))
    >>> merge([a, a], mode="concat").shape
    (None, 6)
    """
    if callable(mode):
        return layers.Lambda(mode, output_shape=output_shape, name=name)(inputs)
    table = {
        **{k: (v, {}) for k, v in _MERGES.items()},
        "concat": (layers.Concatenate, {"axis": concat_axis}),
        "dot": (layers.Dot, {"axes": dot_axes}),
        "cos": (layers.Dot, {"axes": dot_axes, "normalize": True}),
    }
    if mode not in table:
        raise ArgumentError(f"merge: received mode={mode!r}, expected one of {', '.join(table)}, or a function.")
    layer, arguments = table[mode]
    return layer(name=name, **arguments)(inputs)
