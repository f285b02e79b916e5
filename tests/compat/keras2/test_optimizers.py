"""Optimizers as scripts of other years wrote them, against the same rule in float64 NumPy."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.compat import aliases

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X @ np.float32([[1.0], [-2.0], [0.5]]) + 0.3


@pytest.fixture(autouse=True)
def those_years():
    aliases.install()
    yield
    aliases.uninstall()


def momentum_class():
    from keras import backend as K
    from keras.legacy import interfaces
    from keras.optimizers import Optimizer

    class Momentum(Optimizer):
        """As Keras 2's documentation had it: the counter first, moments by K.zeros."""

        def __init__(self, lr=0.1, momentum=0.9, **kwargs):
            super().__init__(**kwargs)
            with K.name_scope("Momentum"):
                self.iterations = K.variable(0, dtype="int64", name="iterations")
                self.lr = K.variable(lr, name="lr")
                self.momentum = K.variable(momentum, name="momentum")

        @interfaces.legacy_get_updates_support
        def get_updates(self, loss, params):
            grads = self.get_gradients(loss, params)
            self.updates = [K.update_add(self.iterations, 1)]
            t = K.cast(self.iterations, K.floatx()) + 1
            lr = self.lr / t
            moments = [K.zeros(K.int_shape(p)) for p in params]
            self.kept = moments
            for p, g, m in zip(params, grads, moments):
                new = self.momentum * m - lr * g
                self.updates.append(K.update(m, new))
                self.updates.append(K.update(p, p + new))
            return self.updates

    return Momentum


def resource_class():
    import tensorflow as tf

    class Momentum(tf.keras.optimizers.Optimizer):
        """As tf.keras 2.0 to 2.10 wanted it."""

        def __init__(self, learning_rate=0.1, momentum=0.9, name="Momentum", **kwargs):
            super().__init__(name, **kwargs)
            self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
            self._set_hyper("momentum", momentum)

        def _create_slots(self, var_list):
            for var in var_list:
                self.add_slot(var, "m")

        def _resource_apply_dense(self, grad, var, apply_state=None):
            m = self.get_slot(var, "m")
            assert var.dtype.base_dtype == var.dtype == "float32" and var.dtype.is_floating
            lr = self._get_hyper("learning_rate", var.dtype.base_dtype) / tf.cast(self.iterations + 1, var.dtype)
            m.assign(self._get_hyper("momentum", var.dtype) * m - lr * grad)
            return var.assign_add(m)

        def get_config(self):
            return {**super().get_config(), "momentum": self._serialize_hyperparameter("momentum")}

    return Momentum


def expected(steps, factors=(1.0, 1.0)):
    """Weights after full-batch steps; factors: of the rate, for kernel and bias."""
    w = [np.full((3, 1), 0.5), np.zeros(1)]
    m = [np.zeros_like(v) for v in w]
    for t in range(1, steps + 1):
        error = X.astype(float) @ w[0] + w[1] - Y
        grads = [2 * X.T.astype(float) @ error / len(X), np.array([2 * error.mean()])]
        m = [0.9 * a - 0.1 * f / t * g for a, g, f in zip(m, grads, factors)]
        w = [a + b for a, b in zip(w, m)]
    return w


