"""What changes between a call that gathers and the look at its value: arrays, variables, a user's functions."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, Variable, layers, ops


def _squares(x):
    return ops.sum(ops.square(x))


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_are_those_of_the_call_whatever_the_array_is_now(size, dtype):
    start = np.linspace(0.0, 1.0, size).astype(dtype)
    start[1] = -0.0
    for _ in range(3):
        x = start.copy()
        with GradientTape() as tape:
            tape.watch(x)
            y = _squares(x)
        x += 1
        np.testing.assert_allclose(tape.gradient(y, x), 2 * start)
        np.testing.assert_allclose(y, np.sum(start**2), rtol=1e-5)


def test_an_array_that_is_filled_again_is_another_value():
    weight, buffer = Variable([1.0, 2.0]), np.zeros(2, np.float32)
    for _ in range(3):
        with GradientTape() as tape:
            total = 0.0
            for i in (1, 2, 2, 3):
                buffer[:] = i
                total += ops.sum(weight * buffer)
        np.testing.assert_allclose(tape.gradient(total, weight), [8.0, 8.0])
        assert float(total) == 24.0


def test_a_watched_array_that_changes_in_the_block_has_the_gradients_of_all_its_values():
    for _ in range(3):
        x = np.array([1.0, np.nan, 2.0], np.float32)
        with GradientTape() as tape:
            tape.watch(x)
            y = _squares(x) + _squares(x)
            x *= 10
            y = y + _squares(x)
        np.testing.assert_allclose(tape.gradient(y, x), [24.0, np.nan, 48.0])


def test_functions_of_functions_keep_the_arguments_of_the_call():
    x = np.array([1.0, 2.0], np.float32)
    value, slope = keras.value_and_grad(_squares)(x)
    x += 1
    assert float(value) == 5.0
    np.testing.assert_allclose(slope, [2.0, 4.0])


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("write", ["assign", "set_weights", "fit", "train_on_batch"])
def test_variables_that_change_before_the_gradient_is_asked(write, looked):
    x = np.array([[1.0, 2.0], [3.0, -1.0]], np.float32)
    model = keras.Sequential([layers.Dense(1, use_bias=False)])
    model.build((None, 2))
    model.compile("sgd", "mse")
    start = np.array([[0.5], [2.0]], np.float32)
    changes = {
        "assign": lambda: model.layers[0].kernel.assign(start * 3),
        "set_weights": lambda: model.set_weights([start * 3]),
        "fit": lambda: model.fit(x, x[:, :1], verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, x[:, :1]),
    }
    for _ in range(3):
        model.set_weights([start])
        with GradientTape() as tape:
            y = _squares(model(x))
        if looked:
            assert float(y) > 0
        changes[write]()
        np.testing.assert_allclose(tape.gradient(y, model.layers[0].kernel), 2 * x.T @ (x @ start), rtol=1e-5)


def test_a_metric_is_reset_in_its_place_among_the_calls():
    mean, v = keras.metrics.Mean(), Variable(2.0)
    for _ in range(3):
        mean.reset_state()
        with GradientTape():
            mean.update_state(v * 3.0)
            before = mean.result()
            mean.reset_state()
            mean.update_state(v)
        assert (float(before), float(mean.result())) == (6.0, 2.0)


def test_a_users_function_in_a_layer_runs_at_every_call():
    factor, x = 1.0, np.ones((1, 2), np.float32)
    layer = layers.Dense(2, activation=lambda z: z * factor, kernel_initializer="ones")
    layer(x)
    for factor in (1.0, 2.0, 3.0, 4.0):
        with GradientTape() as tape:
            y = ops.sum(layer(x))
        np.testing.assert_allclose(tape.gradient(y, layer.kernel), np.full((2, 2), factor))
        np.testing.assert_allclose(layer(x), np.full((1, 2), 2 * factor))


class _Settings:
    factor = 1.0


def test_a_custom_gradient_sees_what_its_function_sees_now():
    box, v, settings, factor = [1.0], Variable(2.0), _Settings(), 1.0
    functions = [
        ops.custom_gradient(lambda z: (z * 1.0, lambda up: up * factor)),
        ops.custom_gradient(lambda z: (z * 1.0, lambda up: up * box[0])),
        ops.custom_gradient(lambda z: (z * 1.0, lambda up: up * settings.factor)),
        ops.custom_gradient(lambda z: (z * 1.0, lambda up: up * _Settings.factor)),
    ]
    try:
        for factor in (1.0, 5.0, 5.0, 0.0, 7.0):
            box[0] = settings.factor = _Settings.factor = factor
            for function in functions:
                with GradientTape() as tape:
                    y = function(v * 1.0)
                assert float(tape.gradient(y, v)) == factor
    finally:
        _Settings.factor = 1.0


def test_variables_that_something_else_changes_several_times_in_a_block():
    x = np.array([[1.0, 2.0], [3.0, -1.0]], np.float32)
    model = keras.Sequential([layers.Dense(1, use_bias=False)])
    model.build((None, 2))
    model.compile("sgd", "mse")
    kernel, start = model.layers[0].kernel, np.array([[0.5], [2.0]], np.float32)
    for _ in range(3):
        kernel.assign(start)
        met = []
        with GradientTape() as tape:
            total = ops.zeros(())
            for _ in range(3):
                total = total + _squares(model(x))
                met.append(kernel.numpy())
                model.fit(x, x[:, :1], verbose=0)
        np.testing.assert_allclose(tape.gradient(total, kernel), 2 * x.T @ x @ sum(met), rtol=1e-5)
        assert float(total) == pytest.approx(sum(np.sum((x @ w) ** 2) for w in met), rel=1e-5)
