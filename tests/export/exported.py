"""Models whose layers have rules for export, for the tests of every format: {name: a function that makes one}."""

import numpy as np

import fastnn
from fastnn import layers, ops

IMAGE, SERIES, ROW, VOLUME, FIRST = (9, 8, 4), (10, 4), (6,), (4, 5, 6, 2), (4, 9, 8)
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "exponential", "gelu",
               "silu", "relu6", "leaky_relu", "hard_sigmoid", "hard_silu", "mish", "log_softmax", "linear")  # fmt: skip
LAYERS = {
    "dense": (ROW, lambda: layers.Dense(3)), "no bias": (ROW, lambda: layers.Dense(3, use_bias=False)),
    "dense of series": (SERIES, lambda: layers.Dense(3)),
    **{f"activation {a}": (ROW, lambda a=a: layers.Dense(3, activation=a)) for a in ACTIVATIONS},
    **{type(make()).__name__: (IMAGE, make) for make in (
        lambda: layers.Activation("gelu"), lambda: layers.Softmax(), lambda: layers.ReLU(), lambda: layers.LeakyReLU(),
        lambda: layers.ELU(), lambda: layers.Flatten(), lambda: layers.BatchNormalization(),
        lambda: layers.LayerNormalization(), lambda: layers.Rescaling(0.5, offset=-1.0), lambda: layers.Dropout(0.5),
        lambda: layers.GlobalMaxPooling2D(), lambda: layers.GlobalAveragePooling2D(),
        lambda: layers.UpSampling2D((2, 3)),
        lambda: layers.ZeroPadding2D(((1, 2), (0, 3))), lambda: layers.Permute((3, 1, 2)),
        lambda: layers.GaussianNoise(1.0))},
    "softmax axis": (IMAGE, lambda: layers.Softmax(1)), "relu max": (ROW, lambda: layers.ReLU(6.0)),
    "relu slope": (ROW, lambda: layers.ReLU(negative_slope=0.3)), "reshape": (SERIES, lambda: layers.Reshape((5, -1))),
    "keepdims": (IMAGE, lambda: layers.GlobalAveragePooling2D(keepdims=True)),
    "no centre": (IMAGE, lambda: layers.BatchNormalization(center=False, scale=False)),
    **{f"conv {p} {s} {d}": (IMAGE, lambda p=p, s=s, d=d: layers.Conv2D(6, (3, 2), s, p, dilation_rate=d))
       for p in ("valid", "same") for s, d in ((1, 1), (2, 1), ((3, 2), 1), (1, 2))},
    "groups": (IMAGE, lambda: layers.Conv2D(6, 3, groups=2)),
    "conv1d": (SERIES, lambda: layers.Conv1D(5, 3, 2, "same")),
    "causal": (SERIES, lambda: layers.Conv1D(5, 3, padding="causal", dilation_rate=2)),
    "depthwise": (IMAGE, lambda: layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)),
    "separable": (IMAGE, lambda: layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="relu")),
    "separable1d": (SERIES, lambda: layers.SeparableConv1D(5, 3)),
    **{f"{kind.__name__} {p}": (IMAGE, lambda kind=kind, p=p: kind((2, 3), 2, p))
       for kind in (layers.MaxPooling2D, layers.AveragePooling2D) for p in ("valid", "same")},
    **{f"{kind.__name__} {options}": (SERIES, lambda kind=kind, options=options: kind(3, **options))
       for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN)
       for options in ({}, {"return_sequences": True}, {"go_backwards": True, "return_sequences": True},
                       {"use_bias": False, "activation": "relu"})},
    "GRU before": (SERIES, lambda: layers.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid")),
    **{f"Bidirectional {mode}": (SERIES, lambda mode=mode: layers.Bidirectional(
        layers.LSTM(3, return_sequences=True), merge_mode=mode)) for mode in ("concat", "sum", "mul", "ave")},
    "both ends": (SERIES, lambda: layers.Bidirectional(layers.GRU(3))),
    **{f"Conv{n}DTranspose {p} {s} {d}": (shape, lambda n=n, p=p, s=s, d=d: getattr(layers, f"Conv{n}DTranspose")(
        3, 3, strides=s, padding=p, dilation_rate=d)) for n, shape in ((1, SERIES), (2, IMAGE), (3, VOLUME))
       for p in ("valid", "same") for s, d in ((1, 1), (2, 1), (1, 2))},
    "Conv2DTranspose output": (IMAGE, lambda: layers.Conv2DTranspose(3, 2, 3, "same", output_padding=1)),
    "Conv2DTranspose apart": (IMAGE, lambda: layers.Conv2DTranspose(3, 2, 3, activation="relu")),
    "Cropping2D": (IMAGE, lambda: layers.Cropping2D(((1, 2), (0, 1)))),
    "Cropping1D": (SERIES, lambda: layers.Cropping1D((1, 2))),
    "RepeatVector": (ROW, lambda: layers.RepeatVector(3)), "PReLU": (IMAGE, lambda: layers.PReLU(shared_axes=[1, 2])),
    "GroupNormalization": (IMAGE, lambda: layers.GroupNormalization(2)),
    "RMSNormalization": (SERIES, lambda: layers.RMSNormalization()),
    "Conv3D": (VOLUME, lambda: layers.Conv3D(3, 2)), "pool3d": (VOLUME, lambda: layers.MaxPooling3D(2)),
    "UpSampling3D": (VOLUME, lambda: layers.UpSampling3D(2)), "pad3d": (VOLUME, lambda: layers.ZeroPadding3D(1)),
    "einsum": (SERIES, lambda: layers.EinsumDense("abc,cd->abd", (None, 5), activation="relu", bias_axes="d")),
    "einsum of all": (SERIES, lambda: layers.EinsumDense("...x,xy->...y", 3)),
    "unit": (IMAGE, lambda: layers.UnitNormalization()), "unit 2": (IMAGE, lambda: layers.UnitNormalization([1, 2])),
    "moving": (ROW, lambda: layers.Normalization(mean=[1.0, 2, 3, 4, 5, 6], variance=[2.0, 1, 2, 3, 4, 5])),
    "moving back": (ROW, lambda: layers.Normalization(mean=1.0, variance=2.0, invert=True)),
    "over time": (SERIES, lambda: layers.TimeDistributed(layers.Dense(3, "tanh"))),
    "images over time": ((3, *IMAGE), lambda: layers.TimeDistributed(layers.Conv2D(3, 2))),
    "smooth": (IMAGE, lambda: layers.UpSampling2D((2, 3), interpolation="bilinear")),
    "resized": (IMAGE, lambda: layers.Resizing(5, 11)), "elu": (ROW, lambda: layers.ELU(0.3)),
    "relu both": (ROW, lambda: layers.ReLU(0.5, negative_slope=0.1)),
    **{f"{name} first": (FIRST, make) for name, make in {
        "conv": lambda: layers.Conv2D(6, 3, 2, "same", data_format="channels_first"),
        "depthwise": lambda: layers.DepthwiseConv2D(3, data_format="channels_first"),
        "separable": lambda: layers.SeparableConv2D(5, 3, data_format="channels_first", activation="relu"),
        "transposed": lambda: layers.Conv2DTranspose(3, 3, 2, "same", data_format="channels_first"),
        "pool": lambda: layers.AveragePooling2D(3, 2, "same", data_format="channels_first"),
        "mean": lambda: layers.GlobalAveragePooling2D("channels_first", keepdims=True),
        "max": lambda: layers.GlobalMaxPooling2D("channels_first"),
        "flat": lambda: layers.Flatten("channels_first"), "norm": lambda: layers.BatchNormalization(1),
        "pad": lambda: layers.ZeroPadding2D(1, data_format="channels_first"),
        "crop": lambda: layers.Cropping2D(1, data_format="channels_first"),
        "up": lambda: layers.UpSampling2D(2, "channels_first", "bilinear"),
        "resize": lambda: layers.Resizing(4, 11, data_format="channels_first"),
        "parts": lambda: layers.AdaptiveMaxPooling2D(3, data_format="channels_first")}.items()},
    **{f"{kind.__name__} parts": (shape, lambda kind=kind, n=n: kind(n)) for shape, n, kind in (
        (SERIES, 4, layers.AdaptiveAveragePooling1D), (IMAGE, (4, 3), layers.AdaptiveAveragePooling2D),
        (VOLUME, 2, layers.AdaptiveAveragePooling3D), (SERIES, 3, layers.AdaptiveMaxPooling1D),
        (IMAGE, (2, 5), layers.AdaptiveMaxPooling2D), (VOLUME, 3, layers.AdaptiveMaxPooling3D))},
    "CenterCrop": (IMAGE, lambda: layers.CenterCrop(4, 5)),
    "spectral": (IMAGE, lambda: layers.SpectralNormalization(layers.Conv2D(3, 2))),
    "cell": (SERIES, lambda: layers.RNN(layers.LSTMCell(3), return_sequences=True)),
    "cells": (SERIES, lambda: layers.RNN([layers.GRUCell(3), layers.SimpleRNNCell(2)], go_backwards=True)),
    "Masking": (SERIES, lambda: layers.Masking(0.5)),
    "pool1d": (SERIES, lambda: layers.MaxPooling1D(3, 1, "same")), "up1d": (SERIES, lambda: layers.UpSampling1D(2)),
}  # fmt: skip
MERGES = (
    layers.Add,
    layers.Subtract,
    layers.Multiply,
    layers.Maximum,
    layers.Minimum,
    layers.Average,
    layers.Concatenate,
)


