"""Parts of which the models of `keras.applications` were made up to Keras 2, and from which people built their own.

Each is a function of a symbol; names of layers and defaults are those of Keras 2.
"""

import importlib

from fastnn import layers
from fastnn.core.config import image_data_format


def _axis():
    return 3 if image_data_format() == "channels_last" else 1


def _obtain_input_shape(input_shape, *args, include_top=None, **kwargs):
    """`obtain_input_shape`, also with the argument that said require_flatten up to Keras 2.0.

    Args:
        input_shape: a tuple, or None.
        args, kwargs: those of obtain_input_shape.
        include_top: whether what follows needs a known size.

    >>> _obtain_input_shape(None, default_size=32, min_size=8, data_format="channels_last", include_top=True)
    (32, 32, 3)
    """
    if include_top is not None:
        kwargs["require_flatten"] = include_top
    utils = importlib.import_module("fastnn.applications.imagenet_utils")
    return utils.obtain_input_shape(input_shape, *args, **kwargs)


# ---- resnet50 ----------------------------------------------------------------------------------------------------
def _bottleneck(x, kernel_size, filters, names, strides=(1, 1)):
    sizes = (1, 1), kernel_size, (1, 1)
    for part, size, n in zip("abc", sizes, filters):
        how = {"padding": "same"} if part == "b" else {}
        x = layers.Conv2D(n, size, strides=strides if part == "a" else (1, 1), name=f"{names[0]}2{part}", **how)(x)
        x = layers.BatchNormalization(axis=_axis(), name=f"{names[1]}2{part}")(x)
        x = layers.Activation("relu")(x) if part != "c" else x
    return x


def _names(stage, block):
    return f"res{stage}{block}_branch", f"bn{stage}{block}_branch"


def identity_block(input_tensor, kernel_size, filters, stage, block):
    """A residual block whose shortcut is its input.

    Args:
        input_tensor: a symbol, images whose channels are the last of filters.
        kernel_size: of the convolution in the middle.
        filters: three ints.
        stage, block: int and str, of the layers' names.

    >>> identity_block(layers.Input((8, 8, 16)), 3, [4, 4, 16], 2, "b").shape
    (None, 8, 8, 16)
    """
    x = _bottleneck(input_tensor, kernel_size, filters, _names(stage, block))
    return layers.Activation("relu")(layers.add([x, input_tensor]))


def conv_block(input_tensor, kernel_size, filters, stage, block, strides=(2, 2)):
    """A residual block with a convolution in its shortcut.

    Args:
        input_tensor: a symbol, images.
        kernel_size: of the convolution in the middle.
        filters: three ints.
        stage, block: int and str, of the layers' names.
        strides: of the first convolution and of the shortcut.

    >>> conv_block(layers.Input((8, 8, 3)), 3, [4, 4, 16], 2, "a").shape
    (None, 4, 4, 16)
    """
    names = _names(stage, block)
    x = _bottleneck(input_tensor, kernel_size, filters, names, strides)
    short = layers.Conv2D(filters[2], (1, 1), strides=strides, name=f"{names[0]}1")(input_tensor)
    short = layers.BatchNormalization(axis=_axis(), name=f"{names[1]}1")(short)
    return layers.Activation("relu")(layers.add([x, short]))


# ---- inception, mobilenet ----------------------------------------------------------------------------------------
def conv2d_bn(x, filters, num_row, num_col, padding="same", strides=(1, 1), name=None):
    """inception_v3's convolution with normalization and relu.

    Args:
        x: a symbol, images.
        filters, num_row, num_col: ints: of the convolution.
        padding, strides: of the convolution.
        name: str: begins the layers' names; None for made ones.

    >>> conv2d_bn(layers.Input((8, 8, 3)), 4, 3, 1).shape
    (None, 8, 8, 4)
    """
    conv, bn = (f"{name}_conv", f"{name}_bn") if name else (None, None)
    x = layers.Conv2D(filters, (num_row, num_col), strides=strides, padding=padding, use_bias=False, name=conv)(x)
    x = layers.BatchNormalization(axis=_axis(), scale=False, name=bn)(x)
    return layers.Activation("relu", name=name)(x)


def conv2d_bn_resnet(x, filters, kernel_size, strides=1, padding="same", activation="relu", use_bias=False, name=None):
    """inception_resnet_v2's convolution with normalization and activation.

    Args:
        x: a symbol, images.
        filters, kernel_size, strides, padding, use_bias: of the convolution.
        activation: a name, or None.
        name: str, or None.
    """
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding=padding, use_bias=use_bias, name=name)(x)
    if not use_bias:
        x = layers.BatchNormalization(axis=_axis(), scale=False, name=name and f"{name}_bn")(x)
    return x if activation is None else layers.Activation(activation, name=name and f"{name}_ac")(x)


