"""Queues: orders, batches, shapes, closing; a thread that fills one."""

import threading

import numpy as np
import pytest

from fastnn.compat.tf import queues
from fastnn.compat.tf.errors import OutOfRangeError
from fastnn.core.errors import ArgumentError, CallOrderError


def test_first_in_first_out():
    """One element and several; sizes."""
    queue = queues.FIFOQueue(4, ["float32"], shapes=[()])
    queue.enqueue([1.0])
    queue.enqueue_many([[2.0, 3.0]])
    assert (float(queue.dequeue()), int(queue.size())) == (1.0, 2)
    assert queue.dequeue_many(2).tolist() == [2.0, 3.0]


def test_components_and_names():
    """Several tensors in an element, by place or by name."""
    queue = queues.FIFOQueue(4, ["int32", "string"])
    queue.enqueue((1, "a"))
    number, text = queue.dequeue()
    assert (int(number), text.item()) == (1, "a")
    named = queues.FIFOQueue(4, ["int32", "float32"], names=["n", "x"])
    named.enqueue({"x": 2.5, "n": 1})
    assert {k: float(v) for k, v in named.dequeue().items()} == {"n": 1.0, "x": 2.5}


def test_numbers_random_order_and_padding():
    """The least number first; all of them, in any order; rows of one length."""
    queue = queues.PriorityQueue(9, ["string"], [()])
    for pair in ((2, "b"), (1, "a"), (3, "c")):
        queue.enqueue(pair)
    assert [queue.dequeue()[1].item() for _ in range(3)] == ["a", "b", "c"]
    shuffled = queues.RandomShuffleQueue(20, 0, ["int32"], shapes=[()], seed=1)
    shuffled.enqueue_many([list(range(10))])
    drawn = [int(shuffled.dequeue()) for _ in range(10)]
    assert sorted(drawn) == list(range(10)) != drawn
    padded = queues.PaddingFIFOQueue(9, ["int32"], shapes=[[None]])
    padded.enqueue([[1, 2]])
    padded.enqueue([[1]])
    assert padded.dequeue_many(2).tolist() == [[1, 2], [1, 0]]


def test_what_would_wait_for_ever_is_an_error():
    """Empty, full and closed queues where no other thread runs."""
    queue = queues.FIFOQueue(1, ["int32"])
    with pytest.raises(OutOfRangeError, match="insufficient elements"):
        queue.dequeue()
    queue.enqueue(1)
    with pytest.raises(OutOfRangeError, match="full"):
        queue.enqueue(2)
    queue.close()
    assert bool(queue.is_closed())
    with pytest.raises(CallOrderError, match="closed"):
        queue.enqueue(2)
    assert int(queue.dequeue_up_to(3)[0]) == 1
    with pytest.raises(ArgumentError, match="Shape mismatch"):
        queues.FIFOQueue(1, ["int32"], shapes=[(2,)]).enqueue([[1, 2, 3]])


def test_a_thread_fills_it():
    """Who takes waits for who puts."""
    queue = queues.FIFOQueue(1, ["int32"])
    thread = threading.Thread(target=lambda: [queue.enqueue(k) for k in range(5)])
    thread.start()
    assert [int(queue.dequeue()) for _ in range(5)] == list(range(5))
    thread.join()
    assert np.asarray(queue.size()) == 0
