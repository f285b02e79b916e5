"""Steps that ask for values while they are traced: they run as Python, with the bits that `run_eagerly` gives."""

import contextlib
import io

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, layers, ops, utils
from fastnn.core.errors import NotSupportedError, ShapeError, ValuesError
from fastnn.distribution import DataParallel
from fastnn.models import eager_step
from fastnn.models.step import CompiledStep, EagerStep

RNG = np.random.default_rng(5)
X = RNG.random((24, 6), np.float32)
Y = np.where(RNG.random((24, 6)) < 0.4, 0, RNG.random((24, 6))).astype("float32")


def masked(y, p):
    return ops.mean((y[y > 0] - p[y > 0]) ** 2)


def listed(y, p):
    rows, columns = ops.nonzero(y)
    places = rows * 6 + columns
    return ops.mean((ops.take(ops.reshape(y, (-1,)), places) - ops.take(ops.reshape(p, (-1,)), places)) ** 2)


def chosen(y, p):
    error = ops.mean((y - p) ** 2)
    return error if error > 0.1 else 2 * error


def grown(y, p):
    error = ops.mean((y - p) ** 2)
    while error < 1:
        error = error * 2
    return error


def numbered(y, p):
    count = ops.sum(ops.cast(y[:, 0] > 0, "int32"))
    return sum(ops.mean((y - p[:, i % 6, None]) ** 2) for i in range(count))


