"""What the passes make of loops and branches."""

import numpy as np

from fastnn import ops
from fastnn.compiler import passes
from fastnn.compiler.graph import Graph
from fastnn.graph import BRANCH, LOOP, Trace, branch, gradients, loop


def graph_of(function, *shapes):
    """The graph after all passes, with its loops."""
    with Trace() as t:
        out = function(*[t.input(s, "float32") for s in shapes])
    return passes.run(Graph.of(t, out), unroll=False)


def structural(graph):
    return [n for n in graph.nodes if n.op.structural]


def names(body):
    return [n.op.name for n in body.nodes if n.op.name not in ("input", "constant")]


def recurrence(x, w, h):
    def step(c, s):
        new = ops.tanh(s[0] + ops.matmul(c[0], w))
        return [new, c[1] + ops.exp(s[0])], [new, s[0] * new]

    return loop(step, [h, h], [x])


def test_results_that_nobody_reads_are_not_calculated():
    (node,) = structural(graph_of(lambda x, w, h: [recurrence(x, w, h)[0][0]], (6, 2, 3), (3, 3), (2, 3)))
    assert len(node.outputs) == node.attrs["carried"] == 1
    assert sorted(names(node.payload.body)) == ["add", "matmul", "tanh"]


def test_what_a_gradient_does_not_need_is_not_kept():
    def run(x, w, h):
        final, _, _ = recurrence(x, w, h)
        return gradients([ops.sum(final[1])], [x])  # only exp(x) matters

    assert not structural(graph_of(run, (6, 2, 3), (3, 3), (2, 3)))


def test_a_step_backward_is_a_product_with_a_matrix_transposed_before_the_loop():
    def run(x, w, h):
        _, (y, _), _ = recurrence(x, w, h)
        return gradients([ops.sum(y * y)], [x, w, h])

    graph = graph_of(run, (6, 2, 3), (3, 3), (2, 3))
    _, backward = structural(graph)
    product = [n for n in backward.payload.body.nodes if n.op.name == "matmul"]
    assert [n.attrs["transpose_b"] for n in product] == [False]
    assert "transpose" in [n.op.name for n in graph.nodes] and "transpose" not in names(backward.payload.body)


def test_passes_work_inside_bodies():
    def run(x, w, h):
        def step(c, s):
            z = ops.tanh(ops.matmul(c[0], w) + s[0][0])
            return [z + ops.tanh(ops.matmul(c[0], w) + s[0][0])], []

        return loop(step, [h], [x])[0]

    (node,) = structural(graph_of(run, (6, 2, 3), (3, 3), (2, 3)))
    product = [n for n in node.payload.body.nodes if n.op.name == "matmul"]
    assert len(product) == 1 and product[0].attrs["activation"] == "tanh" and product[0].inputs[2] is not None


def test_equal_loops_over_other_bodies_stay_apart():
    def run(x, h):
        return [loop(lambda c, s, f=f: ([f(c[0] + s[0])], []), [h], [x])[0][0] for f in (ops.tanh, ops.exp)]

    assert [n.op for n in structural(graph_of(run, (6, 3), (3,)))] == [LOOP, LOOP]


def test_branches_calculate_what_is_read():
    def run(x, h):
        both = branch(ops.sum(x) > 0.0, lambda: [ops.exp(x), h * 2.0], lambda: [ops.tanh(x), h + ops.exp(h)])
        return both[:1]

    (node,) = structural(graph_of(run, (6, 3), (3,)))
    assert node.op is BRANCH and len(node.inputs) == 2 and [names(b) for b in node.payload] == [["exp"], ["tanh"]]


def test_inner_loops_are_looked_into():
    def run(x, w, h):
        def outer(c, s):
            def inner(d, r):
                return [ops.tanh(ops.matmul(d[0], w) + ops.exp(h) * r[0])], [d[0]]

            final, _, _ = loop(inner, [c[0]], [x])
            return [final[0] + s[0]], []

        return loop(outer, [h], [x])[0]

    graph = graph_of(run, (6, 2, 3), (3, 3), (2, 3))
    (outer,) = structural(graph)
    (inner,) = [n for n in outer.payload.body.nodes if n.op.structural]
    assert len(inner.outputs) == 1 and "exp" in [n.op.name for n in graph.nodes]
    assert "exp" not in names(outer.payload.body) + names(inner.payload.body)


def test_every_body_is_closed_and_in_order():
    def check(nodes, outputs):
        known = set()
        for n in nodes:
            assert all(s is None or s in known for s in n.inputs)
            known.update(n.outputs)
            for b in (
                ([b for b in (n.payload.body, n.payload.test) if b] if n.op is LOOP else n.payload or [])
                if n.op.structural
                else []
            ):
                check(b.nodes, b.outputs)
        assert all(s in known for s in outputs)

    def run(x, w, h):
        def step(c, s):
            (y,) = branch(ops.sum(s[0]) > 0.0, lambda: [ops.matmul(c[0], w)], lambda: [c[0] * np.float32(2)])
            return [ops.tanh(y) + s[0]], [y]

        final, stacked, _ = loop(step, [h], [x], test=lambda c: ops.sum(c[0]) < 9.0)
        return [*final, *gradients([ops.sum(final[0]) + ops.sum(stacked[0])], [x, w, h])]

    graph = graph_of(run, (6, 2, 3), (3, 3), (2, 3))
    assert len(structural(graph)) == 2
    check(graph.nodes, graph.outputs)
