"""tf.ragged, and TensorFlow's functions on a RaggedTensor; values: TensorFlow 2.21's."""

import numpy as np
import pytest

from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.ragged.calls import constant, map_flat_values, range, stack
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.data import Dataset

ROWS = constant([[1, 2, 3], [], [4]])
PAIRS = constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1)
NESTED = constant([[[1], [2, 3]], [[]]])
WORDS = constant([["a", "b"], ["c"]])


def call(name, *args, **kwargs):
    return tf_names.find(name)(*args, **kwargs)


@pytest.mark.parametrize(("found", "rows"), [
    (lambda: constant([1, 2]), [1, 2]), (lambda: constant([]), []),
    (lambda: constant([[1, 2], [3]], dtype="int64"), [[1, 2], [3]]),
    (lambda: stack([[1, 2], [3]]), [[1, 2], [3]]), (lambda: range([2, 3]), [[0, 1], [0, 1, 2]]),
    (lambda: range([1, 2], [4, 3], 2), [[1, 3], [2]]),
    (lambda: map_flat_values(np.negative, ROWS), [[-1, -2, -3], [], [-4]]),
    (lambda: call("cast", ROWS, "float32"), [[1.0, 2.0, 3.0], [], [4.0]]),
    (lambda: call("math.add", ROWS, ROWS), [[2, 4, 6], [], [8]]),
    (lambda: call("where", ROWS > 1, ROWS, 0), [[0, 2, 3], [], [4]]),
    (lambda: call("strings.upper", WORDS), [["A", "B"], ["C"]]),
    (lambda: call("ones_like", ROWS), [[1, 1, 1], [], [1]]),
    (lambda: call("reduce_sum", ROWS, axis=1), [6, 0, 4]), (lambda: call("reduce_sum", ROWS), 10),
    (lambda: call("reduce_sum", NESTED, axis=-1), [[1, 5], [0]]),
    (lambda: call("reduce_sum", PAIRS, 1), [[1, 2], [8, 10]]),
    (lambda: call("reduce_sum", PAIRS, 2), [[3], [7, 11]]), (lambda: call("reduce_max", ROWS, 1), [3, -(2**31), 4]),
    (lambda: call("reduce_min", call("cast", ROWS, "float32"), 1), [1, np.inf, 4]),
    (lambda: call("strings.reduce_join", WORDS, axis=-1, separator=" "), ["a b", "c"]),
    (lambda: call("gather", ROWS, [2, 0]), [[4], [1, 2, 3]]), (lambda: call("size", ROWS), 4),
    (lambda: call("concat", [ROWS, ROWS], 1), [[1, 2, 3, 1, 2, 3], [], [4, 4]]),
    (lambda: call("concat", [ROWS, ROWS[:1]], 0), [[1, 2, 3], [], [4], [1, 2, 3]])])  # fmt: skip
def test_values(found, rows):
    x = found()
    assert (x.to_list() if isinstance(x, RaggedTensor) else np.asarray(x).tolist()) == rows


def test_the_mean_of_nothing():
    found = call("reduce_mean", call("cast", ROWS, "float32"), axis=1)
    assert np.isnan(found[1]) and found[[0, 2]].tolist() == [2, 4]


@pytest.mark.parametrize(("wrong", "error", "words"), [
    (lambda: constant([[1, 2], 3]), ArgumentError, "nesting depth"),
    (lambda: constant([[1], [[2]]]), ArgumentError, "depth"),
    (lambda: call("reverse", ROWS, [1]), NotSupportedError, "with_flat_values"),
    (lambda: stack([[1]], 1), NotSupportedError, "axis=1"),
    (lambda: call("reduce_sum", ROWS, axis=0), NotSupportedError, "to_tensor"),
    (lambda: call("reduce_sum", NESTED, axis=1), NotSupportedError, "ragged themselves"),
    (lambda: call("concat", [ROWS, ROWS[:1]], 1), ArgumentError, "as many"),
    (lambda: call("concat", [ROWS, ROWS], 2), NotSupportedError, "axis 0 or 1"),
    (lambda: call("math.add", ROWS, WORDS), ShapeError, "row lengths")])  # fmt: skip
