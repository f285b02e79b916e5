"""The standard speed workloads: what is trained, on what, in which batches.

Each is written once against the Keras API (`K` is fastnn, or keras itself) and knows the multiply-adds of its products
and convolutions. `fastnn bench` times them, and so does the comparison with other engines in the source repository.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Workload:
    """One training task.

    shape: of one input row (height, width, channels for images).  classes: of the labels.  batch, samples: rows.
    macs: forward multiply-adds per sample, one entry a product or convolution, the first layer's first.
    build: K -> an uncompiled model.  optimizer, loss, weights: what the model is compiled with.
    target: what y is: labels, numbers, a mask of the image's size, the input itself, ...
    inputs: number of inputs.  x: "normal", or the size of the vocabulary whose integers fill the rows.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    batch: int
    samples: int
    macs: list[int]
    build: Callable[[Any], Any]
    optimizer: Callable[[Any], Any]
    loss: Any = "sparse"
    weights: Any = None
    inputs: int = 1
    x: Any = "normal"
    target: str = "label"
    note: str = ""
    extra: bool = False
    first_layer_grad: bool = field(default=False)

    @property
    def gflop(self) -> float:
        """GFLOP of the products and convolutions of one training step: forward, weight and input gradients (the first
        layer's input needs none)."""
        total = 3 * sum(self.macs) - (0 if self.first_layer_grad else self.macs[0])
        return 2 * total * self.batch / 1e9

    def data(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Random inputs and targets, float32 (or integer tokens) and labels, the same in each process."""
        rng = np.random.default_rng(0)
        if self.x == "normal":
            xs = [rng.standard_normal((self.samples, *self.shape), dtype=np.float32) for _ in range(self.inputs)]
        else:
            xs = [rng.integers(0, self.x, (self.samples, *self.shape)).astype(np.int32)]
        label = rng.integers(0, max(self.classes, 2), self.samples)
        if self.target == "quadrant":
            return xs, [(xs[0][:, :1] * xs[0][:, 1:] > 0).astype(np.float32)]
        if self.target == "same+label":
            return xs, [rng.integers(0, 2, (self.samples, 1)).astype(np.float32), label]
        if self.target == "self":
            return xs, [xs[0]]
        if self.target == "number":
            return xs, [rng.standard_normal((self.samples, 1), dtype=np.float32)]
        if self.target == "mask":
            return xs, [rng.integers(0, 2, (self.samples, *self.shape[:2], 1)).astype(np.float32)]
        return xs, [label]

    def compile(self, K: Any, model: Any, **options: Any) -> None:
        """Compile `model` with the workload's optimizer and loss."""
        sparse = K.losses.SparseCategoricalCrossentropy(from_logits=True)
        pick = lambda name: sparse if name == "sparse" else name
        loss = [pick(n) for n in self.loss] if isinstance(self.loss, list) else pick(self.loss)
        model.compile(optimizer=self.optimizer(K), loss=loss, loss_weights=self.weights, **options)


STANDARD: dict[str, Workload] = {}


def _add(**kw: Any) -> None:
    STANDARD[kw["name"]] = Workload(**kw)


def adam(K: Any) -> Any:
    """Adam at its usual rate."""
    return K.optimizers.Adam(1e-3)


def sgd(momentum: float) -> Callable[[Any], Any]:
    """SGD, rate 0.01."""
    return lambda K: K.optimizers.SGD(0.01, momentum=momentum)


def stack(K: Any, shape: tuple[int, ...], *layers: Any) -> Any:
    """A Sequential model."""
    return K.Sequential([K.Input(shape), *layers])


def playground(K: Any) -> Any:
    """The 2-8-1 network of the browser playgrounds: nothing but overhead."""
    L = K.layers
    return stack(K, (2,), L.Dense(8, activation="tanh"), L.Dense(1, activation="sigmoid"))


def mnist_mlp(K: Any) -> Any:
    """784-512-512-10 with dropout."""
    L = K.layers
    return stack(
        K,
        (784,),
        L.Dense(512, activation="relu"),
        L.Dropout(0.2),
        L.Dense(512, activation="relu"),
        L.Dropout(0.2),
        L.Dense(10),
    )


def conv_bn_sigmoid(K: Any) -> Any:
    """Two blocks of convolution, batch normalisation, sigmoid, as in the first Keras tutorials."""
    L = K.layers

    def block() -> list[Any]:
        return [L.Conv2D(32, 3, padding="same"), L.BatchNormalization(), L.Activation("sigmoid")]

    return stack(K, (32, 32, 3), *block(), *block(), L.Flatten(), L.Dense(10))


def cifar_cnn(K: Any) -> Any:
    """64 and 128 channels at full resolution, then a wide dense layer."""
    L = K.layers
    return stack(
        K,
        (32, 32, 3),
        L.Conv2D(64, 3, padding="same", activation="relu"),
        L.Conv2D(128, 3, activation="relu"),
        L.MaxPooling2D(2),
        L.Dropout(0.25),
        L.Flatten(),
        L.Dense(512, activation="relu"),
        L.Dropout(0.5),
        L.Dense(10),
    )


RESNET20 = [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2


def resnet20(K: Any) -> Any:
    """He et al. 2016, CIFAR form, with projections where the size halves."""
    L, penalty = K.layers, K.regularizers.L2(5e-5)

    def conv(x: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
        layer = L.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, kernel_regularizer=penalty)
        return L.BatchNormalization()(layer(x))

    def relu(x: Any) -> Any:
        return L.Activation("relu")(x)

    inputs = K.Input((32, 32, 3))
    x = relu(conv(inputs, 16))
    for filters, strides in RESNET20:
        y = conv(relu(conv(x, filters, 3, strides)), filters)
        short = x if strides == 1 else conv(x, filters, 1, strides)
        x = relu(L.Add()([y, short]))
    x = L.Dense(10, kernel_regularizer=penalty)(L.GlobalAveragePooling2D()(x))
    return K.Model(inputs, x)


def siamese(K: Any) -> Any:
    """One tower, two inputs, two outputs: is it the same digit, and (auxiliary) which one is the first."""
    L = K.layers
    tower = stack(
        K,
        (28, 28, 1),
        L.Conv2D(32, 3, padding="same", activation="relu"),
        L.MaxPooling2D(2),
        L.Conv2D(64, 3, padding="same", activation="relu"),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dense(128, activation="relu"),
    )
    left, right = K.Input((28, 28, 1)), K.Input((28, 28, 1))
    a, b = tower(left), tower(right)
    return K.Model([left, right], [L.Dense(1, activation="sigmoid")(K.ops.abs(a - b)), L.Dense(10)(a)])


_S1, _S2 = 32 * 32 * 16 * 9 * 16, 16 * 16 * 32 * 9 * 16  # a stage-1 convolution; the first of stage 2 (or 3)
_TOWER = [28 * 28 * 32 * 9, 14 * 14 * 64 * 288, 3136 * 128]

_add(
    name="playground",
    shape=(2,),
    classes=1,
    batch=10,
    samples=500,
    macs=[16, 8],
    build=playground,
    optimizer=sgd(0.0),
    loss="binary_crossentropy",
    target="quadrant",
)
_add(
    name="mnist_mlp",
    shape=(784,),
    classes=10,
    batch=128,
    samples=12800,
    macs=[784 * 512, 512 * 512, 5120],
    build=mnist_mlp,
    optimizer=adam,
)
_add(
    name="conv_bn_sigmoid",
    shape=(32, 32, 3),
    classes=10,
    batch=32,
    samples=1024,
    macs=[1024 * 32 * 27, 1024 * 32 * 288, 327680],
    build=conv_bn_sigmoid,
    optimizer=sgd(0.9),
)
_add(
    name="cifar_cnn",
    shape=(32, 32, 3),
    classes=10,
    batch=128,
    samples=512,
    macs=[1024 * 64 * 27, 900 * 128 * 576, 28800 * 512, 5120],
    build=cifar_cnn,
    optimizer=adam,
)
_add(
    name="resnet20",
    shape=(32, 32, 3),
    classes=10,
    batch=128,
    samples=512,
    macs=[1024 * 16 * 27] + [_S1] * 16 + [_S2] * 2 + [131072] * 2 + [640],
    build=resnet20,
    optimizer=sgd(0.9),
)
_add(
    name="siamese",
    shape=(28, 28, 1),
    classes=10,
    batch=64,
    samples=2048,
    macs=[2 * m for m in _TOWER] + [1408],
    build=siamese,
    optimizer=adam,
    loss=["binary_crossentropy", "sparse"],
    weights=[1.0, 0.3],
    inputs=2,
    target="same+label",
)

INFERENCE = ["mnist_mlp", "cifar_cnn", "resnet20"]
