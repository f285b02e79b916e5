"""Loops and branches in the graph: values, first and second gradients, against the same code written out in Python."""

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import Options
from fastnn.core.errors import ArgumentError, DTypeError, GraphError, ShapeError
from fastnn.graph import BRANCH, LOOP, Trace, Variable, branch, gradients, loop

T, ROWS, UNITS = 4, 2, 3


class InGraph:
    """Loops and branches as nodes."""

    @staticmethod
    def loop(step, carried, sliced, count, reverse=False):
        final, stacked, _ = loop(step, carried, sliced, count, reverse)
        return final, stacked

    @staticmethod
    def branch(truth, then, other):
        return branch(truth, then, other)


class WrittenOut:
    """The same words in Python."""

    @staticmethod
    def loop(step, carried, sliced, count, reverse=False):
        rows = {}
        for t in reversed(range(count)) if reverse else range(count):
            carried, rows[t] = step(list(carried), [s[t] for s in sliced])
        stacked = [ops.stack([rows[t][k] for t in range(count)]) for k in range(len(rows[0]))]
        return carried, stacked

    @staticmethod
    def branch(truth, then, other):
        return [ops.where(truth, a, b) for a, b in zip(then(), other())]


def plain(w, x, w2, h, make):
    def step(c, s):
        new = ops.tanh(ops.matmul(s[0], w) + ops.matmul(c[0], w2))
        return [new], [new]

    (last,), (all_,) = make.loop(step, [h], [x], T)
    return ops.sum(all_ * all_) + ops.sum(last)


def two_carried(w, x, w2, h, make):
    def step(c, s):
        z = ops.sigmoid(s[0] + ops.matmul(c[0], w2))
        cell = c[1] * z + ops.tanh(s[0])
        return [ops.tanh(cell) * z, cell], [cell, z * 2.0]

    (a, b), (c, d) = make.loop(step, [h, h * 0.5], [x], T, True)
    return ops.sum(a * b) + ops.sum(c * d)


def swapped(w, x, w2, h, make):
    (a, b), (c,) = make.loop(lambda c, s: ([c[1], c[0] * 1.5], [c[0]]), [h, x[0]], [x], T)
    return ops.sum(a * a * b) + ops.sum(c)


def bias_and_slices_of_constants(w, x, w2, h, make):
    def step(c, s):
        inner = ops.matmul(c[0], w2[:, :2]) + w[0, :2]
        return [ops.tanh(ops.concatenate([inner, s[0][:, :1]], axis=1)) + w[1]], [inner]

    (a,), (b,) = make.loop(step, [h], [x], T)
    return ops.sum(a * a) + ops.sum(b * b)


def nested(w, x, w2, h, make):
    def outer(c, s):
        def inner(d, r):
            new = ops.tanh(ops.matmul(d[0], w2) + r[0] * s[0])
            return [new], [new * d[0]]

        (e,), (rows,) = make.loop(inner, [c[0]], [x], T, True)
        return [ops.tanh(e + ops.matmul(s[0], w))], [rows, e]

    (a,), (b, c) = make.loop(outer, [h], [x], T)
    return ops.sum(a * a) + ops.sum(b * b) + ops.sum(c)


def nested_twice(w, x, w2, h, make):
    def outer(c, s):
        def middle(d, r):
            def inner(e, q):
                return [ops.tanh(ops.matmul(e[0], w2) * q[0]) + s[0]], [e[0] * r[0]]

            (f,), (g,) = make.loop(inner, [d[0]], [x], T)
            return [f + ops.sum(g, axis=0)], []

        (k,), _ = make.loop(middle, [c[0]], [x], T)
        return [ops.tanh(k)], [k]

    (a,), (b,) = make.loop(outer, [h], [x], T)
    return ops.sum(a * a) + ops.sum(ops.tanh(b))


def branches(w, x, w2, h, make):
    def step(c, s):
        truth = ops.sum(s[0]) > 0.0
        (new,) = make.branch(
            truth, lambda: [ops.tanh(ops.matmul(c[0], w2)) + s[0]], lambda: [c[0] * ops.sigmoid(ops.matmul(s[0], w))]
        )
        return [new], [new * w[0]]

    (a,), (b,) = make.loop(step, [h], [x], T)
    return ops.sum(a * a) + ops.sum(b * b)


