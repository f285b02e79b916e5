"""Signs of life: who is stopped, who has left a run and lives on, who says that another one has ended."""

import socket
import threading

import pytest
from distribution.ranks import free_port, in_ranks

from fastnn.core.errors import ProcessesDifferError, ProcessLostError
from fastnn.distribution.joining import join
from fastnn.distribution.pulse import PATIENCE, TICK, Pulse
from fastnn.distribution.transport import gather_objects


@pytest.fixture
def pair():
    """The pulses of two processes, which beat when they are told."""
    made = [Pulse({1 - rank: end}, silence=5 * TICK) for rank, end in enumerate(socket.socketpair())]
    yield made
    for pulse in made:
        pulse.close()


def test_who_says_nothing_is_given_up_and_who_speaks_again_is_not(pair):
    here, there = pair
    for _ in range(6):
        assert here.trouble(1) == ("", "")
        here.beat()
    assert here.trouble(1)[0] == "does not answer" and "for 5 seconds" in here.trouble(1)[1]
    there.beat()
    here.beat()
    assert here.trouble(1) == ("", "")


@pytest.mark.parametrize("before", [0, 1, 127, 128, 255])
def test_who_has_left_more_runs_is_not_waited_for(pair, before):
    here, there = pair
    here.left, there.left = before, before + 1
    for _ in range(PATIENCE + 1):
        assert here.trouble(1) == ("", "")
        there.beat()
        here.beat()
    assert here.trouble(1)[0] == "has left the run" and there.trouble(0) == ("", "")
    here.left += 1  # it has left it, too
    here.beat()
    assert here.trouble(1) == ("", "")


def test_an_error_of_all_is_none_of_one(pair):
    for _ in range(3 * PATIENCE):
        for pulse in pair:
            pulse.left += 1
            pulse.beat()
        assert [pulse.trouble(1 - rank) for rank, pulse in enumerate(pair)] == [("", "")] * 2


def test_who_has_ended_is_told_among_other_bytes(pair):
    here, there = pair
    there.beat()
    there.tell(555)
    there.beat()
    assert (here.told(1), there.told(0)) == (555, None)
    here.beat()
    assert here.told(1) == 555 and here.trouble(1) == ("", "")


def test_a_closed_connection_is_no_error_here(pair):
    here, there = pair
    there.close()
    here.beat()
    here.tell(3)
    assert here.told(1) is None


@pytest.mark.parametrize("size", [2, 3])
def test_who_waits_for_one_that_is_stopped_gets_an_error(size):
    port, over, words = free_port(), threading.Event(), []

    def one(rank):
        transport = join(rank, size, "127.0.0.1", port, timeout=20, silence=0.1)
        try:
            gather_objects(transport, rank)
            if rank == 1:
                transport._pulse._over.set()  # as if it were stopped: it says nothing more, and stays
                over.wait(20)
            else:
                with pytest.raises(ProcessLostError, match=r"Process 1 of .* while this one waited") as found:
                    gather_objects(transport, rank)
                words.append(str(found.value))
        finally:
            transport.close()

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in [t for r, t in enumerate(threads) if r != 1]:
        thread.join()
    over.set()
    threads[1].join()
    assert len(words) == size - 1 and any("does not answer (no sign of life for 0.1 seconds" in w for w in words)


def test_a_rank_that_comes_when_all_are_there_is_turned_away():
    def work(transport):
        if transport.rank == 0:
            port = transport._pulse._door.getsockname()[1]
            with pytest.raises(ProcessesDifferError, match="rank 1 of 2 came to a run whose 2 processes are all there"):
                join(1, 2, "127.0.0.1", port, timeout=20)
        return gather_objects(transport, transport.rank)

    assert in_ranks(2, work) == [[0, 1]] * 2
