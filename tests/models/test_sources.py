"""Which batches an epoch sees: steps_per_epoch, data that run out, shuffling; the numbers are those of Keras 3.15.1."""

import itertools
import warnings

import numpy as np
import pytest

import fastnn as keras
from fastnn import callbacks, layers
from fastnn.core.errors import ArgumentError, DataError
from fastnn.models.data import Batches


def net():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    return model


class Numbered(keras.utils.PyDataset):
    """Batch i is two rows of the value i; `log` has what was asked for."""

    def __init__(self, n):
        super().__init__()
        self.n, self.log = n, []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.log.append(i)
        return np.full((2, 1), i), np.full((2, 1), i)

    def on_epoch_begin(self):
        self.log.append("begin")

    def on_epoch_end(self):
        self.log.append("end")


class Endless(keras.utils.PyDataset):
    """A PyDataset without a length."""

    @property
    def num_batches(self):
        return None

    def __getitem__(self, i):
        return np.full((2, 1), i), np.full((2, 1), i)


class Again:
    """An iterable that begins anew."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return generator(self.n)


def generator(n):
    for i in range(n):
        yield np.full((2, 1), i), np.full((2, 1), i)


def arrays(n):
    x = np.repeat(np.arange(n, dtype="f4"), 2)[:, None]
    return x, x


def epochs(source, steps, n_epochs, **more):
    """([mean of the batch numbers of each epoch], texts of the warnings) of a fit without shuffling."""
    args, size = (source, {}) if isinstance(source, tuple) else ((source,), {})
    size = {"batch_size": 2} if isinstance(source, tuple) else size
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = net().fit(*args, **size, steps_per_epoch=steps, epochs=n_epochs, shuffle=False, verbose=0, **more)
    return history.history["loss"], [str(w.message) for w in caught]


def mean(*batches):
    return float(np.mean(batches))


SOURCES = {"arrays": arrays, "dataset": Numbered, "iterable": Again, "generator": generator}
# (batches, steps_per_epoch, epochs): the batches of each epoch, how often it warns
CASES = [
    ((4, 2, 2), [(0, 1), (2, 3)], 0),
    ((4, 2, 3), [(0, 1), (2, 3), (0, 1)], 0),
    ((4, 3, 3), [(0, 1, 2), (3,), (0, 1, 2)], 1),
    ((4, 6, 2), [(0, 1, 2, 3), (0, 1, 2, 3)], 2),
    ((4, None, 2), [(0, 1, 2, 3), (0, 1, 2, 3)], 0),
    ((5, 5, 1), [(0, 1, 2, 3, 4)], 0),
]
# a generator that has ended cannot begin anew: training ends with a warning
ENDS = {
    (4, 2, 3): ([(0, 1), (2, 3)], 1),
    (4, 3, 3): ([(0, 1, 2), (3,)], 1),
    (4, 6, 2): ([(0, 1, 2, 3)], 1),
    (4, None, 2): ([(0, 1, 2, 3)], 1),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("case", CASES, ids=lambda c: str(c[0]))
def test_steps_per_epoch_go_on_where_the_epoch_before_ended(case, kind):
    (n, steps, count), batches, warned = case
    if kind == "generator" and case[0] in ENDS:
        batches, warned = ENDS[case[0]]
    losses, texts = epochs(SOURCES[kind](n), steps, count)
    if kind == "generator" and warned:
        assert texts and all("ran out of data" in t for t in texts)
    else:
        assert sum("ran out of data" in t for t in texts) == warned
    assert losses == pytest.approx([mean(*b) for b in batches])


def test_a_dataset_hears_of_its_epochs():
    source = Numbered(4)
    epochs(source, 2, 2)
    assert source.log == ["begin", 0, 1, "end", "begin", 2, 3, "end"]
    source = Numbered(3)
    net().fit(source, epochs=2, verbose=0)  # shuffled, as Keras does unless it is told not to
    first, second = source.log[:5], source.log[5:]
    for log in (first, second):
        assert log[0] == "begin" and log[-1] == "end" and sorted(log[1:-1]) == [0, 1, 2]
    source = Numbered(8)
    net().fit(source, epochs=2, verbose=0)
    assert source.log[1:9] != source.log[11:19]


def test_data_without_an_end():
    losses, texts = epochs(Endless(), 3, 2)
    assert losses == pytest.approx([1.0, 4.0]) and not texts
    assert Batches(Endless()).length is None


def test_the_batch_size_follows_from_the_steps():
    x, y = arrays(4)  # eight rows
    sizes = []
    listener = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: sizes.append(b))
    net().fit(x, y, steps_per_epoch=3, verbose=0, callbacks=[listener])
    assert sizes == [0, 1, 2]
    model = net()
    assert model.evaluate(x, y, steps=2, verbose=0) == pytest.approx(1.5)  # all rows
    assert model.evaluate(x, y, steps=2, batch_size=2, verbose=0) == pytest.approx(0.5)
    assert model.predict(x, steps=2, batch_size=2, verbose=0).shape == (4, 1)
    assert model.predict(Numbered(4), steps=3, verbose=0).shape == (6, 1)
    with pytest.warns(UserWarning, match="ran out of data"):
        assert model.predict(generator(2), steps=3, verbose=0).shape == (4, 1)
    with pytest.warns(UserWarning, match="ran out of data"):
        model.evaluate(x, y, steps=9, batch_size=2, verbose=0)


@pytest.mark.parametrize("kind", SOURCES)
def test_validation_begins_anew_where_it_can(kind):
    x, y = arrays(2)
    data = SOURCES[kind](3)
    size = {"validation_batch_size": 2} if kind == "arrays" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = net().fit(x, y, epochs=3, verbose=0, validation_data=data, validation_steps=2, **size).history
    if kind == "generator":  # three batches: two, then one, and training ends
        assert history["val_loss"] == pytest.approx([0.5, 2.0]) and "ran out of data" in str(caught[0].message)
    else:
        assert history["val_loss"] == pytest.approx([0.5] * 3) and not caught


def test_no_batch_at_all():
    for method in ("fit", "evaluate", "predict"):
        with pytest.raises(DataError, match="gave no batch"):
            getattr(net(), method)(generator(0), verbose=0)


# ------------------------------------------------------------------ the order of rows
def orders(fits, shuffle=True, n_epochs=2):
    """The row numbers that each epoch of each fit sees, in order."""
    x, seen = np.arange(12.0)[:, None], []
    model = net()
    listener = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(logs["loss"]))
    for _ in range(fits):
        model.fit(x, x, batch_size=1, epochs=n_epochs, shuffle=shuffle, verbose=0, callbacks=[listener])
    # the logs are running means: back to the single rows
    rows = np.array(seen).reshape(-1, 12)
    sums = rows * np.arange(1, 13)
    return np.rint(np.diff(sums, axis=1, prepend=0)).astype(int).tolist()


def test_each_epoch_and_each_fit_shuffles_anew():
    keras.utils.set_random_seed(0)
    found = orders(3)
    assert len({tuple(o) for o in found}) == 6 and all(sorted(o) == list(range(12)) for o in found)
    keras.utils.set_random_seed(0)
    assert orders(3) == found
    keras.utils.set_random_seed(1)
    assert orders(3) != found
    assert orders(1, shuffle=False) == [list(range(12))] * 2


def test_shuffle_batch_stays_inside_the_batches():
    x, seen = np.arange(12.0)[:, None], []
    model = net()
    listener = callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(logs["loss"]))
    model.fit(x, x, batch_size=4, shuffle="batch", verbose=0, callbacks=[listener])
    assert seen == pytest.approx([1.5, 3.5, 5.5])


class Grows(Numbered):
    """Says by num_batches that it has no end, whatever its length is."""

    @property
    def num_batches(self):
        return None

    def __getitem__(self, i):
        return super().__getitem__(i % len(self))


def test_num_batches_counts_before_the_length():
    losses, texts = epochs(Grows(2), 3, 2)
    assert losses == pytest.approx([mean(0, 1, 0), mean(1, 0, 1)]) and not texts


class Unending(keras.utils.PyDataset):
    """No number of batches."""

    num_batches = None

    def __getitem__(self, i):
        return np.ones((2, 3), "float32"), np.ones((2, 1), "float32")


def _generator():
    yield np.ones((2, 3)), np.ones((2, 1))


@pytest.mark.parametrize("make, words", [(_generator, "as a generator"), (Unending, "as a PyDataset")])
@pytest.mark.parametrize(
    "more, said", [({"y": np.ones(2)}, "`y` should not be passed"), ({"sample_weight": np.ones(2)}, "sample weights")]
)
def test_targets_beside_what_yields_them(make, words, more, said):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError, match=words) as caught:
        model.fit(make(), **more)
    assert said in str(caught.value)


def test_a_data_set_without_an_end_is_iterated_without_one():
    assert len(list(itertools.islice(Unending(), 11))) == 11
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.fit(Unending(), steps_per_epoch=3, epochs=2, verbose=0).epoch == [0, 1]
