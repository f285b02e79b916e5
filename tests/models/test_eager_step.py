"""Steps that run as Python: values in the user's code, and the bits of compiled steps."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, layers, ops, utils
from fastnn.core.errors import ArgumentError
from fastnn.models import eager_step

RNG = np.random.default_rng(8)
X, Y = RNG.random((40, 6), np.float32), RNG.integers(0, 3, 40)


class Looks(layers.Layer):
    """Asks for values, where there are some."""

    seen: list = []

    def call(self, x):
        if not isinstance(x, keras.KerasTensor):
            Looks.seen.append(float(np.mean(x)))
        return x * x


def built(eager, **how):
    utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.4),
            Looks() if eager else layers.Lambda(lambda x: x * x),
            layers.GaussianNoise(0.1),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    model.compile(how.pop("optimizer", "adam"), "sparse_categorical_crossentropy", metrics=["accuracy"],
                  run_eagerly=eager, **how)  # fmt: skip
    return model


@pytest.mark.parametrize("fit", [{}, {"validation_split": 0.2}, {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}])
def test_the_bits_are_those_of_compiled_steps(fit):
    compiled, eager = built(False), built(True)
    Looks.seen.clear()
    first = compiled.fit(X, Y, batch_size=16, epochs=3, verbose=0, **fit).history
    second = eager.fit(X, Y, batch_size=16, epochs=3, verbose=0, **fit).history
    assert Looks.seen
    assert first == second
    for a, b in zip(compiled.get_weights(), eager.get_weights()):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(compiled.predict(X, verbose=0), eager.predict(X, verbose=0))
    assert compiled.evaluate(X, Y, verbose=0) == eager.evaluate(X, Y, verbose=0)
    assert compiled.train_on_batch(X, Y) == eager.train_on_batch(X, Y)
    assert compiled.test_on_batch(X, Y) == eager.test_on_batch(X, Y)


class Own(keras.Model):
    """A step of its own, which looks at everything."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1, kernel_initializer="ones")
        self.losses_seen = []

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = ops.mean(ops.square(self(x, training=True) - y))
        if loss > 1e6:
            raise ValueError("diverged")
        grads = tape.gradient(loss, self.trainable_variables)
        self.losses_seen.append(float(loss))
        self.optimizer.apply(grads, self.trainable_variables)
        return {"loss": loss, "largest": np.max(np.abs(grads[0].numpy()))}


def test_a_step_of_ones_own_sees_values():
    rows, targets = RNG.random((12, 3), np.float32), RNG.random((12, 1), np.float32)
    model = Own()
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    history = model.fit(rows, targets, batch_size=6, epochs=2, shuffle=False, verbose=0).history
    assert history["loss"] == [pytest.approx(model.losses_seen[k]) for k in (1, 3)]
    assert len(model.losses_seen) == 4 and "largest" in history


def test_errors_come_from_the_users_line():
    class Bad(layers.Layer):
        def call(self, x):
            if not isinstance(x, keras.KerasTensor) and np.max(x) > 0.5:
                raise ZeroDivisionError("here")
            return x

    model = keras.Sequential([keras.Input((6,)), Bad(), layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    before = model.get_weights()
    with pytest.raises(ZeroDivisionError, match="here") as info:
        model.fit(X, np.ones((40, 1), np.float32), verbose=0)
    assert any(entry.name == "call" for entry in info.traceback)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_user_loss_and_metric_see_values():
    def loss(y, p):
        assert float(np.mean(y)) >= 0
        return ops.mean(ops.square(y - p))

    def metric(y, p):
        return ops.mean(ops.abs(y - p)) if float(np.mean(p)) > -1e9 else 0.0

    model = keras.Sequential([keras.Input((6,)), layers.Dense(1)])
    model.compile("sgd", loss, metrics=[metric], run_eagerly=True)
    history = model.fit(X, Y.astype("float32"), verbose=0).history
    assert set(history) == {"loss", "metric"}


def test_a_step_that_returns_no_dict():
    class Wrong(Own):
        def train_step(self, data):
            return 3

    model = Wrong()
    model.compile("sgd", run_eagerly=True)
    with pytest.raises(ArgumentError, match="returned int"):
        model.fit(X, Y, verbose=0)


def test_fit_says_once_that_it_runs_eagerly(capsys, monkeypatch):
    monkeypatch.setattr(eager_step, "_said", [])
    model = built(True)
    for verbose in (0, 2, 2):
        model.fit(X, Y, batch_size=20, verbose=verbose)
    assert capsys.readouterr().err.count("runs eagerly") == 1
