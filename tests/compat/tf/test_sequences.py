"""Sequence examples: written and read; rows of any lengths; bytes that TensorFlow 2.21 wrote."""

import base64

import numpy as np
import pytest

from fastnn.compat.tf import examples, sequences
from fastnn.core.errors import DataError

# tf.train.SequenceExample of context {"n": [2, 1]} and lists {"w": [["a"], ["bc"]], "x": [[1.5], [2.5, 3.5]]}
WRITTEN = base64.b64decode(
    "Cg0KCwoBbhIGGgQKAgIBEjUKFAoBdxIPCgUKAwoBYQoGCgQKAmJjCh0KAXgSGAoIEgYKBAAAwD8KDBIKCggAACBAAABgQA=="
)


def numbers(*values):
    return examples.Feature(float_list=examples.FloatList(value=values))


def words(*values):
    return examples.Feature(bytes_list=examples.BytesList(value=values))


ROW = sequences.SequenceExample(
    context=examples.Features(feature={"n": examples.Feature(int64_list=examples.Int64List(value=[2, np.True_]))}),
    feature_lists=sequences.FeatureLists(feature_list={
        "w": sequences.FeatureList(feature=[words(b"a"), words(b"bc")]),
        "x": sequences.FeatureList(feature=[numbers(1.5), numbers(2.5, 3.5)])}),
)  # fmt: skip


def test_what_is_written_is_read():
    assert ROW.SerializeToString() == WRITTEN and sequences.SequenceExample.FromString(WRITTEN) == ROW
    context, steps = sequences.parse_single_sequence_example(
        ROW.SerializeToString(), {"n": examples.FixedLenFeature([2], "int64")},
        {"w": examples.FixedLenSequenceFeature([], "string"), "x": sequences.RaggedFeature("float32")})  # fmt: skip
    assert context["n"].tolist() == [2, 1] and steps["w"].tolist() == [b"a", b"bc"]
    assert steps["x"].to_list() == [[1.5], [2.5, 3.5]]
    _, dense = sequences.parse_single_sequence_example(
        ROW.SerializeToString(), sequence_features={"x": examples.VarLenFeature("float32")}
    )
    assert dense["x"].tolist() == [[1.5, 0.0], [2.5, 3.5]]


def test_lists_that_are_missing():
    wanted = {"y": examples.FixedLenSequenceFeature([], "float32")}
    with pytest.raises(DataError, match="could not be found"):
        sequences.parse_single_sequence_example(ROW.SerializeToString(), sequence_features=wanted)
    wanted["y"].allow_missing = True
    found = sequences.parse_single_sequence_example(ROW.SerializeToString(), sequence_features=wanted)
    assert found[1]["y"].shape == (0,)


def test_features_of_any_length_are_sparse():
    rows = [
        examples.Example(examples.Features(feature={"x": numbers(*v)})).SerializeToString()
        for v in ([1.0, 0.0], [], [2.0])
    ]
    one = examples.parse_single_example(rows[0], {"x": examples.VarLenFeature("float32")})["x"]
    assert one.values.tolist() == [1.0, 0.0] and one.dense_shape.tolist() == [2]
    all_of = examples.parse_example(np.array(rows, object), {"x": examples.VarLenFeature("float32")})["x"]
    assert all_of.tolist() == [[1.0, 0.0], [0.0, 0.0], [2.0, 0.0]]
    assert all_of.indices.tolist() == [[0, 0], [0, 1], [2, 0]] and all_of.values.tolist() == [1.0, 0.0, 2.0]
