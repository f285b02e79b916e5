"""Rows of a batch: the rules say where they are in a result, and the operations themselves say that it is true."""

import evaluate
import numpy as np
import pytest
from strategies import SeededDraw, arrays

import fastnn
from fastnn import Input, Model, layers, ops
from fastnn.ops import rows

OPS = evaluate.load_registry()
RULED = [name for name, op in OPS.items() if name in rows.RULES or op.elementwise]


def results(op, inputs, attrs):
    out = op(*inputs, **attrs)
    return out if isinstance(out, tuple) else (out,)


def test_rules_are_of_operations():
    assert set(rows.RULES) <= set(OPS)


@pytest.mark.parametrize("name", [n for n in RULED if not OPS[n].draws and n != "pad"])
def test_rows_that_are_apart_do_not_see_each_other(name):
    """One row of one input is another: only that row of each result is."""
    op, tried = OPS[name], 0
    for seed in range(6):
        case = op.cases(SeededDraw(seed))
        inputs, others = (arrays(case, np.random.default_rng(s), "float32") for s in (seed, seed + 100))
        before, shapes = results(op, inputs, case.attrs), [None if a is None else a.shape for a in inputs]
        for where in ways(shapes):
            places = [rows.row_axis(op, where, shapes, o.shape, op.normalize(case.attrs)) for o in before]
            size = next(shape[axis] for shape, axis in zip(shapes, where) if axis is not None)
            if None in places or size < 2:
                continue
            changed = [a if axis is None else with_row(a, b, axis) for a, b, axis in zip(inputs, others, where)]
            for old, new, place in zip(before, results(op, changed, case.attrs), places):
                assert old.shape[place] == size
                rest = np.arange(1, size)
                np.testing.assert_array_equal(np.take(old, rest, place), np.take(new, rest, place))
            tried += 1
    assert tried or max((max(s, default=1) for s in shapes if s is not None), default=1) < 2, name


def ways(shapes):
    """Where the rows may be: in one input, or at the same place of all, or along the first axis of all."""
    for k, shape in enumerate(shapes):
        for axis in range(len(shape or ())):
            yield [axis if i == k else None for i in range(len(shapes))]
    if len(shapes) > 1 and None not in shapes and len({len(shape) for shape in shapes}) == 1:
        for axis in range(len(shapes[0])):
            if len({shape[axis] for shape in shapes}) == 1:
                yield [axis] * len(shapes)
    elif len(shapes) > 1 and all(shapes) and len({shape[0] for shape in shapes}) == 1:
        yield [0] * len(shapes)


def with_row(array, other, axis):
    """An array with its first row along an axis from another."""
    out, at = array.copy(), (slice(None),) * axis + (0,)
    out[at] = other[at]
    return out


def test_rows_of_a_padded_array():
    """The drawn cases pad every axis."""
    rule = rows.RULES["pad"]
    assert [rule([axis], [(7, 3)], (7, 5), {"pad_width": ((0, 0), (1, 1))}) for axis in (0, 1)] == [0, None]


def symbolic(function, shape=(4, 3)):
    i = Input(shape)
    return Model(i, function(i))


APART = {
    "mean of features": lambda x: x - ops.mean(x, axis=-1, keepdims=True),
    "a constant": lambda x: x + np.ones(3, "float32"),
    "flat": lambda x: ops.reshape(x, (-1, 12)),
    "stacked": lambda x: ops.stack([x, x * 2.0], axis=1),
    "batched product": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "softmax": lambda x: ops.softmax(x, axis=-1),
    "einsum": lambda x: ops.einsum("bij,bkj->bik", x, x),
    "flip": lambda x: ops.flip(x, axis=1),
    "part": lambda x: x[:, 1:],
    "steps": lambda x: ops.cumsum(x, axis=1),
    "positions": lambda x: x + ops.arange(3.0),
    "where": lambda x: ops.where(x > 0, x, 0.5),
    "norm": lambda x: ops.norm(x, axis=-1),
}
TOGETHER = {
    "mean of rows": lambda x: x - ops.mean(x, axis=0, keepdims=True),
    "negative axis": lambda x: ops.mean(x, axis=-3) + x,
    "all": lambda x: x - ops.max(x),
    "back to front": lambda x: x[::-1],
    "other order": lambda x: ops.roll(x, 1, axis=0),
    "between rows": lambda x: x + ops.tensordot(x, x, axes=[[0], [0]])[0, 0, 0, 0],
    "sums": lambda x: ops.cumsum(x, axis=0),
    "softmax": lambda x: ops.softmax(x, axis=0),
    "einsum": lambda x: ops.einsum("bij,cij->bij", x, x),
    "first": lambda x: x - x[:1],
}


@pytest.mark.parametrize("name", APART)
def test_functional_models_of_rows_apart(name):
    assert symbolic(APART[name])._rows_apart(False)


@pytest.mark.parametrize("name", TOGETHER)
def test_functional_models_that_mix_rows(name):
    model = symbolic(TOGETHER[name])
    assert not model._rows_apart(False)
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")
    wanted = np.stack([model(x[:, t]) for t in range(5)], axis=1)
    np.testing.assert_allclose(layers.TimeDistributed(model)(x), wanted, rtol=1e-5, atol=1e-6)


