"""MobileNetV3Small and MobileNetV3Large."""

from fastnn import layers
from fastnn.applications.frame import Plan, axis, builder, correct_pad
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.slim import divisible

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# (expansion, filters, kernel: 5 is 3 in minimalistic models, stride, squeeze-and-excite?, "relu" or "swish")
SMALL = (
    (1, 16, 3, 2, True, "relu"), (72 / 16, 24, 3, 2, False, "relu"), (88 / 24, 24, 3, 1, False, "relu"),
    (4, 40, 5, 2, True, "swish"), (6, 40, 5, 1, True, "swish"), (6, 40, 5, 1, True, "swish"),
    (3, 48, 5, 1, True, "swish"), (3, 48, 5, 1, True, "swish"), (6, 96, 5, 2, True, "swish"),
    (6, 96, 5, 1, True, "swish"), (6, 96, 5, 1, True, "swish"),
)  # fmt: skip
LARGE = (
    (1, 16, 3, 1, False, "relu"), (4, 24, 3, 2, False, "relu"), (3, 24, 3, 1, False, "relu"),
    (3, 40, 5, 2, True, "relu"), (3, 40, 5, 1, True, "relu"), (3, 40, 5, 1, True, "relu"),
    (6, 80, 3, 2, False, "swish"), (2.5, 80, 3, 1, False, "swish"), (2.3, 80, 3, 1, False, "swish"),
    (2.3, 80, 3, 1, False, "swish"), (6, 112, 3, 1, True, "swish"), (6, 112, 3, 1, True, "swish"),
    (6, 160, 5, 2, True, "swish"), (6, 160, 5, 1, True, "swish"), (6, 160, 5, 1, True, "swish"),
)  # fmt: skip


def _active(x, kind, a):
    return layers.ReLU()(x) if kind == "relu" or a.minimalistic else layers.Activation("hard_swish")(x)


def _norm(x, name):
    return layers.BatchNormalization(axis=axis(negative=True), epsilon=1e-3, momentum=0.999, name=name)(x)


def _conv(x, filters, name, **kwargs):
    return layers.Conv2D(filters, kernel_size=1, padding="same", name=name, **kwargs)(x)


def _excited(x, filters, prefix):
    """x with each channel weighted by what is seen of all of them."""
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}squeeze_excite_avg_pool")(x)
    y = _conv(y, divisible(filters * 0.25), f"{prefix}squeeze_excite_conv")
    y = layers.ReLU(name=f"{prefix}squeeze_excite_relu")(y)
    y = _conv(y, filters, f"{prefix}squeeze_excite_conv_1")
    y = layers.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{prefix}squeeze_excite_mul")([x, y])


def _block(x, k, row, a):
    expansion, filters, kernel, stride, excite, kind = row
    kernel = 3 if a.minimalistic else kernel
    start, channels, prefix = x, x.shape[axis(negative=True)], f"expanded_conv_{k}_" if k else "expanded_conv_"
    filters, wide = divisible(filters * a.alpha), divisible(channels * expansion)
    if k:
        x = _active(_norm(_conv(x, wide, f"{prefix}expand", use_bias=False), f"{prefix}expand_bn"), kind, a)
    if stride == 2:
        x = layers.ZeroPadding2D(padding=correct_pad(x, kernel), name=f"{prefix}depthwise_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same" if stride == 1 else "valid", use_bias=False, name=f"{prefix}depthwise"
    )(x)
    x = _active(_norm(x, f"{prefix}depthwise_bn"), kind, a)
    if excite and not a.minimalistic:
        x = _excited(x, wide, prefix)
    x = _norm(_conv(x, filters, f"{prefix}project", use_bias=False), f"{prefix}project_bn")
    return layers.Add(name=f"{prefix}add")([start, x]) if stride == 1 and channels == filters else x


def _plan(rows, last, size):
    def body(x, a):
        if a.include_preprocessing:
            x = layers.Rescaling(scale=1.0 / 127.5, offset=-1.0)(x)
        x = layers.Conv2D(16, kernel_size=3, strides=(2, 2), padding="same", use_bias=False, name="conv")(x)
        x = _active(_norm(x, "conv_bn"), "swish", a)
        for k, row in enumerate(rows):
            x = _block(x, k, row, a)
        x = _conv(x, divisible(x.shape[axis(negative=True)] * 6), "conv_1", use_bias=False)
        return _active(_norm(x, "conv_1_bn"), "swish", a)

    def top(x, a):
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = _conv(x, divisible(last * a.alpha) if a.alpha > 1.0 else last, "conv_2", use_bias=True)
        x = _active(x, "swish", a)
        if a.dropout_rate > 0:
            x = layers.Dropout(a.dropout_rate)(x)
        x = layers.Flatten()(_conv(x, a.classes, "logits"))
        return layers.Activation(activation=a.classifier_activation, name="predictions")(x)

    def file(a):
        kind = f"{size}{'_minimalistic' if a.minimalistic else ''}_224_{a.alpha}_float"
        return f"weights_mobilenet_v3_{kind}{'' if a.include_top else '_no_top_v2'}.h5"

    return Plan(body, file, "mobilenet_v3", top=top, open_size=True)


PARAMETERS = {
    "input_shape": None, "alpha": 1.0, "minimalistic": False, "include_top": True, "weights": "imagenet",
    "input_tensor": None, "classes": 1000, "pooling": None, "dropout_rate": 0.2, "classifier_activation": "softmax",
    "include_preprocessing": True,
}  # fmt: skip
PAPER = 'Howard et al., "Searching for MobileNetV3" (2019).'
MobileNetV3Small = builder("MobileNetV3Small", _plan(SMALL, 1024, "small"),
                           {**PARAMETERS, "name": "MobileNetV3Small"}, PAPER,
                           "MobileNetV3Small(weights=None).count_params()\n    2554968")  # fmt: skip
MobileNetV3Large = builder("MobileNetV3Large", _plan(LARGE, 1280, "large"),
                           {**PARAMETERS, "name": "MobileNetV3Large"}, PAPER)  # fmt: skip
preprocess_input = preprocessing(None)
