"""fit, evaluate, predict: against plain NumPy, in every structure of data, and the errors before anything changes."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, DataError, DataWarning, FastnnError, NotBuiltError

RNG = np.random.default_rng(7)
X = RNG.standard_normal((37, 3)).astype(np.float32)
Y = (X @ np.array([[1.0], [-2.0], [0.5]]) + 0.3).astype(np.float32)


def linear(**kwargs):
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(1, kernel_initializer="ones", name="out")])
    model.compile(fastnn.optimizers.SGD(0.05), "mse", **kwargs)
    return model


def numpy_sgd(w, b, x, y, rows, lr=0.05, weight=None):
    """One epoch of plain gradient descent in float64; returns the running loss."""
    total = 0.0
    for i in range(0, len(x), rows):
        xb, yb = x[i : i + rows].astype(np.float64), y[i : i + rows].astype(np.float64)
        wb = np.ones(len(xb)) if weight is None else weight[i : i + rows]
        d = xb @ w + b - yb
        total += np.mean(wb[:, None] * d * d) * len(xb)
        g = 2 * d * wb[:, None] / len(xb)
        w, b = w - lr * xb.T @ g, b - lr * g.sum(0)
    return w, b, total / len(x)


@pytest.mark.parametrize("rows", [5, 37, 64])
def test_fit_is_gradient_descent(rows):
    model, w, b = linear(), np.ones((3, 1)), np.zeros(1)
    history = model.fit(X, Y, batch_size=rows, epochs=3, shuffle=False, verbose=0)
    losses = []
    for _ in range(3):
        w, b, loss = numpy_sgd(w, b, X, Y, rows)
        losses.append(loss)
    np.testing.assert_allclose(history.history["loss"], losses, rtol=1e-5)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel, w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bias, b, rtol=1e-4, atol=1e-6)


def test_sample_weights_scale_each_row():
    weight = RNG.uniform(0, 2, len(X))
    model = linear()
    history = model.fit(X, Y, batch_size=8, epochs=1, shuffle=False, verbose=0, sample_weight=weight)
    w, _, loss = numpy_sgd(np.ones((3, 1)), np.zeros(1), X, Y, 8, weight=weight)
    np.testing.assert_allclose(history.history["loss"][0], loss, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4, atol=1e-6)


def test_class_weight_is_a_sample_weight_by_label():
    def train(**kwargs):
        model = fastnn.Sequential(
            [fastnn.Input((3,)), layers.Dense(2, activation="softmax", kernel_initializer="ones")]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X, (Y[:, 0] > 0).astype(np.int64), epochs=2, verbose=0, **kwargs)
        return model.get_weights()

    labels = (Y[:, 0] > 0).astype(np.int64)
    for a, b in zip(train(class_weight={0: 1.0, 1: 3.0}), train(sample_weight=np.where(labels == 1, 3.0, 1.0))):
        assert np.array_equal(a, b)


def test_flat_targets_are_aligned_not_broadcast():
    model = linear()
    flat = model.evaluate(X, Y[:, 0], verbose=0)
    assert flat == pytest.approx(float(np.mean((X.sum(1) - Y[:, 0]) ** 2)), rel=1e-5)


def test_evaluate_and_predict_agree():
    model = linear(metrics=["mae"])
    predicted = model.predict(X, batch_size=10, verbose=0)
    assert predicted.shape == (37, 1) and predicted.dtype == np.float32
    loss, mae = model.evaluate(X, Y, batch_size=10, verbose=0)
    assert loss == pytest.approx(float(np.mean((predicted - Y) ** 2)), rel=1e-5)
    assert mae == pytest.approx(float(np.mean(np.abs(predicted - Y))), rel=1e-5)
    logs = model.evaluate(X, Y, batch_size=10, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "mae"]


def test_validation_split_takes_the_last_rows():
    model = linear()
    history = model.fit(X, Y, validation_split=0.2, epochs=1, verbose=0, batch_size=64)
    cut = int(len(X) * 0.8)
    assert history.history["val_loss"][0] == pytest.approx(model.evaluate(X[cut:], Y[cut:], verbose=0), rel=1e-6)
    assert sorted(history.history) == ["loss", "val_loss"]


def test_initial_epoch_counts_from_there():
    history = linear().fit(X, Y, epochs=5, initial_epoch=3, verbose=0)
    assert history.epoch == [3, 4]


def test_per_batch_calls_are_the_same_steps():
    a, b = linear(), linear()
    a.fit(X, Y, batch_size=10, epochs=1, shuffle=False, verbose=0)
    for i in range(0, len(X), 10):
        b.train_on_batch(X[i : i + 10], Y[i : i + 10])
    assert np.array_equal(a.get_weights()[0], b.get_weights()[0])
    assert np.array_equal(b.predict_on_batch(X), a.predict(X, verbose=0))
    assert b.test_on_batch(X, Y, return_dict=True).keys() == {"loss"}


def test_a_generator_is_the_same_steps():
    def batches():
        for i in range(0, 30, 10):
            yield X[i : i + 10], Y[i : i + 10]

    a, b = linear(), linear()
    a.fit(X[:30], Y[:30], batch_size=10, epochs=1, shuffle=False, verbose=0)
    history = b.fit(batches(), epochs=1, verbose=0)
    assert np.array_equal(a.get_weights()[0], b.get_weights()[0])
    assert len(history.history["loss"]) == 1


def test_several_inputs_and_outputs_by_name():
    p, q = fastnn.Input((3,), name="p"), fastnn.Input((2,), name="q")
    shared = layers.Dense(4, activation="tanh")
    joined = layers.Concatenate()([shared(p), layers.Dense(4)(q)])
    model = fastnn.Model(
        {"p": p, "q": q}, {"a": layers.Dense(1, name="a")(joined), "b": layers.Dense(2, name="b")(joined)}
    )
    model.compile("adam", {"a": "mse", "b": "mae"}, loss_weights={"a": 1.0, "b": 0.5}, metrics={"a": ["mae"]})
    x = {"q": RNG.standard_normal((37, 2)), "p": X}
    y = {"b": RNG.standard_normal((37, 2)), "a": Y}
    history = model.fit(x, y, epochs=2, verbose=0)
    assert {"loss", "a_loss", "b_loss", "a_mae"} == set(history.history)
    out = model.predict(x, verbose=0)
    assert set(out) == {"a", "b"} and out["b"].shape == (37, 2)


def test_inputs_are_not_modified():
    x, y = X.copy(), Y.copy()
    linear().fit(x, y, epochs=1, verbose=0)
    assert np.array_equal(x, X) and np.array_equal(y, Y)


def test_uint8_rows_are_converted_while_gathered():
    x8 = RNG.integers(0, 255, (20, 3)).astype(np.uint8)
    model = linear()
    np.testing.assert_allclose(model.predict(x8, verbose=0), x8.astype(np.float32).sum(1, keepdims=True), rtol=1e-6)


def test_reversed_and_strided_rows():
    model = linear()
    expected = model.predict(X, verbose=0)
    assert np.array_equal(model.predict(X[::-1], verbose=0), expected[::-1])
    assert np.array_equal(model.predict(np.asfortranarray(X), verbose=0), expected)


def weights_after(**settings):
    from fastnn.compiler.target import Options

    fastnn.utils.set_random_seed(3)
    model = fastnn.Sequential(
        [
            fastnn.Input((8, 8, 2)),
            layers.Conv2D(5, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model._trainer().options = Options(**settings)
    rng = np.random.default_rng(0)
    model.fit(rng.standard_normal((45, 8, 8, 2)), rng.integers(0, 3, 45), epochs=2, batch_size=20, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize(
    "settings",
    [
        dict(threads=1),
        dict(threads=2),
        dict(threads=3),
        dict(threads=2, fuse=False),
        dict(threads=2, reuse=False),
        dict(threads=3, executor="python"),
        dict(threads=1, off=("cse", "epilogue", "norm_activation")),
    ],
    ids=str,
)
def test_the_bits_do_not_depend_on_how_the_plan_runs(settings):
    for a, b in zip(weights_after(threads=1), weights_after(**settings)):
        assert np.array_equal(a, b)


class Interrupt(fastnn.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_ctrl_c_leaves_a_usable_model_and_its_history():
    model = linear()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=10, verbose=0, callbacks=[Interrupt()])
    assert len(model.history.history["loss"]) >= 1
    assert np.isfinite(model.predict(X, verbose=0)).all()
    model.fit(X, Y, epochs=1, verbose=0)


BAD = [
    (dict(x=X, y=Y[:5]), DataError, "x 37.*y 5"),
    (dict(x=X[:0], y=Y[:0]), DataError, "empty"),
    (dict(x=X[:, :2], y=Y), FastnnError, "2"),
    (dict(x=X[:, :, None, None], y=Y), FastnnError, "4|ndim|shape"),
    (dict(x=None, y=Y), DataError, "x=None|No data"),
    (dict(x=X, y=Y, batch_size=0), ArgumentError, "batch_size"),
    (dict(x=X, y=Y, epochs="3"), ArgumentError, "epochs: received '3'"),
    (dict(x=X, y=Y, epochs=-1), ArgumentError, "epochs: received -1"),
    (dict(x=X, y=Y, validation_split=1.5), ArgumentError, "validation_split"),
    (dict(x=X, y=Y, sample_weight=np.ones(3)), DataError, "sample_weight 3"),
    (dict(x=X, y=np.array(["a"] * 37)), ValueError, "y"),
    (dict(x=X, y=Y, class_weight={0: 1.0}, sample_weight=np.ones(37)), ArgumentError, "same time"),
]


@pytest.mark.parametrize("arguments, error, match", BAD, ids=[m for _, _, m in BAD])
def test_bad_data_is_named_before_anything_changes(arguments, error, match):
    model = linear()
    before = model.get_weights()
    with pytest.raises(error, match=match):
        model.fit(**{"epochs": 1, "verbose": 0, **arguments})
    for a, b in zip(before, model.get_weights()):
        assert np.array_equal(a, b)


def test_labels_outside_the_classes_are_named():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    labels = np.zeros(37, np.int64)
    labels[11] = 2
    before = model.get_weights()
    with pytest.raises(DataError, match="row 11"):
        model.fit(X, labels, verbose=0)
    assert np.array_equal(before[0], model.get_weights()[0])


def test_not_compiled():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2)])
    for call in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(NotBuiltError, match="compile"):
            call(X, Y)


def test_nan_warns_and_still_runs():
    x = X.copy()
    x[3, 0] = np.nan
    with pytest.warns(DataWarning, match="row 3"):
        history = linear().fit(x, Y, epochs=1, verbose=0)
    assert np.isnan(history.history["loss"][0])


def test_models_that_share_weights_train_in_turn():
    inp = fastnn.Input((3,))
    body = layers.Dense(4, name="body")
    a, b = fastnn.Model(inp, layers.Dense(1)(body(inp))), fastnn.Model(inp, layers.Dense(2)(body(inp)))
    a.compile("adam", "mse")
    b.compile("adam", "mse")
    for _ in range(3):
        before = body.get_weights()[0]
        a.fit(X, Y, epochs=1, verbose=0)
        between = body.get_weights()[0]
        b.fit(X, np.hstack([Y, Y]), epochs=1, verbose=0)
        assert not np.array_equal(before, between) and not np.array_equal(between, body.get_weights()[0])


def test_frozen_layers_stay():
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(4, name="frozen"), layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()
    model.fit(X, Y, epochs=1, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.layers[0].get_weights()))


def test_the_plan_lists_what_will_run():
    model = linear()
    plan = model.plan(16)
    assert plan.peak_bytes > 0 and plan.training and any("matmul" in r["kernel"] for r in plan.instructions)
    assert "plan for batch size 16" in str(plan)


@pytest.mark.parametrize("wrap", [lambda o: o, fastnn.optimizers.LossScaleOptimizer])
def test_the_averages_of_weights_are_left_in_the_model(wrap):
    """At the end of fit, also where the optimizer that has them is inside another one."""
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    inner = fastnn.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    model.compile(wrap(inner), "mse")
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
    kernels = []
    watch = fastnn.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: kernels.append(model.get_weights()))
    model.fit(x, y, epochs=2, batch_size=4, verbose=0, callbacks=[watch])
    np.testing.assert_allclose(model.get_weights()[0], inner.averages[0].numpy(), rtol=1e-6)
    assert abs(model.get_weights()[0] - kernels[-1][0]).min() > 0.01
    model.compile(wrap(fastnn.optimizers.SGD(0.1, use_ema=True)), "mse")
    model.fit(x, y, epochs=0, verbose=0)


def test_a_compile_config_holds_the_optimizer_as_it_is():
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    assert model.get_compile_config() is None
    model.compile("sgd", "mse", metrics=["mae"])
    model.optimizer.learning_rate = 0.5
    config = model.get_compile_config()
    assert (config["optimizer"]["class_name"], config["optimizer"]["config"]["learning_rate"]) == ("SGD", 0.5)
    assert (config["loss"], config["metrics"]) == ("mse", ["mae"])
    twin = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    twin.compile_from_config(config)
    assert float(twin.optimizer.learning_rate) == 0.5


@pytest.mark.parametrize("batch", [8, 4])
@pytest.mark.parametrize("frozen", [0, 1])
def test_freezing_holds_at_once_whatever_is_compiled(batch, frozen):
    fastnn.utils.set_random_seed(1)
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(5), layers.Dense(3)])
    model.compile("adam", "mse")
    x, y = np.random.default_rng(0).random((8, 4)), np.random.default_rng(1).random((8, 3))

    def changed(train):
        before = model.get_weights()
        train()
        return [bool((a != b).any()) for a, b in zip(before, model.get_weights())]

    def fit():
        model.fit(x, y, batch_size=batch, verbose=0)

    model.fit(x, y, batch_size=8, verbose=0)
    for part in (model.layers[frozen], model.layers[frozen].kernel):
        part.trainable = False
        still = changed(fit)
        assert not still[2 * frozen] and still[2 * (1 - frozen)]
        assert not changed(lambda: model.train_on_batch(x, y))[2 * frozen]
        part.trainable = True
        assert all(changed(fit)) and all(changed(lambda: model.train_on_batch(x, y)))
