"""Plans of operations on arrays: which of them are kept."""

import numpy as np

from fastnn import ops
from fastnn.compiler import eager
from fastnn.compiler.eager import EagerPlan, Kept
from fastnn.ops import public


def plan(rows):
    return EagerPlan(ops.tanh, [((rows, 256), "float32")])


def test_the_plans_used_last_are_kept():
    kept, made = Kept(3, 1 << 30, 1 << 30), {n: plan(n) for n in (1, 2, 3, 4)}
    for n in (1, 2, 3):
        kept.put(n, made[n])
    assert kept.find(1) is made[1]
    kept.put(4, made[4])
    assert [kept.find(n) for n in (1, 2, 3, 4)] == [made[1], None, made[3], made[4]]


def test_they_take_a_number_of_bytes_at_most():
    small, large = plan(1), plan(400)
    size = large.bytes + large.program.nbytes
    kept = Kept(100, 3 * size, size)
    for n in range(10):
        kept.put(n, large if n else small)
        assert kept.bytes <= 3 * size
    assert len(kept) == 3 and kept.find(9) is large and kept.find(6) is None
    kept.put(9, small)
    assert kept.bytes == 2 * size + small.bytes + small.program.nbytes
    kept.put("too large", plan(4000))
    assert kept.find("too large") is None and len(kept) == 3


def test_what_has_no_hash_is_not_kept():
    kept = Kept(3, 1 << 30, 1 << 30)
    kept.put(["a list"], plan(1))
    assert kept.find(["a list"]) is None and not len(kept) and kept.bytes == 0


def test_results_are_those_of_the_operation():
    x = np.linspace(-1, 1, 512, dtype="float32").reshape(2, 256)
    np.testing.assert_allclose(plan(2)(x), np.tanh(x), rtol=1e-6)


def test_a_composite_on_arrays_is_one_plan(monkeypatch):
    monkeypatch.setattr(eager, "KEPT", eager.Kept(99, 1 << 24, 1 << 20))
    x = np.random.default_rng(0).standard_normal((5, 6, 3)).astype("float32")
    images = np.abs(x)[None]
    for call in (
        lambda: ops.var(x, axis=(0, 1)),
        lambda: ops.norm(x, axis=[0]),
        lambda: ops.einsum("abc,dbc->ad", x, x),
        lambda: ops.image.rgb_to_hsv(images),
    ):
        eager.KEPT = eager.Kept(99, 1 << 24, 1 << 20)
        first, again = np.asarray(call()), np.asarray(call())
        assert len(eager.KEPT) == 1
        with monkeypatch.context() as plain:
            plain.setitem(eager.hooks._hooks, "kept", lambda *_: None)
            plain.setattr(public, "_short", {})
            np.testing.assert_array_equal(first, np.asarray(call()))
        np.testing.assert_array_equal(first, again)
    assert ops.var(x, keepdims=1).shape == (1, 1, 1) and ops.var(x, keepdims=False).shape == ()
