"""The memory plan: buffers that live at the same time never share a byte."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from fastnn.compiler import memory
from fastnn.compiler.emit import Buffer
from fastnn.core.memory import aligned


@st.composite
def buffers(draw):
    out, first = [], 0
    for _ in range(draw(st.integers(0, 40))):
        first += draw(st.integers(0, 2))
        b = Buffer(draw(st.integers(1, 9000)))
        b.first, b.last = first, first + draw(st.integers(0, 12))
        out.append(b)
    return out


def overlap(a, b):
    return a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes


@given(buffers(), st.sampled_from([0, 64]))
def test_live_buffers_never_overlap(given_buffers, guard):
    total = memory.plan(given_buffers, guard=guard)
    for i, a in enumerate(given_buffers):
        assert a.offset % memory.ALIGN == 0 and a.offset - guard >= 0 and a.offset + a.nbytes + guard <= total
        for b in given_buffers[:i]:
            if a.first <= b.last and b.first <= a.last:
                assert not overlap(a, b)


@given(buffers())
def test_sharing_never_needs_more_than_separate_places(given_buffers):
    shared = memory.plan(given_buffers)
    apart = memory.plan(given_buffers, reuse=False)
    assert shared <= apart
    for i, a in enumerate(given_buffers):
        assert not any(overlap(a, b) for b in given_buffers[:i])


@given(buffers())
def test_the_plan_reaches_a_lower_bound_within_twice(given_buffers):
    """Peak of the live bytes at any moment is a lower bound; best fit stays within twice of it."""
    total = memory.plan(given_buffers)
    times = {b.first for b in given_buffers}
    peak = max(
        (sum(memory.padded(b.nbytes) for b in given_buffers if b.first <= t <= b.last) for t in times), default=0
    )
    assert peak <= total <= 2 * peak


def test_allocations_are_aligned():
    for n in (1, 63, 64, 4096):
        for make in (np.empty, np.zeros):
            block = aligned(n, make)
            assert block.nbytes == n and block.ctypes.data % 64 == 0