def drawn(shape, dtype, rows, draw):
    """Values for an input; every other word is 0, which masks leave out."""
    size = [rows, *(d or 7 for d in shape[1:])]
    values = draw.integers(-19, 20, size).clip(0) if dtype == "int32" else draw.normal(size=size)
    return values.astype(dtype)


def one_layer(name):
    """A model of one layer, whose weights are all drawn at random."""
    shape, make = LAYERS[name]
    model = fastnn.Sequential([fastnn.Input(shape), make()])
    return randomised(model)


def randomised(model):
    """The model with weights that are neither zeros nor ones."""
    fastnn.utils.set_random_seed(0)
    model.set_weights([fastnn.random.uniform(w.shape, 0.1, 0.9) for w in model.get_weights()])
    return model


def merged(kind):
    """Two inputs and one layer that merges them."""
    a, b = fastnn.Input(SERIES), fastnn.Input(SERIES)
    return fastnn.Model([a, b], kind()([a, b]))


def words():
    """Whole numbers of any length, two outputs, a model inside the model, a layer that is called twice."""
    x = fastnn.Input((None,), dtype="int32", name="words")
    h = layers.Embedding(20, 6)(x)
    inner = fastnn.Sequential([fastnn.Input((None, 6)), layers.Conv1D(6, 3, padding="same", activation="relu")])
    twice = layers.Dense(6, activation="tanh")
    h = twice(twice(inner(inner(h))))
    pooled = layers.GlobalMaxPooling1D()(h)
    return randomised(
        fastnn.Model(x, [layers.Dense(2, name="a")(pooled), layers.Dense(1, "sigmoid", name="b")(pooled)])
    )


