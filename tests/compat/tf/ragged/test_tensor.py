"""tf.RaggedTensor: what it is made of, gives and refuses; values: TensorFlow 2.21's."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf.ragged.calls import constant
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.data import Dataset

ROWS = constant([[1, 2, 3], [], [4]])
NESTED = constant([[[1], [2, 3]], [[]]])
PAIRS = constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1)


@pytest.mark.parametrize(("made", "rows"), [
    (RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1]), [[1, 2], [], [3]]),
    (RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 3]), [[1, 2], [3]]),
    (RaggedTensor.from_row_starts([1, 2, 3], [0, 2]), [[1, 2], [3]]),
    (RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2], nrows=4), [[1, 2], [], [3], []]),
    (RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0], [0, 0, 0]], padding=0), [[1, 2], [3], []]),
    (RaggedTensor.from_tensor([[1, 2, 0], [3, 0, 0]], lengths=[1, 2]), [[1], [3, 0]]),
    (RaggedTensor.from_tensor(np.array([["a", ""]], object), padding=""), [["a"]]),
    (ROWS[0], [1, 2, 3]), (ROWS[-1], [4]), (ROWS[2, 0], 4), (ROWS[:2], [[1, 2, 3], []]),
    (ROWS[::-1], [[4], [], [1, 2, 3]]),
    (ROWS[:, :1], [[1], [], [4]]), (ROWS[:, -1:], [[3], [], [4]]), (ROWS[1:, 1:], [[], []]),
    (ROWS[..., :1], [[1], [], [4]]),
    (NESTED[0], [[1], [2, 3]]), (NESTED[:, :1], [[[1]], [[]]]), (NESTED[:, :, :1], [[[1], [2]], [[]]]),
    (PAIRS[:, :, 1], [[2], [4, 6]]), (PAIRS[..., 0], [[1], [3, 5]]), (NESTED.row_lengths(2), [[1, 2], [0]]),
    (ROWS + 1, [[2, 3, 4], [], [5]]), (2 - ROWS, [[1, 0, -1], [], [-2]]), (ROWS * ROWS, [[1, 4, 9], [], [16]]),
    (ROWS == 2, [[False, True, False], [], [False]]), (-ROWS, [[-1, -2, -3], [], [-4]]),
    (~(ROWS > 1), [[True, False, False], [], [False]]),
    (ROWS.with_values([7, 8, 9, 0]), [[7, 8, 9], [], [0]])])  # fmt: skip
def test_values(made, rows):
    found = made.to_list() if isinstance(made, RaggedTensor) else np.asarray(made).tolist()
    assert found == rows


@pytest.mark.parametrize(("x", "arguments", "dense"), [
    (ROWS, {}, [[1, 2, 3], [0, 0, 0], [4, 0, 0]]),
    (ROWS, {"default_value": -1, "shape": [None, 2]}, [[1, 2], [-1, -1], [4, -1]]),
    (ROWS, {"shape": [4, 1]}, [[1], [0], [4], [0]]), (ROWS, {"shape": [1, None]}, [[1, 2, 3]]),
    (NESTED, {}, [[[1, 0], [2, 3]], [[0, 0], [0, 0]]]), (PAIRS, {}, [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]),
    (constant([["a"], ["b", "c"]]), {}, [["a", ""], ["b", "c"]])])  # fmt: skip
def test_one_array(x, arguments, dense):
    found = x.to_tensor(**arguments)
    assert found.tolist() == dense and found.dtype == x.dtype


def test_what_it_is():
    assert ROWS.shape == (3, None) and NESTED.get_shape() == (2, None, None) and PAIRS.shape.as_list() == [2, None, 2]
    assert ROWS.dtype == "int32" and constant([[1.0], [2]]).dtype == "float32" and constant([[], []]).dtype == "float32"
    assert (ROWS.ragged_rank, NESTED.ragged_rank, PAIRS.ragged_rank) == (1, 2, 1)
    assert ROWS.row_splits.tolist() == [0, 3, 3, 4] and int(ROWS.nrows()) == 3
    assert ROWS.row_starts().tolist() == [0, 3, 3] and ROWS.row_limits().tolist() == [3, 3, 4]
    assert ROWS.value_rowids().tolist() == [0, 0, 0, 2] and ROWS.row_lengths().tolist() == [3, 0, 1]
    assert NESTED.bounding_shape().tolist() == [2, 2, 2] and int(ROWS.bounding_shape(axis=1)) == 3
    assert NESTED.flat_values.tolist() == [1, 2, 3] and len(NESTED.nested_row_splits) == 2
    assert repr(ROWS) == "<tf.RaggedTensor [[1, 2, 3], [], [4]]>" and [len(row) for row in ROWS] == [3, 0, 1]
    assert ROWS.numpy().dtype == object and constant([[1, 2], [3, 4]]).numpy().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(("wrong", "error", "words"), [
    (lambda: RaggedTensor.from_row_lengths([1, 2, 3], [2, 2]), ArgumentError, "valid RaggedTensor"),
    (lambda: RaggedTensor.from_row_splits([1, 2], [0, 2, 1]), ArgumentError, "do not fall"),
    (lambda: RaggedTensor.from_value_rowids([1, 2], [1, 0]), ArgumentError, "in order"),
    (lambda: ROWS[:, 0], ArgumentError, "inner ragged dimension"), (lambda: ROWS[5], IndexError, "out of bounds"),
    (lambda: bool(ROWS), TypeError, "boolean"), (lambda: len(ROWS), TypeError, "no len"),
    (lambda: ROWS + constant([[1]]), ShapeError, "row lengths"), (lambda: hash(ROWS), TypeError, "unhashable"),
    (lambda: RaggedTensor.from_value_rowids([1, 2], [0, 2], nrows=2), ArgumentError, "more rows"),
    (lambda: ROWS + np.arange(4), ShapeError, "along what differs"),
    (lambda: ROWS * np.ones((3, 3)), ShapeError, "along what differs"),
    (lambda: NESTED + [[1], [2]], ShapeError, "along what differs"),
    (lambda: np.asarray(ROWS), NotSupportedError, "to_tensor"),
    (lambda: fastnn.layers.Embedding(5, 2)(ROWS), NotSupportedError, "mask_zero")])  # fmt: skip
def test_errors(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


def test_arrays_beside_rows():
    """Values: TensorFlow 2.21."""
    assert (ROWS + np.array([[10], [20], [30]])).to_list() == [[11, 12, 13], [], [34]]
    assert ([[10], [20], [30]] - ROWS).to_list() == [[9, 8, 7], [], [26]]
    assert (ROWS + np.array([10])).to_list() == (ROWS + np.array([[10]])).to_list() == [[11, 12, 13], [], [14]]
    assert (PAIRS + [10, 20]).to_list() == (PAIRS + [[10, 20]]).to_list() == [[[11, 22]], [[13, 24], [15, 26]]]
    assert (PAIRS + np.array([[[10]], [[20]]])).to_list() == [[[11, 12]], [[23, 24], [25, 26]]]
    assert (NESTED + np.array([[[10]], [[20]]])).to_list() == [[[11], [12, 13]], [[]]]


def test_gradients_flow_through():
    v = fastnn.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with fastnn.GradientTape() as tape:
        rows = RaggedTensor.from_row_lengths(fastnn.ops.take(v, np.array([0, 1, 2, 2]), axis=0), [1, 3])
        loss = fastnn.ops.sum(rows.to_tensor() ** 2)
    assert np.asarray(tape.gradient(loss, v)).tolist() == [[2, 4], [6, 8], [20, 24]]


def test_lookups_keep_the_rows():
    words = constant([["a", "z"], [], ["b"]])
    lookup = fastnn.layers.StringLookup(vocabulary=["a", "b"])
    assert lookup(words).to_list() == [[1, 0], [], [2]]
    back = fastnn.layers.StringLookup(vocabulary=["a", "b"], invert=True)
    assert back(lookup(words)).to_list() == [["a", "[UNK]"], [], ["b"]]


def test_batches_of_ragged_elements():
    rows = RaggedTensor.stacked([_of([[1.0, 2.0], [3.0]]), _of([[4.0]]), _of([[], [5.0, 6.0]])])
    data = Dataset.from_tensor_slices(rows).batch(2)
    assert [batch.to_list() for batch in data] == [[[[1.0, 2.0], [3.0]], [[4.0]]], [[[], [5.0, 6.0]]]]
    first = next(iter(data))
    assert first.row_lengths().tolist() == [2, 1]
    assert first.merge_dims(0, 1).to_list() == [[1.0, 2.0], [3.0], [4.0]]
    assert first.merge_dims(0, 2).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert first.merge_dims(1, 2).to_list() == [[1.0, 2.0, 3.0], [4.0]]
    assert first.merge_dims(1, 1) is first
    with pytest.raises(ArgumentError, match="outer one first"):
        first.merge_dims(2, 1)


def _of(rows):
    return RaggedTensor.from_row_lengths([v for row in rows for v in row], list(map(len, rows)))


def test_rows_as_elements_of_a_data_set():
    """Batches of rows of different lengths are ragged again, shuffled or not, of text too."""
    rows = RaggedTensor.from_row_lengths(np.array([1, 2, 3, 4, 5, 6]), [3, 2, 1])
    data = Dataset.from_tensor_slices((rows, np.arange(3)))
    assert [x.tolist() for x, _ in data] == [[1, 2, 3], [4, 5], [6]]
    assert [x.to_list() for x, _ in data.batch(2)] == [[[1, 2, 3], [4, 5]], [[6]]]
    ((x, y),) = data.shuffle(3, seed=1).batch(3)
    assert sorted(x.to_list()) == [[1, 2, 3], [4, 5], [6]]
    assert [rows[int(k)].tolist() for k in y] == x.to_list()