def loop_in_branch(w, x, w2, h, make):
    def side():
        (a,), (b,) = make.loop(lambda c, s: ([ops.tanh(ops.matmul(c[0], w2) + s[0])], [c[0] * s[0]]), [h], [x], T)
        return [a + ops.sum(b, axis=0)]

    out = 0.0
    for sign in (1.0, -1.0):
        (y,) = make.branch(sign * ops.sum(x * x) > 0.0, side, lambda: [ops.matmul(h, w)])
        out = out + ops.sum(y * y * sign)
    return out


def rows_only(w, x, w2, h, make):
    _, (a, b) = make.loop(lambda c, s: ([], [ops.tanh(ops.matmul(s[0], w)) * 2.0, s[0] + w[0]]), [], [x], T)
    return ops.sum(a * a * b)


def products_with_transposes(w, x, w2, h, make):
    def step(c, s):
        return [ops.tanh(ops.matmul(c[0], w2, transpose_b=True) + ops.matmul(s[0], ops.transpose(w)))], [
            ops.matmul(s[0], c[0], transpose_a=True)
        ]

    (a,), (b,) = make.loop(step, [h], [x], T)
    return ops.sum(a) + ops.sum(b * b * w)


PROGRAMS = [plain, two_carried, swapped, bias_and_slices_of_constants, nested, nested_twice, branches, loop_in_branch,
            rows_only, products_with_transposes]  # fmt: skip


def arrays():
    rng = np.random.default_rng(3)
    return [rng.standard_normal(s) * 0.7 for s in ((UNITS, UNITS), (T, ROWS, UNITS), (UNITS, UNITS), (ROWS, UNITS))]


def results(program, make, values, order):
    def run(*xs):
        y = program(*xs, make)
        out = [y]
        if order > 0:
            first = gradients([y], xs)
            out += [ops.zeros_like(x) if g is None else g for x, g in zip(xs, first)]
        if order > 1:
            total = sum((ops.sum(g * g) for g in first if g is not None), 0.0)
            out += [ops.zeros_like(x) if g is None else g for x, g in zip(xs, gradients([total], xs))]
        return out

    return EagerPlan(run, [(v.shape, "float64") for v in values])(*values)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_values_and_gradients_are_those_of_the_loop_written_out(program):
    values = arrays()
    for a, b in zip(results(program, InGraph, values, 2), results(program, WrittenOut, values, 2)):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_gradients_are_the_difference_quotients(program):
    values, rng, step = arrays(), np.random.default_rng(4), 1e-6
    _, *grads = results(program, InGraph, values, 1)
    for k, g in enumerate(grads):
        direction = rng.standard_normal(values[k].shape)
        sides = [
            results(program, InGraph, [v + sign * step * direction if i == k else v for i, v in enumerate(values)], 0)[
                0
            ]
            for sign in (1, -1)
        ]
        np.testing.assert_allclose((g * direction).sum(), (sides[0] - sides[1]) / (2 * step), rtol=1e-6, atol=1e-7)


def traced(function, *specs):
    with Trace() as t:
        function(*[t.input(s, d) for s, d in specs])
    return t


def structural(trace):
    return [n for n in trace.nodes if n.op.structural]


def test_input_products_are_one_product_before_and_weight_gradients_one_after():
    def run(w, x, w2, h):
        gradients([plain(w, x, w2, h, InGraph)], [w, x, w2, h])

    specs = [(v.shape, "float32") for v in arrays()]
    forward, backward = structural(traced(run, *specs))
    inside = [[n.op.name for n in loop_node.payload.body.nodes].count("matmul") for loop_node in (forward, backward)]
    assert inside == [1, 1]
    assert backward.attrs["reverse"] and backward.attrs["carried"] == 1  # no weight's gradient is carried


def test_what_is_the_same_in_every_step_is_not_in_the_loop():
    t = traced(
        lambda w, h: loop(lambda c, s: ([c[0] * ops.exp(w)], []), [h], count=T), ((3,), "float32"), ((3,), "float32")
    )
    (node,) = structural(t)
    assert [n.op.name for n in node.payload.body.nodes] == ["input", "input", "multiply"]


def test_work_on_slices_only_needs_no_loop():
    def run(w, x, w2, h):
        rows_only(w, x, w2, h, InGraph)

    assert not structural(traced(run, *[(v.shape, "float32") for v in arrays()]))