def test_errors(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


def test_rows_of_a_dataset():
    rows = Dataset.from_tensor_slices((ROWS, [7, 8, 9]))
    assert len(rows) == 3 and [(r.tolist(), int(y)) for r, y in rows] == [([1, 2, 3], 7), ([], 8), ([4], 9)]
    assert [row.to_list() for row in Dataset.from_tensor_slices(NESTED)] == [[[1], [2, 3]], [[]]]
    padded = rows.map(lambda row, y: (row, y)).padded_batch(3)
    assert next(iter(padded))[0].tolist() == [[1, 2, 3], [0, 0, 0], [4, 0, 0]]
    assert [x.to_list() for x, _ in rows.batch(2)] == [[[1, 2, 3], []], [[4]]]
    shuffled = rows.shuffle(3, seed=1)
    assert sorted(int(y) for _, y in shuffled) == [7, 8, 9]
    parts = Dataset.from_tensor_slices(["a b", "c"]).batch(2).map(lambda t: call("strings.split", t))
    assert next(iter(parts)).to_list() == [["a", "b"], ["c"]]


def test_batches_of_a_dataset():
    lines = Dataset.from_tensor_slices(["a b", "c", "d e f"]).batch(2)
    padded = lines.map(lambda batch: call("strings.split", batch).to_tensor())
    assert [batch.tolist() for batch in padded] == [[["a", "b"], ["c", ""]], [["d", "e", "f"]]]


def test_means_of_integers_are_doubles():
    for name in ("reduce_mean", "math.reduce_mean"):
        found = call(name, constant([[1, 2], [4]]), axis=1)
        assert found.dtype == np.float64 and found.tolist() == [1.5, 4.0]
    assert call("reduce_mean", constant([[1, 2], [4, 7]])) == 3.5
    assert np.isnan(call("reduce_mean", ROWS, axis=1)[1]) and call("reduce_mean", PAIRS, 2).to_list()[0] == [1.5]


def test_functions_of_two_take_a_column():
    assert call("add", ROWS, np.array([[10], [20], [30]])).to_list() == [[11, 12, 13], [], [34]]
    assert call("where", call("greater", ROWS, [[2], [0], [4]]), ROWS, 0).to_list() == [[0, 0, 3], [], [0]]


def test_arrays_and_lists_beside_rows_are_rows():
    found = call("concat", [np.zeros((3, 1), "int32"), ROWS], 1)
    assert [row[1:] for row in found.to_list()] == ROWS.to_list()
    assert call("concat", [ROWS, [[7, 8]]], 0).to_list() == [*ROWS.to_list(), [7, 8]]


def test_words_in_rows_are_joined_and_looked_up():
    words = constant([["a", "b"], ["c"]])
    assert call("strings.join", [words, words], "+").to_list() == [["a+a", "b+b"], ["c+c"]]
    buckets = call("strings.to_hash_bucket_fast", words, 100)
    assert buckets.values.tolist() == call("strings.to_hash_bucket_fast", ["a", "b", "c"], 100).tolist()
    found = call("nn.embedding_lookup", np.eye(100, dtype="float32"), buckets)
    assert found.shape == (2, None, 100) and np.argmax(found.values, 1).tolist() == buckets.values.tolist()


def test_other_ways_to_rows():
    make = type(ROWS)
    assert make.from_uniform_row_length([1, 2, 3, 4], 2).to_list() == [[1, 2], [3, 4]]
    assert make.from_row_limits([1, 2, 3], [1, 1, 3]).to_list() == [[1], [], [2, 3]]
    nested = make.from_nested_row_splits([1, 2, 3, 4], [[0, 2, 3], [0, 1, 1, 4]])
    assert nested.to_list() == [[[1], []], [[2, 3, 4]]]
    lengths = nested.nested_row_lengths()
    assert make.from_nested_row_lengths([1, 2, 3, 4], lengths).to_list() == nested.to_list()
    assert nested.merge_dims(0, 1).to_list() == [[1], [], [2, 3, 4]]
    sparse = ROWS.to_sparse()
    assert sparse.values.tolist() == ROWS.values.tolist() and make.from_sparse(sparse).to_list() == ROWS.to_list()
