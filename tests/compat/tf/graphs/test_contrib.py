"""`tf.contrib.layers` and slim: names of variables, defaults, scopes of arguments; a net that trains."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.tf.graphs import contrib

NET = """
import numpy as np
import tensorflow as tf
slim, layers = tf.contrib.slim, tf.contrib.layers
x, y = tf.placeholder(tf.float32, [None, 8, 8, 1]), tf.placeholder(tf.int32, [None])
with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_regularizer=slim.l2_regularizer(0.01)):
    net = slim.repeat(x, 2, slim.conv2d, 3, [3, 3], scope="conv1")
    net = layers.max_pool2d(net, [2, 2])
    net = layers.batch_norm(net, is_training=True)
    net = layers.dropout(layers.flatten(net), 0.9, is_training=True)
    logits = layers.fully_connected(net, 2, activation_fn=None, scope="logits")
loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
total = tf.losses.get_total_loss()
train = tf.train.AdamOptimizer(0.02).minimize(total)
X = np.random.RandomState(0).rand(12, 8, 8, 1)
Y = (X.mean((1, 2, 3)) > 0.5).astype(int)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run([loss, total], {x: X, y: Y})
    for _ in range(30):
        sess.run(train, {x: X, y: Y})
    assert first[1] > first[0] and sess.run(loss, {x: X, y: Y}) < first[0]
print([v.name for v in tf.trainable_variables() if "norm" not in v.name])
"""


def test_a_net_trains(tmp_path):
    """With the names that TensorFlow 1 gave."""
    status, out, err = run(NET, tmp_path)
    assert (status, out) == (0, "['conv1/conv1_1/weights:0', 'conv1/conv1_1/biases:0', 'conv1/conv1_2/weights:0', "
                                "'conv1/conv1_2/biases:0', 'logits/weights:0', 'logits/biases:0']\n"), err  # fmt: skip


@pytest.mark.parametrize(
    ("make", "expected"), [(contrib.l1_regularizer(0.5), 1.5), (contrib.l2_regularizer(0.5), 1.25)]
)
def test_regularizers(make, expected):
    """scale · Σ |w| and scale · Σ w² / 2."""
    assert float(make(np.array([1.0, -2.0]))) == expected


def test_initializers():
    """Their spread."""
    assert np.abs(contrib.xavier_initializer()((100, 100))).max() <= np.sqrt(6 / 200)
    assert np.std(contrib.variance_scaling_initializer()((400, 100))) == pytest.approx(np.sqrt(2 / 400), rel=0.05)
