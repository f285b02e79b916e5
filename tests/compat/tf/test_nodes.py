"""TensorFlow's functions on symbols of functional graphs, where sizes depend on values."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.compat.aliases import _TensorFlow
from fastnn.compat.tf.sparse import SparseTensor
from fastnn.core.errors import NotSupportedError

RNG = np.random.default_rng(3)
X = RNG.random((8, 4), np.float32)
HIGH = X[:, 0] > 0.5
COUNTS = np.array([1, 0, 2, 3, 1, 0, 0, 1], "int32")


tf = _TensorFlow("tensorflow")
# name: (x -> result, its shape, what NumPy says of X)
CALLS = {
    "boolean_mask": (lambda x: tf.boolean_mask(x, x[:, 0] > 0.5), (None, 4), X[HIGH]),
    "where": (lambda x: tf.gather(x, tf.where(x[:, 0] > 0.5)[:, 0]), (None, 4), X[HIGH]),
    "gather_nd": (lambda x: tf.gather_nd(x, tf.where(x > 0.5)), (None,), X[X > 0.5]),
    "index": (lambda x: x[x[:, 0] > 0.5], (None, 4), X[HIGH]),
    "unique": (lambda x: tf.unique(tf.cast(x[:, 0] * 3, "int32")).y, (None,), None),
    "py_function": (lambda x: tf.py_function(lambda a: a.numpy() * 2, [x], "float32"), (None, 4), X * 2),
    "numpy_function": (lambda x: tf.numpy_function(lambda a: np.sort(a), [x], "float32"), (None, 4), np.sort(X)),
    "dynamic_partition": (lambda x: tf.dynamic_partition(x, tf.cast(x[:, 0] > 0.5, "int32"), 2)[1], (None, 4), X[HIGH]),
    "sequence_mask": (lambda x: tf.sequence_mask(tf.cast(x[:, 0] * 5, "int32")), (None, None), None),
    "reshape": (lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [2, 2]], 0)), (None, 2, 2), X.reshape(8, 2, 2)),
    "map_fn": (lambda x: tf.map_fn(tf.reduce_sum, x), (None,), X.sum(1)),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_on_symbols(name):
    function, shape, expected = CALLS[name]
    inputs = keras.Input((4,))
    model = keras.Model(inputs, function(inputs))
    assert model.output_shape == shape
    found = model.predict(X, verbose=0)
    np.testing.assert_array_equal(found, model(X))
    np.testing.assert_allclose(found, function(X) if expected is None else expected, rtol=1e-6)


def test_repeat_and_training_through_it():
    inputs, counts = keras.Input((4,)), keras.Input((), dtype="int32")
    dense = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
    model = keras.Model([inputs, counts], tf.repeat(dense(inputs), counts, axis=0))
    assert model.output_shape == (None, 1)
    np.testing.assert_allclose(model.predict([X, COUNTS], verbose=0)[:, 0], np.repeat(X.sum(1), COUNTS), rtol=1e-6)
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: keras.ops.mean(p))
    model.train_on_batch([X, COUNTS], np.zeros((8, 1)))
    gradient = np.repeat(X, COUNTS, axis=0).mean(0)
    np.testing.assert_allclose(1 - model.get_weights()[0][:, 0], gradient, rtol=1e-5)


def test_values_of_sparse_tensors_have_gradients():
    places = np.argwhere(X > 0.5)
    dense = keras.layers.Dense(4, kernel_initializer="ones", use_bias=False)
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile(
        keras.optimizers.SGD(1.0), lambda y, p: keras.ops.sum(SparseTensor(places, tf.gather_nd(p, places), p.shape))
    )
    model.train_on_batch(X, X)
    np.testing.assert_allclose(1 - model.get_weights()[0], X.T @ (X > 0.5), rtol=1e-5)


def test_a_file_has_no_name_for_it(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, tf.boolean_mask(inputs, inputs[:, 0] > 0.5))
    with pytest.raises(NotSupportedError, match="which a file cannot name"):
        model.save(tmp_path / "model.keras")
