"""model.check_gradients: every layer and loss passes, a gradient that is wrong by 0.1 % is found, and where it is."""

import dataclasses
import gc
import inspect
import re
import weakref

import numpy as np
import pytest
from layers.make_keras_numbers import CASES, call

import fastnn
from fastnn import Input, Model, layers, losses, ops
from fastnn.core.errors import ArgumentError, DataError, GradientError, NotBuiltError
from fastnn.models.gradient_check import KINK, STOPPED, UNUSED
from fastnn.ops.op import REGISTRY

NAMES = {n: getattr(layers, n) for n in layers.__all__}
# more layers, as text with their input's shape: those that draw numbers
MORE = [("Dropout(0.4)", (6, 5)), ("SpatialDropout1D(0.4)", (3, 4, 5)), ("GaussianNoise(0.3)", (6, 5)),
        ("GaussianDropout(0.3)", (6, 5)), ("AlphaDropout(0.3)", (6, 5)), ("SimpleRNN(3,dropout=0.2)", (3, 4, 5)),
        ("LSTM(3,dropout=0.2,recurrent_dropout=0.3)", (3, 4, 5)), ("GRU(3,recurrent_dropout=0.3)", (3, 4, 5)),
        ("RandomFlip()", (3, 4, 4, 2)),
        ("RandomRotation(0.1)", (3, 5, 5, 2))]  # fmt: skip


def wrong_by(name, factor=1.001):
    """An operation whose gradient is not its derivative, as a user's own may be."""
    op = REGISTRY[name]
    return dataclasses.replace(op, vjp=lambda node, gys: [ops.multiply(g, factor) for g in op.vjp(node, gys)])