def test_a_loop_of_no_steps():
    def run(x, h):
        final, stacked, _ = loop(lambda c, s: ([c[0] + s[0]], [c[0] * 2.0]), [h], [x])
        return [final[0], stacked[0], *gradients([ops.sum(final[0] * final[0])], [h])]

    h = np.array([1.0, 2.0])
    a, b, g = EagerPlan(run, [((0, 2), "float64"), ((2,), "float64")])(np.zeros((0, 2)), h)
    assert b.shape == (0, 2)
    np.testing.assert_array_equal(a, h)
    np.testing.assert_array_equal(g, 2 * h)


# ------------------------------------------------------------------ while
def bounded(limit, x, h):
    return loop(
        lambda c, s: ([c[0] * x, c[1] + 1], [c[0]]), [h, np.int32(0)], count=limit, test=lambda c: ops.sum(c[0]) < 50.0
    )


@pytest.mark.parametrize("limit, steps", [(9, 6), (3, 3), (0, 0)])
def test_a_while_loop_ends_at_its_test_or_its_limit(limit, steps):
    def run(x, h):
        (y, n), (rows,), done = bounded(limit, x, h)
        return [y, n, rows, done]

    y, n, rows, done = EagerPlan(run, [((), "float64"), ((1,), "float64")])(2.0, np.array([1.0]))
    assert (float(y[0]), int(n), int(done)) == (2.0**steps, steps, steps)
    np.testing.assert_array_equal(rows[:, 0], [2.0**k * (k < steps) for k in range(limit)])


def test_the_gradient_of_a_while_loop_counts_the_steps_that_ran():
    def run(x, h):
        (y, _), (rows,), _ = bounded(9, x, h)
        first = gradients([ops.sum(y) + ops.sum(rows)], [x, h])
        return [*first, *gradients([first[0]], [x])]

    gx, gh, gxx = EagerPlan(run, [((), "float64"), ((1,), "float64")])(2.0, np.array([1.0]))
    powers = range(7)  # y = h x^6, rows h x^0 ... h x^5
    np.testing.assert_allclose(gx, sum(k * 2.0 ** (k - 1) for k in powers))
    np.testing.assert_allclose(gh, [sum(2.0**k for k in powers)])
    np.testing.assert_allclose(gxx, sum(k * (k - 1) * 2.0 ** (k - 2) for k in powers if k > 1))


def test_an_endless_loop_has_no_gradient():
    with Trace() as t:
        x = t.input((2,), "float32")
        (y,), _, _ = loop(lambda c, s: ([c[0] * x], []), [x], test=lambda c: ops.sum(c[0]) < 9.0)
        with pytest.raises(GraphError, match="maximum_iterations"):
            gradients([ops.sum(y)], [x])


# ------------------------------------------------------------------ effects
def test_variables_that_a_body_assigns_are_carried():
    total, seen = Variable([0.0, 0.0], dtype="float64"), Variable(1.0, dtype="float64")

    def run(x):
        before = total.value

        def step(c, s):
            total.assign_add(s[0])
            seen.assign(seen.value * 2.0)
            return [c[0] + ops.sum(total.value) + ops.sum(before)], []

        (y,), _, _ = loop(step, [np.float64(0)], [x])
        return [y, total.value]

    x = np.arange(6.0).reshape(3, 2)
    call = EagerPlan(run, [((3, 2), "float64")])
    y, after = call(x)
    np.testing.assert_array_equal(after, x.sum(0))
    np.testing.assert_array_equal(y, x.cumsum(0).sum())
    assert float(seen.numpy()) == 8.0
    np.testing.assert_array_equal(call(x)[0], x.cumsum(0).sum() + 3 * 2 * x.sum())


def test_variables_that_one_branch_assigns_stay_in_the_other():
    state = Variable(1.0, dtype="float64")

    def run(x):
        def then():
            state.assign(x)
            return [x * 2.0]

        return branch(x > 0.0, then, lambda: [state.value + 0.0])

    call = EagerPlan(run, [((), "float64")])
    assert [float(call(v)[0]) for v in (3.0, -1.0)] == [6.0, 3.0] and float(state.numpy()) == 3.0


def test_losses_of_all_steps_and_of_the_side_that_runs_are_added():
    def run(x):
        from fastnn.graph import current

        def step(c, s):
            current().losses.append(ops.sum(s[0] * s[0]))
            branch(ops.sum(s[0]) > 0.0, lambda: current().losses.append(ops.sum(s[0])) or [s[0]], lambda: [s[0]])
            return [c[0] + s[0]], []

        loop(step, [x[0]], [x])
        return sum(current().losses[1:], current().losses[0])

    x = np.array([[1.0, 2.0], [-3.0, 1.0], [4.0, 0.0]])
    np.testing.assert_allclose(EagerPlan(run, [((3, 2), "float64")])(x), (x * x).sum() + 3.0 + 4.0)


