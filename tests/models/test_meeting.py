"""Sums in the middle of steps: all shards get the same, in the tree of the shards; an error of one ends the others."""

import numpy as np
import pytest
from distribution.ranks import in_ranks

from fastnn.core.errors import ProcessesDifferError
from fastnn.distribution.transport import Transport
from fastnn.models.meeting import Meeting, shard_sum


def summed(transport, shards, rounds=4):
    """What the shards of a process get in some sums, one after the other."""
    meeting = Meeting(transport, [1] * shards)
    own = range(shards * transport.rank // transport.size, shards * (transport.rank + 1) // transport.size)
    out = [[] for _ in own]

    def step(k, s):
        for number in range(rounds):
            value = np.random.default_rng([s, number]).normal(size=(3, 2)).astype(np.float32)
            out[k].append(shard_sum(value, number).tobytes())

    meeting.run([lambda k=k, s=s: step(k, s) for k, s in enumerate(own)])
    assert all(o == out[0] for o in out)
    return out[0]


@pytest.mark.parametrize(("shards", "size"), [(2, 2), (4, 2), (6, 3), (5, 1)])
def test_sums_do_not_depend_on_processes(shards, size):
    alone = summed(Transport(), shards)
    assert in_ranks(size, lambda transport: summed(transport, shards)) == [alone] * size


def test_shards_without_rows_give_zeros():
    sizes, value = [1, 1, 1, 0, 0, 0], np.arange(3.0)

    def work(transport):
        meeting = Meeting(transport, sizes)
        out = []
        if meeting.working:
            meeting.run([lambda: out.append(shard_sum(value, 1))] * len(meeting.working))
        else:
            meeting.follow(1)
        return [o.tolist() for o in out]

    of_rank = in_ranks(3, work)
    assert of_rank == [[[0.0, 3.0, 6.0]] * 2, [[0.0, 3.0, 6.0]], []]


def test_outside_of_a_step_there_is_one_shard():
    value = np.ones(3)
    assert shard_sum(value, 1) is value


def test_an_error_of_one_shard_ends_all_and_the_meeting_can_go_on():
    meeting = Meeting(Transport(), [2, 2, 1])

    def fails():
        raise KeyError("of one")

    def works():
        shard_sum(np.ones(2), 1)

    with pytest.raises(KeyError, match="of one"):
        meeting.run([works, fails, works])
    meeting.run([works] * 3)


def test_other_sums_are_an_error():
    meeting = Meeting(Transport(), [1, 1])
    with pytest.raises(ProcessesDifferError, match="different sums"):
        meeting.run([lambda n=n: shard_sum(np.ones(2), n) for n in range(2)])
