"""Loops and choices: on arrays as Keras 3.15.1 on JAX has them, and the same inside graphs."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.compiler.eager import EagerPlan
from fastnn.core import tree
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DTypeError, GraphError, ShapeError
from fastnn.graph import gradients

X = np.array([1.0, 2.0, 3.0], "float32")
N = np.array([0, 1, 2], "int32")
PAIRS = {"p": X, "q": X}


def linear(a, b):
    return {"p": a["p"] * b["p"], "q": a["q"] * b["p"] + b["q"]}


# name: (function of the arrays, arrays, Keras's result)
CALLS = {
    "fori": (lambda x: ops.fori_loop(0, 3, lambda i, v: v + i, 0), [X], 3),
    "fori of floats": (lambda x: ops.fori_loop(0, 3, lambda i, v: v + 1.5, 0), [X], 4.5),
    "fori over an array": (lambda x: ops.fori_loop(1, 4, lambda i, v: v * ops.cast(i, "float32"), x), [X], X * 6),
    "fori of no steps": (lambda x: ops.fori_loop(3, 0, lambda i, v: v * 2.0, x), [X], X),
    "fori of a structure": (lambda x: ops.fori_loop(0, 3, lambda i, v: (v[0] + i, v[1] * 2), (0, 1.0)), [X], (3, 8.0)),
    "fori with bounds of its own": (lambda n: ops.fori_loop(n[0], n[2], lambda i, v: v + i, 5), [N], 6),
    "while": (lambda x: ops.while_loop(lambda i: i < 10, lambda i: i + 1, 0, 20), [X], 10),
    "while of two": (lambda x: ops.while_loop(lambda i, v: ops.sum(v) < 99.0, lambda i, v: [i + 1, v * 2], [0, x], 9),
                     [X], (5, X * 32)),
    "while with a limit": (lambda x: ops.while_loop(lambda v: ops.sum(v) < 1e9, lambda v: v + 1.0, x, 4), [X], X + 4),
    "while with no steps": (lambda x: ops.while_loop(lambda v: True, lambda v: v + 1.0, x, 0), [X], X),
    "while below zero steps": (lambda x: ops.while_loop(lambda v: True, lambda v: v + 1.0, x, -3), [X], X),
    "while of a dict": (lambda x: ops.while_loop(lambda d: d["a"] < 9, lambda d: {"a": d["a"] + 4}, {"a": 0}, 9), [X],
                        {"a": 12}),
    "while that widens": (lambda x: ops.while_loop(lambda i: i < 3, lambda i: i + 0.5, 0, 9), [X], 3.0),
    "scan": (lambda n: ops.scan(lambda c, v: (c + v, c + v), 0, n), [N], (3, [0, 1, 3])),
    "scan without values": (lambda n: ops.scan(lambda c, v: (c + v, None), 0, n), [N], (3, None)),
    "scan without slices": (lambda x: ops.scan(lambda c, v: (c + 1, c), 0, length=3), [X], (3, [0, 1, 2])),
    "scan backwards": (lambda n: ops.scan(lambda c, v: (c + v, c + v), 0, n, reverse=True), [N], (3, [3, 3, 2])),
    "scan written out": (lambda n: ops.scan(lambda c, v: (c + v, c + v), 0, n, unroll=True), [N], (3, [0, 1, 3])),
    "scan two at a time": (lambda n: ops.scan(lambda c, v: (c + v, c + v), 0, n, unroll=2), [N], (3, [0, 1, 3])),
    "scan of structures": (
        lambda n, x: ops.scan(lambda c, v: ({"a": c["a"] + v[0]}, (v[1], v[0] * 2)), {"a": 0}, (n, x)), [N, X],
        ({"a": 3}, ([1.0, 2.0, 3.0], [0, 2, 4]))),
    "scan that widens": (lambda x: ops.scan(lambda c, v: (c + v, c), 0, x), [X], (6.0, [0.0, 1.0, 3.0])),
    "scan of no steps": (lambda x: ops.scan(lambda c, v: (c + v, c * 2.0), x[0], x[:0]), [X],
                         (1.0, np.zeros((0,), "float32"))),
    "map": (lambda x: ops.map(lambda v: v * 2, x), [X], X * 2),
    "map to a structure": (lambda x: ops.map(lambda v: {"a": v, "b": v * 2}, x), [X], {"a": X, "b": X * 2}),
    "map over a structure": (lambda x: ops.map(lambda v: v[0] + v[1], (x, x)), [X], X * 2),
    "map over nothing": (lambda x: ops.map(lambda v: v * 2, x[:0]), [X], np.zeros((0,), "float32")),
    "vectorized_map": (lambda x: ops.vectorized_map(lambda v: ops.sum(v) * 2, x), [np.ones((3, 2), "float32")],
                       np.full(3, 4.0)),
    "vectorized_map to constants": (lambda x: ops.vectorized_map(lambda v: 1.0, x), [X], np.ones(3)),
    "cond": (lambda x: ops.cond(x[0] > 0.0, lambda: 1, lambda: 2), [X], 1),
    "cond of a number": (lambda n: ops.cond(n[2], lambda: n * 2, lambda: n), [N], N * 2),
    "cond of structures": (lambda x: ops.cond(x[0] > 9.0, lambda: {"a": (x, None)}, lambda: {"a": (-x, None)}), [X],
                           {"a": (-X, None)}),
    "cond of nothing": (lambda x: ops.cond(x[0] > 0.0, lambda: None, lambda: None), [X], None),
    "switch": (lambda n, x: ops.switch(n[1], [lambda a: a, lambda a: -a, lambda a: a * 3], x), [N, X], -X),
    "switch beyond the end": (lambda n, x: ops.switch(n[2] + 7, [lambda a: a, lambda a: -a], x), [N, X], -X),
    "switch before the start": (lambda n, x: ops.switch(n[0] - 7, [lambda a: a, lambda a: -a], x), [N, X], X),
    "running sums": (lambda n: ops.associative_scan(lambda a, b: a + b, n), [np.arange(5, dtype="int32")],
                     [0, 1, 3, 6, 10]),
    "running words": (lambda n: ops.associative_scan(lambda a, b: a * 10 + b, n, reverse=True),
                      [np.arange(5, dtype="int32")], [4510, 451, 432, 43, 4]),
    "running along an axis": (lambda x: ops.associative_scan(lambda a, b: a + b, x, axis=-1),
                              [np.ones((2, 3), "float32")], [[1.0, 2.0, 3.0]] * 2),
    "running structures": (lambda p, q: ops.associative_scan(linear, {"p": p, "q": q}), [X, X],
                           {"p": [1.0, 2.0, 6.0], "q": [1.0, 4.0, 15.0]}),
    "running over nothing": (lambda x: ops.associative_scan(lambda a, b: a + b, x[:0]), [X], np.zeros(0, "float32")),
}  # fmt: skip


def same(found, expected):
    """Whether values and kinds of dtype agree."""
    found, expected = tree.flatten(found), [e if e is None else np.asarray(e) for e in _flat(expected)]
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        if b is None:
            assert a is None
            continue
        a = np.asarray(a)
        np.testing.assert_allclose(a, b)
        assert a.dtype in (np.int32, np.float32) and (a.dtype.kind == "i") == (b.dtype.kind == "i"), a.dtype


def _flat(structure):
    """Leaves of an expected result; a list is an array."""
    if isinstance(structure, dict):
        return [x for k in sorted(structure) for x in _flat(structure[k])]
    return [x for v in structure for x in _flat(v)] if isinstance(structure, tuple) else [structure]


@pytest.mark.parametrize("name", CALLS)
def test_on_arrays(name):
    function, arrays, expected = CALLS[name]
    same(function(*arrays), expected)


@pytest.mark.parametrize("name", CALLS)
def test_in_graphs(name):
    function, arrays, expected = CALLS[name]
    same(EagerPlan(function, [(a.shape, a.dtype.name) for a in arrays])(*arrays), expected)


ERRORS = {
    "fori shape": (ShapeError, r"\(3,\).*\(6,\)",
                   lambda x: ops.fori_loop(0, 3, lambda i, v: ops.concatenate([v, v]), x)),
    "fori dtype": (DTypeError, "float32.*int32", lambda x: ops.fori_loop(0, 3, lambda i, v: ops.cast(v, "int32"), x)),
    "fori structure": (ArgumentError, "one structure", lambda x: ops.fori_loop(0, 3, lambda i, v: (v, v), x)),
    "while structure": (ArgumentError, "one structure",
                        lambda x: ops.while_loop(lambda v: True, lambda v: (v,), x, 3)),
    "while number": (ArgumentError, "one structure",
                     lambda x: ops.while_loop(lambda v, w: True, lambda v, w: (v,), (x, x), 3)),
    "while shape": (ShapeError, r"\(3,\).*\(6,\)",
                    lambda x: ops.while_loop(lambda v: True, lambda v: ops.concatenate([v, v]), x, 3)),
    "while dtype": (DTypeError, "float32.*int32",
                    lambda x: ops.while_loop(lambda v: True, lambda v: ops.cast(v, "int32"), x, 3)),
    "while condition": (ShapeError, "scalar", lambda x: ops.while_loop(lambda v: v < 3.0, lambda v: v, x, 3)),
    "while limit": (ArgumentError, "maximum_iterations",
                    lambda x: ops.while_loop(lambda v: True, lambda v: v, x, 2.5)),
    "scan nothing": (ArgumentError, "no `xs` to scan over", lambda x: ops.scan(lambda c, v: (c, c), x)),
    "scan length": (ArgumentError, "disagrees", lambda x: ops.scan(lambda c, v: (c, c), 0, x, length=2)),
    "scan negative": (ArgumentError, "negative.*-1", lambda x: ops.scan(lambda c, v: (c, c), 0, length=-1)),
    "scan no pair": (ArgumentError, "must be a pair", lambda x: ops.scan(lambda c, v: c, 0, x)),
    "scan no result": (ArgumentError, "must be a pair, got None", lambda x: ops.scan(lambda c, v: None, 0, x)),
    "fori no result": (ArgumentError, "one structure.*None", lambda x: ops.fori_loop(0, 2, lambda i, v: None, x)),
    "while no result": (ArgumentError, "one structure.*None",
                        lambda x: ops.while_loop(lambda v: True, lambda v: None, x, 2)),
    "scan lengths": (ShapeError, "3, 2", lambda x: ops.scan(lambda c, v: (c, c), 0, (x, x[:2]))),
    "scan scalar": (ShapeError, "first dimension", lambda x: ops.scan(lambda c, v: (c, c), 0, x[0])),
    "scan unroll": (ArgumentError, "`unroll`", lambda x: ops.scan(lambda c, v: (c, c), 0, x, unroll=0)),
    "scan carry": (ArgumentError, "one structure", lambda x: ops.scan(lambda c, v: ((c, v), c), 0, x)),
    "scan function": (ArgumentTypeError, "should be a callable", lambda x: ops.scan(3, 0, x)),
    "map lengths": (ShapeError, "3, 2", lambda x: ops.map(lambda v: v[0], (x, x[:2]))),
    "map nothing": (ArgumentError, "no values", lambda x: ops.map(lambda v: v, ())),
    "cond vector": (ShapeError, "scalar", lambda x: ops.cond(x > 0.0, lambda: x, lambda: x)),
    "cond function": (ArgumentTypeError, "should be a callable", lambda x: ops.cond(x[0] > 0.0, 1, 2)),
    "switch float": (DTypeError, "integer", lambda x: ops.switch(x[0], [lambda: x])),
    "switch vector": (ShapeError, "scalar", lambda x: ops.switch(ops.cast(x, "int32"), [lambda: x])),
    "switch nothing": (ArgumentError, "no branches", lambda x: ops.switch(1, [], x)),
    "running lengths": (ShapeError, "same first dimension", lambda x: ops.associative_scan(max, [x, x[:2]])),
    "running axis": (ShapeError, "axis 3", lambda x: ops.associative_scan(max, x, axis=3)),
    "running structure": (ArgumentError, "structure of elems", lambda x: ops.associative_scan(lambda a, b: (a, b), x)),
}  # fmt: skip
IN_GRAPHS = {
    "cond structure": (ArgumentError, "of the same kind", lambda x: ops.cond(x[0] > 0.0, lambda: (x, x), lambda: x)),
    "cond None": (ArgumentError, "of the same kind", lambda x: ops.cond(x[0] > 0.0, lambda: None, lambda: x)),
    "cond shape": (ShapeError, r"\(3,\).*\(\)", lambda x: ops.cond(x[0] > 0.0, lambda: x, lambda: x[0])),
    "cond dtype": (DTypeError, "int32.*float32", lambda x: ops.cond(x[0] > 0.0, lambda: 1, lambda: 2.5)),
    "switch shape": (
        ShapeError,
        r"\(3,\).*\(\)",
        lambda x: ops.switch(ops.cast(x[0], "int32"), [lambda a: a, lambda a: a[0]], x),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_on_arrays(name):
    error, words, call = ERRORS[name]
    with pytest.raises(error, match=words):
        call(X)


@pytest.mark.parametrize("name", {**ERRORS, **IN_GRAPHS})
def test_errors_when_the_graph_is_built(name):
    error, words, call = {**ERRORS, **IN_GRAPHS}[name]
    with pytest.raises(error, match=words):
        EagerPlan(call, [((3,), "float32")])


# ------------------------------------------------------------------ inside graphs
def test_gradients_go_through_all_of_them():
    def run(x):
        y = ops.scan(lambda c, v: (ops.tanh(c + v), c * v), x[0], x)[1]
        y = y + ops.map(lambda v: v * v, x) + ops.fori_loop(0, 2, lambda i, v: v * ops.cast(i + 1, v.dtype), x)
        y = y + ops.cond(x[0] > 0.0, lambda: x * 2.0, lambda: x) + ops.switch(1, [ops.exp, ops.sin], x)
        y = y + ops.while_loop(lambda v: ops.sum(v) < 30.0, lambda v: v * 1.5, x, 9)
        y = y + ops.associative_scan(lambda a, b: a * b, x)
        return [ops.sum(y * y), *gradients([ops.sum(y * y)], [x])]

    x = X.astype("float64")
    call = EagerPlan(run, [((3,), "float64")])
    g = call(x)[1]
    for k, step in enumerate(np.eye(3) * 1e-6):
        np.testing.assert_allclose(g[k], (call(x + step)[0] - call(x - step)[0]) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "build",
    [
        lambda x: ops.while_loop(lambda v: ops.sum(v) < 9.0, lambda v: v * 2.0, x),
        lambda x: ops.fori_loop(0, ops.cast(x[0], "int32"), lambda i, v: v * 2.0, x),
    ],
    ids=["while_loop", "fori_loop"],
)
def test_loops_of_any_length_have_no_gradient(build):
    with pytest.raises(GraphError, match="maximum_iterations"):
        EagerPlan(lambda x: gradients([ops.sum(build(x))], [x])[0], [((3,), "float32")])


class Thinking(layers.Layer):
    """A dense step that is repeated while the values are small, and a choice."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], shape[-1]), name="kernel")
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")

    def call(self, x):
        def body(i, v):
            self.seen.assign_add(1.0)
            return i + 1, ops.tanh(ops.matmul(v, self.kernel)) * 1.2

        i, y = ops.while_loop(lambda i, v: ops.sum(v * v) > 1.0, body, (0, x), maximum_iterations=5)
        return ops.cond(i > 2, lambda: y, lambda: y * 2.0)


