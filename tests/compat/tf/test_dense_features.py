"""DenseFeatures: rows of TensorFlow 2.21 (`tf.compat.v1.feature_column.input_layer`) for the same table, and models."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf import feature_functions as fc
from fastnn.compat.tf.dense_features import DenseFeatures
from fastnn.core.errors import ArgumentError
from fastnn.initializers import Constant

TABLE = {
    "age": np.array([[20.0], [55.0], [18.0]], "float32"), "k": np.array([[1], [2], [0]]),
    "thal": np.array([["fixed"], ["zzz"], [""]], object), "city": np.array([["a"], ["bb"], ["a"]], object),
    "two": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "float32"),
    "tags": np.array([["a", "b"], ["b", "b"], ["", ""]], object),
}  # fmt: skip
AGE = fc.numeric_column("age")
BUCKETS = fc.bucketized_column(AGE, [18, 30, 50])
THAL = fc.categorical_column_with_vocabulary_list("thal", ["fixed", "normal"])
CITY = fc.categorical_column_with_hash_bucket("city", 5)
K = fc.categorical_column_with_identity("k", 3)
TAGS = fc.categorical_column_with_vocabulary_list("tags", ["a", "b"])
VECTORS = Constant(np.array([[1.0, 2.0], [3.0, 5.0]]))


def hot(size, *places):
    """Rows with one 1 each; None: without."""
    return [[float(k == p) for k in range(size)] for p in places]


def embedded(combiner):
    """Vectors of tags."""
    return fc.embedding_column(TAGS, 2, combiner, initializer=VECTORS)


ROWS = {
    "numbers": ([AGE], [[20.0], [55.0], [18.0]]),
    "normalized": ([fc.numeric_column("age", normalizer_fn=lambda x: x / 10)], [[2.0], [5.5], [1.8]]),
    "two numbers": ([fc.numeric_column("two", shape=2)], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    "buckets": ([BUCKETS], hot(4, 1, 3, 1)),
    "vocabulary": ([fc.indicator_column(THAL)], hot(2, 0, None, None)),
    "vocabulary and bins": (
        [fc.indicator_column(fc.categorical_column_with_vocabulary_list("thal", ["fixed", "normal"],
                                                                        num_oov_buckets=3))], hot(5, 0, 2, None)),
    "hashes": ([fc.indicator_column(CITY)], hot(5, 4, 2, 4)),
    "hashes of ints": ([fc.indicator_column(fc.categorical_column_with_hash_bucket("k", 7, dtype="int64"))],
                       hot(7, 5, 5, 2)),
    "ids": ([fc.indicator_column(K)], hot(3, 1, 2, 0)),
    "several": ([fc.indicator_column(TAGS)], [[1.0, 1.0], [0.0, 2.0], [0.0, 0.0]]),
    "crossed columns": ([fc.indicator_column(fc.crossed_column([BUCKETS, THAL], 10))], hot(10, 3, 5, None)),
    "crossed text": ([fc.indicator_column(fc.crossed_column(["city", "thal"], 50))], hot(50, 44, 25, 0)),
    "crossed both": ([fc.indicator_column(fc.crossed_column([BUCKETS, "city"], 20))], hot(20, 5, 5, 5)),
    "mean": ([embedded("mean")], [[2.0, 3.5], [3.0, 5.0], [0.0, 0.0]]),
    "sum": ([embedded("sum")], [[4.0, 7.0], [6.0, 10.0], [0.0, 0.0]]),
    "sqrtn": ([embedded("sqrtn")], [[2.8284271, 4.9497475], [4.2426405, 7.0710678], [0.0, 0.0]]),
    "order of names": ([fc.indicator_column(THAL), AGE, BUCKETS, fc.indicator_column(K)], [
        [20, 0, 1, 0, 0, 0, 1, 0, 1, 0], [55, 0, 0, 0, 1, 0, 0, 1, 0, 0], [18, 0, 1, 0, 0, 1, 0, 0, 0, 0]]),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    """Of arrays; the width is known before."""
    columns, expected = ROWS[name]
    layer = DenseFeatures(columns)
    np.testing.assert_allclose(layer(TABLE), expected, rtol=1e-6)
    assert sum(c.width for c in layer.columns) == len(expected[0])


def test_shared_tables_weights_and_lengths():
    """One table for two columns; weights of values; vectors that are cut to a length."""
    one, other = fc.shared_embeddings([K, fc.categorical_column_with_identity("j", 3)], 2)
    layer = DenseFeatures([one, other])
    found = np.asarray(layer({"k": np.array([[1]]), "j": np.array([[1]])}))
    assert len(layer.weights) == 1
    np.testing.assert_array_equal(found[:, :2], found[:, 2:])
    weighted = fc.weighted_categorical_column(K, "w")
    rows = DenseFeatures([fc.indicator_column(weighted)])({"k": np.array([[1, 2]]), "w": np.array([[0.5, 2.0]])})
    assert np.asarray(rows).tolist() == [[0.0, 0.5, 2.0]]
    cut = fc.embedding_column(TAGS, 2, initializer=VECTORS, max_norm=1.0)
    assert np.linalg.norm(np.asarray(DenseFeatures(cut)({"tags": np.array([["b"]], object)}))) == pytest.approx(1.0)


MODELS = """
import numpy as np, tensorflow as tf
fc, layers = tf.feature_column, tf.keras.layers
table = {"age": np.linspace(20, 60, 8), "city": np.array(list("abababab"), object), "other": np.arange(8)}
y = np.array([0, 1] * 4)
age, city = fc.numeric_column("age"), fc.categorical_column_with_vocabulary_list("city", ["a", "b"])
ages = fc.bucketized_column(age, [30, 40])
columns = [ages, fc.indicator_column(city), fc.embedding_column(fc.crossed_column([ages, city], 9), 2)]
data = tf.data.Dataset.from_tensor_slices((table, y)).shuffle(8).batch(4)
def held(model, x):
    model.compile(tf.keras.optimizers.Adam(0.1), tf.keras.losses.BinaryCrossentropy(from_logits=True), ["accuracy"])
    model.fit(x, epochs=30, verbose=0) if x is data else model.fit(x, y, epochs=30, verbose=0)
    assert model.evaluate(data, verbose=0)[1] == 1.0
    return model
