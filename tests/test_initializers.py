"""Initializers, regularizers, constraints, activations and utilities."""
import numpy as np
import pytest

import fastnn
from fastnn import activations, constraints, initializers, layers, regularizers, utils
from fastnn.core.errors import ArgumentError, DataError, UnknownNameError


@pytest.mark.parametrize(("name", "deviation", "limit"), [
    ("glorot_uniform", np.sqrt(2 / 700), np.sqrt(6 / 700)), ("he_uniform", np.sqrt(2 / 300), np.sqrt(6 / 300)),
    ("lecun_uniform", np.sqrt(1 / 300), np.sqrt(3 / 300)), ("glorot_normal", np.sqrt(2 / 700), None),
    ("he_normal", np.sqrt(2 / 300), None), ("lecun_normal", np.sqrt(1 / 300), None), ("random_normal", 0.05, None),
    ("random_uniform", 0.1 / np.sqrt(12), 0.05), ("truncated_normal", 0.05 * 0.8796, 0.1)])
def test_distributions(name, deviation, limit):
    w = initializers.get(name)((300, 400))
    assert w.dtype == np.float32
    assert abs(w.mean()) < 4 * deviation / np.sqrt(w.size)
    assert abs(w.std() / deviation - 1) < 0.01
    if limit is not None:
        assert abs(w).max() <= limit * (1 + 1e-6)


def test_seeds():
    one, two = initializers.HeNormal(seed=1), initializers.HeNormal(seed=1)
    np.testing.assert_array_equal(one((3, 4)), two((3, 4)))
    np.testing.assert_array_equal(one((3, 4)), one((3, 4)))
    assert (initializers.HeNormal()((3, 4)) != initializers.HeNormal()((3, 4))).any()

    def made():
        utils.set_random_seed(5)
        return [layers.Dense(3)(np.ones((1, 2), "float32")) for _ in range(2)]
    for a, b in zip(made(), made()):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ArgumentError, match="seed"):
        initializers.HeNormal(seed="x")


def test_orthogonal_and_identity():
    for shape in ((6, 4), (4, 6), (3, 3, 2, 5)):
        w = initializers.Orthogonal(gain=2.0)(shape).reshape(-1, shape[-1])
        product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    with pytest.raises(ArgumentError, match="2D"):
        initializers.Identity()((2,))
    with pytest.raises(ArgumentError, match="two-dimensional"):
        initializers.Orthogonal()((2,))


def test_fans_of_convolutions():
    assert initializers.compute_fans((3, 3, 16, 32)) == (144, 288)
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans(()) == (1, 1)


W = np.array([[3.0, -1.0], [4.0, 0.5]], "float32")


@pytest.mark.parametrize(("constraint", "expected"), [
    (constraints.MaxNorm(2.0), W * np.minimum(1, 2 / np.sqrt((W ** 2).sum(0)))),
    (constraints.NonNeg(), np.maximum(W, 0)),
    (constraints.UnitNorm(), W / np.sqrt((W ** 2).sum(0))),
    (constraints.MinMaxNorm(2.0, 3.0, rate=0.5),
     W / np.sqrt((W ** 2).sum(0)) * (0.5 * np.clip(np.sqrt((W ** 2).sum(0)), 2, 3) + 0.5 * np.sqrt((W ** 2).sum(0))))])
def test_constraints(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5)
    twin = constraints.deserialize(constraints.serialize(constraint))
    assert twin.get_config() == constraint.get_config()


@pytest.mark.parametrize(("regularizer", "expected"), [
    (regularizers.L1(0.1), 0.85), (regularizers.L2(0.1), 2.625), (regularizers.L1L2(0.1, 0.2), 0.85 + 5.25),
    (regularizers.L1L2(), 0.0), (regularizers.get("l2"), 0.2625)])
def test_regularizers(regularizer, expected):
    assert float(regularizer(W)) == pytest.approx(expected, rel=1e-5)
    twin = regularizers.deserialize(regularizers.serialize(regularizer))
    assert twin.get_config() == regularizer.get_config()


def test_orthogonal_regularizer():
    rows = W / np.sqrt((W ** 2).sum(1, keepdims=True))
    assert float(regularizers.OrthogonalRegularizer(0.1)(W)) == pytest.approx(0.1 * abs(rows[0] @ rows[1]), rel=1e-4)
    for bad in (-1.0, "x", float("nan")):
        with pytest.raises(ArgumentError, match="l2"):
            regularizers.L2(bad)


@pytest.mark.parametrize("module", [initializers, regularizers, constraints, activations])
def test_unknown_names_list_near_ones(module):
    near = {initializers: "glorot_unifrm", regularizers: "l1_l", constraints: "max_nrm", activations: "sigmoyd"}[module]
    with pytest.raises(UnknownNameError, match="Did you mean"):
        module.get(near)
    with pytest.raises(ArgumentError):
        module.get(object())
    assert callable(module.get(lambda x: x))


def test_custom_names():
    @utils.register_keras_serializable("tests")
    def thrice(x):
        return 3 * x

    layer = layers.Dense(1, activation=thrice)
    assert layers.deserialize(layers.serialize(layer)).activation is thrice
    with utils.custom_object_scope({"fourfold": lambda x: 4 * x}):
        assert activations.get("fourfold")(2) == 8


@pytest.mark.parametrize(("name", "formula"), [
    ("relu", lambda x: np.maximum(x, 0)), ("linear", lambda x: x), ("tanh", np.tanh), ("exponential", np.exp),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x))), ("softsign", lambda x: x / (1 + abs(x))),
    ("softplus", lambda x: np.log1p(np.exp(x))), ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
    ("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1)), ("silu", lambda x: x / (1 + np.exp(-x))),
    ("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * x)), ("sparse_sigmoid", lambda x: np.clip((x + 1) / 2, 0, 1)),
    ("mish", lambda x: x * np.tanh(np.log1p(np.exp(x)))), ("relu6", lambda x: np.clip(x, 0, 6))])
def test_activations(name, formula):
    x = np.linspace(-3, 7, 21).astype("float32").reshape(3, 7)
    np.testing.assert_allclose(activations.get(name)(x), formula(x.astype("float64")), rtol=2e-5, atol=1e-6)
    assert activations.serialize(activations.get(name)) == name


def test_sparsemax_lies_on_the_simplex():
    x = np.array([[1.0, 0.9, -5.0], [3.0, 0.0, 0.0]], "float32")
    np.testing.assert_allclose(activations.sparsemax(x), [[0.55, 0.45, 0], [1, 0, 0]], atol=1e-6)


def test_to_categorical():
    np.testing.assert_array_equal(utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    assert utils.to_categorical(np.array([[1], [0]]), 4).shape == (2, 4)
    assert utils.to_categorical(np.array([[1, 0]]), 2).shape == (1, 2, 2)
    with pytest.raises(DataError, match="from 0 to 1"):
        utils.to_categorical([3], 2)
    with pytest.raises(DataError, match="integers"):
        utils.to_categorical([0.5])


def test_pad_sequences():
    np.testing.assert_array_equal(utils.pad_sequences([[1, 2, 3], [4]], maxlen=2), [[2, 3], [0, 4]])
    np.testing.assert_array_equal(utils.pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post", truncating="post"),
                                  [[1, 2], [4, 0]])
    with pytest.raises(DataError):
        utils.pad_sequences([1, 2])


def test_public_names():
    for name in fastnn.__all__:
        assert getattr(fastnn, name) is not None
    assert "Dense" in dir(layers)
    with pytest.raises(AttributeError, match="Did you mean: Dense"):
        layers.Denze    # noqa: B018
