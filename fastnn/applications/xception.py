"""Xception."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder
from fastnn.applications.modes import decode_predictions, preprocessing

__all__ = ["Xception", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy


def _norm(x, name=None):
    return layers.BatchNormalization(axis=axis(negative=True), name=name)(x)


def _relu(x, name):
    return layers.Activation("relu", name=name)(x)


def _separable(x, filters, name):
    x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False, name=name)(x)
    return _norm(x, f"{name}_bn")


def _shrinking(x, k, filters, relu_first=True):
    """Two separable convolutions and a maximum over pixels, beside a convolution of stride 2."""
    short = layers.Conv2D(filters[-1], (1, 1), strides=(2, 2), padding="same", use_bias=False)(x)
    short = _norm(short)
    for i, n in enumerate(filters, 1):
        if i > 1 or relu_first:
            x = _relu(x, f"block{k}_sepconv{i}_act")
        x = _separable(x, n, f"block{k}_sepconv{i}")
    x = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="same", name=f"block{k}_pool")(x)
    return layers.add([x, short])


def _body(x, a):
    for i, (filters, strides) in enumerate(((32, (2, 2)), (64, (1, 1))), 1):
        x = layers.Conv2D(filters, (3, 3), strides=strides, use_bias=False, name=f"block1_conv{i}")(x)
        x = _relu(_norm(x, f"block1_conv{i}_bn"), f"block1_conv{i}_act")
    for k, filters in enumerate((128, 256, 728), 2):
        x = _shrinking(x, k, (filters, filters), relu_first=k > 2)
    for k in range(5, 13):
        short = x
        for i in range(1, 4):
            x = _separable(_relu(x, f"block{k}_sepconv{i}_act"), 728, f"block{k}_sepconv{i}")
        x = layers.add([x, short])
    x = _shrinking(x, 13, (728, 1024))
    for i, filters in enumerate((1536, 2048), 1):
        x = _relu(_separable(x, filters, f"block14_sepconv{i}"), f"block14_sepconv{i}_act")
    return x


def _top(x, a):
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Dense(a.classes, activation=a.classifier_activation, name="predictions")(x)


PLAN = Plan(
    _body,
    lambda a: "xception_weights_tf_dim_ordering_tf_kernels{top}.h5",
    "xception",
    size=299,
    least=71,
    top=_top,
    pools=False,
)
Xception = builder("Xception", PLAN, {**STANDARD, "name": "xception"},
                   'Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions" (2017).',
                   "Xception(include_top=False, weights=None).output_shape\n    (None, None, None, 2048)")  # fmt: skip
preprocess_input = preprocessing("tf")