def model_of(optimizer):
    model = fastnn.Sequential(
        [fastnn.Input((3,)), layers.Dense(1, kernel_initializer=fastnn.initializers.Constant(0.5))]
    )
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("make", [momentum_class, resource_class])
def test_a_rule_of_those_years_gives_its_numbers(make):
    optimizer = make()()
    model = model_of(optimizer)
    model.fit(X, Y, batch_size=40, epochs=3, verbose=0, shuffle=False)
    for found, wanted in zip(model.get_weights(), expected(3)):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert int(optimizer.iterations.numpy()) == 3


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_slots_are_saved_and_training_goes_on(tmp_path, ending):
    kind = resource_class()
    model = model_of(kind())
    model.fit(X, Y, batch_size=40, epochs=2, verbose=0, shuffle=False)
    assert len(model.optimizer.variables) == 4 and all(np.any(v.numpy()) for v in model.optimizer.variables)
    model.save(tmp_path / f"m.{ending}")
    again = fastnn.saving.load_model(tmp_path / f"m.{ending}", custom_objects={kind.__name__: kind})
    again.fit(X, Y, batch_size=40, verbose=0, shuffle=False)
    for found, wanted in zip(again.get_weights(), expected(3)):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_variables_of_get_updates_are_made_once():
    optimizer = momentum_class()()
    model = model_of(optimizer)
    model.fit(X, Y, batch_size=40, epochs=2, verbose=0, shuffle=False)
    kept = optimizer.kept
    model.train_on_batch(X[:30], Y[:30])  # another size: another trace
    assert all(a is b for a, b in zip(kept, optimizer.kept)) and int(optimizer.iterations.numpy()) == 3
    assert all(np.any(v.numpy()) for v in kept)


def test_an_optimizer_around_another_one_changes_its_rate():
    from keras.optimizers import Optimizer

    class Multiplied(Optimizer):
        def __init__(self, inner, factors, **kwargs):
            super().__init__(**kwargs)
            self.inner, self.factors = inner, factors

        @property
        def lr(self):
            return self.inner.lr

        @lr.setter
        def lr(self, value):
            self.inner.lr = value

        def get_updates(self, loss, params):
            self.updates, before = [], self.lr
            for p, factor in zip(params, self.factors):
                self.lr = before * factor if factor != 1.0 else before
                self.updates += self.inner.get_updates(loss, [p])
            self.lr = before
            return self.updates

    inner = fastnn.optimizers.SGD(0.1)
    model = model_of(Multiplied(inner, [1.0, 0.5]))
    model.fit(X, Y, batch_size=40, epochs=1, verbose=0)
    start = [np.full((3, 1), 0.5), np.zeros(1)]
    moved = [a - b for a, b in zip(expected(1, (1.0, 0.5)), start)]
    for found, first, step in zip(model.get_weights(), start, moved):
        np.testing.assert_allclose(found, first + step, rtol=1e-5, atol=1e-6)
    assert float(inner.learning_rate.numpy()) == pytest.approx(0.1)


def test_clipping_comes_before_the_rule():
    model = model_of(momentum_class()(clipvalue=0.01))
    model.fit(X, Y, batch_size=40, epochs=1, verbose=0)
    assert np.allclose(np.abs(model.get_weights()[0] - 0.5), 0.001, rtol=1e-4)


def test_an_optimizer_around_another_one_saves_its_slots_and_tells_weights_by_whole_names(tmp_path):
    from keras import layers, models
    from keras.optimizers import Adam, Optimizer

    class ByName(Optimizer):
        def __init__(self, inner, factors, **kwargs):
            super().__init__(**kwargs)
            self.inner, self.factors = fastnn.optimizers.get(inner), factors

        def get_updates(self, loss, params):
            before = self.inner.lr
            for name, factor in self.factors.items():
                self.inner.lr = before * factor
                self.inner.get_updates(loss, [p for p in params if p.name.startswith(name)])
            self.inner.lr = before
            return []

        def get_config(self):
            return {"inner": fastnn.optimizers.serialize(self.inner), "factors": self.factors}

    def trained(optimizer, save=None):
        fastnn.utils.set_random_seed(1)
        model = models.Sequential([layers.Dense(1, input_shape=(3,), name="out")])
        model.compile(optimizer, "mse")
        for epoch in range(4):
            model.fit(X, Y, batch_size=40, epochs=1, verbose=0)
            if save and epoch == 1:
                model.save(save)
                model = models.load_model(save, custom_objects={"ByName": ByName})
        return model.get_weights()

    for plain, found in zip(trained(Adam(0.02)), trained(ByName(Adam(0.01), {"out": 2.0}), tmp_path / "m.h5")):
        np.testing.assert_allclose(found, plain, rtol=1e-6)
