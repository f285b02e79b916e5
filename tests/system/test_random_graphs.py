"""Whatever the compiler does to a graph, the numbers stay: gradients, planner, passes, threads, executors."""

from __future__ import annotations

import functools
from unittest import mock

import evaluate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import RandomGraph
from strategies import HypothesisDraw, SeededDraw, kernels_mode

from fastnn.compiler import passes
from fastnn.compiler.passes import rematerialize

EXAMPLES = 4 if kernels_mode() == "python" else 25

# pass -> 0: only loops are reordered or work is shared, so equal bits; else the rounding that its rewriting may cost,
# relative to the largest value
# fmt: off
ROUNDING = {"dead": 0.0, "dead_again": 0.0, "cse": 0.0, "epilogue": 0.0, "norm_activation": 0.0,
            "pool_relu": 0.0, "rematerialize": 0.0,
            "unroll": 0.0, "commit": 0.0,
            "hoist": 2e-6, "bodies": 1e-5,  # one product for all steps; what all other passes do, inside bodies
            "merge_slice_gradients": 1e-6,  # the same terms in another order where there are several
            "simplify": 2e-6,               # two scales in a row are one: two roundings become one
            "stable_loss": 1e-5}            # log(softmax(x)) as one formula: the old one loses digits near 0 and 1
# fmt: on


def training_function(graph):
    """Outputs, and the gradients of a scalar made of them with respect to every input."""

    def fn(*symbols):
        from fastnn import ops
        from fastnn.graph import gradients

        outs = graph(*symbols)
        total = sum((ops.mean(o * o) for o in outs[1:]), ops.mean(outs[0] * outs[0]))
        grads = gradients([total], list(symbols))
        return [total, *outs, *[g for g in grads if g is not None]]

    return fn


def drawn(data, dtype="float32", **options):
    """A graph and its inputs."""
    draw = HypothesisDraw(data)
    graph = RandomGraph(draw, **options)
    rng = draw.rng()
    return graph, graph.arrays(rng, dtype), rng


def test_every_pass_is_classified():
    assert {name for name, _ in passes.PIPELINE} <= set(ROUNDING)


# pools and what is rematerialized: compiler/passes/test_passes.py; slices and effects: files of their own there
ELSEWHERE = {"commit", "dead", "dead_again", "pool_relu", "rematerialize", "unroll", "merge_slice_gradients"}


@pytest.mark.parametrize("name", sorted({name for name, _ in passes.PIPELINE} - ELSEWHERE))
def test_every_pass_meets_something_to_do(name):
    """The graphs drawn here are not so plain that a pass is never tried: some are others thanks to it."""
    for seed in range(60):
        graph = RandomGraph(SeededDraw(seed), smooth=False, images=False)
        inputs = graph.arrays(np.random.default_rng(0), "float32")
        plan = functools.partial(evaluate.plan, training_function(graph), inputs)
        on, off = (evaluate.graphs_of(functools.partial(plan, off=o))[-1].listing() for o in ([], [name]))
        if on != off:
            return
    pytest.fail(f"no graph of 60 is changed by the pass {name}")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_gradients_of_graphs(data):
    graph, inputs, rng = drawn(data, "float64")
    evaluate.check_gradient(graph, inputs, rng, rtol=5e-6)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_planner_off_equals_on(data):
    """Sharing memory between values, and overwriting inputs, changes no bit; neither does garbage in the arena."""
    graph, inputs, _ = drawn(data, smooth=False)
    fn = training_function(graph)
    expected = evaluate.run(fn, inputs, reuse=False)
    for options in (dict(reuse=True), dict(reuse=True, fill=True), dict(reuse=False, fill=True, guard=64)):
        evaluate.assert_same_bits(evaluate.run(fn, inputs, **options), expected, f"{options}")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_loops_are_what_they_are_written_out(data):
    """The tape that loops against the tape that has every step: the same operations, so the same bits, but for products
    and sums over all steps, which are cut otherwise (off: what makes one product of many)."""
    graph, inputs, _ = drawn(data, smooth=False)
    fn = training_function(graph)
    expected = evaluate.run(fn, inputs, off=["all"], unroll=True, fill=True)
    evaluate.assert_same_bits(evaluate.run(fn, inputs, off=["all"], fill=True, threads=1), expected, "loops")
    for a, b in zip(evaluate.run(fn, inputs), expected):
        evaluate.assert_close(a, b, max(ROUNDING.values()), "all passes")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_tiles_off_equal_on(data):
    """Element-wise neighbours run tile by tile or one after the other: equal bits. Enough rows for several tiles."""
    rows = None if kernels_mode() == "python" else data.draw(st.sampled_from([1, 3, 150, 400]))
    graph, inputs, _ = drawn(data, smooth=False, rows=rows)
    fn = training_function(graph)
    with evaluate.small_chunks():
        expected = evaluate.run(fn, inputs, fuse=False)
        for options in (
            dict(target={"span_worth": None}),
            dict(target={"span_worth": 1}),
            dict(target={"span_worth": 1}, threads=2),
        ):
            evaluate.assert_same_bits(evaluate.run(fn, inputs, fill=True, **options), expected, f"{options}")


@pytest.mark.parametrize("name", sorted({name for name, _ in passes.PIPELINE} - {"dead"}) + ["all"])
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_passes_off_equal_on(name, data):
    graph, inputs, _ = drawn(data, smooth=False)
    fn = training_function(graph)
    with mock.patch.object(rematerialize, "LARGE", 0):  # nothing here is large
        received, expected = evaluate.run(fn, inputs, fill=True), evaluate.run(fn, inputs, off=[name])
    allowed = ROUNDING.get(name, max(ROUNDING.values()))
    if not allowed:
        evaluate.assert_same_bits(received, expected, name)
    for a, b in zip(received, expected):
        evaluate.assert_close(a, b, allowed, name)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_threads_agree(data):
    rows = None if kernels_mode() == "python" else data.draw(st.sampled_from([2, 5, 150]))
    graph, inputs, _ = drawn(data, smooth=False, rows=rows)
    fn = training_function(graph)
    with evaluate.small_chunks():
        expected = evaluate.run(fn, inputs, threads=1)
        for threads in (2, 3, 4):
            evaluate.assert_same_bits(evaluate.run(fn, inputs, threads=threads), expected, f"{threads} threads")


@pytest.mark.compiled
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_executor_equals_the_oracle(data):
    graph, inputs, _ = drawn(data, smooth=False)
    fn = training_function(graph)
    with evaluate.small_chunks():
        received = evaluate.run(fn, inputs, executor="cython")
        evaluate.assert_same_bits(received, evaluate.run(fn, inputs, executor="python"), "oracle")


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_second_run_gives_the_same_bits(data):
    """Nothing is left over in the arena from the first run."""
    graph, inputs, _ = drawn(data, smooth=False)
    call = evaluate.plan(training_function(graph), inputs)
    first = evaluate.as_list(call(*inputs))
    other = [np.full_like(a, 0.3) for a in inputs]
    call(*other)
    evaluate.assert_same_bits(evaluate.as_list(call(*inputs)), first, "again")
