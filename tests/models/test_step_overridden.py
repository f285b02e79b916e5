"""train_step, test_step and compute_metrics of users: the numbers of the built-in step, logs, several optimizers."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.compat.tensorflow import GradientTape
from fastnn.core.errors import ArgumentError, DataError
from fastnn.graph import gradients

RNG = np.random.default_rng(0)
X, Y = RNG.random((50, 6)).astype("float32"), RNG.random((50, 2)).astype("float32")


class Own(keras.Model):
    """The step of Keras's guide."""

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=predicted)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return self._count(y, predicted, loss)

    def test_step(self, data):
        x, y = data
        predicted = self(x, training=False)
        return self._count(y, predicted, self.compute_loss(y=y, y_pred=predicted))

    def _count(self, y, predicted, loss):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=float(y.shape[0]))
            else:
                metric.update_state(y, predicted)
        return {m.name: m.result() for m in self.metrics}


class Gradients(Own):
    """The same without a tape."""

    def train_step(self, data):
        x, y = data
        predicted = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=predicted)
        self.optimizer.apply(gradients([loss], [v.value for v in self.trainable_variables]), self.trainable_variables)
        return self._count(y, predicted, loss)


def made(kind, optimizer="adam"):
    keras.utils.set_random_seed(3)
    a = keras.Input((6,))
    x = layers.BatchNormalization()(layers.Dense(5, activation="tanh")(a))
    model = kind(a, layers.Dense(2)(layers.Dropout(0.3, seed=1)(x)))
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("kind", [Own, Gradients])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_same_bits_as_the_step_of_the_library(kind, optimizer):
    mine, theirs = made(kind, optimizer), made(keras.Model, optimizer)
    for model in (mine, theirs):
        model.fit(X, Y, batch_size=16, epochs=3, validation_data=(X[:20], Y[:20]), verbose=0)
    for a, b in zip(mine.get_weights(), theirs.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert mine.history.history == theirs.history.history
    assert mine.evaluate(X, Y, verbose=0) == theirs.evaluate(X, Y, verbose=0)
    assert mine.train_on_batch(X, Y, return_dict=True) == theirs.train_on_batch(X, Y, return_dict=True)


def test_symbols_and_numbers_as_logs():
    class Logs(Own):
        def train_step(self, data):
            logs = super().train_step(data)
            return {**logs, "size": ops.sum(ops.square(data[0])), "three": 3}

    model, seen = made(Logs), []
    model.fit(
        X,
        Y,
        batch_size=25,
        epochs=1,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda i, logs: seen.append(dict(logs)))],
    )
    np.testing.assert_allclose([s["size"] for s in seen], [(X[:25] ** 2).sum(), (X[25:] ** 2).sum()], rtol=1e-5)
    assert set(seen[0]) == {"loss", "mae", "size", "three"} and seen[0]["three"] == 3
    assert model.history.history["size"] == [seen[1]["size"]]
    assert set(model.evaluate(X, Y, verbose=0, return_dict=True)) == {"loss", "mae"}


def test_super_and_compute_metrics():
    class More(keras.Model):
        def train_step(self, data):
            return {**super().train_step(data), "more": ops.mean(data[1])}

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "peak": ops.max(y_pred)}

    model = made(More)
    history = model.fit(X, Y, batch_size=50, verbose=0).history
    assert set(history) == {"loss", "mae", "peak", "more"}
    np.testing.assert_allclose(history["more"], Y.mean(), rtol=1e-5)
    results = model.evaluate(X, Y, batch_size=50, verbose=0, return_dict=True)
    np.testing.assert_allclose(results["peak"], model.predict(X).max(), rtol=1e-5)


def test_weights_come_as_the_third():
    class Weighted(Own):
        def train_step(self, data):
            x, y, w = data
            loss = self.compute_loss(y=y, y_pred=self(x, training=True), sample_weight=w)
            self.optimizer.apply(
                gradients([loss], [v.value for v in self.trainable_variables]), self.trainable_variables
            )
            return {"loss": loss}

    mine, theirs, w = made(Weighted), made(keras.Model), RNG.random(50)
    for model in (mine, theirs):
        model.fit(X, Y, sample_weight=w, batch_size=50, verbose=0)
    np.testing.assert_allclose(mine.history.history["loss"], theirs.history.history["loss"], rtol=1e-6)


class Adversarial(keras.Model):
    """Two networks, two optimizers, no call, a compile of its own."""

    def __init__(self):
        super().__init__()
        self.judge = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
        self.maker = keras.Sequential([keras.Input((3,)), layers.Dense(6)])
        self.seeds = keras.random.SeedGenerator(1)

    def compile(self, first, second):
        super().compile()
        self.first, self.second = first, second
        self.mean = keras.metrics.Mean(name="mean")

    @property
    def metrics(self):
        return [self.mean]

    def train_step(self, data):
        noise = keras.random.normal((ops.shape(data)[0], 3), seed=self.seeds)
        with GradientTape() as tape:
            real = ops.mean(ops.softplus(-self.judge(data))) + ops.mean(ops.softplus(self.judge(self.maker(noise))))
        weights = self.judge.trainable_weights
        self.first.apply_gradients(zip(tape.gradient(real, weights), weights))
        with GradientTape() as tape:
            fake = ops.mean(ops.softplus(-self.judge(self.maker(noise))))
        weights = self.maker.trainable_weights
        self.second.apply_gradients(zip(tape.gradient(fake, weights), weights))
        self.mean.update_state(fake)
        return {"real": real, "fake": self.mean.result()}


