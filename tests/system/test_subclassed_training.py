"""Subclassed models in training: what `call` need not take, metrics of their own, a loss of their own."""

import warnings

import numpy as np
import pytest

import fastnn
from fastnn import layers, metrics, ops
from fastnn.core.errors import ArgumentError, DataError

X = np.random.default_rng(3).standard_normal((40, 3)).astype("float32")
Y = X[:, :1] * 2


class Plain(fastnn.Model):
    """A call without `training`, a metric that call updates, and Dropout inside."""

    def __init__(self):
        super().__init__()
        self.dropout, self.out = layers.Dropout(0.5), layers.Dense(1, kernel_initializer="ones")
        self.size = metrics.Mean(name="size")

    def call(self, x):
        y = self.out(self.dropout(x))
        self.size.update_state(ops.mean(ops.square(x)))
        return y


def test_call_without_training_and_metrics_of_its_own():
    model = Plain()
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(X, Y, batch_size=10, epochs=2, verbose=0).history
    assert sorted(history) == ["loss", "mae", "size"]
    np.testing.assert_allclose(history["size"], np.mean(np.square(X)), rtol=1e-5)
    assert [m.name for m in model.metrics][-1] == "size" and len(model.evaluate(X, Y, verbose=0)) == 3
    assert not np.array_equal(model(X, training=True), model(X, training=False))  # the Dropout inside hears it


def test_compute_loss_without_a_training_argument():
    class Own(Plain):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return ops.mean(ops.square(y - y_pred)) * 3.0

    model = Own()
    model.compile("sgd")
    assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(3 * np.mean(np.square(Y - model(X))), rel=1e-5)


def test_on_batch_results_are_those_of_the_batch():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(1)])
    model.compile(fastnn.optimizers.SGD(0.0), "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    for part in (slice(0, 10), slice(10, 40)):
        error = model(X[part]) - Y[part]
        expected = [np.mean(np.square(error)), np.mean(np.abs(error))]
        np.testing.assert_allclose(model.test_on_batch(X[part], Y[part]), expected, rtol=1e-5)
        np.testing.assert_allclose(model.train_on_batch(X[part], Y[part]), expected, rtol=1e-5)


def test_bad_targets_and_class_weights_are_named_before_anything_changes():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    before, labels = model.get_weights()[0].copy(), np.zeros(40)
    for weight in ("balanced", [1, 2], {0: None}, {"0": 1.0}):
        with pytest.raises(ArgumentError, match="class_weight"):
            model.fit(X, labels, class_weight=weight, verbose=0)
    with pytest.raises(ArgumentError, match="no target: pass y"):
        model.fit(X, verbose=0)
    labels[39] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match="row 39"):
            model.fit(X, np.zeros(40), validation_data=(X, labels), verbose=0)
    assert np.array_equal(before, model.get_weights()[0])


def test_equality_of_symbols_is_element_by_element_in_a_metric():
    def right(y_true, y_pred):
        hit = (y_pred > 0.0) == (y_true > 0.0)
        return ops.cast(hit, "float32") + ops.cast(y_true != y_true, "float32") + ops.cast(hit == 2, "float32")

    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[right])
    expected = np.mean((model(X) > 0) == (Y > 0))
    assert model.evaluate(X, Y, verbose=0)[1] == pytest.approx(expected, rel=1e-6) and 0 < expected < 1


@pytest.mark.parametrize("keys", [None, ("a", "b")])
def test_a_subclassed_model_that_was_only_fitted_loads_again(tmp_path, keys):
    class Net(fastnn.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.out = layers.Dense(1)

        def call(self, x):
            return self.out(x if keys is None else ops.add(x["a"], x["b"]))

    model, x = Net(), X if keys is None else dict.fromkeys(keys, X)
    model.compile("sgd", "mse")
    model.fit(x, Y, verbose=0)
    model.save(tmp_path / "net.keras")
    again = fastnn.models.load_model(tmp_path / "net.keras", custom_objects={"Net": Net})
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
