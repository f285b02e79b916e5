"""NaN and infinity planted somewhere in a step are found where they were planted."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers, ops, regularizers
from fastnn.core.errors import NotFiniteError
from fastnn.graph import gradients
from fastnn.models.data import flatten

pytestmark = pytest.mark.filterwarnings("ignore::fastnn.core.errors.DataWarning")
ROWS, BATCH, WIDTH = 24, 8, 3


@pytest.fixture(autouse=True, scope="module")
def _here(tmp_path_factory):
    """Files of steps go into a folder of the tests."""
    with contextlib.chdir(tmp_path_factory.mktemp("steps")):
        yield


def data(seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((ROWS, WIDTH), dtype="f4") + 0.5, rng.random((ROWS, 1), dtype="f4")


def found(model, x, y, **arguments):
    """What fit says of its first bad step."""
    arguments = {"batch_size": BATCH, "verbose": 0, "nan": "stop", "epochs": 3, **arguments}
    with pytest.raises(NotFiniteError) as raised:
        model.fit(x, y, **arguments)
    return raised.value.finding


class Planted(layers.Layer):
    """Applies a function; the other layers of a chain apply none."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


def chain(functions, optimizer="sgd", loss="mse", **compiling):
    """A Planted layer `at_0`, `at_1`, ... for each function, and a Dense layer."""
    parts = [Planted(f, name=f"at_{i}") for i, f in enumerate(functions)]
    model = keras.Sequential([keras.Input((WIDTH,)), *parts, layers.Dense(1, name="last")])
    model.compile(optimizer, loss, **compiling)
    return model


# What a layer does, the number that makes it bad, the operation and the phase that are named.
FAULTS = {
    "log": (ops.log, 0.0, "log", "forward", "infinity"),
    "exp": (ops.exp, 100.0, "exp", "forward", "infinity"),
    "log of a negative": (ops.log, -1.0, "log", "forward", "NaN"),
    "square": (ops.square, 1e30, "square", "forward", "infinity"),
    "root": (ops.sqrt, 0.0, "sqrt", "backward", "infinity"),
}


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(FAULTS)), st.integers(0, 3), st.integers(0, ROWS - 1), st.booleans())
def test_an_operation_of_any_layer_is_named_with_the_row(fault, at, row, shuffle):
    function, number, operation, phase, kind = FAULTS[fault]
    functions = [lambda x: x * 1.0] * 4
    functions[at] = function
    if phase == "backward":  # nothing in front has a gradient, but for a layer with weights
        model = keras.Sequential([
            keras.Input((WIDTH,)), layers.EinsumDense("bi,i->bi", WIDTH, kernel_initializer="ones"),
            *[Planted(f, name=f"at_{i}") for i, f in enumerate(functions)], layers.Dense(1)])  # fmt: skip
        model.compile(keras.optimizers.SGD(0.0), "mse")
    else:
        model = chain(functions, keras.optimizers.SGD(0.0))
    x, y = data()
    x[row, 1] = number
    it = found(model, x, y, shuffle=shuffle)
    assert (it.phase, it.operation, it.kind, it.sample) == (phase, operation, kind, row)
    assert it.layer.endswith(f"at_{at}") and it.loop_step is None


@settings(max_examples=8, deadline=None)
@given(st.integers(0, ROWS - 1), st.integers(0, 1), st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans())
def test_an_input_is_named_with_its_row(row, which, value, target):
    a, b = keras.Input((WIDTH,)), keras.Input((WIDTH,))
    model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    xs, y = [data(0)[0], data(1)[0]], data()[1]
    (y if target else xs[which])[row, 0] = value
    it = found(model, xs, y)
    name = "y" if target else f"x[{which}]"
    assert (it.phase, it.name, it.sample) == ("input", name, row)
    assert it.kind == ("NaN" if np.isnan(value) else "infinity")


@pytest.mark.parametrize("which", range(4))
def test_a_weight_that_is_bad_beforehand_is_named(which):
    model = keras.Sequential([keras.Input((WIDTH,)), layers.Dense(4, name="one"), layers.Dense(1, name="two")])
    model.compile("adam", "mse")
    weight = model.weights[which]
    value = weight.numpy()
    value.flat[0] = np.inf
    weight.assign(value)
    it = found(model, *data())
    assert (it.phase, it.name, it.step) == ("update", ["one/kernel", "one/bias", "two/kernel", "two/bias"][which], 0)


def test_an_update_that_overflows_is_named_in_the_step_after():
    model = chain([ops.negative], keras.optimizers.SGD(1e38))
    x, y = data()
    it = found(model, x, y + 100)
    assert (it.phase, it.layer, it.step, it.kind) == ("update", "last", 1, "infinity")


def test_a_loss_is_named():
    def my_loss(y, p):
        return ops.mean(ops.log(y - y) + p, axis=-1)

    model = chain([ops.negative], loss=my_loss)
    it = found(model, *data())
    assert (it.phase, it.operation, it.layer, it.row) == ("loss", "log", "my_loss", 0)
    assert it.site.startswith("test_diagnosis.py:")


def test_a_regularizer_is_of_the_loss():
    class Wild(regularizers.Regularizer):
        def __call__(self, w):
            return ops.sum(ops.log(w - w))

    model = keras.Sequential([keras.Input((WIDTH,)), layers.Dense(1, kernel_regularizer=Wild())])
    model.compile("sgd", "mse")
    it = found(model, *data())
    assert (it.phase, it.operation, it.row) == ("loss", "log", None)


