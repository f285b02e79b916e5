"""The generator: equal bits in NumPy and in kernels, statistics, and masks that the backward pass finds again."""

from __future__ import annotations

import math

import evaluate
import numpy as np
import pytest

import fastnn
import fastnn.random as public
from fastnn import ops
from fastnn.core import config
from fastnn.core import random as core
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.graph import Trace, gradients
from fastnn.ops.functions import random as operations
from fastnn.ops.records.random import random_bernoulli, random_uniform

# computed once: a generator that gives others changes the results of every seed
PINNED = [2753090293, 2929065590, 4245904628]


def numbers(op, **attrs):
    """One random operation through a plan, at step 0."""
    return evaluate.run(lambda: op(**attrs), [])[0]


def test_bits_are_pinned():
    assert core.bits((1, 2, 3), 3).tolist() == PINNED
    assert core.bits((1, 2, 3), 2, first=1).tolist() == PINNED[1:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_give_the_bits_of_core(dtype):
    key = dict(seed=5, stream=2, call=1)
    received = numbers(random_uniform, shape=(300,), dtype=dtype, **key)
    np.testing.assert_array_equal(received, core.uniform((5, 2, 1, 0), (300,), dtype=dtype))
    received = numbers(random_bernoulli, shape=(300,), dtype=dtype, p=0.3, **key)
    np.testing.assert_array_equal(received == 1, core.bernoulli((5, 2, 1, 0), (300,), 0.3))


def test_words_and_streams_are_independent():
    n = 1 << 14
    keys = [(0, 1), (0, 2), (1, 1), (0, 1, 0)]
    streams = [core.bits(key, n, word) / 2.0**32 - 0.5 for key in keys for word in (0, 1)]
    table = np.corrcoef(streams)
    assert np.abs(table - np.eye(len(streams))).max() < 5 / np.sqrt(n)
    for x in streams:
        assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 5 / np.sqrt(n)


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_every_byte_is_uniform(shift):
    n = 1 << 16
    counts = np.bincount((core.bits((3, 4), n) >> np.uint32(shift)) & np.uint32(255), minlength=256)
    chi2 = ((counts - n / 256) ** 2 / (n / 256)).sum()
    assert 160 < chi2 < 370  # 255 degrees of freedom, 1e-6 on either side


def test_avalanche():
    """Flipping any bit of the counter flips each output bit half of the time."""
    x = core.bits((9, 9), 1 << 12)
    for bit in range(12):
        flipped = x ^ x[np.arange(len(x)) ^ (1 << bit)]
        rate = np.unpackbits(flipped.view(np.uint8)).mean()
        assert abs(rate - 0.5) < 0.01


def test_normal_numbers_have_the_right_distribution():
    z = np.sort(core.normal((1, 1), 20000, dtype="float64"))
    assert abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.02
    from statistics import NormalDist

    cdf = np.array([NormalDist().cdf(v) for v in z[::50]])
    assert np.abs(cdf - np.arange(0, 20000, 50) / 20000).max() < 0.015
    t = core.truncated_normal((1, 1), 20000)
    assert np.abs(t).max() <= 2 and abs(t.std() - 0.8796) < 0.01


def test_quantile_against_the_standard_library():
    from statistics import NormalDist

    p = np.array([1e-300, 1e-20, 1e-9, 1e-4, 0.02, 0.074, 0.076, 0.2, 0.4, 0.4999])
    np.testing.assert_allclose(core.quantile(p), [NormalDist().inv_cdf(v) for v in p], rtol=1e-14)


@pytest.mark.parametrize("n", [0, 1, 2, 1000])
def test_permutation_holds_every_number_once(n):
    p = core.permutation((2, 3), n)
    assert p.dtype == np.int64 and sorted(p.tolist()) == list(range(n))


def test_permutations_are_all_reached():
    seen = {tuple(core.permutation((k,), 3).tolist()) for k in range(100)}
    assert len(seen) == 6


def test_bad_arguments():
    with pytest.raises(ShapeError):
        core.bits((0,), 2, first=2**32 - 1)
    with pytest.raises(ArgumentError):
        core.bits((0.5,), 2)
    with pytest.raises(ArgumentError):
        core.integers((0,), 3, 5, 5)
    with pytest.raises(ShapeError):
        core.uniform((0,), (-1,))


# ---------------------------------------------------------------- dropout
def test_dropout_gradient_uses_the_same_mask_and_steps_change_it():
    from fastnn.compiler.program import Program

    x = np.ones((40, 25), np.float32)
    with Trace() as trace:
        s = trace.input(x.shape, "float32")
        y = operations.dropout(s, 0.4, seed=3, stream=1)
        (gx,) = gradients([y], [s], [trace.constant(np.full(x.shape, 2.0, np.float32))])
    program = Program(trace, [y, gx], {s: x})
    program.run()
    first, grad = (o.copy() for o in program.outputs)
    np.testing.assert_array_equal(grad, 2 * first)
    assert set(np.unique(first).round(4)) == {0.0, np.float32(1 / 0.6).round(4)}
    assert abs((first == 0).mean() - 0.4) < 0.06
    program.state[0] = 1
    program.run()
    assert 0.3 < (program.outputs[0] != first).mean() < 0.7
    np.testing.assert_array_equal(program.outputs[0] == 0, core.dropped((3, 1, 0, 1), x.shape, 0.4))


def test_noise_shape_broadcasts_the_mask():
    y = public.dropout(np.ones((6, 5, 8), np.float32), 0.5, noise_shape=(None, 1, None), seed=1)
    assert (y == y[:, :1]).all() and 0 < (y == 0).mean() < 1
    x = np.ones((6, 5, 8), np.float32)
    (traced,) = evaluate.run(lambda x: operations.dropout(x, 0.5, noise_shape=(6, 1, 8)), [x])
    assert (traced == traced[:, :1]).all() and 0 < (traced == 0).mean() < 1
    with pytest.raises(ArgumentError):
        operations.mask_shape((2, 3), (3, 1))


def test_dropout_rates_at_the_ends():
    x = np.ones((3, 3), np.float32)
    kept = public.dropout(x, 0)
    assert (kept == x).all() and not np.shares_memory(kept, x)  # the user's own array stays the user's
    assert (public.dropout(x, 1) == 0).all()
    with pytest.raises(ArgumentError, match="rate"):
        public.dropout(x, 1.5)


# ---------------------------------------------------------------- public functions
def test_int_seeds_repeat_and_generators_go_on():
    np.testing.assert_array_equal(public.normal((4,), seed=3), public.normal((4,), seed=3))
    generator = public.SeedGenerator(3)
    a, b = public.normal((4,), seed=generator), public.normal((4,), seed=generator)
    assert (a != b).all()
    assert (public.normal((4,)) != public.normal((4,))).all()
    again = public.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(public.normal((4,), seed=again), a)


def test_set_seed_starts_again():
    config.set_seed(11)
    a = public.uniform((4,)), public.SeedGenerator().draw()
    config.set_seed(11)
    b = public.uniform((4,)), public.SeedGenerator().draw()
    np.testing.assert_array_equal(a[0], b[0])
    assert a[1] == b[1]


def test_a_generator_counts_its_calls_within_each_trace():
    generator = public.SeedGenerator(1)
    for _ in range(2):
        with Trace():
            assert [generator.draw()[2] for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("count, p", [(9, 0.3), (65, 0.3), (100, 0.02), (700, 0.9)])
def test_binomial_numbers_against_their_probabilities(count, p):
    """A sum of squares over the 5-in-a-sample bins is a chi-square number: 4 standard deviations above its mean."""
    n = 40000
    found = np.bincount(np.asarray(public.binomial((n,), count, p, seed=3), int), minlength=count + 1)
    k = np.arange(count + 1)
    ways = [math.lgamma(count + 1) - math.lgamma(i + 1) - math.lgamma(count - i + 1) for i in k]
    expected = n * np.exp(ways + k * np.log(p) + (count - k) * np.log1p(-p))
    good = expected > 5
    assert ((found - expected)[good] ** 2 / expected[good]).sum() < good.sum() + 4 * np.sqrt(2 * good.sum())
    assert abs(found[~good].sum() - expected[~good].sum()) < 4 * np.sqrt(expected[~good].sum() + 1)


def test_distributions():
    n = (20000,)
    assert abs(public.gamma(n, 3.0, seed=1).mean() - 3) < 0.06
    assert abs(public.gamma(n, 0.5, seed=1).mean() - 0.5) < 0.03
    assert abs(public.beta(n, 2.0, 3.0, seed=1).mean() - 0.4) < 0.01
    assert abs(public.binomial(n, 10, 0.3, seed=1).mean() - 3) < 0.05
    assert public.binomial((2,), 1e6, [0.0, 1.0]).tolist() == [0, 1e6]
    with pytest.raises(ArgumentError, match="finite"):
        public.binomial((1,), np.inf, 0.5)
    assert set(public.randint(n, -2, 2, seed=1).tolist()) == {-2, -1, 0, 1}
    wide = core.integers((1,), n, 0, 2**40, "int64")
    assert wide.min() >= 0 and 2**39 < wide.max() < 2**40
    c = public.categorical(np.log([[0.2, 0.8]]), 10000, seed=1)
    assert abs(c.mean() - 0.8) < 0.02
    x = np.arange(12).reshape(4, 3)
    y = public.shuffle(x, axis=1, seed=2)
    assert sorted(map(tuple, y.T.tolist())) == sorted(map(tuple, x.T.tolist()))


def test_random_symbols_inside_a_trace():
    generator = public.SeedGenerator(1)

    def fn():
        return (
            public.normal((50,), seed=generator),
            public.uniform((50,), 2, 3, seed=generator),
            ops.cast(public.randint((50,), 0, 4, seed=generator), "int64"),
            ops.add(public.normal((5,), seed=7), 0.0),
        )

    z, u, i, fixed = evaluate.run(fn, [])
    np.testing.assert_array_equal(u, core.uniform((1, 0, 1, 0), (50,), 2, 3))
    assert 0 < np.abs(z).max() < 5 and set(i.tolist()) == {0, 1, 2, 3}
    np.testing.assert_array_equal(fixed, public.normal((5,), seed=7))
    with Trace(), pytest.raises(NotSupportedError):
        public.gamma((2,), 1.0)


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: public.randint((2,), 0, 10, dtype="float64"), "requires an integer `dtype`"),
        (lambda: public.uniform((2,), dtype="int64"), "requires a floating point `dtype`"),
    ],
)
def test_dtypes_that_are_refused(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


def test_categories_drawn_in_a_layer_have_their_probabilities():
    class Draw(fastnn.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed = public.SeedGenerator(3)

        def call(self, logits):
            return public.categorical(logits, 200, seed=self.seed)

    model = fastnn.Sequential([fastnn.Input((3,)), Draw()])
    logits = np.log(np.array([[0.7, 0.3, 1e-9], [1e-9, 1e-9, 1.0]], "float32"))
    first, second = (model.predict(logits, verbose=0) for _ in range(2))
    assert first.dtype == "int32" and first.shape == (2, 200) and not np.array_equal(first, second)
    assert 0.55 < (first[0] == 0).mean() < 0.85 and set(first[0].tolist()) == {0, 1} and (first[1] == 2).all()


def test_rows_are_shuffled_in_a_layer():
    class Shuffle(fastnn.layers.Layer):
        def call(self, x):
            return public.shuffle(x), public.shuffle(x, axis=1)

    x = np.arange(40, dtype="float32").reshape(10, 4)
    model = fastnn.Sequential([fastnn.Input((4,)), Shuffle()])
    (rows, columns), (again, _) = (model.predict(x, batch_size=10, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])], x)
    np.testing.assert_array_equal(columns[:, np.argsort(columns[0])], x)
    assert not np.array_equal(rows, x) and not np.array_equal(rows, again)


@pytest.mark.parametrize("seed", [None, "generator"])
def test_dropout_under_a_tape_drops_anew_in_each_call(seed):
    seed = seed and public.SeedGenerator(1)
    w = fastnn.Variable(np.ones((4, 50), "float32"))
    kept = []
    for _ in range(3):
        with fastnn.GradientTape() as tape:
            dropped = public.dropout(w * 2.0, 0.5, seed=seed)
            loss = fastnn.ops.sum(dropped)
        np.testing.assert_allclose(tape.gradient(loss, w) * 1.0, np.asarray(dropped))  # 4 where it is kept
        kept.append((np.asarray(dropped) > 0).tolist())
    assert kept[0] != kept[1] != kept[2] and float(loss) > 0
