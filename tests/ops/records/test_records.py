"""Every record is complete: what the tests, the planner, the benchmarks and the documentation read from it is there."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from evaluate import as_list, load_registry, op_function
from strategies import SeededDraw, arrays

from fastnn import ops
from fastnn.core import hooks
from fastnn.core.errors import FastnnError
from fastnn.graph import Spec, Trace
from fastnn.ops.op import SAME, R, register

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
def test_only_host_operations_have_a_reason_not_to_run_on_a_device(name):
    op = OPS[name]
    reason = isinstance(op.cuda, str) and op.cuda != SAME
    assert reason == (op.host is not None) and len(op.on_cuda()) > 10, f"{name}: cuda={op.cuda!r}"


@pytest.mark.parametrize("host, cuda, words", [
    (print, SAME, "cuda='same', expected the reason why it runs on the host"),
    (None, "no kernel yet", "cuda='no kernel yet', expected 'same' or a lowering rule"),
])  # fmt: skip
def test_a_record_without_a_word_on_devices_is_refused(host, cuda, words):
    with pytest.raises(FastnnError, match=words):
        register(replace(OPS["relu"], name="nowhere", host=host, lower=None, cuda=cuda))
    assert "nowhere" not in OPS


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


def autodiff_only(name, *args):
    """The hook of operators for those who may use it inside a rule: autodiff itself, which adds what meets."""
    assert sys._getframe(2).f_globals["__name__"] == "fastnn.graph.autodiff", f"a gradient rule calls {name}"
    return getattr(R, {"add": "add"}[name])(*args)


@pytest.mark.parametrize("name", [n for n, op in OPS.items() if op.vjp is not None])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_gradients_are_made_of_records(name, dtype, monkeypatch):
    """A rule calls no public function (not even by an operator of symbols), and gives each input its own dtype.

    Operations that move elements take float16 too; the others refuse it, as they say.
    """
    op = OPS[name]
    for seed in range(4):
        case = op.cases(SeededDraw(seed))
        drawn = [a for a in arrays(case, np.random.default_rng(seed), "float32") if a is not None]
        with Trace() as trace:
            symbols = [trace.input(a.shape, dtype if a.dtype == np.float32 else a.dtype.name) for a in drawn]
            try:
                node = as_list(op_function(op, case)(*symbols))[0].node
            except FastnnError:
                assert dtype == "float16", name
                return
            if node.outputs[0].dtype[:5] != "float":
                continue
            gys = [trace.input(y.shape, y.dtype) for y in node.outputs]
            with monkeypatch.context() as patch:
                patch.setitem(hooks._hooks, "operator", autodiff_only)
                patch.setattr(hooks, "_PROVIDERS", {})
                found = node.op.vjp(node, gys)
        for x, g in zip(node.inputs, found):
            assert x is None or g is None or (g.shape, g.dtype) == (x.shape, x.dtype), f"{name}: {g!r} for {x!r}"


def test_records_by_name():
    for name, op in OPS.items():
        assert getattr(R, name) is op
    with pytest.raises(AttributeError, match="multiply"):
        R.mutliply  # noqa: B018  looking it up is what fails


@pytest.mark.parametrize("view", ["linalg", "nn", "numpy"])
def test_views_have_all_operations(view):
    module = getattr(ops, view)
    for name in ops.__all__:
        assert getattr(module, name) is getattr(ops, name)
    with pytest.raises(AttributeError, match="no attribute"):
        module.importlib  # noqa: B018  what the file itself imports is not public
