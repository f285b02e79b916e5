"""Functions of single values, called for each element of arrays."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import ArgumentError, ShapeError

X = np.arange(12, dtype="float32").reshape(3, 4)


def larger(a, b):
    return ops.maximum(a, b) * 2


@pytest.mark.parametrize("other", [np.float32(5.0), X[0], X[:, :1], X[None] + 1], ids=["number", "row", "column", "3d"])
def test_elements_are_broadcast(other):
    np.testing.assert_array_equal(ops.vectorize(larger)(X, other), np.vectorize(lambda a, b: max(a, b) * 2)(X, other))


# signature, function of operations, the same of NumPy, shapes
SIGNATURES = [
    ("(n),()->()", lambda a, b: ops.sum(a) * b, lambda a, b: np.sum(a) * b, [(3, 4, 5), (1, 4)]),
    ("(n),(n)->()", ops.dot, np.dot, [(2, 1, 5), (3, 5)]),
    ("(n,m)->(m,n)", ops.transpose, np.transpose, [(2, 3, 4)]),
    ("(n),(m)->(n,m)", ops.outer, np.outer, [(4, 2), (3,)]),
    ("(n)->(n),()", lambda a: (a * 2, ops.max(a)), lambda a: (a * 2, np.max(a)), [(2, 3)]),
]


@pytest.mark.parametrize(("signature", "ours", "numpys", "shapes"), SIGNATURES, ids=[s[0] for s in SIGNATURES])
def test_signatures_name_the_dimensions_of_slices(signature, ours, numpys, shapes):
    xs = [np.random.default_rng(k).standard_normal(s).astype("float32") for k, s in enumerate(shapes)]
    got, want = (library(f, signature=signature)(*xs) for library, f in ((ops.vectorize, ours), (np.vectorize, numpys)))
    for a, b in zip(fastnn.tree.flatten(got), fastnn.tree.flatten(want)):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_excluded_arguments_are_handed_on():
    f = ops.vectorize(lambda v, powers: v ** len(powers), excluded={1})
    np.testing.assert_allclose(f(X, [1, 2, 3]), X**3)


def test_in_a_layer():
    class Doubled(fastnn.layers.Layer):
        def call(self, x):
            return ops.vectorize(lambda row: row * ops.sum(row), signature="(n)->(n)")(x)

    inputs = fastnn.Input((4,))
    model = fastnn.Model(inputs, Doubled()(inputs))
    np.testing.assert_allclose(model(X), X * X.sum(1, keepdims=True))


def test_errors_say_what_does_not_fit():
    with pytest.raises(ArgumentError, match="expected one like"):
        ops.vectorize(larger, signature="n->n")
    with pytest.raises(ShapeError, match="for the signature"):
        ops.vectorize(larger, signature="(n),(n)->()")(X[0], np.float32(1))
