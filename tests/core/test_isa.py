"""Levels of instruction sets: one table of conditions, in the C file that has its own form of it, too."""

import itertools
import pathlib
import re

import pytest

from fastnn.core import isa, simd_vec
from fastnn.kernels import lower
from fastnn.runtime import levels

POOL = pathlib.Path(__file__).parents[2] / "src_cython" / "fastnn" / "runtime" / "pool.h"
FEATURES = [f for needs in isa.NEEDS.values() for f in needs]


def test_c_states_the_same_conditions():
    text = POOL.read_text(encoding="utf-8")
    text = text[text.index("static int cpu_level") :]
    found, asked = {}, []
    for feature, number in re.findall(r'__builtin_cpu_supports\("([\w.]+)"\)|(?:return|\?) (\d)', text):
        if feature:
            asked.append(feature)
        elif asked:
            found[f"x86-64-v{number}"], asked = tuple(asked), []
    assert list(found.items()) == list(isa.NEEDS.items())


def test_llvm_and_c_see_the_same_cpu():
    assert isa.own_level() == levels.own_level()


@pytest.mark.parametrize("lacking", [None, *FEATURES])
def test_a_level_needs_each_of_its_features(lacking):
    has = {f: f != lacking for f in FEATURES}
    want = next((level for level, needs in isa.NEEDS.items() if lacking not in needs), "")
    assert isa.best(has) == want
    assert isa.best({f: True for f in FEATURES if f != lacking}) == want  # a feature that LLVM does not name


def test_levels_are_known_wherever_they_are_described():
    assert set(isa.LEVELS) == set(lower.LEVELS) == set(simd_vec.LEVELS) - {"cuda"}
    assert set(simd_vec.LEVELS) == set(simd_vec.PRODUCTS)
    ranked = sorted(isa.NEEDS, key=lambda level: -lower.LEVELS[level][0])
    assert ranked == list(isa.NEEDS) and all(a > b for a, b in itertools.pairwise(isa.NEEDS))


@pytest.mark.parametrize(("asked", "own", "said"), [("avx2", "x86-64-v4", "expected one of"), ("", "", "no SSE4.2")])
def test_no_level_is_an_error(monkeypatch, asked, own, said):
    monkeypatch.setenv("FASTNN_LEVEL", asked)
    monkeypatch.setattr(isa, "own_level", lambda: own)
    with pytest.raises((ValueError, RuntimeError), match=said):
        isa.level.__wrapped__()
