"""Drawn training loops of one's own: what happens between the calls changes no number of plain NumPy's.

A loop is a list of drawn steps.  Each step computes a loss of a small net under a tape, in one of many ways, and
something else happens before, inside and after: errors, looks, changes of arrays and variables, other nets and threads.
"""

import threading

import numpy as np
import pytest

from fastnn import GradientTape, Input, Sequential, Variable, layers, losses, metrics, ops, optimizers

SEEDS = range(40)
SIZES = (3, 4, 2)


class Plain:
    """The net, its gradients and SGD with momentum in float64."""

    def __init__(self, weights, momentum):
        self.weights = [np.array(w, "float64") for w in weights]
        self.velocity = [np.zeros_like(w) for w in self.weights]
        self.momentum = momentum

    def loss(self, x, y):
        return np.mean((self.run(x)[1] - y) ** 2)

    def run(self, x):
        w, b, v, c = self.weights
        hidden = np.tanh(x @ w + b)
        return hidden, hidden @ v + c

    def gradients(self, x, y):
        v = self.weights[2]
        hidden, out = self.run(x)
        back = 2 * (out - y) / out.size
        inner = (back @ v.T) * (1 - hidden**2)
        return [x.T @ inner, inner.sum(0), hidden.T @ back, back.sum(0)]

    def step(self, grads, rate):
        for w, m, g in zip(self.weights, self.velocity, grads):
            m[...] = self.momentum * m - rate * g
            w += m


class Boom(Exception):
    pass


