"""Tapes, what is asked of them wrongly, and every door to them: operations, layers, models, attributes."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, StatelessScope, Variable, constraints, layers, losses, ops, optimizers
from fastnn.compiler import gather
from fastnn.core.errors import ArgumentError, CallOrderError, NotSupportedError, ShapeError
from fastnn.graph.tensor import Tensor, here


# ---------------------------------------------------------------------- bad input
def test_misuse_is_named():
    x = Variable(2.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(CallOrderError, match="persistent"):
        tape.gradient(y, x)
    with pytest.raises(ArgumentError, match="unconnected_gradients"):
        tape.gradient(y, x, unconnected_gradients="none of it")
    with GradientTape() as tape, pytest.raises(ArgumentError, match="still recording"):
        tape.__enter__()
    with pytest.raises(CallOrderError, match="enter the tape"):
        GradientTape().watch(np.ones(2))
    with pytest.raises(ShapeError, match="scalar"):
        keras.grad(lambda x: x * 2.0)(np.ones(2, np.float32))
    with pytest.raises(ArgumentError, match="real-valued"):
        keras.grad(lambda x: ops.sum(x))(np.ones(2, np.int32))
    with pytest.raises(ArgumentError, match="argnums"):
        keras.grad(lambda x: x, argnums=3)(1.0)
    with GradientTape() as tape, pytest.raises(ShapeError):
        ops.matmul(np.ones((2, 3), np.float32) * x.value, np.ones((2, 3), np.float32))
    with GradientTape() as tape:
        tape.watch(x)
        whole = ops.cast(x, "int32")
    assert tape.gradient(whole, x) is None


def test_an_error_leaves_the_tape_as_it_was():
    x = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = x * x
        with pytest.raises(ShapeError):
            ops.add(y, np.ones(5, np.float32))
        y = y * 3.0
    np.testing.assert_allclose(tape.gradient(y, x), [6.0, 12.0])


def test_a_variable_is_read_once_until_it_changes():
    v = Variable([1.0, 2.0])
    with GradientTape() as tape:
        a = ops.sum(v * v * v + v)
        v.assign_add([1.0, 1.0])
        b = ops.sum(v * v)
        with StatelessScope(state_mapping=[(v, ops.array([5.0, 5.0]))]):
            c = ops.sum(v * v)
        d = ops.sum(v * 1.0)
        total = a + b + d
    reads = [event for event in here.log.events if event.fn.__qualname__.startswith("read.")]
    assert len(reads) == 4  # at first, after the change, in the scope and after it
    assert (float(a), float(b), float(c), float(d)) == (12.0, 13.0, 50.0, 5.0)
    np.testing.assert_array_equal(tape.gradient(total, v), [3 + 1 + 4 + 1, 12 + 1 + 6 + 1])


def test_a_users_constraint_is_called_at_every_step():
    limit = [0.5]

    class Within(constraints.Constraint):
        def __call__(self, w):
            return ops.clip(w, -limit[0], limit[0])

    for constraint in (Within(), lambda w: ops.clip(w, -limit[0], limit[0])):
        limit[0], found = 0.5, []
        v, free = Variable(np.ones(3, "float32")), Variable(np.ones(2, "float32"))
        v.constraint = constraint
        optimizer = optimizers.Adam(0.0)
        for _ in range(4):
            with GradientTape() as tape:
                y = ops.sum(v * v) + ops.sum(free)
            optimizer.apply_gradients(zip(tape.gradient(y, [v, free]), [v, free]))
            found.append(float(v[0]))
            limit[0] /= 2
        assert found == [0.5, 0.25, 0.125, 0.0625] and int(optimizer.iterations) == 4


class Squared(layers.Layer):
    def call(self, x):
        return x * x


class Own(keras.Model):
    def call(self, x):
        return Squared()(x) * 0.5


ZERO = np.zeros((2, 3), "float32")
# where a watched array goes in: a function of it, and its slope
DOORS = {
    "a user's layer": (Squared(), lambda x: 2 * x),
    "a user's model": (Own(), lambda x: x),
    "a stack": (keras.Sequential([layers.Activation("linear"), Squared()]), lambda x: 2 * x),
    "a functional model": (keras.Model(i := keras.Input((3,)), Squared()(i)), lambda x: 2 * x),
    "a function of a layer": (layers.Lambda(lambda x: x**3), lambda x: 3 * x**2),
    "a loss": (lambda x: losses.MeanSquaredError(reduction="sum")(ZERO, x), lambda x: 2 * x / 3),
    "labels of a loss": (lambda x: losses.mean_squared_error(x, ZERO), lambda x: 2 * x / 3),
    "a metric": (lambda x: keras.metrics.mean_squared_error(ZERO, x), lambda x: 2 * x / 3),
    "a regularizer": (keras.regularizers.L2(0.5), lambda x: x),
    "an activation": (keras.activations.relu, lambda x: x > 0),
    "a constraint": (keras.constraints.NonNeg(), lambda x: x > 0),
}


@pytest.mark.parametrize("make", [np.array, ops.array])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("door", DOORS)
def test_a_watched_array_is_followed_through_every_door(door, dtype, make):
    function, slope = DOORS[door]
    x = make(np.arange(1.0, 7.0).reshape(2, 3).astype(dtype))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(function(x))
    np.testing.assert_allclose(tape.gradient(y, x), slope(np.asarray(x)), rtol=1e-6)


def test_the_mask_of_an_array_counts_under_a_tape():
    x = layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 2, 0, 0], [1, 0, 0, 0]]))
    layer = layers.LSTM(4)
    with GradientTape():
        y = layer(x)
    np.testing.assert_array_equal(y.numpy(), layer(x))


def test_a_derivative_that_there_is_none_of_is_an_error_not_a_zero():
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    with pytest.raises(NotSupportedError, match="second derivatives of singular values"):
        keras.hessian(lambda x: ops.sum(ops.svd(x, compute_uv=False)))(x)


def test_what_an_array_is_at_the_call_counts():
    v, rows = Variable([1.0, 1.0]), np.array([1.0, 2.0], np.float32)
    with GradientTape() as tape:
        first = ops.sum(v * rows)
        rows += 10.0
        second = ops.sum(v * rows)
        rows[:] = np.nan
        total = first * 100.0 + second
    np.testing.assert_allclose(tape.gradient(total, v), [111.0, 212.0])
    assert float(first) == 3.0 and float(second) == 23.0


def test_attributes_of_a_users_model_change_freely_those_of_a_layer_count(monkeypatch):
    class Counts(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.act, self.steps = layers.Dense(3), layers.LeakyReLU(0.1), 0

        def call(self, x):
            return self.act(self.dense(x)) * (1.0 if self.steps < 3 else 2.0)

    model, rows = Counts(), np.ones((2, 4), np.float32)

    def value():
        with GradientTape() as tape:
            y = ops.sum(model(rows))
        tape.gradient(y, model.trainable_variables)
        return float(y)

    value()
    first = value()
    traced, original = [], gather.Log._traced
    monkeypatch.setattr(gather.Log, "_traced", lambda log, event: traced.append(event) or original(log, event))
    for model.steps in (1, 2):
        assert value() == first
    assert not traced
    model.steps = 3
    assert value() == pytest.approx(2 * first, rel=1e-6)
    model.act.negative_slope = 0.7
    assert value() != pytest.approx(2 * first, rel=1e-6) and traced


def test_numbers_that_change_make_no_new_plans(monkeypatch):
    v = Variable([1.0, 2.0])

    def step(k):
        with GradientTape() as tape:
            y = ops.sum(v * v) * (0.1 + k / 50) + k * 1.0
        return float(y), np.asarray(tape.gradient(y, v))

    for k in range(8):
        step(k)
    monkeypatch.setattr(gather.Log, "_traced", lambda *_: pytest.fail("a call was traced again"))
    for k in range(8, 12):
        value, slope = step(k)
        assert value == pytest.approx(5 * (0.1 + k / 50) + k, rel=1e-5)
        np.testing.assert_allclose(slope, 2 * v.numpy() * (0.1 + k / 50), rtol=1e-5)


@pytest.mark.parametrize("recorded", [False, True])
def test_many_calls_without_a_look(recorded, monkeypatch):
    monkeypatch.setattr(gather, "MOST_EVENTS", 7)
    penalised = layers.ActivityRegularization(l2=1.0)
    with GradientTape() as tape:
        tape.watch(y := Tensor.of(np.ones((1, 2), np.float32)))
        start = y
        if recorded:
            for _ in range(20):
                y = penalised(y * 1.0)
                assert float(penalised.losses[0]) == 2.0
    for _ in range(20):
        y = penalised(y * 1.0)
        assert len(penalised.losses) == 1
    assert float(penalised.losses[0]) == 2.0
    np.testing.assert_array_equal(y, start)
