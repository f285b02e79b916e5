"""Tracing: nodes, constants, effects in call order, and the errors of misuse."""

import numpy as np
import pytest

from fastnn import ops
from fastnn.core.errors import ArgumentError, GraphError, ShapeError
from fastnn.graph import Trace, Variable, current, gradients


def test_calls_become_nodes_in_order():
    with Trace() as t:
        x = t.input((2, 3), "float32", "x")
        y = ops.relu(ops.add(x, x))
    assert current() is None
    assert [n.op.name for n in t.nodes] == ["input", "add", "relu"]
    assert y.shape == (2, 3) and y.node.inputs[0].node.op.name == "add"


def test_effects_are_read_back_in_call_order():
    v = Variable(np.zeros(2, np.float32))
    with Trace() as t:
        first = v.value
        v.assign(first + 1.0)
        second = v.value
        v.assign_add(second)
    assert second is not first and t.assigns[v] is t.values[v] is not second
    assert v.numpy().tolist() == [0.0, 0.0]


def test_equal_small_constants_are_one_node():
    with Trace() as t:
        assert t.constant(2.0) is t.constant(2.0)
        assert t.constant(2.0) is not t.constant(2)


def test_a_symbol_of_another_trace_is_refused():
    with Trace() as t:
        x = t.input((2,), "float32")
    with Trace(), pytest.raises(GraphError, match="another graph"):
        ops.relu(x)


def test_symbols_have_no_truth_value_and_no_array():
    with Trace() as t:
        x = t.input((2,), "float32")
        with pytest.raises(GraphError, match="where"):
            bool(x)
        with pytest.raises(GraphError, match=r"fastnn.ops"):
            np.asarray(x)


def test_unknown_attributes_name_near_ones():
    with Trace() as t, pytest.raises(ArgumentError, match="offsets"):
        from fastnn.ops.records.state import flat_concat

        flat_concat(t.input((2,), "float32"), offset=(0,), size=2)


def test_assign_checks_the_shape():
    v = Variable(np.zeros(2, np.float32), name="v")
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        v.assign(np.zeros(3))


def test_gradient_of_a_shared_value_adds_up():
    with Trace() as t:
        x = t.input((3,), "float64")
        y = ops.sum(ops.multiply(x, x))
        (g,) = gradients([y], [x])
    assert g.shape == (3,)


def test_no_path_gives_none():
    with Trace() as t:
        x, z = t.input((3,), "float32"), t.input((3,), "float32")
        assert gradients([ops.sum(x)], [x, z])[1] is None


def test_views_of_the_same_memory_are_the_same_constant():
    """Gradients along an array that a step uses are asked with another view of it."""
    x = np.arange(40.0, dtype="float32").reshape(20, 2)
    with Trace() as trace:
        first = trace.constant(x.view())
        assert trace.constant(x[:]) is first and trace.constant(x) is first
        others = [x[::-1], x.T, x[:10], x.view("int32"), x.copy()]
        assert len({trace.constant(other) for other in (x, *others)}) == 6