def test_loops_in_layers_are_trained():
    fastnn.utils.set_random_seed(3)
    model = fastnn.Sequential([fastnn.Input((4,)), Thinking(), layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).standard_normal((16, 4)).astype("float32")
    before = model.get_weights()
    history = model.fit(x, x[:, :1], epochs=3, batch_size=8, verbose=0).history["loss"]
    assert history[-1] < history[0] and not np.array_equal(before[0], model.get_weights()[0])
    assert 6 <= float(model.layers[0].seen.numpy()) <= 30
    np.testing.assert_allclose(model.predict(x, verbose=0), np.asarray(model(x)), rtol=1e-5)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.fori_loop(0, 3, lambda i, v: v * 2.0, x),
        lambda x: ops.while_loop(lambda v: ops.sum(v) < 30.0, lambda v: v + 1.0, x, 4),
        lambda x: ops.map(lambda v: v * v, x),
        lambda x: ops.vectorized_map(lambda v: v * v, x),
        lambda x: ops.switch(1, [lambda a: a, lambda a: a * 2.0], x),
        lambda x: ops.cond(ops.sum(x) > 0.0, lambda: x, lambda: -x),
    ],
    ids=["fori_loop", "while_loop", "map", "vectorized_map", "switch", "cond"],
)
def test_on_symbols_of_the_functional_api(call):
    inputs = fastnn.Input((3,))
    outputs = call(inputs)
    assert tuple(outputs.shape) == (None, 3) and outputs.dtype == "float32"
    x = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_allclose(fastnn.Model(inputs, outputs).predict(x, verbose=0), call(x))


