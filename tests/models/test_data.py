"""The data adapter: every kind of array, the errors of bad ones, and inputs left as they were."""

import collections

import numpy as np
import pytest

import fastnn
from fastnn.core import config
from fastnn.core.errors import DataError, DataWarning, DTypeError
from fastnn.models import data

BASE = np.arange(24, dtype=np.float32).reshape(6, 4)


@pytest.mark.parametrize(
    "view",
    [
        BASE,
        BASE[::2],
        BASE[::-1],
        BASE.T,
        BASE[:, ::2],
        np.asfortranarray(BASE),
        BASE.astype(">f4"),
        BASE.astype(np.longdouble),
        BASE.astype(np.uint8),
        BASE.astype(np.uint16),
        np.broadcast_to(BASE[:1], (5, 4)),
        BASE.tolist(),
    ],
    ids=repr,
)
def test_rows_are_native_contiguous_and_equal(view):
    rows = data.as_rows(view, "x")
    assert rows.dtype.isnative and rows[0].flags.c_contiguous
    assert np.array_equal(rows, np.asarray(view, np.float64))


@pytest.mark.parametrize("bad, error", [(np.array(["a", "b"]), DTypeError),
                                        (np.array([object(), 1]), DTypeError), (np.float32(3), DataError),
                                        ([[1, 2], [3]], DataError)])  # fmt: skip
def test_bad_arrays_have_named_errors(bad, error):
    with pytest.raises(error, match="x:"):
        data.as_rows(bad, "x")


@pytest.mark.parametrize(("given", "wanted", "dtype"), [
    ("complex128", "complex64", "complex64"), ("complex64", None, "complex64"), ("float64", "complex64", "float32"),
    ("float32", "complex128", "float64"), ("int32", "complex64", "float32"),
])  # fmt: skip
def test_batches_of_complex_numbers(given, wanted, dtype):
    assert data.batch_dtype(data.as_rows(np.ones((2, 3), given), "x"), wanted) == dtype


def test_no_model_of_real_numbers_takes_complex_ones():
    with pytest.raises(DTypeError, match="view_as_real"):
        data.batch_dtype(np.ones((2, 3), "complex64"), "float32")


def test_different_lengths_name_each_array():
    with pytest.raises(DataError, match=r"x 3.*y 2"):
        data.row_count(("x", np.zeros((3, 1))), ("y", np.zeros(2)))
    with pytest.raises(DataError, match="empty"):
        data.row_count(("x", np.zeros((0, 1))))


def test_nan_warns_with_name_and_row_and_is_an_error_in_strict_mode():
    x = BASE.copy()
    x[4, 1] = np.nan
    with pytest.warns(DataWarning, match="x contains NaN, first in row 4"):
        data.check_finite([("x", x)])
    config.set_strict(True)
    try:
        with pytest.raises(DataError, match="row 4"):
            data.check_finite([("x", x)])
    finally:
        config.set_strict(False)


def test_large_finite_values_are_not_called_infinite():
    data.check_finite([("x", np.full((100, 100), 3e38, np.float32))])


def test_validation_split_takes_the_last_rows():
    (train,), (val,) = data.split_validation(0.25, (np.arange(8),))
    assert train.tolist() == [0, 1, 2, 3, 4, 5] and val.tolist() == [6, 7]
    with pytest.raises(DataError, match="not sufficient"):
        data.split_validation(0.25, (np.arange(1),))


def test_structures_keep_their_form():
    s = {"a": BASE, "b": [BASE, BASE]}
    leaves = data.flatten(s)
    assert len(leaves) == 3
    assert data.like(s, [1, 2, 3]) == {"a": 1, "b": [2, 3]}


def test_named_tuples_are_data_as_tuples_are():
    """A namedtuple is made from its fields, not from one iterable."""
    pair = collections.namedtuple("pair", "first second")
    x, y = np.ones((4, 2), "f4"), np.ones((4, 1), "f4")
    taken = data.convert(pair(x.astype(">f8"), y), "x")
    assert type(taken) is pair and taken.first.shape == (4, 2)
    inputs = fastnn.Input((2,)), fastnn.Input((2,))
    dense = fastnn.layers.Dense(1, kernel_initializer="ones")
    model = fastnn.Model(inputs, [dense(i) for i in inputs])
    model.compile("sgd", ["mse", "mse"])
    total = model.evaluate(pair(x, x), pair(y, y), verbose=0)
    assert total == model.evaluate((x, x), (y, y), verbose=0)


def test_named_tuples_are_targets_of_a_loss():
    pair = collections.namedtuple("pair", "first second")

    class Both(fastnn.losses.Loss):
        def call(self, y_true, y_pred):
            return fastnn.ops.square(y_true.first - y_pred.second)

    ones = np.ones((3, 1), "f4")
    assert float(Both()(pair(ones, ones), pair(ones, 3 * ones))) == 4.0


def test_class_weights_by_label_and_by_one_hot_row():
    assert data.class_weights(np.array([0, 2, 1]), {2: 5.0}).tolist() == [1, 5, 1]
    assert data.class_weights(np.eye(3), {0: 2.0}).tolist() == [2, 1, 1]


def test_batches_come_from_generators_and_indexed_sources():
    def gen():
        yield np.zeros(2), np.ones(2)

    assert [y.tolist() for _, y, _ in data.Batches(gen()).epoch()] == [[1, 1]]

    class Source:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return (np.full(2, i),)

    assert [x[0] for x, _, _ in data.Batches(Source()).epoch(2)] == [0, 1]


def test_an_empty_list_is_no_target():
    inputs = fastnn.Input((3,))
    model = fastnn.Model([inputs], [fastnn.layers.Dense(2)(inputs)])
    model.add_loss(fastnn.ops.sum(model.output))
    model.compile("sgd", loss=[None])
    history = model.fit(([np.ones((2, 3), "float32")], []) for _ in range(2)).history
    assert len(history["loss"]) == 1
