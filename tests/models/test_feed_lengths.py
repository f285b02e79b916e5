"""Batches of changing length: one feed, a program for each shape, bounded memory, unchanged numbers."""

import weakref

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, layers, losses, metrics, ops, optimizers
from fastnn.models import direct, step


@pytest.fixture
def programs(monkeypatch):
    """All programs that steps have made: {"made": how many, "alive": a set}."""
    seen = {"made": 0, "alive": weakref.WeakSet()}

    class Counted(step.Program):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            seen["made"] += 1
            seen["alive"].add(self)

    monkeypatch.setattr(step, "Program", Counted)
    return seen


def pooled(seed=0):
    """A small net for sequences of any length."""
    import fastnn

    fastnn.utils.set_random_seed(seed)
    i = Input((None, 3))
    model = Model(i, layers.Dense(1)(layers.GlobalAveragePooling1D()(layers.Dense(4, activation="tanh")(i))))
    model.compile(optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model


def batches(lengths, rows=2):
    rng = np.random.default_rng(1)
    return [
        (rng.normal(size=(rows, n, 3)).astype("float32"), rng.normal(size=(rows, 1)).astype("float32")) for n in lengths
    ]


class Data:
    """Batches as a data set that begins again."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def test_each_length_is_compiled_once(programs):
    model, lengths = pooled(), [*range(2, 42), *range(2, 42)]
    model.fit(Data(batches(lengths)), epochs=2, verbose=0)
    assert programs["made"] == 40 and len(model._trainer().steps["train"].feeds) == 1
    model.fit(Data(batches(lengths, rows=3)), verbose=0)
    assert programs["made"] == 80
    model.fit(Data(batches(lengths)), verbose=0)  # all of them are still there
    assert programs["made"] == 80 and len(programs["alive"]) == 80


def test_lengths_change_nothing_of_the_numbers():
    items = batches([5, 2, 9, 5, 3, 9])
    together, apart = pooled(), pooled()
    history = together.fit(Data(items), epochs=2, shuffle=False, verbose=0)
    logs = []
    for _ in range(2):
        logs.append(np.mean([apart.train_on_batch(*item)[0] for item in items]))
    np.testing.assert_allclose(history.history["loss"], logs, rtol=1e-6)
    for a, b in zip(together.get_weights(), apart.get_weights()):
        np.testing.assert_array_equal(a, b)
    x = [item[0] for item in items]
    for one in x:
        np.testing.assert_array_equal(together.predict(one, verbose=0), apart(one))


@pytest.mark.parametrize("kind", ["train", "test", "predict"])
def test_memory_is_bounded(programs, kind):
    """Many shapes: no more programs alive than the bytes allow, of any kind, and no old arena."""
    model, rng = pooled(), np.random.default_rng(0)
    cache, arena = model._trainer().shared.programs, model._trainer().shared.arena
    run = {
        "train": model.train_on_batch,
        "test": model.test_on_batch,
        "predict": lambda x, _: model.predict(x, steps=1, verbose=0),  # without `steps` it is a direct call
    }
    cache.most, cache.least, counts = 3_000_000, 4, []
    for n, rows in zip(rng.permutation(120) + 1, rng.integers(1, 5, 120).tolist()):
        run[kind](*batches([n], rows)[0])
        assert cache.bytes + arena.outgrown() <= cache.most
        assert len(programs["alive"]) == len(cache.kept)
        counts.append(len(cache.kept))
    assert programs["made"] == 120 and 4 < max(counts) < 40
    assert counts[-1] >= max(counts) - 3  # as many as ever, not fewer and fewer
    assert len(model._trainer().steps[kind].feeds) == 1


def test_memory_of_direct_calls_is_bounded(monkeypatch):
    alive = weakref.WeakSet()

    class Counted(direct.EagerPlan):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            alive.add(self)

    monkeypatch.setattr(direct, "EagerPlan", Counted)
    model = pooled()
    model(np.ones((1, 1, 3), "float32"))
    cache = model._direct.plans
    cache.most = 2_000_000
    for n in range(2, 102):
        x = np.ones((1, n, 3), "float32")
        np.testing.assert_array_equal(model(x), model.predict(x, verbose=0))
        assert cache.bytes <= cache.most and len(alive) == len(cache.kept)
    assert len(cache.kept) >= direct.LEAST


def test_programs_with_large_arenas_go_too():
    """Each plan of model(x) has an arena of its own; so few stay as the bytes allow, but never fewer than `least`."""
    model = pooled()
    model(np.ones((1, 1, 3), "float32"))
    cache = model._direct.plans
    cache.most, cache.least = 1_000_000, 2
    for n in range(20_000, 20_010):
        model(np.ones((1, n, 3), "float32"))
    assert len(cache.kept) == 2


def test_a_moved_variable_lets_all_programs_go(programs):
    model, items = pooled(), batches([2, 3, 4])
    for item in items:
        model.train_on_batch(*item)
    other = Sequential([model])
    other.build((None, None, 3))
    model.optimizer.weight_decay = 0.1
    model.train_on_batch(*items[0])
    assert programs["made"] == 4 and len(programs["alive"]) == 1


def test_the_arena_stays_with_its_programs():
    """Programs made before the arena grew give the same numbers after it."""
    model, items = pooled(), batches([3, 400, 3, 2000, 3])
    outs = [model.predict_on_batch(x) for x, _ in items]
    for (x, _), out in zip(items, outs):
        np.testing.assert_array_equal(model.predict_on_batch(x), out)
    np.testing.assert_array_equal(outs[0], pooled().predict_on_batch(items[0][0]))


class OwnStep(Model):
    """Logs whose shapes are those of the batch, numbers of the batch, and a metric that no attribute holds."""

    def __init__(self, metric):
        super().__init__()
        self.dense = layers.Dense(1)
        self.hidden = [lambda: metric]

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        each = ops.mean(ops.square(self(x) - y), axis=-1)
        self.hidden[0]().update_state(each)
        self.optimizer.apply([ops.zeros(v.shape) for v in self.trainable_variables], self.trainable_variables)
        return {"each": each, "rows": x.shape[0], "total": self.hidden[0]().result()}


def test_logs_are_those_of_the_program_that_ran():
    metric = metrics.Sum()
    model = OwnStep(metric)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)).astype("float32"), rng.normal(size=(7, 1)).astype("float32")
    model(x)
    wanted = np.square(model(x) - y)[:, 0]
    total = 0.0
    for rows in (7, 3, 7, 2, 3):
        logs = model.train_on_batch(x[:rows], y[:rows], return_dict=True)
        total += wanted[:rows].sum()
        assert logs["rows"] == rows
        np.testing.assert_allclose(logs["each"], wanted[:rows], rtol=1e-5)
        np.testing.assert_allclose(logs["total"], total, rtol=1e-5)


def test_logs_of_the_last_batch_of_an_epoch():
    """The program for the last rows is compiled first, and runs last."""
    from fastnn.callbacks import LambdaCallback

    model, seen = OwnStep(metrics.Sum()), []
    model.compile("sgd", "mse")
    x, y = np.ones((7, 3), "float32"), np.zeros((7, 1), "float32")
    model.fit(
        x,
        y,
        batch_size=3,
        verbose=0,
        shuffle=False,
        callbacks=[LambdaCallback(on_train_batch_end=lambda _, logs: seen.append(np.shape(logs["each"])))],
    )
    assert seen == [(3,), (3,), (1,)]


def test_losses_of_layers_are_those_of_the_last_step():
    i = Input((None, 2))
    o = layers.ActivityRegularization(l1=1.0)(i)
    model = Model(i, layers.GlobalAveragePooling1D()(o))
    model.compile("sgd", "mse")
    for n in (3, 5, 3):
        model.test_on_batch(np.ones((1, n, 2), "float32"), np.ones((1, 2), "float32"))
        assert [float(v) for v in model.losses] == [2.0 * n]


def test_what_is_computed_of_a_result_in_a_step_is_of_its_end():
    class Model2(Sequential):
        def train_step(self, data):
            self.metric.update_state(data[0])
            return {"twice": ops.multiply(self.metric.result(), 2.0)}

    model = Model2([Input((2,)), layers.Dense(1)])
    model.metric = metrics.Mean()
    model.compile("sgd", "mse")
    found = [
        model.train_on_batch(np.full((1, 2), v, "float32"), np.ones((1, 1), "float32"), return_dict=True)
        for v in (1, 3)
    ]
    assert [float(logs["twice"]) for logs in found] == [2.0, 6.0]


def test_the_default_step_calls_apply_of_the_optimizer():
    class Halved(optimizers.SGD):
        def apply(self, grads, trainable_variables=None):
            return super().apply([g * 0.5 for g in grads], trainable_variables)

    weights = []
    for optimizer in (Halved(0.2), optimizers.SGD(0.1)):
        model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="ones")])
        model.compile(optimizer, losses.MeanSquaredError())
        model.fit(np.ones((4, 2), "float32"), np.zeros((4, 1), "float32"), verbose=0)
        weights.append(model.get_weights())
    for a, b in zip(*weights):
        np.testing.assert_allclose(a, b, rtol=1e-6)
