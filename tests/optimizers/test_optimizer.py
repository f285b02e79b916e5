"""Optimizers as objects: names, variables, learning rates, configs, errors."""

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.core.errors import ArgumentError, NotBuiltError, UnknownNameError
from fastnn.graph import Variable

ALL = ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "Nadam", "Lion", "Ftrl", "Lamb",
       "Adafactor", "Muon", "ScheduleFreeAdamW"]  # fmt: skip


def pair():
    return [
        Variable(np.ones((2, 3), "float32"), name="kernel", path="dense/kernel"),
        Variable(np.ones(3, "float32"), name="bias", path="dense/bias"),
    ]


def gradients():
    return [np.ones((2, 3), "float32"), np.ones(3, "float32")]


@pytest.mark.parametrize("make, names", [
    (lambda: optimizers.SGD(name="o"), []),
    (lambda: optimizers.SGD(momentum=0.5, name="o"), ["kernel_momentum", "bias_momentum"]),
    (lambda: optimizers.Adam(name="o"), ["kernel_momentum", "kernel_velocity", "bias_momentum", "bias_velocity"]),
    (lambda: optimizers.Adam(amsgrad=True, name="o"), ["kernel_momentum", "kernel_velocity", "bias_momentum",
                                                       "bias_velocity", "kernel_velocity_hat", "bias_velocity_hat"]),
    (lambda: optimizers.RMSprop(momentum=0.1, centered=True, name="o"), [
        "kernel_velocity", "bias_velocity", "kernel_momentum", "bias_momentum", "kernel_average_gradient",
        "bias_average_gradient"]),
    (lambda: optimizers.SGD(use_ema=True, gradient_accumulation_steps=2, name="o"), [
        "kernel_average", "bias_average", "kernel_gradient_accumulator", "bias_gradient_accumulator"])])  # fmt: skip
def test_variables_in_the_order_of_keras(make, names):
    optimizer = make()
    optimizer.build(pair())
    assert [v.path for v in optimizer.variables] == ["o/iteration", "o/learning_rate", *(f"o/dense_{n}" for n in names)]
    assert optimizer.variables[0].dtype == "int64" and not any(v.trainable for v in optimizer.variables)


def test_adagrad_starts_at_a_tenth():
    optimizer = optimizers.Adagrad()
    optimizer.build(pair())
    assert all((v.numpy() == np.float32(0.1)).all() for v in optimizer.variables[2:])


@pytest.mark.parametrize("name", ALL)
def test_names_and_configs_go_round(name):
    optimizer = optimizers.get(name.lower())
    assert type(optimizer).__name__ == name and optimizers.get(optimizer) is optimizer
    config = optimizers.serialize(optimizer)
    again = optimizers.deserialize(config)
    assert type(again) is type(optimizer) and again.get_config() == optimizer.get_config()
    assert config["module"] == "keras.optimizers"
    assert (
        optimizers.get({"class_name": name.lower(), "config": {"learning_rate": 0.5}}).get_config()["learning_rate"]
        == 0.5
    )


def test_a_schedule_goes_round():
    optimizer = optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again._learning_rate.get_config() == optimizer._learning_rate.get_config()
    assert [v.name for v in again.variables] == ["iteration"]


def test_state_goes_round():
    first, second = optimizers.Adam(0.1, name="a"), optimizers.Adam(0.3, name="b")
    vs = pair()
    for _ in range(3):
        first.apply(gradients(), vs)
    second.build(vs)
    store = {}
    first.save_own_variables(store)
    assert list(store) == [str(i) for i in range(6)]
    second.load_own_variables(store)
    assert int(second.iterations) == 3 and float(second.learning_rate) == np.float32(0.1)
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)
    with pytest.warns(UserWarning, match="not been called/built"):
        optimizers.Adam().load_own_variables(store)
    with pytest.raises(NotBuiltError, match="not yet been built"):
        optimizers.Adam().set_weights([])


def test_learning_rate():
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25 and float(optimizer.lr) == 0.25
    optimizer.learning_rate.assign(0.125)
    optimizer.learning_rate = np.float64(0.125) * 2
    assert optimizer.get_config()["learning_rate"] == 0.25
    assert float(optimizers.SGD(lr=0.75).learning_rate) == 0.75
    assert float(optimizers.SGD(1).learning_rate) == 1.0
    optimizer.learning_rate = optimizers.schedules.InverseTimeDecay(0.5, 1, 1.0)
    assert [v.name for v in optimizer.variables] == ["iteration"]
    vs = [Variable(np.zeros(1, "float32"), name="v")]
    optimizer.apply([np.ones(1, "float32")], vs)
    assert optimizer.learning_rate == 0.25
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.1


def test_apply_gradients():
    optimizer, vs = optimizers.SGD(0.5), pair()
    assert int(optimizer.apply_gradients(zip(gradients(), vs))) == 1
    np.testing.assert_array_equal(vs[1].numpy(), np.full(3, 0.5))
    optimizer.apply(gradients())
    np.testing.assert_array_equal(vs[1].numpy(), np.zeros(3))
    optimizer.apply([])
    assert int(optimizer.iterations) == 2


def test_missing_gradients():
    optimizer, vs = optimizers.SGD(0.5, weight_decay=0.5), pair()
    with pytest.warns(UserWarning, match="dense/bias"):
        optimizer.apply([gradients()[0], None], vs)
    np.testing.assert_array_equal(vs[1].numpy(), np.ones(3))
    assert (vs[0].numpy() != 1).all()
    with pytest.raises(ArgumentError, match="No gradients provided"):
        optimizer.apply([None, None], vs)


def test_errors():
    vs = pair()
    optimizer = optimizers.SGD()
    with pytest.raises(NotBuiltError, match="must already be built"):
        optimizer.apply(gradients())
    optimizer.build(vs)
    with pytest.raises(ArgumentError, match="list of 1 gradients"):
        optimizer.apply(gradients()[:1])
    with pytest.raises(UnknownNameError, match="Unknown variable"):
        optimizer.apply(gradients(), pair())
    with pytest.raises(ArgumentError, match="before"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(UnknownNameError, match="adam"):
        optimizers.get("adm")
    with pytest.raises(ArgumentError, match="Could not interpret"):
        optimizers.get(3)
    with pytest.warns(UserWarning, match="decay"):
        optimizers.SGD(decay=1e-6)


@pytest.mark.parametrize("arguments", [
    {"clipnorm": 1.0, "clipvalue": 1.0}, {"gradient_accumulation_steps": 1}, {"use_ema": True, "ema_momentum": 2.0},
    {"use_ema": True, "ema_overwrite_frequency": 0}, {"momentum": 2.0}, {"momentum": "0.9"}, {"learning_rate": "fast"},
    {"rate": 0.1}])  # fmt: skip
def test_arguments_that_do_not_fit(arguments):
    with pytest.raises(ArgumentError, match=r"[Rr]eceived"):
        optimizers.SGD(**arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.AdamW(weight_decay=None),
        lambda: optimizers.Lion(beta_1=0.0),
        lambda: optimizers.Ftrl(learning_rate_power=0.5),
        lambda: optimizers.Ftrl(l1_regularization_strength=-1.0),
    ],
)
def test_arguments_of_single_optimizers(make):
    with pytest.raises(ArgumentError, match="Received"):
        make()


def test_a_class_without_super_says_so():
    class Forgot(optimizers.Optimizer):
        def __init__(self):
            self.name = "forgot"

    with pytest.raises(RuntimeError, match="super"):
        Forgot().build(pair())
    with pytest.raises(NotImplementedError, match="update_step"):
        optimizers.Optimizer(0.1).apply(gradients(), pair())
