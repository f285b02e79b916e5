"""MultiOptimizer and OptimizerMap: who updates what, callbacks, configs and files."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import callbacks, optimizers
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.graph import Variable

SGD, Map, Multi = optimizers.SGD, optimizers.OptimizerMap, optimizers.MultiOptimizer
X, Y = np.ones((4, 2), "float32"), np.zeros((4, 1), "float32")


def split(**arguments):
    """Two layers, of which the first has its own optimizer."""
    first, rest = SGD(0.1, name="first", **arguments), SGD(0.01, name="rest")
    return Multi(Map(rest, {".*one/.*": first})), first, rest


def model_of(optimizer):
    model = keras.Sequential([
        keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="ones", name="one"),
        keras.layers.Dense(1, kernel_initializer="ones", name="two"),
    ])  # fmt: skip
    model.compile(optimizer, "mse")
    return model


def test_a_map_finds_by_name_then_by_whole_expressions():
    a, b, c = SGD(name="a"), SGD(name="b"), SGD(name="c")
    found = Map(a)
    found["x/kernel"] = b
    found["x/.*"] = c
    expected = {"x/kernel": b, "x/bias": c, "xx/bias": a, "x": a}
    assert {path: found[path] for path in expected} == expected
    assert list(found) == ["x/kernel", "x/.*"] and len(found) == 2
    del found["x/kernel"]
    assert found["x/kernel"] is c


@pytest.mark.parametrize("make, error, words", [
    (lambda m: Map("sgd"), ArgumentTypeError, "default_optimizer must be"),
    (lambda m: Map(SGD(), []), ArgumentTypeError, "optimizer_map must be a dictionary"),
    (lambda m: m.__setitem__("a.*", SGD()), ArgumentError, "already exists"),
    (lambda m: m.__setitem__(3, SGD()), ArgumentError, "key must be a string"),
    (lambda m: m.__setitem__("n", "sgd"), ArgumentError, "optimizer must be"),
    (lambda m: m.__setitem__("n", Multi(m)), ArgumentError, "cannot be MultiOptimizer"),
    (lambda m: m.__setitem__("n", optimizers.LossScaleOptimizer(SGD())), ArgumentError, "cannot be LossScale"),
    (lambda m: m["ab"], ArgumentError, "Multiple optimizers"),
])  # fmt: skip
def test_maps_that_do_not_fit(make, error, words):
    with pytest.raises(error, match=words):
        make(Map(SGD(), {"a.*": SGD(), ".*b": SGD()}))


@pytest.mark.parametrize("inner, words", [
    (lambda: "sgd", "is not an Optimizer instance"), (lambda: Multi(Map(SGD())), "MultiOptimizer cannot be used"),
    (lambda: optimizers.LossScaleOptimizer(SGD()), "LossScaleOptimizer cannot be used"),
])  # fmt: skip
def test_functions_that_give_no_optimizer(inner, words):
    with pytest.raises(ArgumentError, match=words):
        Multi(lambda variable: inner()).build([Variable([1.0], name="v")])


@pytest.mark.parametrize("kind", ["arrays", "stateless"])
def test_each_variable_has_the_steps_of_its_own(kind):
    optimizer = Multi(Map(SGD(1.0), {"a": SGD(0.1), "b": optimizers.Adam(0.5)}))
    variables = [Variable([2.0, 2.0], name=n) for n in "abc"]
    gradients = [np.ones(2, "float32")] * 3
    optimizer.build(variables)
    if kind == "arrays":
        optimizer.apply(gradients)
        new = [v.numpy() for v in variables]
    else:
        state = [v.numpy() for v in optimizer.variables]
        new, state = optimizer.stateless_apply(state, gradients, [v.numpy() for v in variables])
        assert [int(s) for s, v in zip(state, optimizer.variables) if v.name == "iteration"] == [1, 1, 1, 1]
        assert all((v.numpy() == 2.0).all() for v in variables) and int(optimizer.iterations) == 0
    np.testing.assert_allclose(new, [[1.9, 1.9], [1.5, 1.5], [1.0, 1.0]], rtol=1e-5)


def test_training_is_that_of_the_single_optimizers():
    """One optimizer of that rate for everything, of each layer its own."""
    optimizer, first, rest = split()
    mixed = model_of(optimizer)
    mixed.train_on_batch(X, Y)
    for layer, rate in ((0, 0.1), (1, 0.01)):
        single = model_of(SGD(rate))
        single.train_on_batch(X, Y)
        for a, b in zip(mixed.layers[layer].get_weights(), single.layers[layer].get_weights()):
            np.testing.assert_allclose(a, b, rtol=1e-6)
    assert [int(o.iterations) for o in (optimizer, first, rest)] == [1, 1, 1]
    assert optimizer.optimizers == [first, rest]


def test_the_loss_scale_is_one_for_all():
    optimizer, first, rest = split(loss_scale_factor=3.0)
    assert first.loss_scale_factor is None
    optimizer.loss_scale_factor = 4.0
    assert (first.loss_scale_factor, rest.loss_scale_factor) == (4.0, 4.0)
    assert float(optimizer.scale_loss(np.float32(2.0))) == 8.0
    plain, scaled = model_of(split()[0]), model_of(optimizer)
    for m in (plain, scaled):
        m.train_on_batch(X, Y)
    for a, b in zip(plain.get_weights(), scaled.get_weights()):
        np.testing.assert_array_equal(a, b)
    inside = split()[0]
    around = optimizers.LossScaleOptimizer(inside)
    assert inside.loss_scale_factor is None
    model_of(around).train_on_batch(X, Y)
    assert int(around.iterations) == 1


def test_there_is_no_learning_rate_of_all():
    optimizer = split()[0]
    with pytest.raises(AttributeError, match="cannot be accessed"):
        float(optimizer.learning_rate)
    with pytest.raises(AttributeError, match="cannot be set"):
        optimizer.learning_rate = 0.5


def test_callbacks_go_through_all_optimizers():
    optimizer, first, rest = split()
    history = model_of(optimizer).fit(
        X, Y, epochs=2, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]
    )
    np.testing.assert_allclose(history.history["learning_rate_first"], [0.05, 0.025])
    np.testing.assert_allclose(history.history["learning_rate_rest"], [0.005, 0.0025])
    plateau = callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
    plateau.set_model(model_of(optimizer))
    plateau.on_train_begin()
    for epoch in range(2):
        plateau.on_epoch_end(epoch, {"loss": 1.0})
    np.testing.assert_allclose([float(first.learning_rate), float(rest.learning_rate)], [0.0125, 0.00125])


def test_averages_of_some_are_swapped():
    optimizer, first, _ = split(use_ema=True, ema_momentum=0.9)
    model = model_of(optimizer)
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    before, averages = model.get_weights(), [v.numpy() for v in first.averages]
    swap = callbacks.SwapEMAWeights()
    swap.set_model(model)
    swap.on_test_begin()
    np.testing.assert_array_equal(model.get_weights()[0], averages[0])
    np.testing.assert_array_equal(model.get_weights()[2], before[2])
    swap.on_test_end()
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_configs_and_files_go_round(tmp_path):
    model = model_of(split()[0])
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert [o.name for o in again.optimizer.optimizers] == ["first", "rest"]
    for a, b in zip(model.optimizer.get_weights(), again.optimizer.get_weights()):
        np.testing.assert_array_equal(a, b)
    for m in (model, again):
        m.train_on_batch(X, Y)
    for a, b in zip(model.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(a, b)
