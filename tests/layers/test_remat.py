"""RematScope and remat: less memory, every bit the same."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError


def deep(**scope):
    """Six wide layers made in a scope."""
    fastnn.utils.set_random_seed(1)
    x = y = fastnn.Input((64,))
    with fastnn.RematScope(**scope):
        for i in range(6):
            y = layers.Dense(256, activation="tanh", name=f"d{i}")(y)
    model = fastnn.Model(x, layers.Dense(1)(y))
    model.compile("adam", "mse")
    return model


def trained(model):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((1024, 64)).astype(np.float32), rng.standard_normal((1024, 1)).astype(np.float32)
    losses = model.fit(x, y, batch_size=1024, epochs=2, verbose=0).history["loss"]
    return losses, model.get_weights(), model.plan(1024)


def products(plan):
    return len([row for row in plan.instructions if row["op"] == "matmul"])


@pytest.fixture(scope="module")
def plain():
    return trained(deep(mode=None))


@pytest.mark.parametrize("scope", [
    {}, {"mode": "full"}, {"mode": "larger_than", "output_size_threshold": 1024 * 256 - 1},
    {"mode": "list_of_layers", "layer_names": ["d1", "d3"]}], ids=str)  # fmt: skip
def test_products_are_rematerialized(scope, plain):
    losses, weights, plan = trained(deep(**scope))
    assert losses == plain[0] and all((a == b).all() for a, b in zip(weights, plain[1]))
    assert products(plan) > products(plain[2])
    assert plan.arena_bytes < 0.9 * plain[2].arena_bytes


@pytest.mark.parametrize("scope", [
    {"mode": None}, {"mode": "larger_than", "output_size_threshold": 1024 * 256}, {"mode": "activations"},
    {"mode": "list_of_layers", "layer_names": ["another"]}, {"mode": "list_of_layers"}], ids=str)  # fmt: skip
def test_what_a_scope_does_not_name_is_kept(scope, plain):
    losses, _, plan = trained(deep(**scope))
    assert losses == plain[0] and products(plan) == products(plain[2])


def test_a_scope_within_a_scope_and_one_that_is_over():
    with fastnn.RematScope():
        with fastnn.RematScope(mode=None):
            inner = layers.Dense(1)
        outer = layers.Dense(1)
    after = layers.Dense(1)
    assert outer._remat.applies("dense") and not inner._remat.applies("dense") and after._remat is None


@pytest.mark.parametrize("mode", ["full", "activations"])
def test_of_a_sequence_some_states_are_kept(mode):
    x = np.random.default_rng(0).standard_normal((8, 400, 4)).astype(np.float32)
    losses, weights, sizes = [], [], []
    for scope in (None, mode):
        fastnn.utils.set_random_seed(1)
        with fastnn.RematScope(scope):
            layer = layers.LSTM(16)
        model = fastnn.Sequential([fastnn.Input((400, 4)), layer, layers.Dense(1)])
        model.compile("sgd", "mse")
        losses.append(model.train_on_batch(x, x[:, 0, :1]))
        weights.append(model.get_weights())
        sizes.append(model.plan(8).arena_bytes)
    assert losses[0] == losses[1]
    for a, b in zip(*weights):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)
    assert sizes[1] < 0.25 * sizes[0] if mode == "full" else sizes[1] <= sizes[0]


def test_an_unknown_mode_is_an_error():
    with pytest.raises(ArgumentError, match=r"Invalid mode 'some'. Supported modes are: 'full'"):
        fastnn.RematScope(mode="some")


def gated(x):
    """A function whose insides are three arrays."""
    return ops.tanh(x) * ops.sigmoid(x)


class Gate(layers.Layer):
    """Calls a function that may be rematerialized."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)


def test_a_model_made_in_a_scope_is_not_rematerialized_as_a_whole(plain):
    with fastnn.RematScope():
        model = deep()
    _, _, plan = trained(model)
    assert plan.arena_bytes < 0.9 * plain[2].arena_bytes


def test_a_model_within_a_model_leaves_it_to_its_layers(plain):
    fastnn.utils.set_random_seed(1)
    with fastnn.RematScope():
        inner = fastnn.Sequential([layers.Dense(256, activation="tanh") for _ in range(6)])
    model = fastnn.Sequential([fastnn.Input((64,)), inner, layers.Dense(1)])
    model.compile("adam", "mse")
    _, _, plan = trained(model)
    assert plan.arena_bytes < 0.9 * plain[2].arena_bytes
    assert [x._remat.mode for x in copy.deepcopy(model).layers[0].layers] == ["full"] * 6


class Block(layers.Layer):
    """Two products and their sum with the input."""

    def __init__(self):
        super().__init__()
        self.up, self.down = layers.Dense(512, activation="tanh"), layers.Dense(128)

    def call(self, x):
        return x + self.down(self.up(x))


def test_of_a_block_only_the_result_stays():
    x = np.random.default_rng(2).standard_normal((1024, 128)).astype(np.float32)
    results = []
    for mode in ("full", None):
        fastnn.utils.set_random_seed(1)
        with fastnn.RematScope(mode=mode):
            blocks = [Block() for _ in range(5)]
        model = fastnn.Sequential([fastnn.Input((128,)), *blocks, layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(x, x[:, :1], batch_size=1024, verbose=0, epochs=2)
        results.append((model.plan(1024), model.get_weights()))
    (less, a), (more, b) = results
    assert all((p == q).all() for p, q in zip(a, b))
    assert products(less) - products(more) == 5  # each `up` once more, no `down`
    assert less.arena_bytes < 0.6 * more.arena_bytes


def test_remat_of_a_function_and_of_a_layer():
    x = np.random.default_rng(2).standard_normal((512, 300)).astype(np.float32)
    results = []
    for function in (gated, fastnn.remat(gated)):
        fastnn.utils.set_random_seed(1)
        model = fastnn.Sequential([fastnn.Input((300,)), layers.Dense(300), Gate(function), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], batch_size=512, verbose=0)
        count = sum(row["op"] == "sigmoid" for row in model.plan(512).instructions)
        results.append((count, model.get_weights()))
    assert results[0][0] == 1 and results[1][0] == 2
    assert all((a == b).all() for a, b in zip(results[0][1], results[1][1]))
    layer = layers.Dense(2)
    assert fastnn.remat(layer) is layer and layer._remat.applies("any")
    assert fastnn.remat(gated)(np.zeros(3, np.float32)).tolist() == [0, 0, 0]
