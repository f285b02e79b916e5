"""Activations by name, against float64 NumPy."""

import numpy as np
import pytest

from fastnn import activations


@pytest.mark.parametrize(("name", "formula"), [
    ("relu", lambda x: np.maximum(x, 0)), ("linear", lambda x: x), ("tanh", np.tanh), ("exponential", np.exp),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x))), ("softsign", lambda x: x / (1 + abs(x))),
    ("softplus", lambda x: np.log1p(np.exp(x))), ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
    ("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1)), ("silu", lambda x: x / (1 + np.exp(-x))),
    ("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * x)), ("sparse_sigmoid", lambda x: np.clip((x + 1) / 2, 0, 1)),
    ("mish", lambda x: x * np.tanh(np.log1p(np.exp(x)))), ("relu6", lambda x: np.clip(x, 0, 6))])  # fmt: skip
def test_activations(name, formula):
    x = np.linspace(-3, 7, 21).astype("float32").reshape(3, 7)
    np.testing.assert_allclose(activations.get(name)(x), formula(x.astype("float64")), rtol=2e-5, atol=1e-6)
    assert activations.serialize(activations.get(name)) == name


def test_sparsemax_lies_on_the_simplex():
    x = np.array([[1.0, 0.9, -5.0], [3.0, 0.0, 0.0]], "float32")
    np.testing.assert_allclose(activations.sparsemax(x), [[0.55, 0.45, 0], [1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("name", sorted({f.__name__ for f in activations._FUNCTIONS}))
def test_activations_take_lists_of_numbers(name):
    function, more = getattr(activations, name), (1.0, 0.0) if name == "threshold" else ()
    found = function([1.0, 2.0], *more)
    of_array = function(np.array([1.0, 2.0], "float32"), *more)
    np.testing.assert_array_equal(found, of_array)
    assert name == "linear" or found.dtype == of_array.dtype == "float32"
