"""Trainings on a simulated device beside the CPU: a small net, an MNIST-sized CNN, ResNet-20, sequences.

With the CPU's kernels (own=False) the bits are the CPU's.  With those written for devices, integers and dropout masks
are, and sums are in another fixed order: close to the CPU's, and the same each time.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from unittest import mock

import evaluate
import numpy as np
import on_blocks
import pytest
from strategies import kernels_mode

import fastnn as keras
from fastnn.core import blocks
from fastnn.runtime import device
from fastnn.runtime.simulated import Simulated

L = keras.layers
RNG = np.random.default_rng(0)


def dense():
    model = keras.Sequential([keras.Input((12,)), L.Dense(16, "relu"), L.Dropout(0.3), L.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, RNG_DATA((14, 12), 3)


def mnist_cnn(side=28, batch=6):
    model = keras.Sequential([
        keras.Input((side, side, 1)), L.Rescaling(1 / 255), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(16, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(), L.Dropout(0.5), L.Dense(10, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, RNG_DATA((batch, side, side, 1), 10, np.uint8)


def resnet20(side=32, batch=6, stages=(16, 32, 64), blocks=3):
    def block(x, filters, stride):
        y = L.Conv2D(filters, 3, stride, "same", use_bias=False)(x)
        y = L.Activation("relu")(L.BatchNormalization()(y))
        y = L.BatchNormalization()(L.Conv2D(filters, 3, padding="same", use_bias=False)(y))
        if stride > 1:
            x = L.BatchNormalization()(L.Conv2D(filters, 1, stride, use_bias=False)(x))
        return L.Activation("relu")(L.Add()([x, y]))

    inputs = keras.Input((side, side, 3))
    x = L.BatchNormalization()(L.Conv2D(stages[0], 3, padding="same", use_bias=False)(L.Rescaling(1 / 255)(inputs)))
    for filters in stages:
        for k in range(blocks):
            x = block(x, filters, 2 if filters > stages[0] and k == 0 else 1)
    model = keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    return model, RNG_DATA((batch, side, side, 3), 10, np.uint8)


def sequences():
    model = keras.Sequential([keras.Input((5,)), L.Embedding(20, 6), L.LSTM(5, dropout=0.2), L.Dense(1)])
    model.compile("rmsprop", "mse")
    return model, (RNG.integers(0, 20, (6, 5)), RNG.standard_normal((6, 1)).astype("float32"))


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    shared = L.Dense(5, "tanh")
    x = L.Concatenate()([shared(a), shared(L.Dense(4)(b))])
    model = keras.Model([a, b], [L.Dense(2, name="y")(x), L.Dense(1, name="z")(L.LayerNormalization()(x))])
    model.compile("adam", {"y": "mse", "z": "mae"}, loss_weights={"y": 1.0, "z": 0.2})
    draw = lambda *shape: RNG.standard_normal(shape).astype("float32")
    return model, ([draw(6, 4), draw(6, 3)], [draw(6, 2), draw(6, 1)])


def RNG_DATA(shape, classes, kind=np.float32):
    """Inputs and labels."""
    x = RNG.integers(0, 256, shape).astype(kind) if kind == np.uint8 else RNG.standard_normal(shape).astype(kind)
    return x, RNG.integers(0, classes, shape[0])


def trained(make, epochs=2, batch=4, look=True):
    """History, what evaluate and predict say, weights and optimizer's slots, of a model that is made anew.

    look: False leaves validation, evaluation and prediction out.
    """
    global RNG
    RNG = np.random.default_rng(0)
    keras.utils.set_random_seed(7)
    model, (x, y) = make()
    validation = (x, y) if look else None
    history = model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, validation_data=validation).history
    found = [*history.values(), *model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]
    if look:
        predicted = model.predict(x, verbose=0)
        found += [model.evaluate(x, y, verbose=0), *(predicted if isinstance(predicted, list) else [predicted])]
    return [np.array(v) for v in found]


SMALL = [dense, sequences, two_inputs]
LARGE = [mnist_cnn, resnet20]


@pytest.mark.parametrize("make", SMALL if kernels_mode() == "python" else SMALL + LARGE)
def test_the_cpus_kernels_give_the_cpus_bits(make):
    wanted = trained(make)
    found = Simulated(own=False)
    with device.using(found):
        evaluate.assert_same_bits(trained(make), wanted, make.__name__)
    assert found.counts["replays"] and not found.counts["launches"], "everything ran in graphs"
    found.check()


def close(make, times=2, **settings):
    """A training with kernels written for devices, by small tiles, beside the CPU's; and once more."""
    wanted, runs = trained(make, **settings), []
    for _ in range(times):
        found = Simulated()
        with device.using(found), mock.patch.dict(blocks.TILES, on_blocks.SMALL):
            runs.append(trained(make, **settings))
        evaluate.PLANS.clear()  # made for small tiles
        found.check()
    for again in runs[1:]:
        evaluate.assert_same_bits(again, runs[0], "run to run")
    for a, b in zip(runs[0], wanted, strict=True):
        evaluate.assert_close(a, b, 2e-4, make.__name__)  # some hundred sums of some hundred terms, one after the other


@pytest.mark.slow
@pytest.mark.parametrize("make", SMALL)
def test_kernels_written_for_devices_come_close(make):
    close(make, epochs=1)


def small_residual():
    """A short ResNet: with few rows the means of the long one are of so few values that they say nothing."""
    return resnet20(8, 4, (4, 8), 1)


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: mnist_cnn(10, 2), small_residual], ids=["mnist_cnn", "residual"])
def test_images_by_kernels_written_for_devices(make):
    close(make, epochs=1, batch=4, look=False)


def narrow_resnet20():
    """ResNet-20, all its twenty layers, with a quarter of the channels on images of 8 x 8."""
    return resnet20(8, 2, (4, 8, 16), 3)


def functional_example():
    """The model of examples/functional_siamese.py: a tower that is called twice, two inputs, two outputs."""
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "functional_siamese.py"))
    digits = RNG.integers(0, 17, (30, 8, 8))
    pairs, same, digit = example["pairs"](digits, np.arange(30) % 10, 3, 0)
    return example["build"](), (list(pairs), [same, digit])


@pytest.mark.slow  # a minute and a half
@pytest.mark.parametrize("make", [narrow_resnet20, functional_example])
def test_two_steps_of_long_models_by_kernels_written_for_devices(make):
    close(make, times=1, epochs=2, batch=3, look=False)