def attended():
    """Attention of one sequence to another, and to itself, of any length."""
    a, b = fastnn.Input((None, 4)), fastnn.Input((None, 5))
    h = layers.MultiHeadAttention(2, 3)(a, b)
    return randomised(fastnn.Model([a, b], layers.MultiHeadAttention(1, 2, value_dim=3)(h, h)))


def pairs(layer, **more):
    """A layer of two sequences."""
    a, b = fastnn.Input((5, 4)), fastnn.Input((7, 4))
    return randomised(fastnn.Model([a, b], layer([a, b], **more)))


def heads(layer, **more):
    """A layer with heads, of a sequence and itself, and of its result and another one, with a key apart."""
    a, b = fastnn.Input((5, 4)), fastnn.Input((7, 4))
    h = layer(a, a, use_causal_mask=True)
    other = type(layer).from_config({**layer.get_config(), "name": "other"})
    return randomised(fastnn.Model([a, b], other(h, b, b * 2)))


def masked(*after, length=9):
    """Words, of which 0 is none, and layers that leave it out."""
    made = [make() for make in after]
    return randomised(
        fastnn.Sequential([fastnn.Input((length,), dtype="int32"), layers.Embedding(20, 3, mask_zero=True), *made])
    )


def masked_heads(dropout):
    """Attention whose queries and keys have masks, in a layer with heads and in one without."""
    a, b = (fastnn.Input((n,), dtype="int32") for n in (6, 5))
    words = layers.Embedding(20, 3, mask_zero=True)
    one, two = words(a), words(b)
    h = layers.MultiHeadAttention(2, 3, dropout=dropout)(one, two)
    return randomised(fastnn.Model([a, b], [h, layers.Attention()([one, two]), layers.AdditiveAttention()([two, one])]))


def names():
    """Layers that have names of values and nodes, one that gives two outputs, and an input that is an output too."""
    x, state = fastnn.Input((3,), name="v1"), fastnn.Input((4,), dtype="int32", name="state")
    h, twice = layers.Dense(2, name="x")(layers.Dense(2, name="v0")(x)), layers.Dense(2, name="d")
    end = layers.Dense(3, name="node_v2")(h)
    last = layers.LSTM(2, name="w0")(layers.Embedding(20, 3, mask_zero=True, name="n0")(state))
    again = twice(layers.Activation("tanh", name="d_1")(h))
    return randomised(fastnn.Model([x, state], [end, h, twice(h), again, x, last]))


def across():
    """Masks that go into models inside of a model and come out of them, of one that is called twice too."""
    x, y, z = (fastnn.Input((6,), dtype="int32"), fastnn.Input((6,), dtype="int32"), fastnn.Input((6, 3)))
    words = fastnn.Model(y, layers.Embedding(20, 3, mask_zero=True)(y))
    memory = fastnn.Model(z, layers.LSTM(2)(layers.BatchNormalization()(z)))
    one, two = fastnn.Input((6,), dtype="int32"), words(x)
    first, second = words(one), layers.GRU(2, return_sequences=True)(two)
    h = layers.Add()([memory(first), memory(two), layers.GlobalAveragePooling1D()(second)])
    return randomised(fastnn.Model([one, x], [h, layers.Concatenate()([first, two])]))