def test_two_optimizers():
    model = Adversarial()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02))
    before = [w.copy() for w in model.get_weights()]
    history = model.fit(X, batch_size=10, epochs=3, verbose=0).history
    assert set(history) == {"real", "fake"} and history["real"][2] != history["real"][0]
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights()) if a.size)
    assert int(model.first.iterations.numpy()) == int(model.second.iterations.numpy()) == 15


def test_misuse_is_named():
    bad = type("Bad", (Own,), {"train_step": lambda self, data: 3})
    with pytest.raises(ArgumentError, match=r"Bad\.train_step returned int"):
        made(bad).fit(X, Y, verbose=0)
    assert GradientTape().gradient(1.0, []) == []


class TwoSteps(keras.Model):
    """Two updates in one train_step, and a look at what they led to."""

    constrain = None

    def train_step(self, x):
        for _ in range(2):
            weights = self.trainable_weights
            loss = ops.mean(ops.square(self(x, training=True)))
            grads = gradients([loss], [v.value for v in weights])
            self.optimizer.apply(grads, weights)
            if self.constrain:
                for v in weights:
                    v.assign(ops.clip(v.value, -self.constrain, self.constrain))
        return {"loss": loss, "after": ops.mean(ops.square(self(x, training=True)))}


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("bound", [None, 0.7])
def test_what_is_read_after_an_update_is_new(eager, bound):
    x = keras.Input((1,))
    model = TwoSteps(x, layers.Dense(1, use_bias=False, kernel_initializer="ones")(x))
    model.constrain = bound
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=eager)
    logs = model.fit(np.ones((8, 1), np.float32), batch_size=8, verbose=0).history
    w = 1.0
    for _ in range(2):
        loss, w = w * w, w - 0.1 * 2 * w
        w = w if bound is None else min(w, bound)
    assert model.get_weights()[0][0, 0] == pytest.approx(w, rel=1e-6)
    assert logs["loss"] == pytest.approx([loss], rel=1e-6) and logs["after"] == pytest.approx([w * w], rel=1e-6)


def test_normalisations_after_updates_in_one_step():
    """The second forward pass depends on the first one's statistics, through the update."""
    x = keras.Input((10,))
    y = layers.Dense(1)(layers.ReLU()(layers.BatchNormalization()(layers.Dense(12)(x))))
    results = []
    for eager in (False, True):
        keras.utils.set_random_seed(5)
        model = keras.models.clone_model(TwoSteps(x, y))
        model.compile("adam", run_eagerly=eager)
        model.fit(X_WIDE, batch_size=10, epochs=2, verbose=0)
        results.append(model.get_weights())
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


X_WIDE = RNG.standard_normal((20, 10)).astype("float32")


class Depth(keras.Model):
    """A loss that the step does not use, as Keras's example of depth estimation has it."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = ops.mean(ops.abs(y - self(x, training=True)))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss}

    def test_step(self, data):
        x, y = data
        return {"loss": ops.mean(ops.abs(y - self(x)))}


def test_targets_of_an_own_step_are_not_held_to_the_loss_of_compile():
    model = Depth()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = [(X, Y)]
    assert model.fit(X, Y, batch_size=50, verbose=0).history["loss"][0] > model.evaluate(iter(batches), verbose=0)
    assert model.train_on_batch(X, Y) >= model.test_on_batch(X, Y)
    plain = keras.Sequential([layers.Dense(2)])
    plain.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="expects whole numbers"):
        plain.train_on_batch(X, Y)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("said, changes", [({}, False), ({"training": False}, False), ({"training": True}, True)])
def test_a_model_in_a_step_trains_only_where_the_call_says_so(said, changes, eager):
    """As in Keras: a generator that is called in a train_step without `training` is in inference."""

    class Holder(keras.Model):
        def __init__(self):
            super().__init__()
            inputs = keras.Input((2,))
            self.inner = keras.Model(inputs, layers.Dropout(0.5)(layers.BatchNormalization()(inputs)))

        def train_step(self, data):
            return {"zeros": ops.sum(ops.cast(self.inner(data, **said) == 0.0, "float32"))}

    holder = Holder()
    holder.compile("sgd", run_eagerly=eager)
    rows = np.arange(1.0, 65.0, dtype="float32").reshape(32, 2)
    zeros = holder.fit(rows, batch_size=32, verbose=0).history["zeros"][0]
    assert (zeros > 0) == changes
    assert bool(np.any(holder.inner.get_weights()[2])) == changes


class HeadInTheLoss(keras.Model):
    """Its call makes one layer, its loss another one."""

    def __init__(self):
        super().__init__()
        self.body, self.head = layers.Dense(4, "tanh"), keras.Sequential([layers.Dropout(0.3, seed=1), layers.Dense(2)])

    def call(self, x):
        return self.body(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean((self.head(y_pred, training=training) - y) ** 2)


class HeadInTheStep(HeadInTheLoss):
    """The same in a step of its own."""

    compute_loss = keras.Model.compute_loss

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = ops.mean((self.head(self(x, training=True), training=True) - y) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


@pytest.mark.parametrize("kind", [HeadInTheLoss, HeadInTheStep])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_layers_that_only_a_step_calls_are_trained(kind, optimizer):
    left = []
    for eager in (False, True):
        keras.utils.set_random_seed(3)
        model = kind()
        model.compile(optimizer, run_eagerly=eager)
        model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
        assert len(model.trainable_variables) == 4 == len(model.optimizer._trainable_variables)
        left.append(model.get_weights())
    for a, b in zip(*left, strict=True):
        np.testing.assert_array_equal(a, b)
