"""Large arrays are read where they lie and results given away; nobody can tell but by the time it takes."""

import gc
import weakref

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler import eager
from fastnn.compiler.eager import LARGEST_KEPT, EagerPlan, Kept
from fastnn.compiler.lending import LENT
from fastnn.compiler.target import Options
from fastnn.core.jit import MODE

ROWS, COLUMNS = 300, 256
X = np.random.default_rng(0).standard_normal((ROWS, COLUMNS), dtype=np.float32)
assert X.nbytes > LENT

FUNCTIONS = {
    "one large result": lambda x: ops.exp(x) * 2,
    "a small result": lambda x: ops.sum(x, 1),
    "results in parts": lambda x: ops.split(x, 2, 1),
    "a tree of results": lambda x: {"a": ops.exp(x), "b": (ops.max(x), x + 1)},
    "the array itself": lambda x: ops.reshape(x, (COLUMNS, ROWS)),
    "one value twice": lambda x: (lambda y: (y, y))(ops.tanh(x)),
    "a step in Python": lambda x: ops.sort(ops.exp(x), 0),
    "a loop": lambda x: ops.fori_loop(0, 3, lambda i, y: y * 0.5 + x, x),
    "a temporary": lambda x: ops.sum(ops.matmul(x, ops.transpose(x)), 0),
}


def flat(value):
    return [np.asarray(v) for v in eager.tree.flatten(value)]


def plan(function, options=None, lend=True):
    return EagerPlan(function, [(X.shape, "float32")], options=options, lend=lend)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_those_of_copies(name):
    function = FUNCTIONS[name]
    wanted = flat(plan(function, lend=False)(X))
    for threads in (1, 2):
        lent = plan(function, Options(threads=threads))
        first, changed = lent(X), lent(X + 1)
        again = lent(X)
        for got in (first, again):  # the second call left the first one's results as they were
            for w, g in zip(wanted, flat(got), strict=True):
                np.testing.assert_array_equal(g, w)
        assert not any(np.shares_memory(g, X) for g in flat(again))
        assert not any(np.shares_memory(a, b) for a in flat(first) for b in (*flat(changed), *flat(again)))
        del first
        for g in flat(again):
            g[...] = 0  # they are the caller's
        for w, g in zip(wanted, flat(lent(X)), strict=True):
            np.testing.assert_array_equal(g, w)


def apart(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)
    out = raw[1:].view(x.dtype).reshape(x.shape)
    out[...] = x
    return out


ARRAYS = {
    "in another order": np.asfortranarray,
    "every second column": lambda x: np.repeat(x, 2, 1)[:, ::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "at an odd address": apart,
    "read-only": lambda x: np.broadcast_to(x, x.shape),
    "float64": lambda x: x.astype("float64"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_any_array_is_taken(name):
    lent = plan(FUNCTIONS["a small result"])
    np.testing.assert_array_equal(lent(ARRAYS[name](X)), lent(X))


def test_nothing_is_held_between_calls():
    lent, x = plan(FUNCTIONS["one large result"]), X.copy()
    out = lent(x)
    seen = [weakref.ref(x), weakref.ref(out)]
    del x, out
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


@pytest.mark.skipif(MODE == "python", reason="checked pointers know only memory that stays")
def test_what_stays_is_small():
    for name in ("one large result", "a small result"):
        lent = plan(FUNCTIONS[name])
        assert lent.bytes < LENT < plan(FUNCTIONS[name], lend=False).bytes


@pytest.mark.skipif(MODE == "python", reason="checked pointers know only memory that stays")
def test_plans_of_large_operations_are_kept(monkeypatch):
    kept = Kept(8, 1 << 20, LARGEST_KEPT)
    monkeypatch.setattr(eager, "KEPT", kept)
    x = np.zeros(LARGEST_KEPT // 4 + 1000, np.float32)
    ops.exp(x), ops.where(x > 0, x, x + 1)
    count = len(kept)
    ops.exp(x), ops.where(x > 0, x, x + 1)
    assert len(kept) == count >= 2 and kept.bytes < 1 << 18
