"""What Keras 1 scripts call under names or with positions that have another meaning today."""

from fastnn import layers, regularizers
from fastnn.compat.arguments import OLD, translate
from fastnn.compat.keras1.own_convolutions import Derivable
from fastnn.core.errors import ArgumentError
from fastnn.models import Model, Sequential

_MERGES = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
    "min": layers.Minimum,
}


class Convolution2D(metaclass=Derivable):
    """Conv2D as Keras 1 wrote it: Convolution2D(filters, rows, columns, ...); also takes today's arguments.

    >>> Convolution2D(4, 3, 5, border_mode="same").kernel_size
    (3, 5)
    """

    rank = 2

    def __new__(cls, *args, **kwargs):
        words = ("nb_row", "nb_col") if cls.rank == 2 else ("kernel_dim1", "kernel_dim2", "kernel_dim3")[: cls.rank]
        for word in words:
            if word in kwargs and 1 < len(args) <= cls.rank:  # by position as far as they go, then by name
                args = (*args, kwargs.pop(word))
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


class AtrousConvolution1D(Convolution1D, atrous=True):
    """Conv1D with Keras 1's argument names, among them atrous_rate.

    >>> AtrousConvolution1D(4, 3, atrous_rate=2).dilation_rate
    (2,)
    """


class AtrousConvolution2D(Convolution2D, atrous=True):
    """Conv2D with Keras 1's argument names, among them atrous_rate.

    >>> AtrousConvolution2D(4, 3, 3, atrous_rate=(2, 2)).dilation_rate
    (2, 2)
    """


class Convolution3D(Convolution2D):
    """Conv3D as Keras 1 wrote it: Convolution3D(filters, length, rows, columns, ...).

    >>> Convolution3D(4, 3, 3, 2, border_mode="same").kernel_size
    (3, 3, 2)
    """

    rank = 3


class SeparableConvolution2D:
    """SeparableConv2D as Keras 1 wrote it: SeparableConvolution2D(filters, rows, columns, ...).

    >>> SeparableConvolution2D(4, 3, 3, border_mode="same", subsample=(2, 2)).strides
    (2, 2)
    """

    def __new__(cls, *args, **kwargs):
        if len(args) > 2 and all(isinstance(n, int) for n in args[1:3]):
            args = (args[0], args[1:3], *args[3:])
        return layers.SeparableConv2D(*args, **translate(OLD["SeparableConv2D"], kwargs))


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


class TimeDistributedDense:
    """Dense as Keras 1 applied it to each step; input_dim and input_length say the shape of the steps.

    >>> TimeDistributedDense(4, input_dim=3, input_length=5).units
    4
    """

    def __new__(cls, *args, **kwargs):
        length = kwargs.pop("input_length", None)
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (length, kwargs.pop("input_dim"))
        return layers.Dense(*args, **translate(OLD["Dense"], kwargs))


def l1l2(l1=0.01, l2=0.01):
    """L1L2 with the defaults that Keras 1 had.

    >>> l1l2().get_config()
    {'l1': 0.01, 'l2': 0.01}
    """
    return regularizers.L1L2(l1, l2)


def _axis(axes):
    """Keras 1 also wrote the one axis of each input as a tuple."""
    return [a[0] if isinstance(a, (list, tuple)) else a for a in axes] if isinstance(axes, (list, tuple)) else axes


def _layer(mode, concat_axis, dot_axes, output_shape, name, arguments=None):
    """The layer of today that a mode stands for."""
    if callable(mode):
        return layers.Lambda(mode, output_shape=output_shape, arguments=arguments or {}, name=name)
    table = {
        **{k: (v, {}) for k, v in _MERGES.items()},
        "concat": (layers.Concatenate, {"axis": concat_axis}),
        "dot": (layers.Dot, {"axes": _axis(dot_axes)}),
        "cos": (layers.Dot, {"axes": _axis(dot_axes), "normalize": True}),
    }
    if mode not in table:
        raise ArgumentError(f"merge: received mode={mode!r}, expected one of {', '.join(table)}, or a function.")
    layer, own = table[mode]
    return layer(name=name, **own)


def merge(inputs, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None, name=None, arguments=None, **_):
    """Keras 1's `merge`: one symbol from several.

    mode: "sum", "mul", "ave", "max", "min", "concat", "dot", "cos", or a function of the list; output_mask,
    node_indices and tensor_indices, which the graph knows, are of no effect.

    Raises ArgumentError for another mode.

    >>> a = layers.Input((3,))
    >>> merge([a, a], mode="concat").shape
    (None, 6)
    """
    return _layer(mode, concat_axis, dot_axes, output_shape, name, arguments)(inputs)


def _branch(branch):
    """(inputs, output) of a model, or of a layer that was told its input shape."""
    if isinstance(branch, Model):
        stack = branch.layers if isinstance(branch, Sequential) else []
        if stack and isinstance(stack[0], Model) and len(stack[0].inputs) > 1:  # a stack on a Merge
            inputs, output = stack[0].inputs, stack[0].output
            for layer in stack[1:]:
                output = layer(output)
            return inputs, output
        return branch.inputs, branch.output
    if isinstance(branch, layers.InputLayer) or branch.__dict__.get("_batch_input_shape") is not None:
        return _branch(Sequential([branch]))
    raise ArgumentError(
        f"Merge: received {branch!r}, expected models, or layers with input_shape: a branch has known inputs."
    )


class Merge:
    """Keras 1's layer of several branches, the first of a Sequential; the inputs are those of all branches.

    Args:
        layers: models, or layers with input_shape; None for a layer that is called on a list of symbols.
        mode, concat_axis, dot_axes, output_shape: as of `merge`.
        arguments: dict, what a function as mode gets besides.
        name: str, made if None.

    Raises ArgumentError for another mode, and for a branch whose inputs are not known.

    >>> pair = Merge([Sequential([layers.Dense(4, input_shape=(n,))]) for n in (2, 3)], mode="concat")
    >>> pair.output_shape
    (None, 8)
    """

    def __new__(
        cls, layers=None, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None, name=None, arguments=None, **gone
    ):
        unknown = gone.keys() - {"output_mask", "node_indices", "tensor_indices"}
        if unknown:
            raise ArgumentError(f"Merge: received the unknown argument(s) {', '.join(sorted(unknown))}.")
        if layers is None:
            return _layer(mode, concat_axis, dot_axes, output_shape, name, arguments)
        inputs, outputs = zip(*map(_branch, layers))
        merged = merge(list(outputs), mode, concat_axis, dot_axes, output_shape, None, arguments)
        return Model(list(dict.fromkeys(x for own in inputs for x in own)), merged, name=name)
