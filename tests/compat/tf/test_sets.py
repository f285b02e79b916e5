"""tf.sets on dense and sparse rows; what is expected is TensorFlow's documented meaning, written with Python's sets."""

import numpy as np
import pytest

from fastnn.compat.tf.names import find
from fastnn.compat.tf.sparse import SparseTensor
from fastnn.core.errors import ArgumentError

A, B = np.array([[1, 2, 2, 5], [0, 3, 3, 9]]), np.array([[2, 5, 7, 7], [9, 0, 3, 1]])


@pytest.mark.parametrize("name, function", [("intersection", set.intersection), ("union", set.union),
                                            ("difference", set.difference)])  # fmt: skip
def test_rows_as_sets(name, function):
    found = find(f"sets.{name}")(A, B)
    rows = [sorted(function(set(a), set(b))) for a, b in zip(A.tolist(), B.tolist())]
    assert found.values.tolist() == [v for row in rows for v in row]
    assert found.dense_shape.tolist() == [2, max(map(len, rows))]
    assert found.indices.tolist() == [[i, k] for i, row in enumerate(rows) for k in range(len(row))]
    assert find("sets.size")(found).tolist() == [len(row) for row in rows]
    assert find(f"sets.set_{name}")(A, B).tolist() == found.tolist()


def test_the_other_difference_and_sparse_rows():
    assert find("sets.difference")(A[:1], B[:1], aminusb=False).values.tolist() == [7]
    sparse = SparseTensor([[0, 0], [0, 3], [1, 1]], [4, 0, 4], (2, 4))  # a 0 that is named is a value
    assert find("sets.size")(sparse).tolist() == [2, 1]
    assert find("sets.union")(sparse, A).values.tolist() == [0, 1, 2, 4, 5, 0, 3, 4, 9]


def test_what_does_not_fit():
    with pytest.raises(ArgumentError, match="two axes"):
        find("sets.size")(A[0])
    with pytest.raises(ArgumentError, match="as many of both"):
        find("sets.union")(A, B[:1])
