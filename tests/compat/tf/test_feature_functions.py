"""The functions of tf.feature_column: names of columns, what they refuse, what they read of examples."""

import pytest

from fastnn.compat.tf import feature_functions as fc
from fastnn.core.errors import ArgumentError

AGE = fc.numeric_column("age")
BUCKETS = fc.bucketized_column(AGE, [18, 30])
THAL = fc.categorical_column_with_vocabulary_list("thal", ["a", "b"])


@pytest.mark.parametrize(("column", "name"), [
    (AGE, "age"), (BUCKETS, "age_bucketized"), (fc.indicator_column(THAL), "thal_indicator"),
    (fc.embedding_column(THAL, 2), "thal_embedding"), (fc.crossed_column([THAL, BUCKETS], 5), "age_bucketized_X_thal"),
    (fc.crossed_column(["b", "a"], 5), "a_X_b"), (fc.weighted_categorical_column(THAL, "w"), "thal_weighted_by_w"),
    (fc.shared_embeddings([THAL], 2)[0], "thal_shared_embedding"),
])  # fmt: skip
def test_names(column, name):
    """As TensorFlow's."""
    assert column.name == name


@pytest.mark.parametrize(("call", "words"), [
    (lambda: fc.bucketized_column(THAL, [1]), "generated with numeric_column"),
    (lambda: fc.bucketized_column(AGE, [2, 1]), "sorted list"), (lambda: fc.crossed_column(["a"], 3), "length > 1"),
    (lambda: fc.crossed_column(["a", AGE], 3), "Unsupported key type"),
    (lambda: fc.numeric_column("a", shape=0), "integers above 0"),
    (lambda: fc.numeric_column("a", dtype="string"), "convertible to float"),
    (lambda: fc.categorical_column_with_hash_bucket("a", 0), "at least 1"),
    (lambda: fc.categorical_column_with_identity("a", 0), "num_buckets 0"),
    (lambda: fc.categorical_column_with_vocabulary_list("a", ["x", "x"]), "words that differ"),
    (lambda: fc.categorical_column_with_vocabulary_list("a", ["x"], default_value=0, num_oov_buckets=1), "both"),
    (lambda: fc.embedding_column(THAL, 0), "Invalid dimension"),
    (lambda: fc.embedding_column(THAL, 2, "max"), "combiner"),
    (lambda: fc.shared_embeddings([THAL, fc.categorical_column_with_identity("k", 3)], 2), "same num_buckets"),
])  # fmt: skip
def test_what_is_refused(call, words):
    """Before anything is made."""
    with pytest.raises(ArgumentError, match=words):
        call()


def test_files_and_examples(tmp_path):
    """Lines of a file are a vocabulary; what is read of examples."""
    path = tmp_path / "words.txt"
    path.write_text("a\nb\nc\n", encoding="utf-8")
    column = fc.categorical_column_with_vocabulary_file("t", path, vocabulary_size=2)
    assert column.vocabulary == ("a", "b")
    spec = fc.make_parse_example_spec([BUCKETS, fc.indicator_column(THAL), fc.crossed_column([BUCKETS, "x"], 3)])
    assert {k: (type(v).__name__, str(v.dtype)) for k, v in spec.items()} == {
        "age": ("FixedLenFeature", "float32"), "thal": ("VarLenFeature", "string"),
        "x": ("VarLenFeature", "string")}  # fmt: skip


def test_input_layer():
    """TensorFlow 1's name for the rows of a table."""
    assert fc.input_layer({"age": [[20.0]]}, [AGE, BUCKETS]).tolist() == [[20.0, 0.0, 1.0, 0.0]]
