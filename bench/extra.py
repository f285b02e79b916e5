"""The workloads that nobody tuned for: other kinds of networks, sizes that divide nothing, tiny and large batches.

They are there to find what is slow, so they are not picked for what is fast: `python -m bench run --extra` times them.
"""

from __future__ import annotations

from typing import Any

from fastnn.cli.workloads import Workload, adam, conv_bn_sigmoid, mnist_mlp, sgd, stack


def autoencoder(K: Any) -> Any:
    """784-256-64-256-784, mean squared error."""
    L = K.layers
    return stack(
        K,
        (784,),
        L.Dense(256, activation="relu"),
        L.Dense(64, activation="relu"),
        L.Dense(256, activation="relu"),
        L.Dense(784),
    )


def separable(K: Any) -> Any:
    """Depthwise-separable blocks as in the mobile networks."""
    L = K.layers
    # fmt: off
    blocks = [layer for filters, strides in ((32, 1), (64, 2), (64, 1)) for layer in (
        L.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False), L.BatchNormalization(),
        L.Activation("relu"), L.Conv2D(filters, 1, use_bias=False), L.BatchNormalization(), L.Activation("relu"))]
    # fmt: on
    return stack(
        K,
        (32, 32, 3),
        L.Conv2D(16, 3, padding="same", activation="relu"),
        *blocks,
        L.GlobalAveragePooling2D(),
        L.Dense(10),
    )


def text_conv(K: Any) -> Any:
    """Embedding, two 1-D convolutions, global maximum."""
    L = K.layers
    return stack(
        K,
        (100,),
        L.Embedding(2000, 50),
        L.Conv1D(64, 5, activation="relu"),
        L.Conv1D(64, 5, activation="relu"),
        L.GlobalMaxPooling1D(),
        L.Dense(2),
    )


def text_lstm(K: Any) -> Any:
    """Embedding, an LSTM over 80 words."""
    L = K.layers
    return stack(K, (80,), L.Embedding(2000, 32), L.LSTM(64), L.Dense(2))


def series_gru(K: Any) -> Any:
    """A GRU over 48 moments of 13 numbers; forecasts one."""
    L = K.layers
    return stack(K, (48, 13), L.GRU(40), L.Dense(1))


def transformer(K: Any) -> Any:
    """One transformer block over 64 words, four heads."""
    L = K.layers
    words = K.Input((64,), dtype="int32")
    x = L.Embedding(2000, 64)(words)
    x = L.LayerNormalization(epsilon=1e-5)(L.Add()([x, L.MultiHeadAttention(4, 16)(x, x)]))
    y = L.Dense(64)(L.Dense(128, activation="gelu")(x))
    x = L.LayerNormalization(epsilon=1e-5)(L.Add()([x, y]))
    return K.Model(words, L.Dense(2)(L.GlobalAveragePooling1D()(x)))


def waves(K: Any) -> Any:
    """Causal 1-D convolutions, dilated 1, 2, 4, 8, on a series of 200 moments."""
    L = K.layers
    return stack(
        K,
        (200, 5),
        *[L.Conv1D(24, 3, padding="causal", dilation_rate=d, activation="relu") for d in (1, 2, 4, 8)],
        L.GlobalAveragePooling1D(),
        L.Dense(3),
    )


def segmentation(K: Any) -> Any:
    """A small U: down by strides, up by a transposed convolution, joined; one logit a pixel."""
    L = K.layers
    image = K.Input((48, 48, 1))
    top = L.Conv2D(16, 3, padding="same", activation="relu")(image)
    low = L.Conv2D(32, 3, strides=2, padding="same", activation="relu")(top)
    low = L.Conv2D(32, 3, padding="same", activation="relu")(low)
    up = L.Conv2DTranspose(16, 2, strides=2, activation="relu")(low)
    x = L.Conv2D(16, 3, padding="same", activation="relu")(L.Concatenate()([top, up]))
    return K.Model(image, L.Conv2D(1, 1, activation="sigmoid")(x))


def odd_sizes(K: Any) -> Any:
    """13 channels, 5x5 and 7x7 kernels, nothing divides a vector."""
    L = K.layers
    return stack(
        K,
        (31, 29, 3),
        L.Conv2D(13, 5, padding="same", activation="relu"),
        L.MaxPooling2D(2),
        L.Conv2D(27, 7, padding="same", activation="relu"),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dense(11),
    )


def tabular(K: Any) -> Any:
    """13 columns, two hidden layers of 50, elu; mean squared error."""
    L = K.layers
    return stack(K, (13,), L.Dense(50, activation="elu"), L.Dense(50, activation="elu"), L.Dense(1))


def lenet(K: Any) -> Any:
    """LeCun's network of 1998 with tanh and average pooling."""
    L = K.layers
    return stack(
        K,
        (28, 28, 1),
        L.Conv2D(6, 5, padding="same", activation="tanh"),
        L.AveragePooling2D(2),
        L.Conv2D(16, 5, activation="tanh"),
        L.AveragePooling2D(2),
        L.Flatten(),
        L.Dense(120, activation="tanh"),
        L.Dense(84, activation="tanh"),
        L.Dense(10),
    )


