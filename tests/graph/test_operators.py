"""Every Python operator of symbols and variables gives what NumPy gives, in the functional API and inside a layer."""

import operator

import numpy as np
import pytest

import fastnn
from fastnn import layers

BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
          "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt,
          ">=": operator.ge, "==": operator.eq, "!=": operator.ne}  # fmt: skip
BITS = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
SHIFTS = {"<<": operator.lshift, ">>": operator.rshift}
UNARY = {"-": operator.neg, "+": operator.pos, "abs": abs, "round": round}
X = np.array([[1.0, 2.0, 3.0, 2.5]], "float32")
I = np.array([[1, 2, 3, 6]], "int32")
B = np.array([[True, False, True, False]])


class Apply(layers.Layer):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def call(self, x):
        return self.f(x)


def both_ways(f, x):
    """f on a symbol of the functional API, and inside a layer."""
    i = fastnn.Input(x.shape[1:], dtype=x.dtype.name)
    yield fastnn.Model(i, f(i)).predict(x, verbose=0)
    i = fastnn.Input(x.shape[1:], dtype=x.dtype.name)
    yield fastnn.Model(i, Apply(f)(i)).predict(x, verbose=0)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "other",
    [2, 2.0, np.float32(2), np.array([[2.0, 2.0, 2.0, 1.0]], "float32")],
    ids=["int", "float", "scalar", "array"],
)
def test_binary_operators(name, other):
    op = BINARY[name]
    for f in (lambda x: op(x, other), lambda x: op(other, x)):
        for got in both_ways(f, X):
            np.testing.assert_allclose(got, f(X), rtol=1e-6)


@pytest.mark.parametrize("name", BITS)
def test_truth_values(name):
    op, other = BITS[name], np.array([[True, True, False, False]])
    for f in (lambda x: op(x, other), lambda x: op(other, x), lambda x: op(x, True), lambda x: op(False, x)):
        for got in both_ways(f, B):
            np.testing.assert_array_equal(got, f(B))
    for got in both_ways(operator.invert, B):
        np.testing.assert_array_equal(got, ~B)


@pytest.mark.parametrize("name", {**BITS, **SHIFTS})
def test_integers_inside_a_layer_are_taken_bit_by_bit(name):
    op = {**BITS, **SHIFTS}[name]
    for f in (lambda x: op(x, 3), lambda x: op(3, x)):
        *_, got = both_ways(f, I)
        np.testing.assert_array_equal(got, f(I))
    *_, got = both_ways(operator.invert, I)
    np.testing.assert_array_equal(got, ~I)


@pytest.mark.parametrize("name", UNARY)
def test_unary_operators(name):
    for got in both_ways(UNARY[name], X):
        np.testing.assert_allclose(got, np.round(X) if name == "round" else UNARY[name](X))


@pytest.mark.parametrize("op", [operator.eq, operator.ne])
def test_a_variable_is_compared_by_value(op):
    v = fastnn.Variable([1.0, 2.0, 3.0, 2.0])
    np.testing.assert_array_equal(op(v, 2.0), op(v.numpy(), 2.0))
    np.testing.assert_array_equal(op(v, np.float32([1, 1, 1, 2])), op(v.numpy(), np.float32([1, 1, 1, 2])))
    for got in both_ways(lambda x: op(v, x), X):
        np.testing.assert_array_equal(got, op(v.numpy(), X))
    for got in both_ways(lambda x: op(x, v), X):
        np.testing.assert_array_equal(got, op(X, v.numpy()))


def test_symbols_and_variables_are_found_in_lists_and_dicts():
    a, b = fastnn.Input((2,)), fastnn.Input((2,))
    v, w = fastnn.Variable([1.0]), fastnn.Variable([1.0])
    assert [a, b].index(b) == 1 and b in [a, b] and {a: 1, b: 2}[b] == 2
    assert [v, w].index(w) == 1 and v not in [w] and {v: 1, w: 2}[w] == 2
    assert (a == "a") is False and (a != "a") is True and (v == "v") is False and (v != "v") is True
