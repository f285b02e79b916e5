"""Decoders of CTC and edit distances, beside what TensorFlow 2.21 gives for the same arrays."""

import numpy as np
import pytest

from fastnn.compat.tf import ctc
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.sparse import SparseTensor
from fastnn.core.errors import ArgumentError

LOGITS, LENGTHS = 3 * np.random.RandomState(0).randn(8, 2, 4).astype("float32"), [8, 6]
EXPECTED = [[[0, 1], [0, 2, 1, 0]], [[0, 0], [0, 2, 0]], [[0, 0, 1], [0, 2, 0, 1]]]
SCORES = [[-1.0490756, -1.8629415, -2.4808385], [-1.8215079, -1.8381616, -1.9438591]]


def rows(found):
    """The sequences of a sparse tensor, as lists."""
    out = [[] for _ in range(int(found.dense_shape[0]))]
    for (row, _), value in zip(np.asarray(found.indices).tolist(), np.asarray(found.values).tolist()):
        out[row].append(value)
    return out


@pytest.mark.parametrize(("options", "expected"), [
    ({}, [[0, 1], [0, 2, 0]]), ({"merge_repeated": False}, [[0, 0, 1], [0, 0, 2, 0, 0]]),
    ({"blank_index": 0}, [[3, 3, 1], [2, 3]]), ({"blank_index": -1}, [[0, 1], [0, 2, 0]]),
])  # fmt: skip
def test_greedy(options, expected):
    """The best class of each step; minus the sums of the largest logits."""
    (found,), scores = ctc.greedy(LOGITS, LENGTHS, **options)
    assert rows(found) == expected
    np.testing.assert_allclose(scores, [[-30.766499], [-21.100777]], rtol=1e-5)


def test_beams():
    """Three sequences, best first, and their probabilities."""
    found, scores = ctc.beam_search(LOGITS, LENGTHS, beam_width=10, top_paths=3)
    assert [rows(f) for f in found] == EXPECTED
    np.testing.assert_allclose(scores, SCORES, atol=2e-6)


def test_a_wide_beam_finds_the_most_probable_sequence():
    """Held against the sum over all paths."""
    logits = np.random.RandomState(1).randn(4, 1, 3)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    sums = {}
    for path in np.ndindex(3, 3, 3, 3):
        labels = tuple(v for k, v in enumerate(path) if v != 2 and (k == 0 or path[k - 1] != v))
        sums[labels] = sums.get(labels, 0) + np.exp(sum(logs[k, 0, v] for k, v in enumerate(path)))
    best = sorted(sums, key=sums.get)[::-1][:3]
    found, scores = ctc.beam_search(logits, [4], 100, 3)
    assert [tuple(rows(f)[0]) for f in found] == best
    np.testing.assert_allclose(np.exp(scores[0]), [sums[b] for b in best], rtol=1e-6)


def test_tensorflow_1_merges_what_follows_itself():
    """Its decoder's default; two labels with a blank between are one."""
    logits = np.full((3, 1, 2), -9.0)
    logits[[0, 1, 2], 0, [0, 1, 0]] = 9.0
    assert rows(ctc.beam_search(logits, [3])[0][0]) == [[0, 0]]
    assert rows(tf_names.find("compat.v1.nn.ctc_beam_search_decoder")(logits, [3])[0][0]) == [[0]]


def test_too_many_paths():
    """An error that says so."""
    with pytest.raises(ArgumentError, match="larger than the number of beams"):
        ctc.beam_search(LOGITS, LENGTHS, beam_width=2, top_paths=3)


def test_losses_of_sparse_labels():
    """The same numbers from labels with lengths, sparse ones, and TensorFlow 1's arguments."""
    logits = np.random.RandomState(0).randn(6, 2, 4).astype("float32")
    sparse = SparseTensor([[0, 0], [0, 1], [1, 0]], np.array([1, 2, 1], "int32"), (2, 2))
    expected = [4.8887043, 5.6136312]
    dense = tf_names.find("nn.ctc_loss")(np.array([[1, 2], [1, 0]]), logits, [2, 1], [6, 5], blank_index=-1)
    new = tf_names.find("nn.ctc_loss")(sparse, logits, None, [6, 5], blank_index=-1)
    old = tf_names.find("compat.v1.nn.ctc_loss")(labels=sparse, inputs=logits, sequence_length=[6, 5])
    for found in (dense, new, old):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_edit_distance():
    """Shares of the truth's length; counts without; infinity beside an empty truth."""
    one = SparseTensor([[0, 0, 0], [1, 0, 0]], ["a", "b"], (2, 1, 1))
    other = SparseTensor([[0, 1, 0], [1, 0, 0], [1, 0, 1], [1, 1, 0]], ["a", "b", "c", "a"], (2, 2, 2))
    assert ctc.edit_distance(one, other).tolist() == [[np.inf, 1.0], [0.5, 1.0]]
    rows_of = lambda values: SparseTensor([[0, k] for k in range(len(values))], values, (1, len(values)))
    assert ctc.edit_distance(rows_of([1, 2, 3]), rows_of([1, 3, 4, 5]), normalize=False).tolist() == [3.0]