_LENET = [784 * 6 * 25, 100 * 16 * 150, 400 * 120, 120 * 84, 840]
_MLP = [784 * 512, 512 * 512, 5120]
_ATTENTION = [64 * 64 * 64] * 4 + [64 * 64 * 64] * 2  # four projections; scores and their product with values


EXTRA: dict[str, Workload] = {}


def _add(**kw: Any) -> None:
    EXTRA[kw["name"]] = Workload(**kw, extra=True)


_add(
    name="autoencoder",
    shape=(784,),
    classes=0,
    batch=128,
    samples=6400,
    macs=[784 * 256, 256 * 64, 64 * 256, 256 * 784],
    build=autoencoder,
    optimizer=adam,
    loss="mean_squared_error",
    target="self",
)
_add(
    name="separable",
    shape=(32, 32, 3),
    classes=10,
    batch=64,
    samples=512,
    macs=[1024 * 16 * 27, 1024 * 16 * 9, 1024 * 16 * 32, 256 * 32 * 9, 256 * 32 * 64, 256 * 64 * 9, 256 * 64 * 64, 640],
    build=separable,
    optimizer=sgd(0.9),
)
_add(
    name="text_conv",
    shape=(100,),
    classes=2,
    batch=64,
    samples=2048,
    macs=[96 * 64 * 250, 92 * 64 * 320, 128],
    build=text_conv,
    optimizer=adam,
    x=2000,
    first_layer_grad=True,
)
_add(
    name="text_lstm",
    shape=(80,),
    classes=2,
    batch=32,
    samples=512,
    macs=[80 * 256 * 32, 80 * 256 * 64, 128],
    build=text_lstm,
    optimizer=adam,
    x=2000,
    first_layer_grad=True,
)
_add(
    name="series_gru",
    shape=(48, 13),
    classes=1,
    batch=64,
    samples=1024,
    macs=[48 * 120 * 13, 48 * 120 * 40, 40],
    build=series_gru,
    optimizer=adam,
    loss="mean_squared_error",
    target="number",
)
_add(
    name="transformer",
    shape=(64,),
    classes=2,
    batch=32,
    samples=512,
    macs=[*_ATTENTION, 64 * 64 * 128, 64 * 128 * 64, 128],
    build=transformer,
    optimizer=adam,
    x=2000,
    first_layer_grad=True,
)
_add(
    name="waves",
    shape=(200, 5),
    classes=3,
    batch=32,
    samples=512,
    macs=[200 * 24 * 15] + [200 * 24 * 72] * 3 + [72],
    build=waves,
    optimizer=adam,
)
_add(
    name="segmentation",
    shape=(48, 48, 1),
    classes=2,
    batch=16,
    samples=128,
    macs=[2304 * 16 * 9, 576 * 32 * 144, 576 * 32 * 288, 576 * 32 * 64, 2304 * 16 * 288, 2304 * 16],
    build=segmentation,
    optimizer=adam,
    loss="binary_crossentropy",
    target="mask",
)
_add(
    name="odd_sizes",
    shape=(31, 29, 3),
    classes=11,
    batch=97,
    samples=485,
    macs=[31 * 29 * 13 * 75, 15 * 14 * 27 * 49 * 13, 7 * 7 * 27 * 11],
    build=odd_sizes,
    optimizer=sgd(0.9),
)
_add(
    name="tabular",
    shape=(13,),
    classes=1,
    batch=97,
    samples=970,
    macs=[650, 2500, 50],
    build=tabular,
    optimizer=adam,
    loss="mean_squared_error",
    target="number",
)
_add(
    name="mnist_mlp_batch1", shape=(784,), classes=10, batch=1, samples=256, macs=_MLP, build=mnist_mlp, optimizer=adam
)
_add(
    name="mnist_mlp_batch1000",
    shape=(784,),
    classes=10,
    batch=1000,
    samples=8000,
    macs=_MLP,
    build=mnist_mlp,
    optimizer=adam,
)
_add(
    name="conv_bn_sigmoid_batch1",
    shape=(32, 32, 3),
    classes=10,
    batch=1,
    samples=64,
    macs=[1024 * 32 * 27, 1024 * 32 * 288, 327680],
    build=conv_bn_sigmoid,
    optimizer=sgd(0.9),
)
_add(
    name="lenet_batch1000",
    shape=(28, 28, 1),
    classes=10,
    batch=1000,
    samples=3000,
    macs=_LENET,
    build=lenet,
    optimizer=sgd(0.9),
)
_add(
    name="lenet_batch1",
    shape=(28, 28, 1),
    classes=10,
    batch=1,
    samples=256,
    macs=_LENET,
    build=lenet,
    optimizer=sgd(0.9),
)
