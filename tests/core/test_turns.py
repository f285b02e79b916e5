"""Turns: who may touch the same memory at once, in which order, and what an end or a fork leaves."""

import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.core import turns
from fastnn.graph import Variable
from fastnn.graph.flat import FlatBuffer


def other(function):
    """The result of a function in a thread of its own, or None if it waits."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    return thread, found


def waits(use):
    """Whether a use in another thread has to wait for the turn of this one."""
    taken = threading.Event()

    def ask():
        turns.begin(use)
        taken.set()
        turns.end()

    thread, _ = other(ask)
    while not taken.is_set() and not turns.WAITING:
        thread.join(0.001)
    return not taken.is_set(), thread


A, B = Variable([1.0]), Variable([2.0])


@pytest.mark.parametrize("mine, writes, its, its_writes, expected", [
    ([A], False, [A], False, False), ([A], True, [A], False, True), ([A], False, [A], True, True),
    ([A], True, [A], True, True), ([A], True, [B], True, False), ([A, B], False, [B], True, True),
])  # fmt: skip
def test_who_waits(mine, writes, its, its_writes, expected):
    with turns.turn(mine, writes):
        waited, thread = waits((its, its_writes))
        assert waited == expected
    thread.join()
    assert not turns.OPEN and not turns.WAITING


def test_variables_in_one_buffer_are_one_memory():
    block = FlatBuffer.of([Variable([1.0, 2.0]), Variable([3.0])])
    assert turns.whole(block.array[:1]) == turns.whole(block.array[1:]) != turns.whole(A._array)


def test_who_has_a_turn_takes_no_second_one():
    with turns.turn([A], writes=True):
        assert not turns.begin(([B], True))
        assert A.assign_add([1.0]).numpy() == A.numpy()
    assert not turns.OPEN


def test_turns_are_given_in_the_order_of_asking():
    order, threads = [], []

    def take(number, writes):
        with turns.turn([A], writes):
            order.append(number)

    with turns.turn([A], writes=True):
        for number, writes in enumerate((False, True, False, True)):
            threads.append(other(lambda n=number, w=writes: take(n, w))[0])
            while len(turns.WAITING) <= number:
                threads[-1].join(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]


def test_an_interrupted_wait_leaves_nothing():
    class Interrupted:
        def touched(self):
            return turns.touched(((A,), True))

        def hurry(self):
            raise KeyboardInterrupt

    failed = []

    def ask():
        with pytest.raises(KeyboardInterrupt):
            turns.begin(((A,), True))
        failed.append(threading.get_ident() not in turns.OPEN)

    turns.begin(Interrupted())
    other(ask)[0].join()
    turns.end()
    assert failed == [True] and not turns.WAITING and not turns.OPEN


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=6))
def test_writers_are_alone(uses):
    """Threads that add and read at random: no addition is lost, and both variables are of one moment."""
    a, b, seen, rounds = Variable(np.zeros(600)), Variable(np.zeros(600)), [], 20

    def work(writes, backwards):
        mine = (b, a) if backwards else (a, b)
        for _ in range(rounds):
            with turns.turn(mine, writes):
                if writes:
                    for v in mine:
                        v.assign_add(np.ones(600))
                else:
                    seen.append([v.numpy() for v in mine])

    threads = [other(lambda u=u: work(*u))[0] for u in uses]
    for thread in threads:
        thread.join()
    assert (a.numpy() == rounds * sum(w for w, _ in uses)).all()
    assert all((x == x[0]).all() and (x == y).all() for x, y in seen)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_the_turns_of_its_own_thread():
    hold, held = threading.Event(), threading.Event()

    def keep():
        with turns.turn([A], writes=True):
            held.set()
            hold.wait()

    thread, _ = other(keep)
    held.wait()
    child = os.fork()
    if child == 0:
        try:
            os._exit(int(A.assign([5.0]).numpy()[0]))  # the other thread is not there
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
    hold.set()
    thread.join()
