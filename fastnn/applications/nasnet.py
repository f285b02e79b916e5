"""NASNetMobile and NASNetLarge."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder, correct_pad
from fastnn.applications.modes import decode_predictions, preprocessing

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy


def _norm(x, name):
    return layers.BatchNormalization(axis=axis(negative=True), momentum=0.9997, epsilon=1e-3, name=name)(x)


def _relu(x):
    return layers.Activation("relu")(x)


def _conv(x, filters, name, **kwargs):
    return layers.Conv2D(
        filters, (1, 1), padding="same", use_bias=False, name=name, kernel_initializer="he_normal", **kwargs
    )(x)


def _separable(x, filters, size, stride, name):
    """Two separable convolutions, the first with the stride."""
    x = _relu(x)
    if stride == 2:
        x = layers.ZeroPadding2D(padding=correct_pad(x, size), name=f"separable_conv_1_pad_{name}")(x)
    x = layers.SeparableConv2D(
        filters,
        (size, size),
        strides=(stride, stride),
        name=f"separable_conv_1_{name}",
        padding="valid" if stride == 2 else "same",
        use_bias=False,
    )(x)
    x = _relu(_norm(x, f"separable_conv_1_bn_{name}"))
    x = layers.SeparableConv2D(filters, (size, size), name=f"separable_conv_2_{name}", padding="same", use_bias=False)(
        x
    )
    return _norm(x, f"separable_conv_2_bn_{name}")


def _adjusted(p, x, filters, k):
    """The input before, of the size and with the channels of this one."""
    if p is None:
        return x
    if p.shape[-2] != x.shape[-2]:
        p = layers.Activation("relu", name=f"adjust_relu_1_{k}")(p)
        one = layers.AveragePooling2D((1, 1), strides=(2, 2), padding="valid", name=f"adjust_avg_pool_1_{k}")(p)
        one = _conv(one, filters // 2, f"adjust_conv_1_{k}")
        two = layers.ZeroPadding2D(padding=((0, 1), (0, 1)))(p)
        two = layers.Cropping2D(cropping=((1, 0), (1, 0)))(two)
        two = layers.AveragePooling2D((1, 1), strides=(2, 2), padding="valid", name=f"adjust_avg_pool_2_{k}")(two)
        two = _conv(two, filters // 2, f"adjust_conv_2_{k}")
        return _norm(layers.concatenate([one, two], axis=axis(negative=True)), f"adjust_bn_{k}")
    if p.shape[-1] != filters:
        p = _conv(_relu(p), filters, f"adjust_conv_projection_{k}", strides=(1, 1))
        return _norm(p, f"adjust_bn_{k}")
    return p


def _started(x, p, filters, kind, k):
    p = _adjusted(p, x, filters, k)
    h = _conv(_relu(x), filters, f"{kind}_conv_1_{k}", strides=(1, 1))
    return p, _norm(h, f"{kind}_bn_1_{k}")


def _mean(x, name, stride=1):
    padding = "same" if stride == 1 else "valid"
    return layers.AveragePooling2D((3, 3), strides=(stride, stride), padding=padding, name=name)(x)


def _normal(x, p, filters, k):
    """A cell that keeps the size."""
    start = x
    p, h = _started(x, p, filters, "normal", k)
    one = _separable(h, filters, 5, 1, f"normal_left1_{k}"), _separable(p, filters, 3, 1, f"normal_right1_{k}")
    one = layers.add(list(one), name=f"normal_add_1_{k}")
    two = _separable(p, filters, 5, 1, f"normal_left2_{k}"), _separable(p, filters, 3, 1, f"normal_right2_{k}")
    two = layers.add(list(two), name=f"normal_add_2_{k}")
    three = layers.add([_mean(h, f"normal_left3_{k}"), p], name=f"normal_add_3_{k}")
    four = layers.add([_mean(p, f"normal_left4_{k}"), _mean(p, f"normal_right4_{k}")], name=f"normal_add_4_{k}")
    five = layers.add([_separable(h, filters, 3, 1, f"normal_left5_{k}"), h], name=f"normal_add_5_{k}")
    x = layers.concatenate([p, one, two, three, four, five], axis=axis(negative=True), name=f"normal_concat_{k}")
    return x, start


def _reduction(x, p, filters, k):
    """A cell that halves the size."""
    start = x
    p, h = _started(x, p, filters, "reduction", k)
    wide = layers.ZeroPadding2D(padding=correct_pad(h, 3), name=f"reduction_pad_1_{k}")(h)

    def largest(name):
        return layers.MaxPooling2D((3, 3), strides=(2, 2), padding="valid", name=name)(wide)

    one = [_separable(h, filters, 5, 2, f"reduction_left1_{k}"), _separable(p, filters, 7, 2, f"reduction_right1_{k}")]
    one = layers.add(one, name=f"reduction_add_1_{k}")
    two = [largest(f"reduction_left2_{k}"), _separable(p, filters, 7, 2, f"reduction_right2_{k}")]
    two = layers.add(two, name=f"reduction_add_2_{k}")
    three = [_mean(wide, f"reduction_left3_{k}", 2), _separable(p, filters, 5, 2, f"reduction_right3_{k}")]
    three = layers.add(three, name=f"reduction_add3_{k}")
    four = layers.add([two, _mean(one, f"reduction_left4_{k}")])
    five = [_separable(one, filters, 3, 1, f"reduction_left4_{k}"), largest(f"reduction_right5_{k}")]
    five = layers.add(five, name=f"reduction_add4_{k}")
    x = layers.concatenate([two, three, four, five], axis=axis(negative=True), name=f"reduction_concat_{k}")
    return x, start


def _plan(penultimate, blocks, stem, skip, size, word):
    filters = penultimate // 24

    def body(x, a):
        x = layers.Conv2D(
            stem,
            (3, 3),
            strides=(2, 2),
            padding="valid",
            use_bias=False,
            name="stem_conv1",
            kernel_initializer="he_normal",
        )(x)
        x, p = _norm(x, "stem_bn1"), None
        x, p = _reduction(x, p, filters // 4, "stem_1")
        x, p = _reduction(x, p, filters // 2, "stem_2")
        for stage in range(3):
            if stage:
                x, before = _reduction(x, p, filters * 2**stage, f"reduce_{stage * blocks}")
                p = p if skip else before
            for i in range(blocks):
                x, p = _normal(x, p, filters * 2**stage, f"{stage * blocks + i + (stage > 0)}")
        return _relu(x)

    def file(a):
        return f"nasnet_{word}{'' if a.include_top else '_no_top'}.h5"

    def served(a):
        return f"NASNet-{word}{'' if a.include_top else '-no-top'}.h5"

    own = (size, size, 3) if size == 224 else None
    return Plan(body, file, "nasnet", served=served, size=size, pools=False, last_only=True, own_shape=own)


PARAMETERS = {"input_shape": None, **{k: v for k, v in STANDARD.items() if k != "input_shape"}}
PAPER = 'Zoph et al., "Learning Transferable Architectures" (2018).'
MOBILE, LARGE = _plan(1056, 4, 32, False, 224, "mobile"), _plan(4032, 6, 96, True, 331, "large")
NASNetMobile = builder(
    "NASNetMobile",
    MOBILE,
    {**PARAMETERS, "name": "nasnet_mobile"},
    PAPER,
    "NASNetMobile(include_top=False, weights=None).output_shape\n    (None, 7, 7, 1056)",
)
NASNetLarge = builder("NASNetLarge", LARGE, {**PARAMETERS, "name": "nasnet_large"}, PAPER)
preprocess_input = preprocessing("tf")