class Loop:
    """A net of fastnn and the same in NumPy, with the ways to make a step of both."""

    def __init__(self, rng):
        self.rng = rng
        self.model = Sequential([Input((SIZES[0],)), layers.Dense(SIZES[1], "tanh"), layers.Dense(SIZES[2])])
        momentum = float(rng.choice([0.0, 0.9]))
        self.optimizer = optimizers.SGD(0.1, momentum=momentum)
        self.plain = Plain(self.model.get_weights(), momentum)
        self.mean, self.seen = metrics.Mean(), []
        self.kept = []  # (a value that nobody looked at yet, what it is)
        self.lossf = losses.MeanSquaredError()

    def batch(self):
        n = int(self.rng.choice([1, 5, 5, 8]))
        return self.rng.normal(size=(n, SIZES[0])).astype("f4"), self.rng.normal(size=(n, SIZES[2])).astype("f4")

    # ---- before a step
    def before(self):
        how = self.rng.integers(8)
        if how == 0:
            new = [self.rng.normal(size=w.shape).astype("f4") * 0.5 for w in self.plain.weights]
            self.model.set_weights(new)
            self.plain.weights = [w.astype("f8") for w in new]
        elif how == 1:
            self.model.weights[1].assign_add(np.full(SIZES[1], 0.25, "f4"))
            self.plain.weights[1] += 0.25
        elif how == 2:
            self.optimizer.learning_rate = 0.05
        elif how == 3:
            self.mean.reset_state()
            self.seen = []
        elif how == 4:  # an error in the middle of a block
            x, _ = self.batch()
            with pytest.raises(Boom), GradientTape() as tape:
                p = self.model(x, training=True)
                if self.rng.random() < 0.5:
                    self.kept.append((p, self.plain.run(x)[1]))
                raise Boom
            assert tape is not None
        elif how == 5:  # shapes that do not fit, in the middle of a block
            x, y = self.batch()
            with pytest.raises(ValueError), GradientTape():
                self.lossf(y, ops.matmul(self.model(x), np.zeros((7, 7), "f4")))

    # ---- the loss and its gradients
    def gradients(self, x, y):
        """(gradients along the model's variables, the loss as a value) by one of the ways."""
        ways = (self.usual, self.by_operations, self.persistent, self.nested, self.changed_input, self.with_numpy,
                self.in_function, self.outer_tape)  # fmt: skip
        return ways[self.rng.integers(len(ways))](x, y)

    def usual(self, x, y):
        with GradientTape() as tape:
            loss = self.lossf(y, self.model(x, training=True))
            if self.rng.random() < 0.3:
                self.look(loss)
        return tape.gradient(loss, self.model.trainable_variables), loss

    def by_operations(self, x, y):
        w, b, v, c = self.model.trainable_variables
        with GradientTape() as tape:
            hidden = ops.tanh(ops.matmul(x, w) + b)
            self.look(hidden)
            loss = ops.mean(ops.square(hidden @ v + c - y))
        return tape.gradient(loss, [w, b, v, c]), loss

    def persistent(self, x, y):
        with GradientTape(persistent=True) as tape:
            p = self.model(x, training=True)
            loss = self.lossf(y, p)
        variables = self.model.trainable_variables
        first = tape.gradient(loss, variables[:2])
        self.look(first[0])
        return [*first, *tape.gradient(loss, variables[2:])], loss

    def nested(self, x, y):
        given = ops.array(x)
        with GradientTape() as tape:
            with GradientTape() as inner:
                inner.watch(given)
                p = self.model(given, training=True)
            slope = inner.gradient(p, given)
            loss = self.lossf(y, p) + 0.0 * ops.sum(slope)
        return tape.gradient(loss, self.model.trainable_variables), loss

    def changed_input(self, x, y):
        x, y = x.copy(), y.copy()
        with GradientTape() as tape:
            p = self.model(x, training=True)
            x[...] = np.nan  # what it was at the call counts
            loss = self.lossf(y, p)
            y[...] = np.nan
        return tape.gradient(loss, self.model.trainable_variables), loss

    def with_numpy(self, x, y):
        with GradientTape() as tape:
            loss = np.mean(np.square(np.subtract(self.model(x, training=True), y)))
        return tape.gradient(loss, self.model.trainable_variables), loss

    def in_function(self, x, y):
        def inner(model, scale):
            def losses_of():
                for rows in (slice(0, 1), slice(1, None)):
                    if len(x[rows]):
                        yield ops.sum(ops.square(model(x[rows], training=True) - y[rows])) * scale

            return sum(losses_of())

        with GradientTape() as tape:
            loss = inner(self.model, 1.0 / y.size)
        return tape.gradient(loss, self.model.trainable_variables), loss

    def outer_tape(self, x, y):
        with GradientTape(persistent=True) as outer:
            grads, loss = self.usual(x, y)
        assert outer.gradient(loss, self.model.trainable_variables[3]) is not None
        return grads, loss

    def look(self, value):
        if self.rng.random() < 0.5:
            np.asarray(value)

    # ---- all of a step
    def step(self):
        self.before()
        x, y = self.batch()
        loss, expected = self.plain.loss(x, y), self.plain.gradients(x, y)
        grads, found = self.gradients(x, y)
        if self.rng.random() < 0.3:
            for g, e in zip(grads, expected):
                np.testing.assert_allclose(g, e, rtol=2e-3, atol=2e-5)
        self.kept.append((found, loss))
        if self.rng.random() < 0.8:
            self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
            self.plain.step(expected, float(self.optimizer.learning_rate))
        self.mean.update_state(found)
        self.seen.append(loss)
        if self.rng.random() < 0.2:
            np.testing.assert_allclose(float(self.mean.result()), np.mean(self.seen), rtol=1e-3)

    def check(self):
        for value, expected in self.kept:
            np.testing.assert_allclose(value, expected, rtol=2e-3, atol=2e-5)
        for w, e in zip(self.model.get_weights(), self.plain.weights):
            np.testing.assert_allclose(w, e, rtol=2e-3, atol=2e-5)
        if self.seen:
            np.testing.assert_allclose(float(self.mean.result()), np.mean(self.seen), rtol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drawn_loop_gives_the_numbers_of_numpy(seed):
    rng = np.random.default_rng(seed)
    loops = [Loop(rng) for _ in range(rng.integers(1, 3))]  # two nets take turns
    for _ in range(8):
        loops[rng.integers(len(loops))].step()
    for loop in loops:
        loop.check()


def test_threads_have_loops_of_their_own():
    errors = []

    def run(seed):
        try:
            loop = Loop(np.random.default_rng(seed))
            for _ in range(6):
                loop.step()
            loop.check()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(100, 104)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


def test_one_variable_of_two_loops():
    shared = Variable(np.ones(2, "float32"))
    steps = [optimizers.SGD(0.5), optimizers.SGD(0.25)]
    with GradientTape() as first:
        a = ops.sum(shared * shared)
    with GradientTape() as second:
        b = ops.sum(shared * 3.0)
    steps[0].apply_gradients([(first.gradient(a, shared), shared)])
    np.testing.assert_array_equal(shared, [0.0, 0.0])
    steps[1].apply_gradients([(second.gradient(b, shared), shared)])
    np.testing.assert_array_equal(shared, [-0.75, -0.75])
    assert float(a) == 2.0 and float(b) == 6.0
