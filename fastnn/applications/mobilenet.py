"""MobileNet."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder, spatial
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.slim import checked_alpha, rows_of

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy

# (filters, stride) of the blocks
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
          (1024, 2), (1024, 1))  # fmt: skip
SIZES = (128, 160, 192, 224)
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}


def _norm_relu(x, name):
    x = layers.BatchNormalization(axis=axis(negative=True), name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def _block(x, k, filters, stride, a):
    """A depthwise convolution and a pointwise one."""
    if stride == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{k}")(x)
    x = layers.DepthwiseConv2D(
        (3, 3),
        padding="same" if stride == 1 else "valid",
        depth_multiplier=a.depth_multiplier,
        strides=(stride, stride),
        use_bias=False,
        name=f"conv_dw_{k}",
    )(x)
    x = _norm_relu(x, f"conv_dw_{k}")
    filters = int(filters * a.alpha)
    x = layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, strides=(1, 1), name=f"conv_pw_{k}")(x)
    return _norm_relu(x, f"conv_pw_{k}")


def _body(x, a):
    rows = checked_alpha(a, ALPHAS, SIZES)
    if a.name is None:
        a.name = f"mobilenet_{a.alpha:0.2f}_{rows}"
    x = layers.Conv2D(int(32 * a.alpha), (3, 3), padding="same", use_bias=False, strides=(2, 2), name="conv1")(x)
    x = _norm_relu(x, "conv1")
    for k, (filters, stride) in enumerate(BLOCKS, 1):
        x = _block(x, k, filters, stride, a)
    return x


def _top(x, a):
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(a.dropout, name="dropout")(x)
    x = layers.Conv2D(a.classes, (1, 1), padding="same", name="conv_preds")(x)
    x = layers.Reshape((a.classes,), name="reshape_2")(x)
    return layers.Activation(activation=a.classifier_activation, name="predictions")(x)


def _file(a):
    end = "" if a.include_top else "_no_top"
    return f"mobilenet_{ALPHAS[a.alpha]}_{rows_of(spatial(a.input_shape), SIZES)}_tf{end}.h5"


PARAMETERS = {
    "input_shape": None, "alpha": 1.0, "depth_multiplier": 1, "dropout": 0.001,
    **{k: v for k, v in STANDARD.items() if k != "input_shape"}, "name": None,
}  # fmt: skip
MobileNet = builder("MobileNet", Plan(_body, _file, "mobilenet", size=SIZES, top=_top, pools=False), PARAMETERS,
                    'Howard et al., "MobileNets" (2017).',
                    "MobileNet(alpha=0.25, weights=None).count_params()\n    475544")  # fmt: skip
preprocess_input = preprocessing("tf")
