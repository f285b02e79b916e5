"""A graph of TensorFlow 1 with tf.layers: a small CNN, clipped gradients, a session; tutorials of 2018."""

import numpy as np
import tensorflow as tf

tf.set_random_seed(1)
np.random.seed(0)
x = tf.placeholder(tf.float32, [None, 64], name="x")
y = tf.placeholder(tf.int64, [None], name="y")
is_train = tf.placeholder(tf.bool)
image = tf.reshape(x, [-1, 8, 8, 1])
h = tf.layers.conv2d(image, 4, 3, padding="same", activation=tf.nn.relu)
h = tf.layers.batch_normalization(h, training=is_train)
h = tf.layers.max_pooling2d(h, 2, 2)
h = tf.layers.dropout(tf.layers.flatten(h), 0.3, training=is_train)
logits = tf.layers.dense(h, 3)
assert h.get_shape().as_list() == [None, 64] and logits.shape[-1] == 3
loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
optimizer = tf.train.AdamOptimizer(0.01)
pairs = [(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in optimizer.compute_gradients(loss)]
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = optimizer.apply_gradients(pairs)
hits = tf.equal(tf.argmax(logits, 1), y)
accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
rows, labels = np.random.rand(30, 64), np.random.randint(0, 3, 30)
rows += labels[:, None] * 0.3
feed = {x: rows, y: labels, is_train: False}
first = loss.eval(feed)
for _ in range(40):
    sess.run(train, {**feed, is_train: True})
assert loss.eval({**feed, is_train: True}) < first, (first, loss.eval(feed))
assert 0 <= accuracy.eval(feed) <= 1 and accuracy.eval({**feed, is_train: True}) > 0.4


def weight_variable(shape):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


kernel = weight_variable([3, 3, 1, 4])
maps = tf.nn.relu(tf.nn.conv2d(image, kernel, strides=[1, 1, 1, 1], padding="SAME"))
pooled = tf.nn.max_pool(maps, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
sess.run(kernel.initializer)
assert sess.run(pooled, feed).shape == (30, 4, 4, 4) and pooled.get_shape().as_list() == [None, 4, 4, 4]
sess.close()
