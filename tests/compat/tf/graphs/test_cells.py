"""Cells of TensorFlow 1 beside TensorFlow 2.21's raw operations LSTMBlockCell and GRUBlockCell, on one set of values.

x, c, h, W, b, p = np.random.RandomState(0).randn(2, 3), (2, 2), (2, 2), (5, 8), (8,), (3, 2) in this order, as float32.
"""

import numpy as np
import pytest

from fastnn.compat.tf.graphs import cells
from fastnn.compat.tf.graphs import graph as tf_graph

DRAW = np.random.RandomState(0)
X, C, H, W, B, P = (DRAW.randn(*shape).astype("float32") for shape in ((2, 3), (2, 2), (2, 2), (5, 8), (8,), (3, 2)))


@pytest.fixture(autouse=True)
def nothing_stays():
    """A graph is there only for the test."""
    yield
    tf_graph.off()


def step(cell, state, **weights):
    """(output, state) of a cell with these weights, by their names' last words."""
    cell(tf_graph.placeholder("float32", (2, 3)), cell.zero_state(2))
    for variable in cell.variables:
        path = variable.name.removesuffix(":0").split("/")
        variable.assign(weights.get("_".join(path[-2:]), weights.get(path[-1])))
    tf_graph.off()
    return cell(X, state)


CELLS = {
    "peepholes": (
        lambda: cells.LSTMCell(2, use_peepholes=True, forget_bias=0.5),
        cells.LSTMStateTuple(C, H),
        {"kernel": W, "bias": B, "w_f_diag": P[0], "w_i_diag": P[1], "w_o_diag": P[2]},
        [[0.00206, -0.43519], [0.00098, -0.18091]],
        [[0.18524, -0.96856], [0.83381, -0.20589]],
    ),
    "basic": (
        lambda: cells.BasicLSTMCell(2),
        cells.LSTMStateTuple(C, H),
        {"kernel": W, "bias": B},
        [[0.00506, -0.51373], [0.00378, -0.12308]],
        [[0.34774, -0.97216], [0.82511, -0.13762]],
    ),
    "gru": (
        lambda: cells.GRUCell(2),
        H,
        {"gates_kernel": W[:, :4], "gates_bias": B[:4], "candidate_kernel": W[:, 4:6], "candidate_bias": B[4:6]},
        [[-0.32801, -0.73092], [0.76031, -0.78058]],
        None,
    ),
    "basic rnn": (
        lambda: cells.BasicRNNCell(2),
        H,
        {"kernel": W[:, :2], "bias": B[:2]},
        np.tanh(np.concatenate([X, H], 1).astype("float64") @ W[:, :2] + B[:2]),
        None,
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_step(name):
    """Output and state."""
    make, state, weights, output, cell = CELLS[name]
    found, after = step(make(), state, **weights)
    np.testing.assert_allclose(np.asarray(found), output, atol=1e-5)
    np.testing.assert_allclose(np.asarray(after.c if cell is not None else after), output if cell is None else cell,
                               atol=1e-5)  # fmt: skip


def test_state_in_one_array_and_projection():
    """c and h beside each other; the output is projected and bounded."""
    cell = cells.LSTMCell(2, num_proj=1, proj_clip=0.1, state_is_tuple=False)
    weights = {"kernel": W[:4], "bias": B, "projection_kernel": np.full((2, 1), 9.0)}
    found, after = step(cell, np.concatenate([C, H[:, :1]], 1), **weights)
    assert np.abs(np.asarray(found)).max() <= 0.1
    assert after.shape == (2, 3)
    np.testing.assert_array_equal(np.asarray(after)[:, 2:], np.asarray(found))


def test_words_of_scopes():
    """As TensorFlow makes them of class names; own classes too."""

    class MyLSTMCell(cells.RNNCell):
        pass

    assert [c.word for c in (cells.BasicLSTMCell, cells.BasicRNNCell, cells.GRUCell, MyLSTMCell)] == [
        "basic_lstm_cell", "basic_rnn_cell", "gru_cell", "my_lstm_cell"]  # fmt: skip