class Calls(layers.Layer):
    """A user's layer around a function."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


@pytest.fixture(autouse=True)
def names_begin_anew():
    fastnn.utils.clear_session()


def compiled(*parts, loss="mse", **kwargs):
    model = fastnn.Sequential([Input((5,)), *parts])
    model.compile("sgd", loss, **kwargs)
    return model


def data(outputs=2, rows=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 5)), rng.normal(size=(rows, outputs))


def statuses(report):
    return {row.path.split("/", 1)[1]: row.status for row in report.rows}


@pytest.mark.parametrize(("text", "shapes"), [*CASES, *((text, [shape]) for text, shape in MORE)],
                         ids=lambda v: re.sub(r"[^\w]+", "-", v) if isinstance(v, str) else "")  # fmt: skip
def test_every_layer_behind_another_one(text, shapes):
    rng, layer = np.random.RandomState(len(text)), eval(text, dict(NAMES))
    xs = [rng.randint(0, 7, s) if text.startswith("Embedding") else rng.randn(*s).astype("float32") for s in shapes]
    inputs = [Input(x.shape[1:], dtype=x.dtype.name) for x in xs]
    first = [i if x.dtype.kind == "i" else layers.Dense(x.shape[-1])(i) for i, x in zip(inputs, xs)]
    outputs = call(layer, text, first)
    model = Model(inputs, outputs)
    model.compile("sgd", ["mse"] * len(outputs))
    report = model.check_gradients(xs, [rng.randn(len(xs[0]), *o.shape[1:]) for o in outputs])
    assert {row.status for row in report.rows} == {"ok"}, report


ACTIVATIONS = [n for n in fastnn.activations.__all__ if n not in ("get", "serialize", "deserialize")]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name):
    function, more = getattr(fastnn.activations, name), (0.1, 0.2) if name == "threshold" else ()
    report = compiled(layers.Dense(6), Calls(lambda x: function(x, *more)), layers.Dense(2)).check_gradients(*data())
    assert set(statuses(report).values()) == {"ok"}, report


def _loss_cases():
    for name in losses.__all__:
        cls = getattr(losses, name)
        if (
            inspect.isclass(cls)
            and issubclass(cls, losses.Loss)
            and cls not in (losses.Loss, losses.LossFunctionWrapper, losses.CTC)  # CTC: tests/losses/test_sequences.py
        ):
            yield name


@pytest.mark.parametrize("name", list(_loss_cases()))
def test_every_loss(name):
    x, _ = data()
    rng = np.random.default_rng(1)
    targets = np.eye(3)[rng.integers(0, 3, 6)] if "Hinge" not in name else np.sign(rng.normal(size=(6, 3)))
    targets = rng.integers(0, 3, 6) if name.startswith(("Sparse", "CategoricalGeneralized", "Circle")) else targets
    targets = rng.uniform(0.1, 0.9, (6, 3)) if name in ("KLDivergence", "Poisson", "MeanSquaredLogarithmicError") \
        else targets  # fmt: skip
    model = compiled(layers.Dense(4, activation="tanh"), layers.Dense(3, activation="softmax"))
    model.compile("sgd", getattr(losses, name)())
    assert model.check_gradients(x, targets, np.arange(6) / 3 + 0.1).raise_for_errors().ok


@pytest.mark.parametrize(
    ("op", "factor"), [("tanh", 1.001), ("exp", 0.999), ("relu", -1.0), ("sigmoid", 1.01), ("tanh", np.nan)]
)
def test_a_wrong_gradient_is_found_and_where(op, factor):
    model = compiled(layers.Dense(4), Calls(wrong_by(op, factor), name="mine"), layers.Dense(3), layers.Dense(2))
    before = model.get_weights()
    report = model.check_gradients(*data())
    assert [row.layer.split("/")[-1] for row in report.errors] == ["dense", "dense"]
    assert report.suspects == [f"{model.name}/mine"]
    assert not report.ok and "mine" in str(report)
    with pytest.raises(GradientError, match=r"2 of 6 variables differ.*'[a-z_0-9]*/mine'"):
        report.raise_for_errors()
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_a_wrong_gradient_in_the_loss():
    bad = wrong_by("tanh")
    model = compiled(layers.Dense(2), loss=lambda y, p: ops.mean(ops.square(y - bad(p)), axis=-1))
    report = model.check_gradients(*data())
    assert len(report.errors) == 2 and report.suspects == ["the loss"]


def test_a_wrong_gradient_of_a_variable_alone():
    bad = wrong_by("exp")

    class Scaled(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")

        def call(self, x):
            return x * bad(self.scale.value)

    report = compiled(layers.Dense(4), Scaled(name="mine"), layers.Dense(2)).check_gradients(*data())
    assert [row.path.split("/")[-1] for row in report.errors] == ["scale"]
    assert [s.split("/")[-1] for s in report.suspects] == ["mine"]


@pytest.mark.parametrize("share", [1.0, 0.01])
def test_a_wrong_gradient_beside_a_right_way(share):
    bad, a = wrong_by("tanh"), Input((5,))
    h = layers.Dense(4)(a)
    model = Model(a, layers.Dense(2)(ops.add(h, Calls(lambda x: bad(x) * share, name="mine")(h))))
    model.compile("sgd", "mse")
    report = model.check_gradients(*data())
    assert len(report.errors) == 2 and f"{model.name}/mine" in report.suspects


def test_what_stop_gradient_was_given_is_held():
    def rounded(x):  # "straight through": the gradient of x
        return x + ops.stop_gradient(ops.round(x) - x)

    report = compiled(layers.Dense(4), Calls(rounded), Calls(ops.stop_gradient), layers.Dense(2)).check_gradients(
        *data()
    )
    assert statuses(report) == {"dense/kernel": STOPPED, "dense/bias": STOPPED,
                                "dense_1/kernel": "ok", "dense_1/bias": "ok"}  # fmt: skip
    assert compiled(layers.Dense(4), Calls(rounded), layers.Dense(2)).check_gradients(*data()).ok


def test_stop_gradient_inside_a_loop():
    def steps(x):
        return ops.fori_loop(0, 3, lambda i, v: ops.tanh(v) + ops.stop_gradient(v), x)

    report = compiled(layers.Dense(4), Calls(steps), layers.Dense(2)).check_gradients(*data())
    assert report.ok and set(statuses(report).values()) == {"ok"}


def test_standing_on_a_kink_is_no_fault():
    x, y = data()
    x[:3] = 0.0  # relu of exactly 0 while biases are 0
    report = compiled(layers.Dense(4, activation="relu", kernel_regularizer="l1"), layers.Dense(2)).check_gradients(
        x, y
    )
    assert set(statuses(report).values()) == {"ok"} and not any(row.kinks for row in report.rows)


def test_a_loss_that_is_nowhere_smooth_is_a_kink():
    def bent(x):  # wherever the weights are moved to
        return x + ops.abs(x - ops.stop_gradient(x))

    report = compiled(layers.Dense(2), Calls(bent)).check_gradients(*data())
    assert set(statuses(report).values()) == {KINK} and report.ok


def test_penalties_frozen_parts_and_what_is_not_used():
    class Idle(layers.Layer):
        def build(self, shape):
            self.idle = self.add_weight(shape=(3,), initializer="ones", name="idle")

        def call(self, x):
            self.add_loss(ops.mean(x * x))
            return x

    frozen = layers.Dense(4, name="frozen", trainable=False)
    model = compiled(layers.Dense(4, kernel_regularizer="l2", name="first"), frozen, Idle(name="idle"),
                     layers.BatchNormalization(name="bn"), layers.Dense(2, name="last"))  # fmt: skip
    report = model.check_gradients(*data())
    expected = dict.fromkeys(("first/kernel", "first/bias", "bn/gamma", "bn/beta", "last/kernel", "last/bias"), "ok")
    assert statuses(report) == {**expected, "idle/idle": UNUSED}


def test_a_model_with_a_fault_is_freed_at_once():
    model = compiled(layers.Dense(4), Calls(wrong_by("tanh")), layers.Dense(2))
    gc.collect()
    gc.disable()
    try:
        report = model.check_gradients(*data())
        gone, weight = weakref.ref(model), weakref.ref(model.weights[0])
        del model
        assert gone() is None and weight() is None and len(report.errors) == 2
    finally:
        gc.enable()


def test_nothing_of_the_model_changes():
    def train(audit):
        fastnn.utils.set_random_seed(3)
        model = compiled(layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2),
                         metrics=["mae"])  # fmt: skip
        x, y = data()
        for _ in range(2):
            model.fit(x, y, batch_size=3, verbose=0)
            if audit:
                assert model.check_gradients(x, y).ok
        return [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables), *model.evaluate(x, y, verbose=0)]

    for a, b in zip(train(False), train(True)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_several_inputs_and_outputs(factor):
    a, b = Input((5,), name="a"), Input((3,), dtype="int32", name="b")
    h = layers.concatenate([layers.Dense(4)(a), layers.Flatten()(layers.Embedding(6, 2)(b))])
    left = layers.Dense(2, name="left")(Calls(wrong_by("tanh", factor), name="mine")(h))
    model = Model({"a": a, "b": b}, {"left": left, "right": layers.Dense(3, activation="softmax", name="right")(h)})
    model.compile("sgd", {"left": "mse", "right": "sparse_categorical_crossentropy"}, {"left": 2.0, "right": 0.5})
    rng = np.random.default_rng(0)
    x = {"b": rng.integers(0, 6, (6, 3)), "a": rng.normal(size=(6, 5))}
    y = {"right": rng.integers(0, 3, 6), "left": rng.normal(size=(6, 2))}
    report = model.check_gradients(x, y, {"left": np.arange(6.0), "right": np.ones(6)})
    assert len(report.rows) == 7 and len(report.errors) == (0 if factor == 1.0 else 3)
    assert any("mine" in name for name in report.suspects) is not report.ok


def test_a_subclass_with_its_own_loss():
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x, training=None):
            return self.dense(x) * (2.0 if training else 1.0)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ops.mean(ops.logaddexp(y_pred, y))

    model = Mine()
    model.compile("sgd")
    x, y = data()
    assert len(model.check_gradients(x, y).rows) == 2
    assert model.check_gradients(x, y).ok


def test_double_precision_sees_what_float32_cannot():
    """The slope of a loss of 1e5 is a small part of it: in float32 its numeric gradient would be rounding."""
    model = compiled(layers.Dense(2), loss=lambda y, p: ops.mean(ops.square(p - y), axis=-1) + 1e5)
    assert model.check_gradients(*data()).ok
    bad = wrong_by("tanh")
    model = compiled(layers.Dense(2), Calls(bad), loss=lambda y, p: ops.mean(ops.square(p - y), axis=-1) + 1e5)
    assert not model.check_gradients(*data()).ok


@pytest.mark.parametrize(("change", "error", "words"), [
    (dict(tolerance=0), ArgumentError, "tolerance=0"), (dict(directions=0), ArgumentError, "directions"),
    (dict(x=np.zeros((6, 4))), fastnn.core.errors.ShapeError, "shape")])  # fmt: skip
def test_errors(change, error, words):
    x, y = data()
    with pytest.raises(error, match=words):
        compiled(layers.Dense(2)).check_gradients(**{"x": x, "y": y, **change})


def test_a_model_without_loss_or_variables():
    x, y = data(5)
    with pytest.raises(NotBuiltError, match="compile"):
        fastnn.Sequential([Input((5,)), layers.Dense(2)]).check_gradients(x, y)
    with pytest.raises(NotBuiltError, match="no trainable variable"):
        compiled(layers.Flatten()).check_gradients(x, y)


def test_a_loss_of_nothing():
    report = compiled(layers.Dense(2)).check_gradients(np.zeros((4, 5)), np.zeros((4, 2)))
    assert report.ok and report.loss == 0.0


def test_a_loss_that_is_not_finite():
    with pytest.raises(DataError, match="the loss is -inf"):
        compiled(layers.Dense(2), loss=lambda y, p: ops.log(ops.mean(p * 0.0, axis=-1))).check_gradients(*data())
