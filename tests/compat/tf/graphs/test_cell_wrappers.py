"""Cells around cells: what they make of the inner one's output and state."""

import numpy as np
import pytest

from fastnn.compat.tf.graphs import cell_wrappers, cells
from fastnn.compat.tf.graphs import graph as tf_graph

X, C, H = (np.random.RandomState(k).randn(*shape).astype("float32") for k, shape in enumerate(((2, 3), (2, 2), (2, 2))))


@pytest.fixture(autouse=True)
def nothing_stays():
    """A graph is there only for the test."""
    yield
    tf_graph.off()


@pytest.mark.parametrize(("wrapper", "expected"), [
    (cell_wrappers.ResidualWrapper, lambda x, y: x + y), (cell_wrappers.DeviceWrapper, lambda x, y: y),
    (lambda cell: cell_wrappers.DropoutWrapper(cell, 1.0, 1.0), lambda x, y: y),
    (lambda cell: cell_wrappers.MultiRNNCell([cell]), lambda x, y: y),
])  # fmt: skip
def test_cells_of_cells(wrapper, expected):
    """What they make of the output."""
    inner = cells.BasicRNNCell(3)
    outer = wrapper(inner)
    state = (
        (np.zeros((2, 3), "float32"),) if isinstance(outer, cell_wrappers.MultiRNNCell) else np.zeros((2, 3), "float32")
    )
    outer(X, state)  # makes the variables
    tf_graph.off()
    found, _ = outer(X, state)
    plain, _ = inner(X, np.zeros((2, 3), "float32"))
    np.testing.assert_allclose(np.asarray(found), expected(X, np.asarray(plain)), rtol=1e-6)
    assert outer.variables == inner.variables


def test_dropout_of_states_leaves_the_cell():
    """The cell c of an LSTM's state stays; h is dropped, by a share that is a number."""
    cell = cell_wrappers.DropoutWrapper(cells.BasicLSTMCell(2), state_keep_prob=1e-9)
    cell(X, cells.LSTMStateTuple(C, H))  # makes the variables
    tf_graph.off()
    _, after = cell(X, cells.LSTMStateTuple(C, H))
    assert np.all(np.asarray(after.c) != 0)
    assert np.all(np.asarray(after.h) == 0)
