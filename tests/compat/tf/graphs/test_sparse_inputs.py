"""Sparse values that are fed: a speech tutorial of TensorFlow 1 with CTC, and what runs give."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.graphs.sparse_inputs import SparseTensorValue, sparse_placeholder
from fastnn.compat.tf.sparse import SparseTensor

PARTS = np.array([[0, 0], [0, 1], [1, 0]]), np.array([1, 2, 3]), np.array([2, 2])
SPEECH = """
import numpy as np, tensorflow as tf
inputs, lengths = tf.placeholder(tf.float32, [None, None, 5]), tf.placeholder(tf.int32, [None])
targets = tf.sparse_placeholder(tf.int32)
cells = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.LSTMCell(6, state_is_tuple=True)])
outputs, _ = tf.nn.dynamic_rnn(cells, inputs, lengths, dtype=tf.float32)
rows = tf.shape(inputs)[0]
w, b = tf.Variable(tf.truncated_normal([6, 4], stddev=0.1)), tf.Variable(tf.constant(0.0, shape=[4]))
logits = tf.reshape(tf.matmul(tf.reshape(outputs, [-1, 6]), w) + b, [rows, -1, 4])
logits = tf.transpose(logits, (1, 0, 2))
cost = tf.reduce_mean(tf.nn.ctc_loss(targets, logits, lengths))
train = tf.train.MomentumOptimizer(0.05, 0.9).minimize(cost)
decoded, scores = tf.nn.ctc_greedy_decoder(logits, lengths)
wrong = tf.reduce_mean(tf.edit_distance(tf.cast(decoded[0], tf.int32), targets))
parts = np.array([[0, 0], [0, 1], [1, 0]]), np.array([1, 2, 0], np.int32), np.array([2, 2])
feed = {inputs: np.random.RandomState(0).randn(2, 8, 5), targets: parts, lengths: [8, 6]}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    before = sess.run(cost, feed)
    for _ in range(60):
        sess.run(train, feed)
    found = sess.run(decoded[0], feed)
    print(sess.run(cost, feed) < before / 2, sess.run(wrong, feed) < 1.0, type(found).__name__, found.dense_shape[0])
"""


def test_speech(tmp_path):
    """It learns what is to be read."""
    status, out, err = run(SPEECH, tmp_path)
    assert (status, out) == (0, "True True SparseTensorValue 2\n"), err


@pytest.mark.parametrize("value", [PARTS, SparseTensorValue(*PARTS), SparseTensor(*PARTS)])
def test_what_is_fed(value):
    """A tuple, its name or a sparse tensor; a run gives the parts again, of another dtype, too."""
    tf_graph.on()
    try:
        x = sparse_placeholder("float32")
        found, as_ints = tf_graph.run([x, tf_names.find("cast")(x, "int64")], {x: value})
    finally:
        tf_graph.off()
    for part, expected in zip(found, PARTS):
        np.testing.assert_array_equal(part, expected)
    assert (found.values.dtype, as_ints.values.dtype) == ("float32", "int64")