W = np.linspace(-1.0, 1.5, 9).reshape(3, 3).astype("float32")
VARIABLE = fastnn.Variable(1.0)


def zeros(x):
    return ops.zeros_like(x[:, 0])


def scanned(step, first, x):
    """A scan over the axis after the rows."""
    return ops.scan(step, first, ops.swapaxes(x, 0, 1))


def number():
    """A number of which nothing is known before the graph runs."""
    return VARIABLE.value


LOOPS_APART = {
    "scan": lambda x: scanned(lambda c, v: (ops.tanh(c + ops.matmul(v, W)), c * v), x[:, 0], x)[0],
    "scanned": lambda x: ops.swapaxes(scanned(lambda c, v: (c + v, c * v), x[:, 0], x)[1], 0, 1),
    "scan from zeros": lambda x: scanned(lambda c, v: (ops.tanh(ops.matmul(c, W) + v), v), zeros(x), x)[0],
    "a cell": lambda x: scanned(lambda c, v: (ops.matmul(ops.concatenate([v, c], 1), [*W, *W]), c), zeros(x), x)[0],
    "carried late": lambda x: scanned(lambda c, v: ([c[1], c[0] + v], v), [zeros(x), zeros(x)], x)[0][0],
    "loop in a loop": lambda x: ops.fori_loop(
        0, 3, lambda i, h: h + scanned(lambda c, v: (c * v, v), h, x)[0], ops.ones_like(x[:, 0])
    ),
    "while": lambda x: ops.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, h * x), (0, x), maximum_iterations=4)[1],
    "choice": lambda x: ops.cond(number() > 0.0, lambda: x + 1.0, lambda: x * x),
    "choice of a constant": lambda x: ops.cond(number() > 0.0, lambda: x, lambda: ops.zeros_like(x)),
    "associative": lambda x: ops.associative_scan(lambda a, b: a + b, x, axis=1),
}
LOOPS_TOGETHER = {
    "scan over rows": lambda x: ops.scan(lambda c, v: (c + v, c + v), x[0], x)[1],
    "scan that mixes": lambda x: scanned(lambda c, v: (c + ops.mean(v, axis=0), v), x[:, 0], x)[0],
    "scan that mixes later": lambda x: scanned(lambda c, v: ([c[1][::-1], v], v), [x[:, 0], x[:, 0]], x)[0][0],
    "other carried rows": lambda x: scanned(lambda c, v: (c + v, v), ops.cumsum(ops.ones_like(x[:, 0]), axis=0), x)[0],
    "while one goes on": lambda x: ops.while_loop(
        lambda h: ops.max(h) < 9.0, lambda h: h * 2.0 + 1.0, x, maximum_iterations=9
    ),
    "choice by rows": lambda x: ops.cond(ops.sum(x) > 0.0, lambda: x + 1.0, lambda: x * x),
    "choice that mixes": lambda x: ops.cond(number() > 0.0, lambda: x, lambda: x[::-1]),
}


@pytest.mark.parametrize("name", LOOPS_APART)
def test_loops_of_rows_apart(name):
    function = LOOPS_APART[name]
    assert rows.apart(function, [((None, 4, 3), "float32")])
    x = np.random.default_rng(0).normal(size=(5, 4, 3)).astype("float32")
    whole, alone = (Layered(function)(x), [Layered(function)(x[k : k + 1]) for k in range(5)])
    np.testing.assert_allclose(whole, np.concatenate(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOOPS_TOGETHER)
def test_loops_that_mix_rows(name):
    assert not rows.apart(LOOPS_TOGETHER[name], [((None, 4, 3), "float32")])


class Layered(layers.Layer):
    """A function as a layer, so that it runs as a graph."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)


@pytest.mark.parametrize(
    "layer, shape",
    [
        (lambda: layers.Softmax(axis=-2), (5,)),
        (lambda: layers.UnitNormalization(axis=-2), (5,)),
        (lambda: layers.Softmax(axis=-3), (4, 5)),
        (lambda: layers.Concatenate(axis=-2), (5,)),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_negative_axis_that_is_the_batch(layer, shape, inside):
    if isinstance(layer(), layers.Concatenate):
        i = Input(shape)
        made = Model(i, layers.Activation("relu")(layer()([i, i])))
        assert not made._rows_apart(False)
        return
    made = layer()
    if inside:
        made = fastnn.Sequential([Input(shape), made])
    x = np.random.default_rng(0).normal(size=(3, 4, *shape)).astype("float32")
    wanted = np.stack([made(x[:, t]) for t in range(4)], axis=1)
    np.testing.assert_allclose(layers.TimeDistributed(made)(x), wanted, rtol=1e-5, atol=1e-6)


def test_random_numbers_of_rows():
    seeds, spec = fastnn.random.SeedGenerator(1), [((None, 2), "float32")]
    assert rows.apart(lambda x: x + fastnn.random.normal(x.shape[1:], seed=3), spec)  # the same for each
    assert not rows.apart(lambda x: x + fastnn.random.normal(x.shape, seed=3), spec)  # other ones for each
    assert rows.apart(lambda x: x + fastnn.random.normal(x.shape, seed=seeds), spec)  # drawn for each
    assert not rows.apart(lambda x: x + fastnn.random.normal(x.shape[1:], seed=seeds), spec)  # drawn once for all
