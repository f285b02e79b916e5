"""A graph in another float type: the same values, in more digits, with loops, branches, random numbers and cuts."""

import dataclasses

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.graph import Graph
from fastnn.compiler.program import Program
from fastnn.compiler.retype import Retyped, unrolled_for, within
from fastnn.core.errors import GraphError
from fastnn.graph import Trace, Variable, gradients
from fastnn.graph.bodies import bodies
from fastnn.ops.op import R

X = np.random.default_rng(0).normal(size=(3, 4))
WEIGHT = Variable(np.linspace(-1, 1, 4), dtype="float32", name="w")
FUNCTIONS = {
    "plain": lambda x: ops.tanh(x * WEIGHT) + 0.1,
    "cast": lambda x: ops.cast(ops.cast(x * 3, "int32"), "float32") * ops.cast(x > 0, "float32"),
    "loop": lambda x: ops.fori_loop(0, 3, lambda i, v: ops.tanh(v) * WEIGHT + ops.cast(i, "float32"), x),
    "while": lambda x: ops.while_loop(lambda v: ops.sum(v) < 9.0, lambda v: ops.abs(v) + 1.0, [x])[0],
    "branch": lambda x: ops.cond(ops.sum(x) > 0, lambda: ops.exp(x), lambda: x * WEIGHT),
    "fill": lambda x: ops.full_like(x, 0.3) + ops.one_hot(ops.argmax(x, axis=-1), 4),
    "draw": lambda x: x * R.random_bernoulli(shape=(3, 4), p=0.5, seed=1, stream=2),
}


def run(trace, outputs, arrays):
    program = Program(trace, outputs, arrays)
    program.run()
    return [o.copy() for o in program.outputs]


def traced(function, slopes=True):
    with Trace(training=True) as trace:
        x = trace.input((3, 4), "float32")
        y = function(x)
        found = gradients([ops.sum(y)], [x, trace.read(WEIGHT)]) if slopes else []
    return trace, x, [y, *(g for g in found if g is not None)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equal_values_in_more_digits(name):
    trace, x, outputs = traced(FUNCTIONS[name], slopes=name != "while")
    graph = Graph.of(trace, outputs)
    made = Retyped(graph, graph.outputs)
    types = {s.dtype for n in (*made.trace.nodes, *within(made.trace.nodes)) for s in n.outputs}
    assert "float64" in types and "float32" not in types
    arrays = {made.sources[x]: X.astype(np.float32).astype(np.float64)}
    if WEIGHT in made.sources:
        arrays[made.sources[WEIGHT]] = WEIGHT.numpy().astype(np.float64)
    wide = run(made.trace, made.outputs, arrays)
    narrow = run(trace, outputs, {x: X.astype(np.float32)})
    for a, b in zip(wide, narrow, strict=True):
        assert (a.dtype, b.dtype) == ("float64", "float32")
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def test_nothing_before_a_cut_is_calculated():
    trace, x, (y,) = traced(lambda x: ops.exp(ops.stop_gradient(ops.tanh(x))), slopes=False)
    graph = Graph.of(trace, [y])
    (stop,) = (n.output for n in graph.nodes if n.op.name == "stop_gradient")
    made = Retyped(graph, [y], [stop])
    assert x not in made.sources and [n.op.name for n in made.trace.nodes] == ["input", "exp"]
    (out,) = run(made.trace, made.outputs, {made.sources[stop]: X})
    np.testing.assert_allclose(out, np.exp(X), rtol=1e-14)


def test_what_is_assigned_is_left_out():
    home = Variable(np.zeros(4), name="home")
    with Trace() as trace:
        x = trace.input((4,), "float32")
        home.assign(x * 2)
        y = home.value + 1
    made = Retyped(Graph.of(trace, [y]), [y])
    assert not made.trace.assigns and home not in made.sources
    assert run(made.trace, made.outputs, {made.sources[x]: np.ones(4)})[0].tolist() == [3.0] * 4


def test_loops_are_written_out_only_where_they_hold_what_is_asked_for():
    for function, names, out in ((ops.tanh, ("stop_gradient",), False), (ops.stop_gradient, ("stop_gradient",), True)):
        trace, _, outputs = traced(lambda x, f=function: ops.fori_loop(0, 3, lambda i, v: f(v) + v, x), slopes=False)
        graph = unrolled_for(Graph.of(trace, outputs), names)
        assert any(bodies(n) for n in graph.nodes) is not out


def test_what_cannot_be_calculated_in_the_type_says_so():
    narrow = dataclasses.replace(R.tanh, infer=lambda specs, attrs: specs[0]._replace(dtype="float32"))
    trace, _, (y,) = traced(narrow, slopes=False)
    with pytest.raises(GraphError, match="'tanh' in layer '' cannot be calculated in float64"):
        Retyped(Graph.of(trace, [y]), [y])
