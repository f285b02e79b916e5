"""How many threads a plan takes is found out by trying; the clock of these tests is a list of numbers."""

import numpy as np
import pytest

import fastnn
from fastnn.compiler.autotune import BATCHES, LONG_NS, ROUNDS, ThreadAutotuner


class Machine:
    """Walks that take so many ns per batch with so many threads."""

    def __init__(self, cost):
        self.cost, self.now, self.walked = cost, 0, []

    def clock(self):
        return self.now

    def walk(self, batches, threads):
        self.now += self.cost[threads] * batches
        self.walked.append((threads, batches))
        return batches


@pytest.mark.parametrize("cost, best", [({1: 100, 2: 150}, 1), ({1: 100, 2: 80}, 2), ({1: 100, 2: 100}, 1),
                                        ({1: 900, 2: 500, 4: 300}, 4), ({1: 900, 2: 300, 4: 500}, 2),
                                        ({1: 900, 3: 300, 6: 500}, 3)])  # fmt: skip
def test_the_fastest_number_wins(cost, best):
    machine, tuner = Machine(cost), ThreadAutotuner(max(cost), None)
    tuner._clock = machine.clock
    while tuner.pending:
        tuner.run(1000, machine.walk)
    assert tuner.best == best
    assert len(machine.walked) == len(cost) * (ROUNDS + 1) and {n for _, n in machine.walked} == {BATCHES}


def test_a_long_batch_takes_all_threads_without_more_tries():
    machine, tuner = Machine({1: LONG_NS + 1, 2: LONG_NS * 9}), ThreadAutotuner(2)
    tuner._clock = machine.clock
    tuner.run(3, machine.walk)
    assert not tuner.pending and tuner.best == 2 and machine.walked == [(1, 3)]


def test_one_thread_needs_no_trial_and_nothing_done_counts_for_nothing():
    assert not ThreadAutotuner(1).pending
    tuner = ThreadAutotuner(2)
    assert tuner.run(5, lambda n, threads: 0) == 0
    assert tuner.pending and tuner._least == {}


@pytest.mark.compiled
@pytest.mark.parametrize("way", ["fit", "train_on_batch", "predict", "call"])
def test_every_batch_is_walked_once_and_the_bits_are_those_of_one_thread(way):
    x = np.random.default_rng(0).standard_normal((640, 96)).astype("float32")

    def run(threads):
        fastnn.config.set_num_threads(threads)
        fastnn.utils.set_random_seed(4)
        model = fastnn.Sequential(
            [fastnn.Input((96,)), fastnn.layers.Dense(96, activation="tanh"), fastnn.layers.Dense(96)]
        )
        model.compile("adam", "mse")
        if way == "fit":
            model.fit(x, x, batch_size=32, epochs=5, verbose=0)
        elif way == "train_on_batch":
            for k in range(40):
                model.train_on_batch(x[:32], x[k : k + 32])
        out = [
            model.predict(x[:64], batch_size=64, verbose=0) if way == "predict" else np.asarray(model(x[:64]))
            for _ in range(40)
        ]
        return [int(model.optimizer.iterations), *model.get_weights(), *out]

    for a, b in zip(run(1), run(2)):
        assert np.array_equal(a, b)
