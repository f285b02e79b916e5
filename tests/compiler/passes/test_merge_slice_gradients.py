"""Gradients of slices that lie side by side are put together once."""

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.compiler.target import Options
from fastnn.graph import gradients

STEPS = 9
NAME = "merge_slice_gradients"


def recurrent(kind, off=()):
    fastnn.utils.set_random_seed(3)
    model = fastnn.Sequential([fastnn.Input((STEPS, 5)), kind(6), layers.Dense(2)])
    model.compile("adam", "mse")
    model._trainer().options = Options(off=off)
    return model


def trained(model):
    rng = np.random.default_rng(0)
    model.fit(rng.standard_normal((24, STEPS, 5)), rng.standard_normal((24, 2)), batch_size=8, epochs=2, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_a_recurrent_layer_adds_no_arrays_of_zeros_and_no_small_products(kind):
    nodes = evaluate.graphs_of(lambda: recurrent(kind).plan(8))[-1].nodes
    assert not [n for n in nodes if n.op.name == "strided_slice_grad" and n.attrs["shape"][0] == STEPS]
    gradients_of_weights = [n for n in nodes if n.op.name == "matmul" and n.attrs["transpose_a"]]
    assert len(gradients_of_weights) <= 4  # recurrent, inputs, dense: not one per step
    assert sum(n.op.name == "matmul" and n.attrs["transpose_b"] for n in nodes) <= 2


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_off_equals_on_within_the_order_of_the_sums(kind):
    """float32, six steps of Adam on sums of 72 terms."""
    on, off = trained(recurrent(kind)), trained(recurrent(kind, off=[NAME]))
    for a, b in zip(on, off):
        evaluate.assert_close(a, b, 2e-5, NAME)


SLICES = {
    "all rows": lambda x: [x[i] for i in range(6)],
    "some rows, out of order": lambda x: [x[4], x[1], x[2], x[5]],
    "blocks of columns": lambda x: [x[:, :2], x[:, 2:5], x[:, 5:]],
    "columns and rows": lambda x: [x[:, 1:3], x[0], x[:, 3:4], x[1]],
    "overlapping": lambda x: [x[:3], x[2:5], x[3:]],
    "with a step": lambda x: [x[::2], x[1::2], x[0]],
    "with another reader": lambda x: [x[0], x[1], x],
    "twice the same": lambda x: [x[2], x[2], x[3]],
}


@pytest.mark.parametrize("which", SLICES)
def test_gradients_of_slices(which):
    """Against plain NumPy: the gradient of sum(w (slice * slice)), exact in float64 but for the order of additions."""
    x = np.random.default_rng(1).standard_normal((6, 7))

    def fn(s):
        total = sum((k + 1.0) * ops.sum(p * p) for k, p in enumerate(SLICES[which](s)))
        return gradients([total], [s])

    expected = np.zeros_like(x)
    places = np.arange(x.size).reshape(x.shape)
    for k, p in enumerate(SLICES[which](places)):
        np.add.at(expected.reshape(-1), p.ravel(), 2.0 * (k + 1) * x.reshape(-1)[p.ravel()])
    for off in ((), (NAME,), ("all",)):
        evaluate.assert_close(evaluate.run(fn, [x], off=off)[0], expected, 1e-14, which)


def test_thousands_of_steps_need_no_recursion():
    x = np.ones((3000, 2), np.float32)
    (got,) = evaluate.run(lambda s: gradients([sum(ops.sum(s[i]) for i in range(3000))], [s]), [x])
    assert np.array_equal(got, x)