stack = held(tf.keras.Sequential([layers.DenseFeatures(columns), layers.Dense(1)]), data)
held(tf.keras.Sequential([layers.DenseFeatures(columns), layers.Dense(1)]), table)
inputs = {"age": tf.keras.Input((1,), name="age"), "city": tf.keras.Input((1,), name="city", dtype=tf.string)}
held(tf.keras.Model(inputs, layers.Dense(1)(layers.DenseFeatures(columns)(inputs))), data)
class Numbers(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.features, self.dense = layers.DenseFeatures([ages, fc.embedding_column(ages, 2)]), layers.Dense(1)
    def call(self, x):
        return self.dense(self.features(x))
numbers = Numbers()
numbers.compile("sgd", "mse")
numbers.fit({"age": table["age"]}, y, verbose=0)
stack.save("stack.keras")
again = tf.keras.models.load_model("stack.keras")
assert np.allclose(again.predict(table, verbose=0), stack.predict(table, verbose=0))
for batch, _ in data.take(1):
    print(layers.DenseFeatures([ages])(batch).shape)
"""


def test_models_learn_from_tables(tmp_path):
    """As the first layer of a stack, on inputs, in a model of one's own (numbers), and in a file."""
    status, out, err = run(MODELS, tmp_path)
    assert (status, out) == (0, "(4, 3)\n"), err


@pytest.mark.parametrize(("call", "words"), [
    (lambda: DenseFeatures([THAL]), "indicator_column or embedding_column"),
    (lambda: DenseFeatures([AGE, AGE]), "Duplicate feature column name"),
    (lambda: DenseFeatures([AGE])({"b": 1}), "Feature age is not in features"),
    (lambda: DenseFeatures([AGE])(np.ones((2, 1))), "expected a dictionary"),
])  # fmt: skip
def test_what_is_refused(call, words):
    """With TensorFlow's words."""
    with pytest.raises(ArgumentError, match=words):
        call()
