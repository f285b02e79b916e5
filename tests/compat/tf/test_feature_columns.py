"""Ids of columns: of every value of rows, and which of them count."""

import numpy as np
import pytest

from fastnn.compat.tf import feature_columns as kinds
from fastnn.core.errors import ArgumentError

AGE = kinds.NumericColumn("age", (2,))


@pytest.mark.parametrize(("column", "values", "ids", "counts"), [
    (kinds.BucketizedColumn(AGE, (1.0, 3.0)), [[[0.0, 1.0], [3.0, 2.9]]], [[0, 4], [2, 4]], [[1, 1], [1, 1]]),
    (kinds.VocabularyColumn("t", ("a", b"b")), [np.array([["b", "x", ""]], object)], [[1, -1, -1]], [[1, 1, 0]]),
    (kinds.VocabularyColumn("t", (7, 9), default_value=0), [np.array([[9, 5, -1]])], [[1, 0, 0]], [[1, 1, 0]]),
    (kinds.IdentityColumn("k", 3, 0), [np.array([[2, 8, -1]])], [[2, 0, -1]], [[1, 1, 0]]),
])  # fmt: skip
def test_ids(column, values, ids, counts):
    """(ids, whether they count)."""
    found, there = column.ids(values)
    assert (found.tolist(), there.astype(int).tolist()) == (ids, counts)


def test_crossing_takes_every_combination():
    """Of several values in a row; what does not count is left out."""
    tags = kinds.VocabularyColumn("t", ("a", "b"))
    column = kinds.CrossedColumn((tags, "x"), 1000)
    values = [np.array([["a", "b"], ["a", ""]], object), np.array([["u"], ["v"]], object)]
    found, there = column.ids(values)
    assert there.tolist() == [[True, True], [True, False]]
    one, _ = column.ids([np.array([["b"]], object), np.array([["u"]], object)])
    assert found[0, 1] == one[0, 0] != found[0, 0]


def test_an_id_that_is_none():
    """Without a default it is refused."""
    with pytest.raises(ArgumentError, match="one below 3"):
        kinds.IdentityColumn("k", 3).ids([np.array([[3]])])