def merged_masks():
    """Merges of values with masks, what a residual attention block is, and masks that a call says."""
    x, y = fastnn.Input((6,), dtype="int32"), fastnn.Input((6,), dtype="int32")
    a, b = (layers.Embedding(20, 3, mask_zero=True)(i) for i in (x, y))
    c, seen = layers.Embedding(20, 3)(y), ops.not_equal(y, 0)
    block = layers.LayerNormalization()(layers.Add()([a, layers.MultiHeadAttention(2, 3)(a, a)]))
    mean = layers.GlobalAveragePooling1D()
    steps = layers.TimeDistributed(layers.Dense(3))
    return randomised(fastnn.Model([x, y], [
        mean(block), layers.Multiply()([a, b]), layers.Multiply()([a, c]), mean(layers.Add()([a, b])),
        layers.LSTM(2)(layers.Concatenate()([a, b])), layers.LSTM(2)(layers.Concatenate()([a, c])),
        layers.GRU(2)(layers.Concatenate(axis=1)([a, steps(b)])),
        mean(c, mask=seen), layers.GRU(2)(a, mask=seen), layers.Attention()([a, c], mask=[None, seen]),
        layers.MultiHeadAttention(2, 3)(c, c, query_mask=seen, value_mask=seen),
    ]))  # fmt: skip


def operations():
    """Operations between layers: of two values, of one and a constant, along axes, of shapes."""
    a, b = fastnn.Input((3, 4)), fastnn.Input((3, 4))
    c = (1 - a) / (ops.exp(b * np.float32([1, 2, 3, 4])) + 2) - a**2 * b + ops.maximum(a, b) / 3
    c = ops.gelu(c) + ops.relu(-c) * ops.sigmoid(a) + ops.clip(b, -0.5, 0.5) + ops.abs(a) * ops.sqrt(ops.square(b) + 1)
    d = (
        ops.matmul(c, ops.transpose(b, (0, 2, 1)))
        + ops.sum(c, axis=2, keepdims=True)
        - ops.mean(c, axis=(1, 2), keepdims=True)
    )
    e = ops.concatenate([d, c], axis=-1)[:, 1:, 1:-1]
    f = ops.reshape(e, (-1, 10)) + ops.max(e, axis=1)[:, 0:1] + ops.expand_dims(e[:, 0, -1], 1)
    g = ops.softmax(ops.einsum("abc,adc->abd", a, b), axis=1) + ops.leaky_relu(c, 0.3)[..., :3]
    return fastnn.Model([a, b], [f, g, ops.squeeze(ops.expand_dims(ops.elu(a) + ops.log_softmax(b), 1), 1)])


MASKED = {
    "masks of models inside": across, "masks of merges": merged_masks, "masks and names": names,
    **{f"masked {kind.__name__} {options}": lambda kind=kind, options=options: masked(lambda: kind(3, **options))
       for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN)
       for options in ({}, {"return_sequences": True}, {"go_backwards": True})},
    "masked GRU before": lambda: masked(lambda: layers.GRU(3, reset_after=False), length=None),
    "masked cells": lambda: masked(lambda: layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)])),
    "masked both ways": lambda: masked(lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
                                       layers.GlobalAveragePooling1D),
    "masked ends": lambda: masked(lambda: layers.Bidirectional(layers.GRU(3))),
    "masked mean": lambda: masked(lambda: layers.Dense(3), lambda: layers.GlobalAveragePooling1D(keepdims=True)),
    "masked heads": lambda: masked_heads(0.0), "masked heads with dropout": lambda: masked_heads(0.5),
}  # fmt: skip
MODELS = {
    **{name: lambda name=name: one_layer(name) for name in LAYERS},
    **{kind.__name__: lambda kind=kind: merged(kind) for kind in MERGES},
    "operations": operations,
    "Dot": lambda: pairs(layers.Dot(2)),
    "Dot of steps": lambda: pairs(layers.Dot((-1, 2))),
    "Attention": lambda: pairs(layers.Attention(use_scale=True)),
    "Attention of sums": lambda: pairs(layers.Attention(use_scale=True, score_mode="concat"), use_causal_mask=True),
    "AdditiveAttention": lambda: pairs(layers.AdditiveAttention()),
    "heads": lambda: heads(layers.MultiHeadAttention(2, 3, sliding_window=3)),
    "fewer keys": lambda: heads(layers.GroupQueryAttention(3, 4, 2)),
    **MASKED,
    "words": words,
    "MultiHeadAttention": attended,
}
