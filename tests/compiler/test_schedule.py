"""The order of instructions: what is made of values that were there before comes where it is read."""

import evaluate
import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.compile import compile_graph
from fastnn.graph import Trace
from fastnn.runtime import abi

W, X = (np.random.default_rng(k).standard_normal((40, 40)).astype("float32") for k in (0, 1))


def late(w, x):
    """A penalty's gradient, made first and added last."""
    slope = ops.multiply(w, 0.02)
    return ops.add(ops.matmul(ops.relu(ops.matmul(x, w)), x), slope)


def chained(w, x):
    """The same in two steps: they are neighbours, and stay."""
    slope = ops.tanh(ops.multiply(w, 0.02))
    return ops.add(ops.matmul(x, w), slope)


def read_before(w, x):
    """Somebody else reads the value earlier: there it has to be."""
    slope = ops.multiply(w, 0.02)
    return ops.add(ops.matmul(x, slope), slope)


def kernels(fn):
    """The kernels of a plan in their order, without their types."""
    with Trace() as trace:
        symbols = [trace.input(a.shape, a.dtype.name) for a in (W, X)]
        output = fn(*symbols)
    plan = compile_graph(trace, [output], dict(zip(symbols, (W, X)))).plan
    code = np.frombuffer(plan.code, np.int64).reshape(-1, len(abi.COLUMNS))
    return [plan.kernels[k].rsplit("_", 1)[0] for k in code[:, abi.COLUMNS.index("fn")] if k >= 0]


@pytest.mark.parametrize(
    "fn, last",
    [
        (late, ["matmul", "affine", "add"]),
        (chained, ["affine", "tanh", "matmul", "add"]),
        (read_before, ["affine", "matmul", "add"]),
    ],
)
def test_a_value_is_made_where_it_is_first_read(fn, last):
    assert kernels(fn)[-len(last) :] == last


def test_the_bits_are_those_of_the_written_order():
    for fn in (late, chained, read_before):
        expected = evaluate.run(fn, [W, X], fuse=False, reuse=False)
        evaluate.assert_same_bits(evaluate.run(fn, [W, X]), expected, fn.__name__)
