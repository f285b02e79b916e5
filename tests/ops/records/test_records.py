"""Every record is complete: what the tests, the planner, the benchmarks and the documentation read from it is there."""
from __future__ import annotations

import pytest
from evaluate import load_registry
from strategies import SeededDraw

from fastnn.core.errors import FastnnError
from fastnn.graph import Spec, Trace

OPS = load_registry()
FAMILIES = 40


def test_the_registry_is_filled():
    assert len(OPS) >= FAMILIES


@pytest.mark.parametrize("name", OPS)
def test_record_is_complete(name):
    op = OPS[name]
    ways = [w for w in ("lower", "host", "compose") if getattr(op, w) is not None]
    assert len(ways) == 1 or (not ways and op.alias), f"{name}: expected one of lower, host, compose; received {ways}"
    if op.compose is None:
        assert (op.vjp is not None) != bool(op.nondiff), f"{name}: expected a vjp, or nondiff with its reason"
    for field in ("infer", "reference", "cases", "cost"):
        assert getattr(op, field) is not None, f"{name}: no {field}"
    assert op.invalid, f"{name}: no example of invalid input"
    assert op.doc and op.cuda, f"{name}: no formula, or no word on CUDA"
    for out, source in {**op.inplace, **(op.alias or {})}.items():
        assert isinstance(out, int) and 0 <= source < max(len(op.inputs), 1)


@pytest.mark.parametrize("name", OPS)
def test_cases_fit_the_record(name):
    op = OPS[name]
    for seed in range(5):
        case = op.cases(SeededDraw(seed))
        op.normalize(case.attrs)
        hash(tuple(op.normalize(case.attrs).values()))
        if not any(i.startswith("*") for i in op.inputs):
            assert len(case.inputs) == len(op.inputs), f"{name}: {len(case.inputs)} inputs drawn for {op.inputs}"
            for spec, declared in zip(case.inputs, op.inputs):
                assert spec is not None or declared.endswith("?"), f"{name}: {declared} may not be absent"


@pytest.mark.parametrize("name", OPS)
def test_invalid_input_gets_the_named_error(name):
    op = OPS[name]
    for specs, attrs, error in op.invalid:
        assert issubclass(error, (FastnnError, ValueError, TypeError))
        with Trace(), pytest.raises(error) as caught:
            op.infer([None if s is None else Spec(*s) for s in specs], op.normalize(attrs))
        assert len(str(caught.value)) > 20, f"{name}: an error says what was received and expected: {caught.value}"
