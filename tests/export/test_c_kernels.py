"""Every rule for C against the float64 reference of its record, on cases that the record draws itself."""

from __future__ import annotations

import ctypes

import evaluate
import numpy as np
import pytest
from c_compiler import compiled
from strategies import SeededDraw, arrays

from fastnn.core.dtypes import TABLE
from fastnn.export.c_file import _parameters
from fastnn.export.c_kernels import RULES
from fastnn.export.c_words import Call, Value
from fastnn.graph import Spec

OPS = evaluate.load_registry()
SEEDS = range(6)


def value(array):
    return None if array is None else Value(array.shape, array.dtype.name)


def drawn():
    """[(function name, Call, inputs, attributes, tolerance)] of all rules."""
    found = []
    for name in RULES:
        op = OPS[name]
        for seed in SEEDS:
            draw = SeededDraw(seed)
            case = op.cases(draw)
            inputs = arrays(case, draw.rng(), "float64" if seed == 5 else "float32")
            inputs += [None] * (len(op.inputs) - len(inputs)) if not op.inputs[0].startswith("*") else []
            attrs = op.normalize(case.attrs)
            made = op.infer([None if a is None else Spec(a.shape, a.dtype.name) for a in inputs], attrs)
            outs = [made] if isinstance(made, Spec) else list(made)
            if any(s.dtype not in TABLE or s.dtype == "float16" for s in outs) or any(
                a is not None and a.dtype.name == "float16" for a in inputs
            ):
                continue
            call = Call(name, tuple(attrs.items()), tuple(map(value, inputs)),
                        tuple(Value(s.shape, s.dtype) for s in outs))  # fmt: skip
            integers = name == "power" and call.x.dtype not in ("float32", "float64")
            if not integers:
                found.append((f"{name}_{seed}", call, inputs, attrs, case.tolerance))
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """(cases, a library with a function for each of them)."""
    cases = drawn()
    source = tmp_path_factory.mktemp("c") / "rules.c"
    parts = ["#include <math.h>\n#include <stdint.h>\n#include <string.h>"]
    for name, call, *_ in cases:
        parameters = ", ".join(_parameters(call))
        parts.append(f"void {name}({parameters});\nvoid {name}({parameters})\n{{\n{RULES[call.op](call)}\n}}")
    source.write_text("\n".join(parts))
    return cases, ctypes.CDLL(str(compiled(source, "-shared", "-fPIC")))


def test_every_rule_has_cases(library):
    assert {call.op for _, call, *_ in library[0]} >= set(RULES) - {"cast_host"}


@pytest.mark.parametrize("op", sorted(set(RULES) - {"cast_host"}))
def test_a_rule_gives_what_the_reference_gives(library, op):
    cases, loaded = library
    for name, call, inputs, attrs, tolerance in cases:
        if call.op != op:
            continue
        outs = [np.full(v.shape, 77, TABLE[v.dtype][0]) for v in call.outs]
        given = [a for a in inputs if a is not None]
        given = [np.ascontiguousarray(a) for a in given]
        loaded[name](*(a.ctypes.data_as(ctypes.c_void_p) for a in (*given, *outs)))
        wide = [None if a is None else a.astype(np.float64) if a.dtype.kind == "f" else a for a in inputs]
        expected = evaluate.as_list(OPS[op].reference(*wide, **attrs))
        for received, wanted in zip(outs, expected, strict=True):
            if received.dtype.kind == "f":
                rtol = evaluate.tolerance(OPS[op], given, outs, attrs, received.dtype.name, 4 * tolerance)
                evaluate.assert_close(received, wanted, rtol, f"{name}: {call}")
            else:
                np.testing.assert_array_equal(received, wanted, f"{name}: {call}")


@pytest.mark.parametrize("op", sorted(op for op in RULES if OPS[op].inplace))
def test_a_result_may_lie_where_an_input_lies(library, op):
    cases, loaded = library
    for name, call, inputs, _, _ in cases:
        if call.op != op:
            continue
        apart = [np.zeros(v.shape, TABLE[v.dtype][0]) for v in call.outs]
        given = [None if a is None else np.ascontiguousarray(a).copy() for a in inputs]
        loaded[name](*(a.ctypes.data_as(ctypes.c_void_p) for a in (*given, *apart) if a is not None))
        outs = [np.zeros_like(a) for a in apart]
        for k, j in OPS[op].inplace.items():
            if given[j] is not None and call.ins[j] == call.outs[k]:
                outs[k] = given[j]
        loaded[name](*(a.ctypes.data_as(ctypes.c_void_p) for a in (*given, *outs) if a is not None))
        for a, b in zip(outs, apart, strict=True):
            np.testing.assert_array_equal(a, b, name)
