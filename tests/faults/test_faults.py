"""A small share of `python -m tests.faults`: killed trainings, and system calls that fail."""

import random

import pytest

from . import kill, syscalls


@pytest.mark.parametrize("seed", range(2))
def test_killed_and_resumed(seed):
    said = []
    cases = random.Random(seed).sample([*kill.CASES], 2)
    assert kill.run(4, seed, cases, said.append) == 0, said


@pytest.mark.skipif(syscalls.compiler() is None, reason="needs a C compiler")
def test_failing_system_calls():
    said = []
    assert syscalls.run(16, said.append) == 0, said
    assert said[-1].endswith("0 of them left no checkpoint or another training")
