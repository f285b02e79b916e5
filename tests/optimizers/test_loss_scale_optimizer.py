"""LossScaleOptimizer: the scale over drawn sequences of finite and infinite steps, and training through it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import optimizers
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.graph import Variable

START = np.array([1.0, 2.0], "float32")


def scale_after(finite, scale, growth):
    """The rule: halved by a step that is not finite, doubled by `growth` finite ones in a row."""
    row = 0
    for good in finite:
        row = row + 1 if good else 0
        scale = scale * 2 if row == growth else scale if good else scale / 2
        row = 0 if row == growth else row
    return scale


@settings(max_examples=25, deadline=None)
@given(st.lists(st.booleans(), max_size=8), st.integers(1, 4), st.booleans())
def test_the_scale_follows_the_rule_and_bad_steps_change_nothing(finite, growth, stateless):
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5), 64.0, growth)
    v = Variable(START, name="v")
    optimizer.build([v])
    for good in finite:
        scale = float(optimizer.scale_loss(np.float32(1.0)))
        gradient = np.full(2, 0.25 * scale if good else np.inf, "float32")
        if stateless:
            state = [x.numpy() for x in optimizer.variables]
            (new,), state = optimizer.stateless_apply(state, [gradient], [v.numpy()])
            v.assign(new)
            for x, value in zip(optimizer.variables, state):
                x.assign(value)
        else:
            optimizer.apply([gradient], [v])
    assert float(optimizer.dynamic_scale.numpy()) == scale_after(finite, 64.0, growth)
    assert int(optimizer.iterations) == sum(finite)
    np.testing.assert_array_equal(v.numpy(), START - np.float32(0.125) * sum(finite))


def model_of(optimizer):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def fitted(optimizer, factor=1.0):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 4)).astype("float32"), factor * rng.normal(size=(32, 1)).astype("float32")
    model = model_of(optimizer)
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, shuffle=False)
    return model


def test_powers_of_two_do_not_change_a_bit_of_training():
    """The loss shown is not scaled either."""
    plain, scaled = fitted(optimizers.Adam(0.01)), fitted(optimizers.LossScaleOptimizer(optimizers.Adam(0.01)))
    for a, b in zip(plain.get_weights(), scaled.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert plain.history.history == scaled.history.history
    assert int(scaled.optimizer.iterations) == 8 and int(scaled.optimizer.step_counter.numpy()) == 8


def test_an_overflow_on_the_tape_leaves_weights_slots_and_iterations():
    model = fitted(optimizers.LossScaleOptimizer(optimizers.Adam(0.01), 2.0**127), 1e6)
    fresh = model_of("adam")
    for a, b in zip(model.get_weights(), fresh.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert not any(v.numpy().any() for v in model.optimizer.inner_optimizer.variables if "mom" in v.name)
    assert int(model.optimizer.iterations) == 0
    assert float(model.optimizer.dynamic_scale.numpy()) == 2.0**119


def test_names_order_and_files(tmp_path):
    """Keras's order of variables; a saved model goes on with the same scale and state."""
    model = fitted(optimizers.LossScaleOptimizer(optimizers.SGD(0.1, 0.5, name="s"), name="l"))
    assert [v.path for v in model.optimizer.variables][:6] == [
        "l/iteration", "l/learning_rate", "l/step_counter", "l/dynamic_scale", "s/iteration", "s/learning_rate",
    ]  # fmt: skip
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for a, b in zip(model.optimizer.get_weights(), again.optimizer.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_settings_inside_change_while_training():
    model = fitted(optimizers.LossScaleOptimizer(optimizers.SGD(0.1)))
    model.optimizer.inner_optimizer.clipvalue = 1e-9
    model.optimizer.learning_rate = 0.5
    before = model.get_weights()
    model.train_on_batch(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"))
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_allclose(a, b, atol=1e-7)
    assert float(model.optimizer.learning_rate) == 0.5


@pytest.mark.parametrize("arguments, words", [
    ({"dynamic": False}, "set `loss_scale_factor`"), ({"foo": 1, "bar": 2}, "arguments: `foo`, `bar`"),
    ({"clipnorm": 0.5}, "on the `inner_optimizer`"), ({"use_ema": True}, "on the `inner_optimizer`"),
    ({"dynamic_growth_steps": 0}, "dynamic_growth_steps"), ({"initial_scale": np.inf}, "initial_scale"),
])  # fmt: skip
def test_arguments_that_do_not_fit(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        optimizers.LossScaleOptimizer(optimizers.SGD(), **arguments)


def test_what_must_be_an_optimizer_and_what_must_be_built():
    with pytest.raises(ArgumentError, match="expected an Optimizer"):
        optimizers.LossScaleOptimizer("sgd")
    with pytest.raises(NotBuiltError, match="must be built"):
        optimizers.LossScaleOptimizer(optimizers.SGD()).stateless_apply([], [], [])
