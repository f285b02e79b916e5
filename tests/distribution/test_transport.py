"""Transports: each gives every process what the others have for it, whatever the sizes; and says who has ended."""

import numpy as np
import pytest
from distribution.ranks import in_ranks

from fastnn.core.errors import ProcessesDifferError, ProcessLostError
from fastnn.distribution.shared import Shared, open_shared
from fastnn.distribution.transport import Transport, gather_objects, packed, unpacked

KINDS = {"sockets": lambda sockets: sockets, "shared memory": open_shared}
SIZES = (0, 1, 7, 100_000, 3_000_000)


def piece(rank, to, k):
    return np.random.default_rng([rank, to, k]).integers(0, 256, SIZES[k], np.uint8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 3])
def test_everyone_gets_what_is_for_it(kind, size):
    def work(transport):
        assert transport.name == kind and transport.size == size
        for _ in range(3):  # buffers are used again
            found = transport.all_to_all(
                [[piece(transport.rank, to, k) for k in range(len(SIZES))] for to in range(size)]
            )
            for rank, pieces in enumerate(found):
                for k, p in enumerate(pieces):
                    assert np.array_equal(p, piece(rank, transport.rank, k))
        return gather_objects(transport, {"rank": transport.rank})

    assert in_ranks(size, work, KINDS[kind]) == [[{"rank": r} for r in range(size)]] * size


def test_allocated_memory_is_read_where_it_lies():
    def work(transport):
        assert type(transport) is Shared
        own = transport.allocate(1000)
        assert not own.any()
        own[:] = transport.rank + 1
        other = transport.all_gather([own[10:20]])[1 - transport.rank][0]
        assert other.tolist() == [2 - transport.rank] * 10
        transport.all_gather([])
        own[10] = 77  # what was given is a view
        transport.all_gather([])
        return int(other[0])

    assert in_ranks(2, work, open_shared) == [77, 77]


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_ended_is_named(kind):
    def work(transport):
        if transport.rank == 1:
            transport.close()
            return None
        with pytest.raises(ProcessLostError, match="Process 1 of 3 has ended") as found:
            transport.all_gather([np.zeros(10_000_000, np.uint8)])
        assert found.value.rank == 1 and isinstance(found.value, ConnectionError)
        return True

    assert in_ranks(3, work, KINDS[kind]) == [True, None, True]


def test_a_process_alone_gives_itself_what_it_has():
    alone = Transport()
    assert alone.all_gather([np.arange(3, dtype=np.uint8)])[0][0].tolist() == [0, 1, 2]
    assert alone.allocate(5).tolist() == [0] * 5 and repr(alone) == "<Transport rank 0 of 1>"


def test_a_step_is_no_plain_data():
    with pytest.raises(ProcessesDifferError, match="one of them runs a step"):
        unpacked([np.array([200, 3], np.uint8)])
    with pytest.raises(ProcessesDifferError):
        unpacked([])
    assert unpacked([packed([1, "a"])]) == [1, "a"]
