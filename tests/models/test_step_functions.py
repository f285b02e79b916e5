"""predict_step and make_*_function of users: called, traced, with what they return as results and logs."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.compat.arguments import adapt, restore

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X.sum(-1, keepdims=True)


def made(cls=keras.Model, **attributes):
    x = keras.Input((3,))
    kind = type("Own", (cls,), attributes) if attributes else cls
    model = kind(x, layers.Dense(1, kernel_initializer="ones")(x))
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def doubled(self, data):
    x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
    return {"twice": self(x, training=False) * 2, "x": x}


def test_predict_calls_predict_step():
    """Whatever the way: in one batch, in many, on a generator, on one batch; its structure is what is returned."""
    model, plain = made(predict_step=doubled), made()
    for found in (
        model.predict(X, verbose=0), model.predict(X[:5], verbose=0), model.predict(X, batch_size=7, verbose=0),
        model.predict_on_batch(X), model.predict((X[i : i + 8] for i in range(0, 40, 8)), verbose=0),
    ):  # fmt: skip
        np.testing.assert_array_equal(found["twice"], 2 * plain.predict(X[: len(found["x"])], verbose=0))
        np.testing.assert_array_equal(found["x"], X[: len(found["x"])])
    np.testing.assert_array_equal(model(X), plain(X))


def test_a_predict_step_may_use_that_of_keras():
    model = made(predict_step=lambda self, data: ops.round(keras.Model.predict_step(self, data)))
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.round(made().predict(X, verbose=0)))


def returns(kind):
    """make_*_function in the way of Keras 2: it returns a function of an iterator."""

    def make(self, *_, **__):
        step = getattr(self, f"{kind}_step")

        def function(iterator):
            logs = step(next(iterator))
            return {**logs, "seen": ops.ones(())} if isinstance(logs, dict) else logs + 1.0

        return function

    return make


def keeps(kind):
    """In the way of Keras 3: it leaves the function in an attribute."""

    def make(self, force=False):
        setattr(self, f"{kind}_function", returns(kind)(self))

    return make


@pytest.mark.parametrize("way", [returns, keeps])
@pytest.mark.parametrize("old", [False, True], ids=["keras3", "years"])
def test_functions_that_are_made_are_called(way, old):
    plain = made()
    if old:
        adapt(keras.Model)
    try:
        model = made(**{f"make_{kind}_function": way(kind) for kind in ("train", "test", "predict")})
        history = model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, validation_data=(X, Y), verbose=0).history
        exact = plain.fit(X, Y, epochs=2, batch_size=8, shuffle=False, validation_data=(X, Y), verbose=0).history
        assert history.pop("seen") == history.pop("val_seen") == [1.0, 1.0]
        assert {k: history[k] for k in exact} == {k: exact[k] for k in exact}
        assert model.evaluate(X, Y, verbose=0, return_dict=True)["seen"] == 1.0
        np.testing.assert_array_equal(model.predict(X, verbose=0), plain.predict(X, verbose=0) + 1.0)
    finally:
        restore()


@pytest.mark.parametrize("kind, run", [
    ("train", lambda m: m.train_on_batch(X, Y, return_dict=True)), ("predict", lambda m: m.predict(X, verbose=0)),
    ("test", lambda m: m.test_on_batch(X, Y, return_dict=True)),
])  # fmt: skip
def test_the_functions_of_the_library_make_one_step(kind, run):
    """What is made can be put round another function, and put into the model's attribute."""
    model, exact = made(), run(made())
    make = getattr(model, f"make_{kind}_function")
    setattr(model, f"{kind}_function", lambda iterator: make(force=True)(iterator))
    found = run(model)
    if kind == "predict":
        np.testing.assert_array_equal(found, exact)
    else:
        assert found == exact


def test_stateless_compute_loss_leaves_the_model_as_it_is():
    """Penalties are those of the values that are given; the variables afterwards are what the call was given."""
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")(x))
    model.compile("sgd", "mse")
    values = [2.0 * v.numpy() for v in model.trainable_variables]
    measured = [v.numpy() for v in model.metrics_variables]
    predicted, others = model.stateless_call(values, [], X)
    loss, (trained, still, metrics) = model.stateless_compute_loss(values, others, measured, x=X, y=Y, y_pred=predicted)
    expected = np.mean(np.square(2.0 * X.sum(-1, keepdims=True) - Y)) + 0.01 * 3 * 4
    np.testing.assert_allclose(float(loss), expected, rtol=1e-5)
    assert trained == values and still == [] and len(metrics) == len(measured)
    np.testing.assert_array_equal(model.trainable_variables[0], np.ones((3, 1), "float32"))
