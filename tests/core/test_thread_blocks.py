"""Simulated blocks: threads take turns between barriers, and what no device could run is an error that says where."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from fastnn.core import thread_blocks
from fastnn.core.thread_blocks import BlockError, here, private, run


def in_turn(order, threads=3, blocks=2):
    """(block, thread) in the order in which they ran, with a barrier in the middle."""
    seen = []

    def work():
        me = here()
        seen.append((me.block, me.index))
        me.barrier()
        seen.append((me.block, me.index))
        return 0

    assert run(work, threads, blocks, backward=order) == 0
    return seen


def test_all_threads_reach_a_barrier_before_one_goes_on():
    first, second = [(0, 0), (0, 1), (0, 2)], [(1, 0), (1, 1), (1, 2)]
    assert in_turn(False) == [*first, *first, *second, *second]
    assert in_turn(True) == [*second[::-1], *second[::-1], *first[::-1], *first[::-1]]


def test_a_missing_barrier_shows_in_the_other_order():
    def neighbour(barrier):
        def work():
            me = here()
            part = me.shared(np.float32, 4)
            part[me.index] = np.float32(me.index)
            if barrier:
                me.barrier()
            got[me.index] = part[(me.index + 1) % 4]
            return 0

        return work

    for barrier in (True, False):
        results = []
        for backward in (False, True):
            got = np.zeros(4, np.float32)
            run(neighbour(barrier), 4, 1, backward)
            results.append(got)
        assert np.array_equal(*results) == barrier, results
    assert np.isnan(results[0][0]), "what nobody has written yet is NaN"


@pytest.mark.parametrize("lines", [1, 2])
def test_threads_that_do_not_meet_are_named(lines):
    def work():
        if here().index == 0:
            here().barrier()
        elif lines == 2:
            here().barrier()
        return 0

    with pytest.raises(BlockError, match=r"thread 0 at line \d+, thread 1 at (line \d+|its end)"):
        run(work, 2, 1)


def test_what_a_thread_raises_ends_the_block_and_its_threads():
    before = threading.active_count()

    def work():
        here().barrier()
        if here().index == 1:
            raise ZeroDivisionError("one of them")
        here().barrier()
        return 0

    with pytest.raises(ZeroDivisionError, match="one of them"):
        run(work, 8, 3)
    assert threading.active_count() == before


def test_the_first_status_that_is_not_zero_is_returned():
    assert run(lambda: 5 if (here().block, here().index) == (1, 1) else 7 if here().block == 2 else 0, 2, 3) == 5


def test_memory_of_a_block_and_of_a_thread():
    def work():
        me = here()
        mine, ours, more = private(np.int32, 2), me.shared(np.int32, 2), me.shared(np.float64, 3)
        assert mine[0] == ours[0] == -1 and np.isnan(more[2])
        me.barrier()
        mine[0] = ours[me.index] = me.index
        me.barrier()
        assert (mine[0], ours[0], ours[1]) == (me.index, 0, 1)
        with pytest.raises(IndexError):
            ours[2] = 0
        return 0

    assert run(work, 2, 2) == 0


@pytest.mark.parametrize("ask, words", [
    (lambda me: me.shared(np.float32, 1 + me.index), "shares 2 of float32 where another one shares 1 of float32"),
    (lambda me: me.shared(np.float64, thread_blocks.SHARED_BYTES), "a block shares more than 49152 bytes"),
])  # fmt: skip
def test_a_block_shares_alike_and_not_too_much(ask, words):
    with pytest.raises(BlockError, match=words):
        run(lambda: ask(here()) and 0, 2, 1)


def test_a_source_called_by_itself_is_an_error():
    with pytest.raises(BlockError, match="run it with"):
        here()
