"""Tables and tensors of packages that are not here: what is taken of them."""

import gc

import numpy as np
import pytest

import fastnn
from fastnn.core import tables
from fastnn.core.errors import DataError, DataWarning, DTypeError
from fastnn.core.values import as_numbers


class Column:
    """A column as pandas has it."""

    def __init__(self, values, dtype=None):
        self.values, self.dtype = np.asarray(values), dtype or np.asarray(values).dtype

    def to_numpy(self):
        return self.values

    def __len__(self):
        return len(self.values)


class Rows:
    """df.iloc[:, k]"""

    def __init__(self, columns):
        self.columns = columns

    def __getitem__(self, key):
        return self.columns[key[1]]


class Pandas:
    def __init__(self, **columns):
        self.columns, self.parts = list(columns), list(columns.values())
        self.iloc = Rows(self.parts)

    def to_numpy(self):
        return np.column_stack([c.values for c in self.parts])

    def __len__(self):
        return len(self.parts[0])


class Polars:
    def __init__(self, **columns):
        self.columns, self._columns = list(columns), list(columns.values())

    def get_columns(self):
        return self._columns


class Arrow:
    def __init__(self, **columns):
        self.column_names, self._columns = list(columns), list(columns.values())
        self.num_rows = len(self._columns[0])

    def column(self, k):
        return self._columns[k]


KINDS = (Pandas, Polars, Arrow)


@pytest.mark.parametrize("table", KINDS)
def test_columns_of_numbers_are_taken(table):
    found = as_numbers(table(a=Column([1, 2]), b=Column([0.5, np.nan]), c=Column([True, False])), "x")
    np.testing.assert_array_equal(found, [[1, 0.5, 1], [2, np.nan, 0]])
    assert tables.labels_of(found) == ["a", "b", "c"]


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("column, error, words", [
    (Column(np.array(["u", "v"], object)), DTypeError, r"x\['b'\]: received values of dtype object, 'u' in row 0"),
    (Column(np.array(["u", "v"], object), "category"), DTypeError, r"x\['b'\] holds categories .* column.cat.codes"),
    (Column(np.array([1.0, None], object)), DataError, r"x\['b'\] holds None in row 1"),
    (Column(np.array(["2020-01-01"] * 2, "datetime64[D]")), DTypeError, r"x\['b'\]: received values of dtype datetime"),
])  # fmt: skip
def test_errors_name_the_column(table, column, error, words):
    with pytest.raises(error, match=words):
        as_numbers(table(a=Column(np.array([1.0, 2.0], object)), b=column), "x")


def test_a_table_without_columns():
    with pytest.raises(DataError, match="a Polars without columns"):
        as_numbers(Polars(), "x")


def test_a_lazy_table_is_named():
    class Lazy:
        collect = collect_schema = lambda self: self

    model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Dense(1)])
    with pytest.raises(DTypeError, match=r"call its collect\(\)"):
        model.predict(Lazy(), verbose=0)


def test_missing_numbers_warn_with_the_column():
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    table = Pandas(age=Column([1.0, 2.0]), height=Column([1.0, np.nan]))
    with pytest.warns(DataWarning, match=r"x\['height'\] contains NaN, first in row 1"):
        model.fit(table, np.ones((2, 1)), verbose=0)


def test_labels_go_with_their_array():
    array = tables.note_labels(np.ones((2, 2)), ["a", "b"])
    key = id(array)
    assert key in tables._labels
    del array
    gc.collect()
    assert key not in tables._labels


class Tensor:
    """A tensor of PyTorch that wants a gradient."""

    dtype = "torch.bfloat16"

    def __init__(self, array, free=False):
        self.array, self.free = array, free

    def detach(self):
        return Tensor(self.array, True)

    def cpu(self):
        return self

    def float(self):
        return self

    def __array__(self, dtype=None, copy=None):
        assert self.free, "it wants a gradient"
        return self.array


def test_a_tensor_is_taken_without_its_gradient():
    np.testing.assert_array_equal(as_numbers(Tensor(np.ones((2, 3))), "x"), np.ones((2, 3)))