def test_a_scan_on_functional_symbols_with_a_function_that_uses_others():
    x, w = fastnn.Input(batch_shape=(4, 2)), fastnn.Input(batch_shape=(4, 2))
    carry, ys = ops.scan(lambda c, v: (c + v * w[0], c), ops.zeros((2,)), x)
    values = [np.arange(8, dtype="float32").reshape(4, 2), np.full((4, 2), 2.0, "float32")]
    model = fastnn.Model([x, w], [carry, ys])
    found = model.predict_on_batch(values)
    np.testing.assert_allclose(found[0], values[0].sum(0) * 2)
    np.testing.assert_allclose(found[1][1:], np.cumsum(values[0], 0)[:-1] * 2)


@pytest.mark.parametrize(
    "key", ["[:, t]", "[:, t, :]", "[:, t, None, 1:]", "[:, t, t]", "[..., t]", "[:, t - 1, ::2]", "[t]"]
)
def test_what_a_loop_counts_is_an_index(key):
    x = np.arange(27, dtype="float32").reshape(3, 3, 3) / 7

    def indexed(value, t):
        return eval(f"value{key}")

    expected = sum(indexed(x, t) for t in range(3))
    zeros = np.zeros_like(expected)
    found = ops.fori_loop(0, 3, lambda t, s: s + indexed(ops.convert_to_tensor(x), t), zeros)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    x = fastnn.Variable(x)
    with fastnn.GradientTape() as tape:
        total = ops.sum(ops.fori_loop(0, 3, lambda t, s: s + indexed(x, t), zeros))
    counts = np.zeros((3, 3, 3))
    for t in range(3):
        indexed(counts, t)[...] += 1
    np.testing.assert_allclose(tape.gradient(total, x), counts)
