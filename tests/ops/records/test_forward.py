"""Each operation against its float64 reference, its shape rule against real shapes, its memory manners."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import HypothesisDraw, SeededDraw, arrays, is_float, kernels_mode

from fastnn.graph import Spec

OPS = evaluate.load_registry()
HAS_FLOATS = [
    n
    for n in OPS
    if any(s is not None and s.dtype == "float" for seed in range(3) for s in OPS[n].cases(SeededDraw(seed)).inputs)
]
WAYS = [dict(threads=2), dict(threads=3)]
if kernels_mode() != "python":
    WAYS.append(dict(executor="python"))


def present(values):
    """Without the absent optional inputs."""
    return [v for v in values if v is not None]


def check(name, case, inputs, dtype, **options):
    """Run one case and hold it against the reference; returns the results."""
    op = OPS[name]
    before = [a.copy() for a in present(inputs)]
    call = evaluate.plan(evaluate.op_function(op, case), before, **options)
    outs = evaluate.as_list(call(*before))
    for a, b in zip(call.arrays, present(inputs)):
        np.testing.assert_array_equal(a, b, f"{name} changed an input")
    specs = [None if a is None else Spec(a.shape, a.dtype.name) for a in inputs]
    if op.infer is not None:
        inferred = op.infer(specs, op.normalize(case.attrs))
        inferred = [inferred] if isinstance(inferred, Spec) else list(inferred)
        assert [(s.shape, s.dtype) for s in inferred] == [(o.shape, o.dtype.name) for o in outs], f"{name}: shape rule"
    wide = [None if a is None else a.astype(np.float64) if a.dtype.kind == "f" else a for a in inputs]
    expected = evaluate.as_list(op.reference(*wide, **op.normalize(case.attrs)))
    assert len(expected) == len(outs), f"{name}: {len(outs)} results, the reference has {len(expected)}"
    for received, wanted in zip(outs, expected):
        if received.dtype.kind == "f":
            kind = received.dtype.name if received.dtype.name in evaluate.EPS else "float32"
            kind = kind if kind == dtype else "float32"
            rtol = evaluate.tolerance(op, inputs, outs, case.attrs, kind, case.tolerance)
            evaluate.assert_close(received, wanted, rtol, name)
        else:
            np.testing.assert_array_equal(received, np.asarray(wanted), name)
    return outs


@pytest.mark.parametrize("name", OPS)
@given(data=st.data())
def test_forward_float32(name, data):
    """Against the reference, in an arena filled with NaN (a result element that is never written shows), with guard
    bytes round every buffer."""
    draw = HypothesisDraw(data)
    case = OPS[name].cases(draw)
    inputs = arrays(case, draw.rng(), "float32")
    check(name, case, inputs, "float32", fill=True, guard=64, reuse=False)


@pytest.mark.parametrize("name", HAS_FLOATS)
@given(data=st.data())
def test_forward_float64(name, data):
    draw = HypothesisDraw(data)
    case = OPS[name].cases(draw)
    inputs = arrays(case, draw.rng(), "float64")
    check(name, case, inputs, "float64", fill=True, guard=64, reuse=False)


@pytest.mark.parametrize("name", OPS)
@settings(max_examples=4)
@given(data=st.data())
def test_threads_and_executors_agree(name, data):
    """1, 2 and 3 threads and the Python executor give the same bits, however finely the work is cut."""
    draw = HypothesisDraw(data)
    op = OPS[name]
    case = op.cases(draw)
    inputs = present(arrays(case, draw.rng(), "float32"))
    fn = evaluate.op_function(op, case)
    with evaluate.small_chunks():
        expected = evaluate.run(fn, inputs, threads=1)
        for way in WAYS:
            evaluate.assert_same_bits(evaluate.run(fn, inputs, **way), expected, f"{name} with {way}")
    coarse = evaluate.run(fn, inputs, threads=1)
    for a, b in zip(coarse, expected):
        assert a.shape == b.shape and a.dtype == b.dtype


@pytest.mark.parametrize("name", [n for n in OPS if OPS[n].inplace])
@settings(max_examples=4)
@given(data=st.data())
def test_in_place_gives_the_same_bits(name, data):
    """Where the planner may let a result overwrite its input, doing so changes nothing."""
    from fastnn import ops

    draw = HypothesisDraw(data)
    op = OPS[name]
    case = op.cases(draw)
    inputs = arrays(case, draw.rng(), "float32")
    specs = [s for s in case.inputs if s is not None]

    def fn(*symbols):
        # a value of the arena that nobody else needs, so that it may be overwritten
        moved = [ops.add(s, s) if is_float(spec) else s for s, spec in zip(symbols, specs)]
        return evaluate.op_function(op, case)(*moved)

    given_arrays = present(inputs)
    expected = evaluate.run(fn, given_arrays, reuse=False, fill=True)
    evaluate.assert_same_bits(evaluate.run(fn, given_arrays, reuse=True, fill=True), expected, name)
