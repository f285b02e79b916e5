"""EfficientNetB0 to B7."""

import math

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder, correct_pad, usual_top
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.slim import divisible

NAMES = tuple(f"EfficientNetB{k}" for k in range(8))
__all__ = [*NAMES, "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# (width, depth, size of images, rate of dropout) of B0 to B7
SCALES = ((1.0, 1.0, 224, 0.2), (1.0, 1.1, 240, 0.2), (1.1, 1.2, 260, 0.3), (1.2, 1.4, 300, 0.3), (1.4, 1.8, 380, 0.4),
          (1.6, 2.2, 456, 0.4), (1.8, 2.6, 528, 0.5), (2.0, 3.1, 600, 0.5))  # fmt: skip
# (kernel, times, filters in, filters out, expansion, stride) of the blocks
BLOCKS = ((3, 1, 32, 16, 1, 1), (3, 2, 16, 24, 6, 2), (5, 2, 24, 40, 6, 2), (3, 3, 40, 80, 6, 2), (5, 3, 80, 112, 6, 1),
          (5, 4, 112, 192, 6, 2), (3, 1, 192, 320, 6, 1))  # fmt: skip
CONV = {"class_name": "VarianceScaling",
        "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"}}  # fmt: skip
DENSE = {"class_name": "VarianceScaling",
         "config": {"scale": 1.0 / 3.0, "mode": "fan_out", "distribution": "uniform"}}  # fmt: skip
DROP, DEVIATIONS = 0.2, (0.229, 0.224, 0.225)


def conv(x, filters, name, size=1, **kwargs):
    """A convolution with EfficientNet's initial values."""
    return layers.Conv2D(filters, size, padding="same", kernel_initializer=CONV, name=name, **kwargs)(x)


def normed(x, name, act=None, **kwargs):
    """Normalized, then swish of that under the name `act`."""
    x = layers.BatchNormalization(axis=axis(), name=name, **kwargs)(x)
    return x if act is None else layers.Activation("swish", name=act)(x)


def excited(x, filters, squeezed, name):
    """x with each channel weighted by what is seen of all of them."""
    y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (filters, 1, 1) if axis() == 1 else (1, 1, filters)
    y = layers.Reshape(shape, name=f"{name}se_reshape")(y)
    y = conv(y, squeezed, f"{name}se_reduce", activation="swish")
    y = conv(y, filters, f"{name}se_expand", activation="sigmoid")
    return layers.multiply([x, y], name=f"{name}se_excite")


def shortened(x, start, drop, name):
    """The block's result beside its input; while training, some images' results are dropped."""
    if drop > 0:
        x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.add([x, start], name=f"{name}add")


def _block(x, name, row, drop):
    kernel, filters_in, filters_out, expansion, stride = row
    start, filters = x, filters_in * expansion
    if expansion != 1:
        x = conv(x, filters, f"{name}expand_conv", use_bias=False)
        x = normed(x, f"{name}expand_bn", f"{name}expand_activation")
    if stride == 2:
        x = layers.ZeroPadding2D(padding=correct_pad(x, kernel), name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=CONV,
        name=f"{name}dwconv",
    )(x)
    x = normed(x, f"{name}bn", f"{name}activation")
    x = excited(x, filters, max(1, int(filters_in * 0.25)), name)
    x = normed(conv(x, filters_out, f"{name}project_conv", use_bias=False), f"{name}project_bn")
    return shortened(x, start, drop, name) if stride == 1 and filters_in == filters_out else x


def _plan(width, depth, size, dropout):
    def rounded(filters):
        return divisible(filters * width)

    def body(x, a):
        x = layers.Rescaling(1.0 / 255.0)(x)
        x = layers.Normalization(axis=axis())(x)
        if a.weights == "imagenet":  # these weights were made with the square root once more
            x = layers.Rescaling([1.0 / math.sqrt(d) for d in DEVIATIONS])(x)
        x = layers.ZeroPadding2D(padding=correct_pad(x, 3), name="stem_conv_pad")(x)
        x = layers.Conv2D(
            rounded(32), 3, strides=2, padding="valid", use_bias=False, kernel_initializer=CONV, name="stem_conv"
        )(x)
        x = normed(x, "stem_bn", "stem_activation")
        repeats = [math.ceil(depth * row[1]) for row in BLOCKS]
        k, total = 0, float(sum(repeats))
        for i, ((kernel, _, filters_in, filters_out, expansion, stride), times) in enumerate(zip(BLOCKS, repeats), 1):
            ins, outs = rounded(filters_in), rounded(filters_out)
            for j in range(times):
                row = (kernel, outs if j else ins, outs, expansion, 1 if j else stride)
                x = _block(x, f"block{i}{chr(j + 97)}_", row, DROP * k / total)
                k += 1
        x = conv(x, rounded(1280), "top_conv", use_bias=False)
        return normed(x, "top_bn", "top_activation")

    def top(x, a):
        return usual_top(x, a, dropout=dropout, kernel_initializer=DENSE)

    return Plan(body, lambda a: f"{a.name}{{top}}.h5", "keras-applications", own_folder=False, size=size, top=top)


def _made(k):
    example = "EfficientNetB0(include_top=False, weights=None).output_shape\n    (None, None, None, 1280)"
    return builder(NAMES[k], _plan(*SCALES[k]), {**STANDARD, "name": f"efficientnetb{k}"},
                   'Tan and Le, "EfficientNet" (2019).', "" if k else example)  # fmt: skip


(EfficientNetB0, EfficientNetB1, EfficientNetB2, EfficientNetB3, EfficientNetB4, EfficientNetB5, EfficientNetB6,
 EfficientNetB7) = map(_made, range(8))  # fmt: skip
preprocess_input = preprocessing(None)
