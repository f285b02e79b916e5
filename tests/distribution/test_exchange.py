"""Sums over shards: the same bits for any number of processes and any transport."""

import numpy as np
import pytest
from distribution.ranks import in_ranks

from fastnn.core.errors import ProcessesDifferError
from fastnn.distribution.exchange import HEAD, Exchange
from fastnn.distribution.shared import open_shared
from fastnn.distribution.transport import Transport

SECTIONS, EXTRAS = [("float32", 1001), ("float64", 5)], 3


def values(shard, step):
    draw = np.random.default_rng([shard, step])
    return [draw.normal(size=1001).astype(np.float32), draw.normal(size=5), draw.normal(size=EXTRAS)]


def sums(transport, shards, steps=3):
    exchange, out = Exchange(transport, shards, SECTIONS, EXTRAS), []
    for step in range(steps):
        for k, s in enumerate(exchange.own):
            for a, v in zip(exchange.parts[exchange.places[k]], values(s, step), strict=True):
                a[...] = v
            exchange.shard_is_there(k)
        heads = exchange.add_up(np.full(HEAD, step))
        assert heads.tolist() == [[step] * HEAD] * transport.size
        out.append([t.tobytes() for t in exchange.totals])
    return out


@pytest.mark.parametrize("make", [lambda s: s, open_shared])
@pytest.mark.parametrize(("shards", "size"), [(2, 2), (4, 2), (6, 2), (6, 3), (3, 3), (8, 4)])
def test_sums_do_not_depend_on_processes(make, shards, size):
    alone = sums(Transport(), shards)
    assert in_ranks(size, lambda t: sums(t, shards), make) == [alone] * size
    near = sum(values(s, 0)[0].astype(np.float64) for s in range(shards))
    np.testing.assert_allclose(np.frombuffer(alone[0][0], np.float32), near, atol=1e-5)


def test_shards_without_rows_are_zeros():
    exchange = Exchange(Transport(), 2, [("float32", 4)], 0)
    exchange.parts[0][0][:] = 3
    exchange.shard_is_there(0)
    exchange.clear(1)
    exchange.shard_is_there(1)
    exchange.add_up(np.zeros(HEAD, np.int64))
    assert exchange.totals[0].tolist() == [3] * 4


def test_processes_at_other_steps_are_an_error():
    def work(transport):
        exchange = Exchange(transport, 2, [("float32", 4)], 0)
        with pytest.raises(ProcessesDifferError, match="rank 1 at step 8 with 16 rows"):
            exchange.add_up(np.array([7 + transport.rank, 16, 0, 0]))
        return True

    assert in_ranks(2, work) == [True, True]


def test_other_values_are_an_error():
    def work(transport):
        exchange = Exchange(transport, 2 + 4 * transport.rank, [("float32", 4)], 0)
        with pytest.raises(ProcessesDifferError):
            exchange.add_up(np.zeros(HEAD, np.int64))
        return True

    assert in_ranks(2, work) == [True, True]
