"""Each gradient rule against a central difference in float64, on the same kernel sources; the checker's own test."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import HypothesisDraw, SeededDraw, arrays

OPS = evaluate.load_registry()
# composite operations are checked too: their gradient follows from their parts, and they must not lose it
SMOOTH = [
    n
    for n, op in OPS.items()
    if (op.vjp is not None or (op.compose is not None and not op.nondiff))
    and any(s is not None and s.dtype == "float" for seed in range(3) for s in op.cases(SeededDraw(seed)).inputs)
]

# operation -> inputs that its definition treats as constants, with the reason
CONSTANT_INPUTS: dict[str, tuple[tuple[int, ...], str]] = {}


@pytest.mark.parametrize("name", SMOOTH)
@given(data=st.data())
def test_gradient(name, data):
    draw = HypothesisDraw(data)
    case = OPS[name].cases(draw)
    rng = draw.rng()
    inputs = [a for a in arrays(case, rng, "float64") if a is not None]
    fixed = CONSTANT_INPUTS.get(name, ((), ""))[0]
    evaluate.check_gradient(evaluate.op_function(OPS[name], case), inputs, rng, fixed=fixed)


@pytest.mark.parametrize("name", [n for n in SMOOTH if n != "sign"])  # whose gradient is zero everywhere
def test_a_planted_error_is_found(name):
    """A gradient 0.1 % too large fails (unless it is zero): the checker is sharp for every operation."""
    differentiable = False  # a cast between float types has no float64 path
    for seed in range(8):
        case = OPS[name].cases(SeededDraw(seed))
        rng = np.random.default_rng(seed)
        inputs = [a for a in arrays(case, rng, "float64") if a is not None]
        fn = evaluate.op_function(OPS[name], case)
        where = evaluate.float_positions(inputs)
        gys = [rng.standard_normal(y.shape) for y in evaluate.run(fn, inputs) if y.dtype == np.float64]
        if not gys or not where:
            continue
        differentiable = True
        gxs = evaluate.run(evaluate.with_gradients(fn, len(inputs), where), [*inputs, *gys])
        if sum(float(np.abs(g).sum()) for g in gxs if g is not None) < 0.05:
            continue  # a case whose gradient vanishes has no error to plant
        fixed = CONSTANT_INPUTS.get(name, ((), ""))[0]
        with pytest.raises(AssertionError, match="directional derivative"):
            evaluate.check_gradient(fn, inputs, rng, plant=1e-3, fixed=fixed)
        return
    assert not differentiable, f"{name}: no drawn case has a gradient: let its cases keep clear of flat regions"
