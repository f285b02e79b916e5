"""What is kept of compiled programs: the last used ones, within a number of bytes."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn.models.program_cache import ProgramCache
from fastnn.models.shared import GrowingArena


class Thing:
    def __init__(self, nbytes):
        self.bytes = nbytes


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 60))), st.integers(0, 150), st.integers(1, 4))
def test_what_is_kept(calls, most, least):
    """Within the bytes or no more than the least; what goes was not used since a time when what stays was."""
    cache, used, puts = ProgramCache(most, least), {}, 0
    for key, nbytes in calls:
        before = set(cache.kept)
        if cache.find(key) is None:
            puts += 1
            cache.put(key, Thing(nbytes))
            used[key] = puts, 0
        else:
            used[key] = puts, 1
        assert key in cache.kept and cache.bytes == sum(t.bytes for t in cache.kept.values())
        assert cache.bytes <= most or len(cache.kept) <= least
        went = before - set(cache.kept)
        assert not went or max(used[k] for k in went) <= min(used[k] for k in cache.kept)


def test_what_is_used_stays():
    cache = ProgramCache(most=100, least=1)
    for key in range(40):
        if cache.find("often") is None:
            cache.put("often", Thing(30))
        cache.put(key, Thing(30))
        assert "often" in cache.kept
    assert list(cache.kept) == ["often", 38, 39]


def test_bytes_that_things_keep_alive_count():
    alive = {}
    cache = ProgramCache(most=100, least=1, besides=lambda: sum(alive.values()))

    class Holder(Thing):
        def __init__(self, key):
            super().__init__(10)
            self.key, alive[key] = key, 50

        def __del__(self):
            del alive[self.key]

    for key in range(9):
        cache.put(key, Holder(key))
    assert list(alive) == list(cache.kept) == [8]


def test_many_threads_at_once():
    cache, errors = ProgramCache(most=200, least=2), []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for key in rng.integers(0, 30, 400).tolist():
                found = cache.find(key)
                if found is None:
                    cache.put(key, Thing(20))
        except Exception as error:  # whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    cache.put("last", Thing(20))
    assert not errors and cache.bytes <= 200


@pytest.mark.parametrize("sizes", [range(1000, 100_000, 500), [5000] * 20, [100, 90, 80, 10_000, 1]])
def test_an_arena_grows_in_few_steps(sizes):
    arena, blocks = GrowingArena(), []
    for n in sizes:
        block = arena.reserve(n)
        assert block.nbytes >= n
        if not any(block is b for b in blocks):
            blocks.append(block)
    largest = max(sizes)
    assert len(blocks) <= 1 + np.ceil(np.log(largest / sizes[0]) / np.log(1.5))
    assert blocks[-1].nbytes <= 1.5 * largest and sum(b.nbytes for b in blocks) <= 4.5 * largest
    assert arena.outgrown() == sum(b.nbytes for b in blocks[:-1])
    del blocks[:-1], block
    assert arena.outgrown() == 0
