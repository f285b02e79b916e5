"""Batches that are cut into shards, in one process: near to what the whole batch gives, and what cannot be cut."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution import DataParallel
from fastnn.distribution.strategies import share, uncut
from fastnn.models.step import ShardedStep

DRAW = np.random.default_rng(0)
X = DRAW.random((22, 5, 4), np.float32)
Y, WEIGHTS = DRAW.integers(0, 3, (22, 5)), DRAW.random(22).astype(np.float32)
X[:, 3:] *= (DRAW.random(22) > 0.5)[:, None, None]  # masked places, in some rows
X[::5, 1:] = 0
LOSSES = keras.losses


def network(*parts, optimizer=None, loss="sparse_categorical_crossentropy", **compiled):
    model = keras.Sequential([keras.Input((5, 4)), *parts, layers.Dense(3, "softmax")])
    model.compile(optimizer or keras.optimizers.SGD(0.3), loss, metrics=["accuracy"], **compiled)
    return model


def made(make):
    """A model with the same first weights each time."""
    keras.utils.set_random_seed(1)
    return make()


def trained(model, shards, epochs=2, **more):
    """(numbers, weights) after training with so many shards; None: without a distribution."""
    with DataParallel(shards=shards or 1).scope():
        history = model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, shuffle=False, **more).history
        measured = model.evaluate(X, Y, batch_size=8, verbose=0, sample_weight=more.get("sample_weight"))
        predicted = model.predict(X, batch_size=22, verbose=0)
    return [np.array([*history.values()]), np.array(measured), predicted], model.get_weights()


def sparse(reduction):
    return LOSSES.SparseCategoricalCrossentropy(reduction=reduction)


def own(y_true, y_pred):
    return ops.mean(ops.square(y_pred - ops.cast(ops.expand_dims(y_true, -1), "float32")), axis=-1)


SAME = {
    "means": lambda: network(layers.Dense(6, "tanh")),
    "penalties": lambda: network(layers.Dense(6, "tanh", kernel_regularizer="l2", activity_regularizer="l2")),
    "sums": lambda: network(layers.Dense(6, "tanh"), loss=sparse("sum"), optimizer=keras.optimizers.SGD(0.01)),
    "a mask": lambda: network(layers.Masking(), layers.Dense(6, "tanh")),
    "a mask and a sum": lambda: network(layers.Masking(), loss=sparse("sum"), optimizer=keras.optimizers.SGD(0.01)),
    "a mask, means by weight": lambda: network(layers.Masking(), loss=sparse("mean_with_sample_weight")),
    "means by weight": lambda: network(layers.Dense(6, "tanh"), loss=sparse("mean_with_sample_weight")),
    "synchronized statistics": lambda: network(layers.Dense(6), layers.BatchNormalization(synchronized=True)),
    "synchronized statistics, a mask": lambda: network(layers.Masking(), layers.BatchNormalization(synchronized=True)),
    "a function": lambda: network(loss=own),
    "not reduced": lambda: network(loss=sparse("none")),
    "adam": lambda: network(layers.LSTM(4, return_sequences=True), optimizer=keras.optimizers.Adam(0.01)),
    "all norms": lambda: network(optimizer=keras.optimizers.SGD(0.3, global_clipnorm=0.05)),
    "accumulated": lambda: network(optimizer=keras.optimizers.SGD(0.3, gradient_accumulation_steps=2)),
    "muon": lambda: network(layers.Dense(6, "tanh"), optimizer=keras.optimizers.Muon(0.01)),
    "scaled": lambda: network(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.3))),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SAME)
def test_shards_give_what_the_whole_batch_gives(name, weighted):
    more = {"sample_weight": WEIGHTS} if weighted else {}
    (numbers, weights), (expected, whole) = (
        trained(made(SAME[name]), 3, **more),
        trained(made(SAME[name]), None, **more),
    )
    for a, b in zip([*numbers, *weights], [*expected, *whole], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


def test_one_shard_is_no_cut():
    model = network()
    with DataParallel(shards=1).scope():
        assert share() is None
    with DataParallel(shards=2).scope(), uncut():
        assert share() is None
    numbers, weights = trained(model, 1)
    model.fit(X, Y, verbose=0)
    assert type(model._trainer().steps["train"].last) is not ShardedStep
    assert len(numbers) == 3 and len(weights) == 2


def test_statistics_and_masks_of_dropout_are_of_each_shard():
    one, two, again = (
        trained(made(lambda: network(layers.BatchNormalization(), layers.Dropout(0.5))), n) for n in (2, 4, 4)
    )
    assert not np.allclose(one[1][0], two[1][0], atol=1e-6)
    assert all(map(np.array_equal, two[1], again[1]))


def test_single_batches_and_short_ways():
    """What keeps a way for a shape that it has seen goes another one once batches are cut."""
    model = network(layers.Dropout(0.2))
    for _ in range(3):
        model.train_on_batch(X, Y)
    with DataParallel(shards=2).scope():
        model.train_on_batch(X, Y)
        assert type(model._trainer().steps["train"].last) is ShardedStep
        assert model.plan(8).peak_bytes > 0
        keras.models.clone_model(model)
    model.train_on_batch(X, Y)
    assert type(model._trainer().steps["train"].last) is not ShardedStep


def test_fewer_rows_than_shards():
    model = network()
    with DataParallel(shards=30).scope():
        first = model.train_on_batch(X[:7], Y[:7])[0]
        assert model.train_on_batch(X[:7], Y[:7])[0] < first
    losses = []
    for shards in (1, 7, 30):
        model = made(lambda: network(layers.Masking(), layers.BatchNormalization(synchronized=True)))
        with DataParallel(shards=shards).scope():
            losses.append([model.train_on_batch(X[:7], Y[:7])[0] for _ in range(3)])
    np.testing.assert_allclose(losses, losses[:1] * 3, rtol=1e-5)


class Twice(keras.Model):
    """Updates weights, and reads them again."""

    def __init__(self):
        inputs = keras.Input((5, 4))
        super().__init__(inputs, layers.Dense(3, "softmax")(inputs))

    def train_step(self, data):
        x, y = data
        for _ in range(2):
            with keras.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def test_what_cannot_be_cut():
    model = Twice()
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    with DataParallel(shards=2).scope(), pytest.raises(NotSupportedError, match="after the optimizer has updated it"):
        model.fit(X, Y, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))
    inputs = keras.Input((5, 4))
    joined = keras.Model(inputs, ops.mean(inputs, axis=0))
    with DataParallel(shards=2).scope(), pytest.raises(NotSupportedError, match="a row for each row"):
        joined.predict(X, batch_size=22, verbose=0, steps=1)
    eager = network(run_eagerly=True)
    with DataParallel(shards=2).scope(), pytest.raises(NotSupportedError, match="run_eagerly"):
        eager.fit(X, Y, verbose=0)
    with pytest.raises(ArgumentError, match="shards"):
        DataParallel(shards=0)


@pytest.mark.parametrize("nan", ["skip", "raise"])
def test_steps_that_are_not_finite(nan):
    x = X.copy()
    x[9] = np.nan
    model = network(optimizer="sgd")
    with DataParallel(shards=2).scope(), pytest.warns(UserWarning):
        if nan == "raise":
            with pytest.raises(FloatingPointError, match=r"not finite|NaN"):
                model.fit(x, Y, batch_size=8, shuffle=False, verbose=0, nan=nan)
        else:
            model.fit(x, Y, batch_size=8, shuffle=False, verbose=0, nan=nan)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert int(model.optimizer.iterations.numpy()) == {"raise": 1, "skip": 2}[nan]