def shaped(y, p):
    count = int(ops.sum(ops.cast(y >= 0, "int32")))
    return ops.mean(ops.reshape(p, (count // 6, 3, 2)) ** 2)


def sliced(y, p):
    return ops.mean(p[: 1 + ops.sum(ops.cast(y[:, 0] > 0, "int32"))] ** 2)


def weighed(y, p):
    return float(np.asarray(y).max()) * ops.mean((y - p) ** 2)


def unlike(y, p):
    kinds, counts = ops.unique(ops.cast(y * 4, "int32"), return_counts=True)
    return ops.mean(p**2) * kinds.shape[0] + 0.01 * ops.cast(ops.max(counts), "float32")


def stepped(y, p):
    def body(i, total):
        return i + 1, total + ops.sum(p[i][y[i] > 0])

    return ops.while_loop(lambda i, total: i < y.shape[0], body, (0, ops.sum(p) * 0))[1] / 100


def either(y, p):
    return ops.cond(ops.any(y > 0), lambda: ops.mean(p[y > 0] ** 2), lambda: ops.sum(p) * 0)


KINDS = [masked, listed, chosen, grown, numbered, shaped, sliced, weighed, unlike, stepped, either]


class Rows(layers.Layer):
    """A product of the rows that a condition chooses, beside state and random draws."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop = layers.BatchNormalization(), layers.Dropout(0.3)

    def build(self, shape):
        self.w = self.add_weight((shape[-1], shape[-1]), "glorot_uniform")

    def call(self, x, training=None):
        x = self.drop(self.norm(x, training=training), training=training)
        rows = ops.nonzero(ops.sum(x, -1) > 0)[0]
        return ops.scatter_update(x, rows[:, None], ops.take(x, rows, axis=0) @ self.w)


class Stack(keras.Model):
    def __init__(self):
        super().__init__()
        self.rows, self.dense = Rows(), layers.Dense(6)

    def call(self, x, training=None):
        return self.dense(self.rows(x, training=training))


class OwnSteps(Stack):
    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            error = masked(y, self(x, training=True))
        self.optimizer.apply(tape.gradient(error, self.trainable_variables), self.trainable_variables)
        return {"loss": error, "many": ops.cast(ops.sum(y > 0), "float32")}

    def test_step(self, data):
        x, y = data
        return {"loss": masked(y, self(x, training=False))}


def halved(x):
    return x / 2 if ops.max(x) > 0.5 else x


class Cell(layers.Layer):
    """A cell of a recurrent layer that chooses by values, and is built by its call."""

    state_size = output_size = 4

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)

    def call(self, x, states):
        h = self.dense(x) + states[0]
        h = 2 * h if ops.mean(h) > 0 else h
        return h, [h]


class Penalty(keras.regularizers.Regularizer):
    def __call__(self, w):
        return 0.01 * ops.sum(w[w > 0] ** 2)


class Halved(keras.constraints.Constraint):
    def __call__(self, w):
        return w / 2 if ops.max(ops.abs(w)) > 0.5 else w


def of_layers(*inside, inputs=True):
    return keras.Sequential([*([keras.Input((6,))] if inputs else []), *inside, layers.Dense(6)])


def branched():
    inputs = keras.Input((6,))
    x = layers.Lambda(lambda x: x * ops.cast(x.shape[0] - ops.nonzero(x[:, 0] > 0.5)[0].shape[0], "float32"))(inputs)
    return keras.Model(inputs, layers.Dense(6)(layers.add([x, layers.Dropout(0.5)(inputs)])))


def with_node():
    inputs = keras.Input((6,))
    rows = ops.nonzero(ops.sum(inputs, -1) > 3.0)[0]
    return keras.Model(inputs, layers.Dense(6)(inputs) * ops.mean(ops.take(inputs, rows, axis=0)))


MODELS = {
    "subclassed": Stack,
    "own steps": OwnSteps,
    "sequential": lambda: of_layers(Rows()),
    "sequential without Input": lambda: of_layers(Rows(), inputs=False),
    "lambda": branched,
    "node of the graph": with_node,
    "cell": lambda: of_layers(layers.Reshape((3, 2)), layers.RNN(Cell())),
    "steps": lambda: of_layers(layers.Reshape((3, 2)), layers.TimeDistributed(layers.Lambda(halved)), layers.Flatten()),
    "activation": lambda: of_layers(layers.Dense(4, activation=halved)),
    "regularizer": lambda: of_layers(layers.Dense(4, kernel_regularizer=Penalty(), activity_regularizer=Penalty())),
    "constraint": lambda: of_layers(layers.Dense(4, kernel_constraint=Halved())),
}


def trained(make, loss, eager, **fit):
    utils.set_random_seed(2)
    model = make()
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["mae"], run_eagerly=eager)
    history = model.fit(X, Y, batch_size=10, epochs=2, verbose=0, **{"validation_data": (X, Y), **fit}).history
    return model, history


def bits(model):
    """Everything that a model says of the data."""
    return [
        *model.get_weights(),
        model.predict(X, batch_size=10, verbose=0),
        model.predict(X[:3], verbose=0),
        np.asarray(model(X)),
        *map(np.asarray, model.evaluate(X, Y, verbose=0, return_dict=True).values()),
        *map(np.asarray, model.train_on_batch(X, Y, return_dict=True).values()),
        *map(np.asarray, model.test_on_batch(X, Y, return_dict=True).values()),
        model.predict_on_batch(X[:7]),
    ]


def same(first, second):
    assert first[1] == second[1]
    for a, b in zip(bits(first[0]), bits(second[0]), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("loss", KINDS, ids=lambda f: f.__name__)
def test_losses(loss):
    def make():
        return of_layers()

    model, history = trained(make, loss, False)
    same((model, history), trained(make, loss, True))
    assert isinstance(model._trainer().steps["train"].last, EagerStep)
    assert history["loss"][1] != history["loss"][0]


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    same(trained(MODELS[name], "mse", False), trained(MODELS[name], "mse", True))


def test_gradients_go_to_what_was_chosen():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(6, kernel_initializer="ones", use_bias=False)])
    model.compile(keras.optimizers.SGD(1.0), masked)
    before = model.get_weights()[0].astype("float64")
    model.fit(X, Y, batch_size=24, epochs=1, verbose=0)
    chosen = Y > 0
    error = np.where(chosen, X.astype("float64") @ before - Y, 0)
    np.testing.assert_allclose(model.get_weights()[0], before - X.T @ error * 2 / chosen.sum(), rtol=1e-5, atol=1e-6)


def test_metrics_that_ask():
    def share(y, p):
        return ops.mean(ops.abs(p[y > 0]))

    model = of_layers()
    model.compile("sgd", "mse", metrics=[share])
    logs = model.evaluate(X, Y, batch_size=24, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["share"], np.abs(model.predict(X, verbose=0)[Y > 0]).mean(), rtol=1e-6)


def test_only_the_step_that_asks_runs_as_python():
    model = trained(lambda: of_layers(), masked, False)[0]
    model.predict(X, batch_size=5, verbose=0)
    steps = model._trainer().steps
    assert type(steps["train"].last) is EagerStep and type(steps["predict"].last) is CompiledStep
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert type(steps["train"].last) is CompiledStep


def test_rows_that_a_model_leaves_out():
    model = keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x[x[:, 0] > 0.5])])
    assert model.output_shape == (None, 6)
    np.testing.assert_array_equal(model.predict(X, batch_size=24, verbose=0), X[X[:, 0] > 0.5])
    np.testing.assert_array_equal(model(X), X[X[:, 0] > 0.5])


def test_masks_that_are_arrays_need_no_values():
    mask = np.array([True, False, True, True, False, False])
    model = keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x[:, mask])])
    assert model.output_shape == (None, 3)
    np.testing.assert_array_equal(model.predict(X, batch_size=5, verbose=0), X[:, mask])
    assert type(model._trainer().steps["predict"].last) is CompiledStep


def test_it_is_said_once(monkeypatch):
    monkeypatch.setattr(eager_step, "_said", [])
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        for verbose in (0, 2, 2):
            model = of_layers()
            model.compile("sgd", masked)
            model.fit(X, Y, verbose=verbose)
    assert said.getvalue().count("\n") == 1 and "asks for values" in said.getvalue()


def test_what_is_wrong_is_still_an_error():
    model = of_layers()
    model.compile("sgd", lambda y, p: ops.mean(ops.reshape(p[y > 0], (-1, 1000))))
    with pytest.raises(ShapeError):
        model.fit(X, Y, verbose=0)
    model.compile("sgd", lambda y, p: ops.mean(p) * float(model.output[0, 0]))  # no symbol of the step
    with pytest.raises(ValuesError):
        model.fit(X, Y, verbose=0)


def test_batches_that_are_cut_need_a_trace():
    model = of_layers()
    model.compile("sgd", masked)
    keras.distribution.set_distribution(DataParallel(shards=2))
    try:
        with pytest.raises(NotSupportedError, match="whole batches"):
            model.fit(X, Y, verbose=0)
    finally:
        keras.distribution.set_distribution(None)


def test_results_of_metrics_in_what_a_step_computes():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.mean = layers.Dense(6), keras.metrics.Mean()
            self.total = self.add_weight(shape=(), initializer="zeros", trainable=False)

        metrics = property(lambda self: [self.mean])

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            error = ops.mean((self(x) - y) ** 2)
            self.mean.update_state(error)
            self.total.assign_add(self.mean.result())
            return {"loss": self.mean.result(), "total": self.total}

    model = Own()
    model.compile("sgd")
    history = model.fit(X, Y, batch_size=12, epochs=2, verbose=0, shuffle=False).history
    first = np.mean((model.predict(X[:12], verbose=0) - Y[:12]) ** 2)
    after = [np.mean((model.predict(part, verbose=0) - y) ** 2) for part, y in ((X[:12], Y[:12]), (X[12:], Y[12:]))]
    np.testing.assert_allclose(history["loss"], [np.mean(after)] * 2, rtol=1e-5)  # nothing is trained
    np.testing.assert_allclose(history["total"], np.array([1, 2]) * (first + np.mean(after)), rtol=1e-5)


def test_there_is_no_plan_of_what_runs_as_python():
    model = of_layers()
    model.compile("sgd", masked)
    with pytest.raises(NotSupportedError, match=r"no plan\. Why: Indexing by truth values"):
        model.plan()
    assert "not known" in model.check(X, Y).facts["plan"]
    assert model.plan(training=False).peak_bytes > 0


def test_an_error_of_ones_own_that_came_from_asking_leads_to_python_too():
    def loss(y, p):
        try:
            scale = float(np.asarray(p).max())
        except ValueError as error:
            raise RuntimeError("no scale") from error
        return scale * ops.mean((y - p) ** 2)

    model = keras.Sequential([keras.Input((6,)), layers.Dense(6)])
    model.compile("sgd", loss)
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"][0])


def test_an_error_of_ones_own_stays():
    def loss(y, p):
        raise RuntimeError("mine")

    model = keras.Sequential([keras.Input((6,)), layers.Dense(6)])
    model.compile("sgd", loss)
    with pytest.raises(RuntimeError, match="mine"):
        model.fit(X, Y, verbose=0)


def test_numpy_of_what_is_traced_asks_for_its_values():
    symbol = keras.Input((6,))
    assert not hasattr(symbol, "numpy") and getattr(symbol, "numpy", None) is None
    with pytest.raises(AttributeError, match="has no values"):
        symbol.numpy()

    def loss(y, p):
        return float(y.numpy().max()) * ops.mean((y - p) ** 2)

    model = keras.Sequential([keras.Input((6,)), layers.Dense(6)])
    model.compile("sgd", loss, metrics=[lambda y, p: np.log(1 + np.abs(y.numpy())).mean()])
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    twin.compile("sgd", weighed)
    found, wanted = (m.fit(X, Y, shuffle=False, verbose=0).history["loss"] for m in (model, twin))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
