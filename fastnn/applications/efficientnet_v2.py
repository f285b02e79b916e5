"""EfficientNetV2B0 to B3, S, M and L."""

import math

from fastnn import layers
from fastnn.applications.efficientnet import CONV, DENSE, DROP, conv, excited, normed, shortened
from fastnn.applications.frame import STANDARD, Plan, axis, builder, usual_top
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.initializers import Constant

KINDS = ("B0", "B1", "B2", "B3", "S", "M", "L")
__all__ = [*(f"EfficientNetV2{kind}" for kind in KINDS), "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# (times, filters in, filters out, expansion, stride, share of squeeze-and-excite, one convolution instead of two?)
BASE = ((1, 32, 16, 1, 1, 0, True), (2, 16, 32, 4, 2, 0, True), (2, 32, 48, 4, 2, 0, True),
        (3, 48, 96, 4, 2, 0.25, False), (5, 96, 112, 6, 1, 0.25, False), (8, 112, 192, 6, 2, 0.25, False))  # fmt: skip
BLOCKS = {
    "S": ((2, 24, 24, 1, 1, 0, True), (4, 24, 48, 4, 2, 0, True), (4, 48, 64, 4, 2, 0, True),
          (6, 64, 128, 4, 2, 0.25, False), (9, 128, 160, 6, 1, 0.25, False), (15, 160, 256, 6, 2, 0.25, False)),
    "M": ((3, 24, 24, 1, 1, 0, True), (5, 24, 48, 4, 2, 0, True), (5, 48, 80, 4, 2, 0, True),
          (7, 80, 160, 4, 2, 0.25, False), (14, 160, 176, 6, 1, 0.25, False), (18, 176, 304, 6, 2, 0.25, False),
          (5, 304, 512, 6, 1, 0.25, False)),
    "L": ((4, 32, 32, 1, 1, 0, True), (7, 32, 64, 4, 2, 0, True), (7, 64, 96, 4, 2, 0, True),
          (10, 96, 192, 4, 2, 0.25, False), (19, 192, 224, 6, 1, 0.25, False), (25, 224, 384, 6, 2, 0.25, False),
          (7, 384, 640, 6, 1, 0.25, False)),
}  # fmt: skip
# kind -> (width, depth, size of images)
SCALES = {"B0": (1.0, 1.0, 224), "B1": (1.0, 1.1, 240), "B2": (1.1, 1.2, 260), "B3": (1.2, 1.4, 300),
          "S": (1.0, 1.0, 384), "M": (1.0, 1.0, 480), "L": (1.0, 1.0, 480)}  # fmt: skip
MOMENTUM = 0.9
MEAN, VARIANCE = [0.485, 0.456, 0.406], [0.229**2, 0.224**2, 0.225**2]


def _normed(x, name, act=None):
    return normed(x, name, act, momentum=MOMENTUM)


def _block(x, name, row, drop):
    filters_in, filters_out, expansion, stride, share, fused = row
    start, filters = x, filters_in * expansion
    size, strides = (3, stride) if fused else (1, 1)
    if expansion != 1:
        x = conv(x, filters, f"{name}expand_conv", size, strides=strides, use_bias=False)
        x = _normed(x, f"{name}expand_bn", f"{name}expand_activation")
    if not fused:
        x = layers.DepthwiseConv2D(
            kernel_size=3,
            strides=stride,
            depthwise_initializer=CONV,
            padding="same",
            use_bias=False,
            name=f"{name}dwconv2",
        )(x)
        x = _normed(x, f"{name}bn", f"{name}activation")
    if share:
        x = excited(x, filters, max(1, int(filters_in * share)), name)
    single = fused and expansion == 1  # the only convolution of the block
    x = conv(x, filters_out, f"{name}project_conv", 3 if single else 1, strides=stride if single else 1, use_bias=False)
    x = _normed(x, f"{name}project_bn", f"{name}project_activation" if single else None)
    return shortened(x, start, drop, name) if stride == 1 and filters_in == filters_out else x


def _plan(kind):
    width, depth, size = SCALES[kind]
    blocks = BLOCKS.get(kind, BASE)

    def rounded(filters):
        return max(8, int(filters * width + 4) // 8 * 8)

    def body(x, a):
        if a.include_preprocessing and a.name.split("-")[-1].startswith("b") and a.input_shape[axis() - 1] == 3:
            x = layers.Rescaling(scale=1.0 / 255)(x)
            x = layers.Normalization(mean=MEAN, variance=VARIANCE, axis=axis())(x)
        elif a.include_preprocessing:
            x = layers.Rescaling(scale=1.0 / 128.0, offset=-1)(x)
        x = conv(x, rounded(blocks[0][1]), "stem_conv", 3, strides=2, use_bias=False)
        x = _normed(x, "stem_bn", "stem_activation")
        k, total = 0, float(sum(row[0] for row in blocks))
        for i, (times, filters_in, filters_out, expansion, stride, share, fused) in enumerate(blocks, 1):
            ins, outs = rounded(filters_in), rounded(filters_out)
            for j in range(math.ceil(depth * times)):
                row = (outs if j else ins, outs, expansion, 1 if j else stride, share, fused)
                x = _block(x, f"block{i}{chr(j + 97)}_", row, DROP * k / total)
                k += 1
        x = conv(x, rounded(1280), "top_conv", strides=1, use_bias=False)
        return _normed(x, "top_bn", "top_activation")

    def top(x, a):
        return usual_top(x, a, dropout=0.2, kernel_initializer=DENSE, bias_initializer=Constant(0.0))

    return Plan(body, lambda a: f"{a.name}{{top}}.h5", "efficientnet_v2", size=size, top=top)


def _made(kind):
    name = f"EfficientNetV2{kind}"
    parameters = {**STANDARD, "include_preprocessing": True, "name": f"efficientnetv2-{kind.lower()}"}
    example = f"{name}(include_top=False, weights=None).output_shape\n    (None, None, None, 1280)"
    return builder(name, _plan(kind), parameters, 'Tan and Le, "EfficientNetV2" (2021).',
                   example if kind == "B0" else "")  # fmt: skip


(EfficientNetV2B0, EfficientNetV2B1, EfficientNetV2B2, EfficientNetV2B3, EfficientNetV2S, EfficientNetV2M,
 EfficientNetV2L) = map(_made, KINDS)  # fmt: skip
preprocess_input = preprocessing(None)
