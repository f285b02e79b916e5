"""Random loops against the same steps in NumPy: values, gradients as difference quotients, all ways of running."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn import ops
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import Options
from fastnn.graph import gradients, loop

# name: (function of operations, function of NumPy); smooth, of two matrices of one shape
STEPS = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "tanh": (lambda a, b: ops.tanh(a) * b, lambda a, b: np.tanh(a) * b),
    "sigmoid": (lambda a, b: ops.sigmoid(a + b), lambda a, b: 1 / (1 + np.exp(-a - b))),
    "mean": (lambda a, b: a - ops.mean(b, axis=0, keepdims=True), lambda a, b: a - b.mean(0, keepdims=True)),
    "product": (lambda a, b: ops.matmul(a, ops.matmul(b, a, transpose_a=True)), lambda a, b: a @ (b.T @ a)),
    "first column": (lambda a, b: a * b[:, :1], lambda a, b: a * b[:, :1]),
}


@st.composite
def programs(draw):
    """(steps, carried, sliced, operations [(name, operand, operand)], numbers of the next carried and of the stacked,
    whether it runs backward, whether its values are rematerialized).

    Operands are numbers in the pool of the constants, the carried values, the slices and the results so far.
    """
    count, carried, sliced = draw(st.integers(0, 4)), draw(st.integers(0, 3)), draw(st.integers(0, 2))
    pool = 2 + carried + sliced
    calls = []
    for _ in range(draw(st.integers(1, 6))):
        calls.append(
            (draw(st.sampled_from(sorted(STEPS))), draw(st.integers(0, pool - 1)), draw(st.integers(0, pool - 1)))
        )
        pool += 1
    pick = st.integers(0, pool - 1)
    return (count, carried, sliced, calls, [draw(pick) for _ in range(carried)],
            [draw(pick) for _ in range(draw(st.integers(1, 3)))], draw(st.booleans()), draw(st.booleans()))  # fmt: skip


def pooled(values, calls, kind):
    values = list(values)
    for name, a, b in calls:
        values.append(STEPS[name][kind](values[a], values[b]) * 0.5)
    return values


def in_graph(program):
    count, carried, _, calls, following, stacked, reverse, remat = program

    def run(*xs):
        constants, first, rows = xs[:2], xs[2 : 2 + carried], xs[2 + carried :]

        def step(state, slices):
            values = pooled([*constants, *state, *slices], calls, 0)
            return [values[k] for k in following], [values[k] for k in stacked]

        final, out, _ = loop(step, first, rows, count, reverse, remat=remat)
        total = sum((ops.sum(ops.sin(y) * (k + 1.0)) for k, y in enumerate([*final, *out])), 0.0)
        grads = gradients([total], xs)
        return [total, *final, *out, *(ops.zeros_like(x) if g is None else g for g, x in zip(grads, xs))]

    return run


def in_numpy(program, xs):
    count, carried, _, calls, following, stacked, reverse, _ = program
    state, rows = list(xs[2 : 2 + carried]), [None] * count
    for t in reversed(range(count)) if reverse else range(count):
        values = pooled([*xs[:2], *state, *(x[t] for x in xs[2 + carried :])], calls, 1)
        state, rows[t] = [values[k] for k in following], [values[k] for k in stacked]
    out = [np.stack([r[j] for r in rows]) if count else np.zeros((0, 2, 3)) for j in range(len(stacked))]
    return [sum((np.sum(np.sin(y)) * (k + 1.0) for k, y in enumerate([*state, *out])), 0.0), *state, *out]


@given(programs(), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_random_loops(program, seed):
    count, carried, sliced = program[:3]
    rng = np.random.default_rng(seed)
    xs = [rng.uniform(-1, 1, s) for s in [(2, 3)] * (2 + carried) + [(count, 2, 3)] * sliced]
    specs = [(x.shape, "float64") for x in xs]
    found = [
        EagerPlan(in_graph(program), specs, options=o)(*xs)
        for o in (Options(), Options(unroll=True), Options(off=("all",)), Options(reuse=False, fuse=False))
    ]
    expected = in_numpy(program, xs)
    for values in found:
        for a, b in zip(values, expected):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        for a, b in zip(values, found[0]):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
    direction = [rng.standard_normal(x.shape) for x in xs]
    sides = [in_numpy(program, [x + s * 1e-6 * d for x, d in zip(xs, direction)])[0] for s in (1, -1)]
    slope = sum((g * d).sum() for g, d in zip(found[0][-len(xs) :], direction))
    np.testing.assert_allclose(slope, (sides[0] - sides[1]) / 2e-6, rtol=1e-5, atol=1e-7)
