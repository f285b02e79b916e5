"""ResNet50, 101 and 152, and their second versions."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder
from fastnn.applications.modes import decode_predictions, preprocessing

__all__ = ["ResNet101", "ResNet152", "ResNet50", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

FILTERS = (64, 128, 256, 512)
DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def _norm(x, name):
    return layers.BatchNormalization(axis=axis(), epsilon=1.001e-5, name=name)(x)


def _relu(x, name):
    return layers.Activation("relu", name=name)(x)


def _block_v1(x, filters, stride, shortcut, name):
    """Three convolutions beside a shortcut, normalized after each."""
    short = x
    if shortcut:
        short = _norm(layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x), f"{name}_0_bn")
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = _relu(_norm(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.Conv2D(filters, 3, padding="SAME", name=f"{name}_2_conv")(x)
    x = _relu(_norm(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = _norm(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    return _relu(layers.Add(name=f"{name}_add")([short, x]), f"{name}_out")


def _block_v2(x, filters, stride, shortcut, name):
    """Three convolutions beside a shortcut, normalized before each."""
    before = _relu(_norm(x, f"{name}_preact_bn"), f"{name}_preact_relu")
    if shortcut:
        short = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(before)
    else:
        short = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = layers.Conv2D(filters, 1, strides=1, use_bias=False, name=f"{name}_1_conv")(before)
    x = _relu(_norm(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)), name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = _relu(_norm(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([short, x])


def _stages_v1(x, depths):
    for k, (filters, times) in enumerate(zip(FILTERS, depths)):
        for i in range(1, times + 1):
            stride = 2 if k and i == 1 else 1
            x = _block_v1(x, filters, stride, i == 1, f"conv{k + 2}_block{i}")
    return x


def _stages_v2(x, depths):
    for k, (filters, times) in enumerate(zip(FILTERS, depths)):
        for i in range(1, times + 1):
            stride = 2 if k < 3 and i == times else 1
            x = _block_v2(x, filters, stride, i == 1, f"conv{k + 2}_block{i}")
    return x


def plan(depth, second):
    """The plan of a ResNet, of the first or the second version."""

    def body(x, a):
        x = layers.ZeroPadding2D(padding=((3, 3), (3, 3)), name="conv1_pad")(x)
        x = layers.Conv2D(64, 7, strides=2, use_bias=True, name="conv1_conv")(x)
        if not second:
            x = _relu(_norm(x, "conv1_bn"), "conv1_relu")
        x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)), name="pool1_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        x = (_stages_v2 if second else _stages_v1)(x, DEPTHS[depth])
        return _relu(_norm(x, "post_bn"), "post_relu") if second else x

    name = f"resnet{depth}{'v2' if second else ''}"
    return Plan(body, lambda a: f"{name}_weights_tf_dim_ordering_tf_kernels{{top}}.h5", "resnet")


def _made(depth, second):
    version = "v2" if second else ""
    paper = "Identity Mappings in Deep Residual Networks" if second else "Deep Residual Learning"
    example = (
        f"ResNet{depth}{version.upper()}(include_top=False, weights=None).output_shape\n    (None, None, None, 2048)"
    )
    return builder(
        f"ResNet{depth}{version.upper()}",
        plan(depth, second),
        {**STANDARD, "name": f"resnet{depth}{version}"},
        f'He et al., "{paper}" (2016).',
        example if depth == 50 else "",
    )


ResNet50, ResNet101, ResNet152 = (_made(depth, False) for depth in DEPTHS)
ResNet50V2, ResNet101V2, ResNet152V2 = (_made(depth, True) for depth in DEPTHS)
preprocess_input = preprocessing("caffe")