def test_random_numbers_differ_from_step_to_step_and_the_gradient_sees_the_same():
    from fastnn.ops.functions.random import dropout

    def run(x):
        def outer(c, s):
            def inner(d, r):
                return [dropout(d[0], 0.5, 1, 2, 3) + 1.0], [dropout(ops.ones_like(d[0]), 0.5, 4)]

            (e,), (m,), _ = loop(inner, [c[0]], count=2)
            return [e + dropout(s[0], 0.5, 7)], [m]

        (y,), (masks,), _ = loop(outer, [x[0]], [x])
        return [y, masks, *gradients([ops.sum(y)], [x])]

    x = np.ones((3, 64))
    y, masks, g = EagerPlan(run, [(x.shape, "float64")])(x)
    for a, b in zip((y, masks, g), EagerPlan(run, [(x.shape, "float64")], options=Options(unroll=True))(x)):
        np.testing.assert_array_equal(a, b)
    rows = masks.reshape(-1, 64)
    assert len({r.tobytes() for r in rows}) == len(rows) == 6
    base, step = y, 1e-4
    moved = EagerPlan(run, [(x.shape, "float64")])(x + step)[0]
    np.testing.assert_allclose((moved - base) / step, g.sum(0), rtol=1e-6, atol=1e-6)


# ------------------------------------------------------------------ errors
CASES = {
    "shape": (ShapeError, r"carried value 0 .*\(2,\).*\(1, 2\)",
              lambda x: loop(lambda c, s: ([c[0][None]], []), [x], count=2)),
    "dtype": (DTypeError, "carried value 0 .*float32.*int32",
              lambda x: loop(lambda c, s: ([ops.cast(c[0], "int32")], []), [x], count=2)),
    "number": (ArgumentError, "as many carried values", lambda x: loop(lambda c, s: ([], []), [x], count=2)),
    "no result": (ArgumentError, "must return.*None", lambda x: loop(lambda c, s: None, [x], count=2)),
    "negative": (ArgumentError, "negative.*-1", lambda x: loop(lambda c, s: (c, []), [x], count=-1)),
    "no count": (ArgumentError, "number of steps", lambda x: loop(lambda c, s: (c, []), [x])),
    "lengths": (ShapeError, "first dimensions", lambda x: loop(lambda c, s: (c, []), [x], [x, ops.ones((3, 1))])),
    "scalar": (ShapeError, "first dimension", lambda x: loop(lambda c, s: (c, []), [x], [ops.sum(x)])),
    "test": (ShapeError, "scalar", lambda x: loop(lambda c, s: (c, []), [x], test=lambda c: c[0] > 0.0)),
    "branch shapes": (ShapeError, r"two branches.*\(2,\).*\(\)",
                      lambda x: branch(x[0] > 0.0, lambda: [x], lambda: [x[0]])),
    "branch dtypes": (DTypeError, "two branches.*float32.*int32",
                      lambda x: branch(x[0] > 0.0, lambda: [x], lambda: [ops.cast(x, "int32")])),
    "branch structure": (ArgumentError, "same structure.*2.*1",
                         lambda x: branch(x[0] > 0.0, lambda: [x, x], lambda: [x])),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=CASES)
def test_what_cannot_be_is_an_error_when_the_graph_is_built(case):
    error, words, build = CASES[case]
    with Trace() as t:
        x = t.input((2,), "float32")
        before = len(t.nodes), dict(t.assigns)
        with pytest.raises(error, match=words):
            build(x)
    assert not structural(t) and dict(t.assigns) == before[1]


def test_structures_are_printed_and_pickled_by_name():
    import pickle

    for op in (LOOP, BRANCH):
        assert pickle.loads(pickle.dumps(op)) is op
    t = traced(lambda x: loop(lambda c, s: ([c[0] + s[0]], [c[0]]), [x[0]], [x]), ((3, 2), "float32"))
    (node,) = structural(t)
    assert repr(node) == "<loop (2,), (3, 2)>" and all(type(v) in (int, bool) for v in node.attrs.values())
    hash(tuple(node.attrs.items()))
