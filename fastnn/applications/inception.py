"""InceptionV3 and InceptionResNetV2: branches of convolutions beside one another."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, axis, builder
from fastnn.applications.inception_layers import CustomScaleLayer

# ------------------------------------------------------------------ InceptionV3
# A branch is a list of convolutions (filters, (rows, columns)); "/" after them: stride 2 and no margin.


def _conv(x, filters, rows, columns, strides=(1, 1), padding="same"):
    x = layers.Conv2D(filters, (rows, columns), strides=strides, padding=padding, use_bias=False)(x)
    x = layers.BatchNormalization(axis=axis(), scale=False)(x)
    return layers.Activation("relu")(x)


def _chain(x, convolutions):
    for filters, rows, columns, *shrinks in convolutions:
        x = _conv(x, filters, rows, columns, *(((2, 2), "valid") if shrinks else ()))
    return x


def _mean(x, filters):
    return _conv(layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x), filters, 1, 1)


def _joined(branches, name=None):
    return layers.concatenate(branches, axis=axis(), name=name)


FIVES = ([(64, 1, 1)], [(48, 1, 1), (64, 5, 5)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)])


def _sevens(n):
    return (
        [(192, 1, 1)],
        [(n, 1, 1), (n, 1, 7), (192, 7, 1)],
        [(n, 1, 1), (n, 7, 1), (n, 1, 7), (n, 7, 1), (192, 1, 7)],
    )


SHRINKS = {
    "mixed3": ([(384, 3, 3, "/")], [(64, 1, 1), (96, 3, 3), (96, 3, 3, "/")]),
    "mixed8": ([(192, 1, 1), (320, 3, 3, "/")], [(192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3, "/")]),
}


def _shrunk(x, name):
    branches = [_chain(x, branch) for branch in SHRINKS[name]]
    return _joined([*branches, layers.MaxPooling2D((3, 3), strides=(2, 2))(x)], name)


def _forked(x, filters, name):
    """Two convolutions of one input beside one another."""
    return _joined([_conv(x, filters, 1, 3), _conv(x, filters, 3, 1)], name)


def _body_v3(x, a):
    x = _conv(x, 32, 3, 3, (2, 2), "valid")
    x = _conv(x, 32, 3, 3, padding="valid")
    x = _conv(x, 64, 3, 3)
    x = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    x = _conv(x, 80, 1, 1, padding="valid")
    x = _conv(x, 192, 3, 3, padding="valid")
    x = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    for k, filters in enumerate((32, 64, 64)):
        x = _joined([*(_chain(x, branch) for branch in FIVES), _mean(x, filters)], f"mixed{k}")
    x = _shrunk(x, "mixed3")
    for k, n in enumerate((128, 160, 160, 192), 4):
        x = _joined([*(_chain(x, branch) for branch in _sevens(n)), _mean(x, 192)], f"mixed{k}")
    x = _shrunk(x, "mixed8")
    for k in range(2):
        one = _conv(x, 320, 1, 1)
        three = _forked(_conv(x, 384, 1, 1), 384, f"mixed9_{k}")
        double = _forked(_chain(x, [(448, 1, 1), (384, 3, 3)]), 384, None)
        x = _joined([one, three, double, _mean(x, 192)], f"mixed{9 + k}")
    return x


def _top(x, a):
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Dense(a.classes, activation=a.classifier_activation, name="predictions")(x)


def _plan(body, name):
    file = f"{name}_weights_tf_dim_ordering_tf_kernels{{top}}.h5"
    return Plan(body, lambda a: file, f"{name}", size=299, least=75, top=_top, pools=False)


InceptionV3 = builder("InceptionV3", _plan(_body_v3, "inception_v3"), {**STANDARD, "name": "inception_v3"},
                      'Szegedy et al., "Rethinking the Inception Architecture" (2016).',
                      "InceptionV3(include_top=False, weights=None).output_shape\n    (None, None, None, 2048)",
                      )  # fmt: skip


# ------------------------------------------------------------------ InceptionResNetV2
def _unit(x, filters, size, strides=1, padding="same", activation="relu", use_bias=False, name=None):
    def called(end):
        return None if name is None else f"{name}{end}"

    x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=use_bias, name=name)(x)
    if not use_bias:
        x = layers.BatchNormalization(axis=axis(), scale=False, name=called("_bn"))(x)
    return x if activation is None else layers.Activation(activation, name=called("_ac"))(x)


def _units(x, units):
    """Convolutions (filters, size) in a row; (filters, size, "/"): stride 2 and no margin."""
    for filters, size, *shrinks in units:
        x = _unit(x, filters, size, **({"strides": 2, "padding": "valid"} if shrinks else {}))
    return x


# name of a block -> its branches
RESIDUAL = {
    "block35": ([(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]),
    "block17": ([(192, 1)], [(128, 1), (160, [1, 7]), (192, [7, 1])]),
    "block8": ([(192, 1)], [(192, 1), (224, [1, 3]), (256, [3, 1])]),
}
REDUCTIONS = {
    "mixed_6a": ([(384, 3, "/")], [(256, 1), (256, 3), (384, 3, "/")]),
    "mixed_7a": ([(256, 1), (384, 3, "/")], [(256, 1), (288, 3, "/")], [(256, 1), (288, 3), (320, 3, "/")]),
}


def _residual(x, scale, kind, k, activation="relu"):
    name = f"{kind}_{k}"
    mixed = layers.Concatenate(axis=axis(), name=f"{name}_mixed")([_units(x, units) for units in RESIDUAL[kind]])
    up = _unit(mixed, x.shape[axis()], 1, activation=None, use_bias=True, name=f"{name}_conv")
    x = CustomScaleLayer(scale)([x, up])
    return x if activation is None else layers.Activation(activation, name=f"{name}_ac")(x)


def _reduced(x, name):
    branches = [_units(x, units) for units in REDUCTIONS[name]]
    pool = layers.MaxPooling2D(3, strides=2, padding="valid")(x)
    return layers.Concatenate(axis=axis(), name=name)([*branches, pool])


def _body_resnet(x, a):
    x = _unit(x, 32, 3, strides=2, padding="valid")
    x = _unit(x, 32, 3, padding="valid")
    x = _unit(x, 64, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _unit(x, 80, 1, padding="valid")
    x = _unit(x, 192, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    branches = [_units(x, units) for units in ([(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)])]
    mean = _unit(layers.AveragePooling2D(3, strides=1, padding="same")(x), 64, 1)
    x = layers.Concatenate(axis=axis(), name="mixed_5b")([*branches, mean])
    for kind, scale, times, after in (
        ("block35", 0.17, 10, "mixed_6a"),
        ("block17", 0.1, 20, "mixed_7a"),
        ("block8", 0.2, 9, None),
    ):
        for k in range(1, times + 1):
            x = _residual(x, scale, kind, k)
        x = x if after is None else _reduced(x, after)
    x = _residual(x, 1.0, "block8", 10, activation=None)
    return _unit(x, 1536, 1, name="conv_7b")


InceptionResNetV2 = builder("InceptionResNetV2", _plan(_body_resnet, "inception_resnet_v2"),
                            {**STANDARD, "name": "inception_resnet_v2"},
                            'Szegedy et al., "Inception-v4, Inception-ResNet" (2017).')  # fmt: skip
