"""Dataset: every method against TensorFlow's tf.data, passes that begin anywhere, orders, errors."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from data.pipelines import TABLE, plain
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data import Dataset, TensorSpec

STORED = json.loads((Path(__file__).parent / "pipelines.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TABLE)
def test_as_tensorflow(name):
    data = TABLE[name](Dataset, TensorSpec)
    length, elements = STORED[name]
    assert [plain(e) for e in data.as_numpy_iterator()] == elements
    if name != "choose":  # TensorFlow calls it infinite, as its parts are
        assert int(data.cardinality()) in (length, len(elements))  # more is known here than there


def test_every_stored_pipeline_is_tried():
    assert set(STORED) == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_a_pass_begins_anywhere(name):
    data = TABLE[name](Dataset, TensorSpec)
    whole = [plain(e) for e in data.as_numpy_iterator()]
    for at in range(len(whole)):
        other = TABLE[name](Dataset, TensorSpec)
        other.restore({"pass": 3, "at": at})
        assert [plain(e) for e in other.as_numpy_iterator()] == whole[at:]


MIXES = {
    "all": lambda d: d.shuffle(99),
    "some": lambda d: d.shuffle(4),
    "seed": lambda d: d.shuffle(5, seed=7),
    "generator": lambda d: d.filter(lambda i: True).shuffle(4),
    "batches": lambda d: d.shuffle(4).batch(3),
    "again": lambda d: d.shuffle(4).repeat(2).batch(5),
    "twice": lambda d: d.shuffle(9).map(lambda i: i).shuffle(3),
    "cached": lambda d: d.shuffle(9).cache().shuffle(9),
    "random": lambda d: Dataset.zip(d.shuffle(9), Dataset.random(3)).map(lambda i, r: i),
    "sampled": lambda d: Dataset.sample_from_datasets([d, d.skip(5)], [0.7, 0.3], seed=1),
}


@pytest.mark.parametrize("name", MIXES)
def test_state_goes_on(name):
    def made():
        fastnn.utils.set_random_seed(5)
        return MIXES[name](Dataset.range(20))

    data = made()
    passes = [[plain(e) for e in data.as_numpy_iterator()] for _ in range(3)]
    if name != "cached":
        assert passes[0] != passes[1]
    for number, at in itertools.product(range(2), (0, 1, 2)):
        first = made()
        for _ in range(number):
            list(first)
        list(itertools.islice(iter(first), at))
        second = made()
        second.restore(first.state())
        rest = passes[number][at:] if at else passes[number]
        assert [plain(e) for e in second.as_numpy_iterator()] == rest
        assert [plain(e) for e in second.as_numpy_iterator()] == passes[number + 1]


@given(st.integers(0, 40), st.integers(1, 50), st.integers(0, 9))
def test_a_buffer_bounds_how_early_an_element_comes(n, size, seed):
    order = [int(i) for i in Dataset.range(n).shuffle(size, seed=seed)]
    assert sorted(order) == list(range(n))
    assert all(value < place + size for place, value in enumerate(order))
    data = Dataset.range(n).filter(lambda i: True).shuffle(size, seed=seed)
    order = [int(i) for i in data]
    assert sorted(order) == list(range(n))
    assert all(value < place + size for place, value in enumerate(order))


def test_one_order_where_it_is_asked_for():
    data = Dataset.range(30).shuffle(30, seed=1, reshuffle_each_iteration=False)
    assert list(data.as_numpy_iterator()) == list(data.as_numpy_iterator())


def test_chances_of_samples():
    parts = [Dataset.from_tensors(k).repeat() for k in range(3)]
    drawn = [int(k) for k in Dataset.sample_from_datasets(parts, [0.5, 0.0, 0.5], seed=3).take(400)]
    assert 1 not in drawn and 140 < drawn.count(0) < 260
    equal = [int(k) for k in Dataset.sample_from_datasets(parts).take(300)]
    assert all(60 < equal.count(k) < 140 for k in range(3))


def test_elements_are_made_when_they_are_asked_for():
    made = []
    data = Dataset.range(1000).map(lambda i: made.append(int(i)) or i).batch(10)
    next(iter(data.skip(50)))
    assert made == list(range(500, 510))
    made.clear()
    kept = data.cache()
    list(kept), list(kept)
    assert len(made) == 1000


def test_what_is_known_of_elements():
    x, y = np.zeros((6, 2), "float32"), np.arange(6)
    data = Dataset.from_tensor_slices((x, {"y": y})).shuffle(3)
    assert data.element_spec == (TensorSpec((2,), "float32"), {"y": TensorSpec((), "int64")})
    assert data.batch(4).take(1).element_spec == (TensorSpec((None, 2)), {"y": TensorSpec((None,), "int64")})
    assert data.batch(4, drop_remainder=True).element_spec[0] == TensorSpec((4, 2))
    assert Dataset.from_tensor_slices(["a"]).element_spec == TensorSpec((), "string")
    assert data.map(lambda a, b: a[:1]).element_spec == TensorSpec((1,))
    signature = (TensorSpec((None,), "int32"), TensorSpec((), "float32"))
    assert Dataset.from_generator(lambda: iter([([1], 2)]), output_signature=signature).element_spec == signature
    with pytest.raises(TypeError, match="infinite"):
        len(data.repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(data.filter(lambda *e: True))
    assert data.repeat().cardinality().numpy() == -1 and data.unbatch().cardinality().numpy() == -2
    (single,) = Dataset.from_tensors(3)
    assert single.numpy() == 3 and Dataset.from_tensors(3).get_single_element() == 3
    assert int(Dataset.range(5).reduce(np.int64(1), lambda a, b: a * (b + 1))) == 120


def test_files(tmp_path):
    for name in "bac":
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    names = [e.item() for e in Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)]
    assert [Path(n).name for n in names] == ["a.txt", "b.txt", "c.txt"]
    assert sorted(e.item() for e in Dataset.list_files(names[1:])) == names[1:]
    with pytest.raises(DataError, match="No files matched"):
        Dataset.list_files(str(tmp_path / "*.csv"))


def test_what_cannot_be_made_is_left_out():
    def checked(i):
        if i % 3 == 1:
            raise ValueError("no")
        return i

    for data in (Dataset.range(7), Dataset.range(7).filter(lambda i: True)):
        assert [int(i) for i in data.map(checked).ignore_errors()] == [0, 2, 3, 5, 6]
        with pytest.raises(ValueError, match="no"):
            list(data.map(checked))


WRONG = {
    "rows": (lambda: Dataset.from_tensor_slices((np.ones(2), np.ones(3))), DataError),
    "no rows": (lambda: Dataset.from_tensor_slices(3), DataError),
    "uneven": (lambda: Dataset.from_tensor_slices([[1], [1, 2]]), DataError),
    "batch": (lambda: Dataset.range(3).batch(0), ArgumentError),
    "shapes": (lambda: list(Dataset.range(3).map(lambda i: np.ones(i)).batch(2)), DataError),
    "windows": (lambda: list(Dataset.range(3).window(2).batch(2)), ArgumentError),
    "padded": (lambda: list(Dataset.range(3).map(lambda i: np.ones(i)).padded_batch(3, (1,))), DataError),
    "shard": (lambda: Dataset.range(3).shard(2, 2), ArgumentError),
    "shuffle": (lambda: Dataset.range(3).shuffle(0), ArgumentError),
    "flat_map": (lambda: list(Dataset.range(3).flat_map(lambda i: i)), ArgumentError),
    "zip": (lambda: Dataset.zip((Dataset.range(3), [1])), ArgumentError),
    "generator": (lambda: Dataset.from_generator([1]), ArgumentError),
    "signature": (
        lambda: list(Dataset.from_generator(lambda: iter([[1, 2]]), output_signature=TensorSpec((3,)))),
        DataError,
    ),
    "parts": (lambda: list(Dataset.from_generator(lambda: iter([1]), ("int32", "int32"))), DataError),
    "single": (lambda: Dataset.range(2).get_single_element(), DataError),
    "weights": (lambda: Dataset.sample_from_datasets([Dataset.range(2)], [1, 2]), ArgumentError),
    "buckets": (lambda: Dataset.range(2).bucket_by_sequence_length(len, [1], [1]), ArgumentError),
    "group": (lambda: Dataset.range(2).group_by_window(int, lambda k, d: d), ArgumentError),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    make, error = WRONG[name]
    with pytest.raises(error):
        make()


def model():
    fastnn.utils.set_random_seed(1)
    made = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    made.compile(fastnn.optimizers.SGD(0.01), "mse")
    return made


def training_data(repeats=1):
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    return (
        Dataset.from_tensor_slices((x, x.sum(1, keepdims=True)))
        .shuffle(8)
        .map(lambda a, b: (a * 2, b))
        .repeat(repeats)
        .batch(3)
    )


@pytest.mark.parametrize(("steps", "repeats"), [(None, 1), (4, None)])
def test_a_run_that_is_broken_off_goes_on(tmp_path, steps, repeats):
    class Stop(fastnn.callbacks.Callback):
        count = 0

        def on_train_batch_end(self, batch, logs=None):
            self.count += 1
            if self.count == 9:
                raise KeyboardInterrupt

    straight = model()
    whole = straight.fit(training_data(repeats), epochs=3, steps_per_epoch=steps, verbose=0)
    broken = model()
    with pytest.raises(KeyboardInterrupt):
        broken.fit(training_data(repeats), epochs=3, steps_per_epoch=steps, verbose=0,
                   callbacks=[fastnn.callbacks.BackupAndRestore(tmp_path, save_freq=1), Stop()])  # fmt: skip
    again = model()
    rest = again.fit(training_data(repeats), epochs=3, steps_per_epoch=steps, verbose=0,
                     callbacks=[fastnn.callbacks.BackupAndRestore(tmp_path, save_freq=1)])  # fmt: skip
    assert rest.history["loss"][-1] == whole.history["loss"][-1]
    for a, b in zip(again.get_weights(), straight.get_weights()):
        np.testing.assert_array_equal(a, b)


DERIVED = {
    "take": lambda data: data.take(3),
    "skip": lambda data: data.skip(3),
    "batch": lambda data: data.batch(4),
    "map": lambda data: data.map(lambda x: x + 0),
    "several": lambda data: data.map(lambda x: x + 0).batch(2).take(2).prefetch(1),
}


@pytest.mark.parametrize("derive", DERIVED.values(), ids=DERIVED)
def test_what_is_made_again_of_a_shuffled_set_goes_on_with_the_next_pass(derive):
    def passes(again):
        data = Dataset.range(30).shuffle(30, seed=1)
        one = derive(data)
        return [np.concatenate([np.ravel(x) for x in (derive(data) if again else one)]).tolist() for _ in range(4)]

    assert passes(True) == passes(False)
    assert len({tuple(p) for p in passes(True)}) == 4


def test_parts_of_a_shuffled_set_stay_apart_in_every_pass():
    data = Dataset.range(30).shuffle(30, seed=1)
    parts = [data.take(20), data.skip(20).take(5), data.skip(20).skip(5)]
    for _ in range(3):
        assert sorted(int(x) for part in parts for x in part) == list(range(30))


def test_shuffled_twice_with_one_seed_is_one_order():
    data = Dataset.range(30)
    first, second = ([int(x) for x in data.shuffle(30, seed=1)] for _ in range(2))
    assert first == second != list(range(30))
