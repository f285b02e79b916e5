"""MobileNetV2."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder, correct_pad, spatial
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.slim import checked_alpha, divisible, rows_of

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# (filters, stride, times) of the blocks
BLOCKS = ((16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1))
SIZES = (96, 128, 160, 192, 224)
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


def _norm(x, name):
    return layers.BatchNormalization(axis=axis(negative=True), epsilon=1e-3, momentum=0.999, name=name)(x)


def _relu(x, name):
    return layers.ReLU(6.0, name=name)(x)


def _block(x, k, filters, stride, a):
    """More channels, a depthwise convolution, fewer channels."""
    start, channels, prefix = x, x.shape[axis(negative=True)], f"block_{k}_" if k else "expanded_conv_"
    filters = divisible(int(filters * a.alpha))
    if k:
        x = layers.Conv2D(6 * channels, kernel_size=1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = _relu(_norm(x, f"{prefix}expand_BN"), f"{prefix}expand_relu")
    if stride == 2:
        x = layers.ZeroPadding2D(padding=correct_pad(x, 3), name=f"{prefix}pad")(x)
    x = layers.DepthwiseConv2D(
        kernel_size=3,
        strides=stride,
        use_bias=False,
        padding="same" if stride == 1 else "valid",
        name=f"{prefix}depthwise",
    )(x)
    x = _relu(_norm(x, f"{prefix}depthwise_BN"), f"{prefix}depthwise_relu")
    x = layers.Conv2D(filters, kernel_size=1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _norm(x, f"{prefix}project_BN")
    return layers.Add(name=f"{prefix}add")([start, x]) if channels == filters and stride == 1 else x


def _body(x, a):
    rows = checked_alpha(a, ALPHAS, SIZES)
    if a.name is None:
        a.name = f"mobilenetv2_{a.alpha:0.2f}_{rows}"
    x = layers.Conv2D(
        divisible(32 * a.alpha), kernel_size=3, strides=(2, 2), padding="same", use_bias=False, name="Conv1"
    )(x)
    x = _relu(_norm(x, "bn_Conv1"), "Conv1_relu")
    k = 0
    for filters, stride, times in BLOCKS:
        for i in range(times):
            x = _block(x, k, filters, 1 if i else stride, a)
            k += 1
    last = divisible(1280 * a.alpha) if a.alpha > 1.0 else 1280
    x = layers.Conv2D(last, kernel_size=1, use_bias=False, name="Conv_1")(x)
    return _relu(_norm(x, "Conv_1_bn"), "out_relu")


def _file(a):
    rows = rows_of(spatial(a.input_shape), SIZES)
    end = "" if a.include_top else "_no_top"
    return f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(a.alpha)}_{rows}{end}.h5"


PARAMETERS = {
    "input_shape": None, "alpha": 1.0, **{k: v for k, v in STANDARD.items() if k != "input_shape"}, "name": None,
}  # fmt: skip
MobileNetV2 = builder("MobileNetV2", Plan(_body, _file, "mobilenet_v2", size=SIZES, pools=False), PARAMETERS,
                      'Sandler et al., "MobileNetV2" (2018).',
                      "MobileNetV2(alpha=0.35, weights=None).count_params()\n    1677000")  # fmt: skip
preprocess_input = preprocessing("tf")