def _relu6(x, name):
    return layers.ReLU(6.0, name=name)(x)


def _conv_block(inputs, filters, alpha, kernel=(3, 3), strides=(1, 1)):
    """mobilenet's first convolution.

    Args:
        inputs: a symbol, images.
        filters: int; alpha: its factor.
        kernel, strides: of the convolution.
    """
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="conv1_pad")(inputs)
    x = layers.Conv2D(int(filters * alpha), kernel, padding="valid", use_bias=False, strides=strides, name="conv1")(x)
    return _relu6(layers.BatchNormalization(axis=_axis(), name="conv1_bn")(x), "conv1_relu")


def _depthwise_conv_block(inputs, pointwise_conv_filters, alpha, depth_multiplier=1, strides=(1, 1), block_id=1):
    """mobilenet's block: a convolution of each channel, then one of all.

    Args:
        inputs: a symbol, images.
        pointwise_conv_filters: int; alpha: its factor.
        depth_multiplier, strides: of the first.
        block_id: int, of the layers' names.
    """
    b, x = block_id, inputs
    if strides != (1, 1):
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{b}")(x)
    x = layers.DepthwiseConv2D(
        (3, 3), padding="same" if strides == (1, 1) else "valid", depth_multiplier=depth_multiplier, strides=strides,
        use_bias=False, name=f"conv_dw_{b}",
    )(x)  # fmt: skip
    x = _relu6(layers.BatchNormalization(axis=_axis(), name=f"conv_dw_{b}_bn")(x), f"conv_dw_{b}_relu")
    n = int(pointwise_conv_filters * alpha)
    x = layers.Conv2D(n, (1, 1), padding="same", use_bias=False, name=f"conv_pw_{b}")(x)
    return _relu6(layers.BatchNormalization(axis=_axis(), name=f"conv_pw_{b}_bn")(x), f"conv_pw_{b}_relu")


def _make_divisible(v, divisor, min_value=None):
    """The multiple of a number that is nearest to v, no less than a tenth below it.

    Args:
        v: a number.
        divisor: int; min_value: the least that comes out.

    >>> _make_divisible(33, 8)
    32
    """
    found = max(min_value or divisor, int(v + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * v else found


# ---- densenet ----------------------------------------------------------------------------------------------------
def _normal(x, name):
    return layers.BatchNormalization(axis=_axis(), epsilon=1.001e-5, name=name)(x)


def densenet_conv_block(x, growth_rate, name):
    """densenet's layer: its input with new channels behind.

    Args:
        x: a symbol, images.
        growth_rate: how many channels are new.
        name: str, begins the layers' names.
    """
    new = layers.Activation("relu", name=f"{name}_0_relu")(_normal(x, f"{name}_0_bn"))
    new = layers.Conv2D(4 * growth_rate, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = layers.Activation("relu", name=f"{name}_1_relu")(_normal(new, f"{name}_1_bn"))
    new = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return layers.Concatenate(axis=_axis(), name=f"{name}_concat")([x, new])


def dense_block(x, blocks, name):
    """densenet's stack of `blocks` layers, of 32 new channels each.

    Args:
        x: a symbol, images.
        blocks: int.
        name: str, begins the layers' names.

    >>> dense_block(layers.Input((8, 8, 16)), 2, "d").shape
    (None, 8, 8, 80)
    """
    for i in range(blocks):
        x = densenet_conv_block(x, 32, name=f"{name}_block{i + 1}")
    return x


def transition_block(x, reduction, name):
    """densenet's step between stacks: fewer channels, half the size.

    Args:
        x: a symbol, images.
        reduction: the share of channels that stay.
        name: str, begins the layers' names.

    >>> transition_block(layers.Input((8, 8, 16)), 0.5, "t").shape
    (None, 4, 4, 8)
    """
    channels = int(x.shape[_axis()] * reduction)
    x = layers.Activation("relu", name=f"{name}_relu")(_normal(x, f"{name}_bn"))
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


_HERE = "compat.keras2.blocks:"
NAMES = {
    "applications.resnet50": {n: _HERE + n for n in ("identity_block", "conv_block")},
    "applications.inception_v3": {"conv2d_bn": f"{_HERE}conv2d_bn"},
    "applications.inception_resnet_v2": {"conv2d_bn": f"{_HERE}conv2d_bn_resnet"},
    "applications.mobilenet": {n: _HERE + n for n in ("_conv_block", "_depthwise_conv_block")},
    "applications.mobilenet_v2": {"_make_divisible": f"{_HERE}_make_divisible"},
    "applications.densenet": {
        "conv_block": f"{_HERE}densenet_conv_block",
        **{n: _HERE + n for n in ("dense_block", "transition_block")},
    },
}