@pytest.mark.parametrize("bad", [0, 1])
def test_the_output_among_several_is_named(bad):
    i = keras.Input((WIDTH,))
    h = layers.Dense(1, name="shared", kernel_initializer="ones")(i)
    outputs = [
        Planted(ops.exp if k == bad else ops.negative, name=f"out_{k}")(h * (1e4 if k == bad else 1)) for k in (0, 1)
    ]
    model = keras.Model(i, outputs)
    model.compile("sgd", ["mse", "mae"])
    x, y = data()
    it = found(model, x, [y, y])
    assert (it.phase, it.layer.split("/")[-1], it.operation) == ("forward", f"out_{bad}", "exp")


@pytest.mark.parametrize("step", [0, 2, 4])
@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_a_step_of_a_loop_is_named(kind, step):
    model = keras.Sequential([
        keras.Input((5, 2)),
        kind(3, activation=lambda x: ops.log(x + 50.0), name="rec",
             kernel_initializer="ones", recurrent_initializer="zeros"),
        layers.Dense(1)])  # fmt: skip
    model.compile("sgd", "mse")
    x = np.zeros((ROWS, 5, 2), "f4")
    x[13, step] = -100.0
    it = found(model, x, data()[1], shuffle=False)
    assert (it.phase, it.layer.split("/")[-1], it.operation, it.loop_step) == ("forward", "rec", "log", step)
    assert (it.row, it.sample, it.kind) == (13 - BATCH, 13, "NaN")


def test_the_call_of_a_shared_layer_is_named():
    shared = Planted(ops.log, name="shared")
    i = keras.Input((WIDTH,))
    model = keras.Model(i, layers.Dense(1)(shared(shared(i))))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x, y = data()
    x += 1.0
    x[2, 0] = 1.0  # its logarithm is 0
    it = found(model, x, y)
    assert (it.operation, it.call, it.sample) == ("log", 2, 2)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(gradient_accumulation_steps=2),
        keras.optimizers.SGD(0.01, clipnorm=1.0),
        keras.optimizers.Adam(global_clipnorm=1.0),
        keras.optimizers.SGD(0.01, use_ema=True),
        keras.optimizers.SGD(0.01, loss_scale_factor=8.0),
    ],
    ids=["accumulation", "clipnorm", "global_clipnorm", "ema", "scaled"],
)
def test_every_kind_of_step_is_watched(optimizer):
    model = chain([ops.log], optimizer)
    x, y = data()
    x[20, 0] = 0.0
    before = [v.numpy() for v in optimizer.variables]
    it = found(model, x, y, shuffle=False)
    assert (it.step, it.operation, it.sample) == (2, "log", 20)
    assert len(before) <= len(optimizer.variables)


def test_a_training_step_of_the_users_own():
    class Own(keras.Sequential):
        def train_step(self, batch):
            x, y = batch
            p = self(x, training=True)
            loss = ops.mean(ops.square(ops.log(p - p) + y))
            weights = self.trainable_variables
            self.optimizer.apply(gradients([loss], [w.value for w in weights]), weights)
            return {"loss": loss}

    model = Own([keras.Input((WIDTH,)), layers.Dense(1)])
    model.compile("sgd")
    it = found(model, *data())
    assert (it.phase, it.operation, it.row) == ("loss", "log", 0)


def test_two_updates_in_a_step_are_one_transaction():
    """The second update's loss depends on the weights that the first one made: neither stays."""

    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(1, name="one"), layers.Dense(1, name="two")

        def call(self, x):
            return self.two(self.one(x))

        def train_step(self, batch):
            x, y = batch
            for layer, wild in ((self.one, False), (self.two, True)):
                p = self(x, training=True)
                loss = ops.mean(ops.square(p - y)) + (ops.log(ops.min(x)) if wild else 0.0)
                self.optimizer.apply(gradients([loss], [w.value for w in layer.weights]), layer.weights)
            return {"loss": loss}

    model = Two()
    model.build((None, WIDTH))
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    x, y = data()
    clean = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    model.fit(x, y, verbose=0, batch_size=BATCH, nan="stop")
    trained = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    assert any((a != b).any() for a, b in zip(clean, trained))
    x[:] = 0.0
    it = found(model, x, y)
    assert (it.phase, it.operation) == ("loss", "log")
    for v, before in zip((*model.variables, *model.optimizer.variables), trained):
        assert np.array_equal(v.numpy(), before), v.path


def test_infinite_constants_that_do_no_harm_are_not_blamed():
    mask = np.zeros((1, WIDTH), "f4")
    mask[0, 0] = -np.inf
    model = chain([lambda x: ops.softmax(x + mask), ops.log])
    it = found(model, *data())
    assert (it.layer.split("/")[-1], it.operation) in [("at_1", "log"), ("at_0", "add")]
    fine = chain([lambda x: ops.softmax(x + mask)])
    fine.fit(*data(), verbose=0, nan="stop")
    assert np.isfinite(flatten(fine.get_weights())[0]).all()


def test_the_sentence_says_all_of_it():
    model = chain([ops.log])
    x, y = data()
    x[9, 0] = 0.0
    text = str(found(model, x, y, shuffle=False))
    for part in ("Infinity in the forward pass", "'log'", "at_0'", "step 1", "row 1 of the batch", "row 9 of the data"):
        assert part in text, text
