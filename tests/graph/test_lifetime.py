"""Nodes made in a passing scope are cut off when it ends; those made around it stay whole."""

import threading

import numpy as np
import pytest

from fastnn import ops
from fastnn.core.errors import ForeignSymbolError
from fastnn.graph import Trace, Variable
from fastnn.graph.lifetime import made, passing


def test_only_what_the_inner_scope_made_is_cut():
    variable = Variable(np.ones(2, "float32"), name="v")
    with passing():
        with Trace() as outer:
            kept = ops.add(outer.input((2,), "float32"), variable)
            with passing(), Trace() as inner:
                cut = ops.add(inner.input((2,), "float32"), variable)
        assert kept.node.outputs == (kept,) and kept.made_in is outer
        assert cut.node.outputs == () and cut.made_in is not inner and cut.shape == (2,)
        assert all(node.payload is not variable for node in inner.nodes)
    assert kept.node.outputs == () and made.nodes is None


def test_a_scope_that_fails_is_over():
    with pytest.raises(KeyError), passing():
        raise KeyError
    assert made.nodes is None


def test_a_symbol_of_a_scope_that_is_over_is_foreign():
    with passing(), Trace() as trace:
        old = trace.input((2,), "float32")
    with Trace(), pytest.raises(ForeignSymbolError, match="belongs to another graph"):
        ops.add(old, 1.0)


def test_other_threads_make_nodes_of_their_own():
    def work():
        with Trace() as trace:
            others.append(trace.input((2,), "float32"))

    others = []
    with passing():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert others[0].node.outputs == (others[0],)
