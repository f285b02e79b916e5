"""DenseNet121, 169 and 201."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder
from fastnn.applications.modes import decode_predictions, preprocessing

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

GROWTH = 32
BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}


def _norm_relu(x, name, separator="_"):
    x = layers.BatchNormalization(axis=axis(), epsilon=1.001e-5, name=f"{name}{separator}bn")(x)
    return layers.Activation("relu", name=f"{name}{separator}relu")(x)


def _grown(x, name):
    """x with GROWTH channels more, that a small net makes of it."""
    y = _norm_relu(x, f"{name}_0")
    y = layers.Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _norm_relu(y, f"{name}_1")
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(axis=axis(), name=f"{name}_concat")([x, y])


def _halved(x, name):
    """x of half the size and with half the channels."""
    x = _norm_relu(x, name)
    x = layers.Conv2D(int(x.shape[axis()] * 0.5), 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _plan(depth):
    def body(x, a):
        x = layers.ZeroPadding2D(padding=((3, 3), (3, 3)))(x)
        x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = _norm_relu(x, "conv1")
        x = layers.ZeroPadding2D(padding=((1, 1), (1, 1)))(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
        for k, times in enumerate(BLOCKS[depth], 2):
            for i in range(1, times + 1):
                x = _grown(x, f"conv{k}_block{i}")
            if k < 5:
                x = _halved(x, f"pool{k}")
        return _norm_relu(x, "", "")

    file = f"densenet{depth}_weights_tf_dim_ordering_tf_kernels{{top}}.h5"
    return Plan(body, lambda a: file, "densenet", last_only=True)


def _made(depth):
    example = "DenseNet121(include_top=False, weights=None).output_shape\n    (None, None, None, 1024)"
    paper = 'Huang et al., "Densely Connected Convolutional Networks" (2017).'
    return builder(f"DenseNet{depth}", _plan(depth), {**STANDARD, "name": f"densenet{depth}"}, paper,
                   example if depth == 121 else "")  # fmt: skip


DenseNet121, DenseNet169, DenseNet201 = map(_made, BLOCKS)
preprocess_input = preprocessing("torch")
