"""Unknown sizes under the names of TensorFlow and of Keras 2's backend, in layers and on symbols."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.compat import backend as K
from fastnn.compat.tf import names as tf_names


class Names:
    """TensorFlow's names as attributes."""

    float32 = "float32"

    def __init__(self, prefix=""):
        self.prefix = prefix

    def __getattr__(self, name):
        return tf_names.table().get(self.prefix + name) or Names(f"{self.prefix}{name}.")


tf = Names()


def steps(x):
    return tf.shape(x)[1]


CASES = {
    "range": (lambda x: x + tf.cast(tf.range(steps(x)), tf.float32)[:, None], (None, 4)),
    "range, words": (lambda x: x + tf.cast(tf.range(start=0, limit=steps(x), delta=1), tf.float32)[:, None], (None, 4)),
    "reshape": (lambda x: tf.reshape(x, [tf.shape(x)[0], -1]), (None,)),
    "product": (lambda x: tf.reshape(x, [tf.shape(x)[0], steps(x) * tf.shape(x)[2]]), (None,)),
    "zeros": (lambda x: x + tf.zeros((tf.shape(x)[0], 1, 4)), (None, 4)),
    "zeros of a shape": (lambda x: x + tf.zeros(tf.shape(x)), (None, 4)),
    "fill": (lambda x: x + tf.fill([tf.shape(x)[0], 1, 4], 2.0), (None, 4)),
    "tile": (lambda x: tf.tile(x, [1, steps(x), 1]), (None, 4)),
    "broadcast_to": (lambda x: tf.broadcast_to(x[:, :1], tf.shape(x)), (None, 4)),
    "mean": (lambda x: tf.reduce_sum(x, 1) / tf.cast(steps(x), tf.float32), (4,)),
    "slice": (lambda x: x[:, : steps(x) - 1], (None, 4)),
    "eye": (lambda x: tf.matmul(tf.eye(steps(x)), x), (None, 4)),
    "band_part": (lambda x: tf.matmul(tf.linalg.band_part(tf.ones((steps(x), steps(x))), -1, 0), x), (None, 4)),
    "one_hot": (lambda x: tf.one_hot(tf.cast(x[:, 0], "int32"), steps(x)), (4, None)),
    "random": (lambda x: x + 0 * tf.random.normal(tf.shape(x)), (None, 4)),
    "resize": (lambda x: tf.image.resize(x[..., None], (steps(x) * 2, 8)), (None, 8, 1)),
    "K.shape": (lambda x: K.reshape(x, (K.shape(x)[0], K.shape(x)[1], 2, 2)), (None, 2, 2)),
    "K.int_shape": (lambda x: K.reshape(x, (-1, K.int_shape(x)[2])), (4,)),
    "K.arange": (lambda x: x + K.cast(K.arange(K.shape(x)[1]), "float32")[:, None], (None, 4)),
}


@pytest.mark.parametrize("inside", [False, True], ids=["on symbols", "in a Lambda"])
@pytest.mark.parametrize("name", CASES)
def test_unknown_sizes(name, inside):
    function, expected = CASES[name]
    inputs = fastnn.Input((None, 4))
    model = fastnn.Model(inputs, (layers.Lambda(function) if inside else function)(inputs))
    assert model.output_shape[1:] == expected
    for size in (5, 7):
        x = np.random.default_rng(0).integers(0, 4, (2, size, 4)).astype("float32")
        np.testing.assert_allclose(model.predict(x, verbose=0), np.asarray(function(x)), rtol=1e-5, atol=1e-6)


def test_int_shape_has_none():
    assert K.int_shape(fastnn.Input((None, 4))) == (None, None, 4)
