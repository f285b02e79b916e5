"""Autoencoders of TensorFlow 1 by hand: weights in dicts, noise in each run, summaries, a saver, sampled losses."""

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
np.random.seed(0)
rows = np.random.rand(16, 12)
X = tf.placeholder(tf.float32, [None, 12])
weights = {"in": tf.Variable(tf.random_normal([12, 4])), "out": tf.Variable(tf.random_normal([4, 12]))}
biases = {"in": tf.Variable(tf.random_normal([4])), "out": tf.Variable(tf.random_normal([12]))}
code = tf.nn.sigmoid(tf.add(tf.matmul(X, weights["in"]), biases["in"]))
decoded = tf.nn.sigmoid(tf.add(tf.matmul(code, weights["out"]), biases["out"]))
loss = tf.reduce_mean(tf.pow(X - decoded, 2)) + 1e-4 * tf.nn.l2_loss(weights["in"])
step = tf.train.RMSPropOptimizer(0.01).minimize(loss)
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(loss, {X: rows})
    for _ in range(30):
        _, last = sess.run([step, loss], feed_dict={X: rows})
    assert last < first, (first, last)
    path, kept = saver.save(sess, "./kept/model.ckpt"), sess.run(weights)
    sess.run(tf.global_variables_initializer())
    assert (sess.run(weights["in"]) != kept["in"]).any()
    saver.restore(sess, tf.train.latest_checkpoint("./kept"))
    assert (sess.run(weights["in"]) == kept["in"]).all() and path == "./kept/model.ckpt"

mean, deviation = tf.layers.dense(X, 2), tf.layers.dense(X, 2)
noise = tf.random_normal(tf.shape(deviation), dtype=tf.float32, mean=0.0, stddev=1.0, name="epsilon")
decoded = tf.layers.dense(mean + tf.exp(deviation / 2) * noise, 12, activation=tf.nn.sigmoid)
divergence = -0.5 * tf.reduce_sum(1 + deviation - tf.square(mean) - tf.exp(deviation), 1)
entropy = -tf.reduce_sum(X * tf.log(1e-10 + decoded) + (1 - X) * tf.log(1e-10 + 1 - decoded), 1)
bound = tf.reduce_mean(entropy + divergence)
step = tf.train.AdamOptimizer().minimize(bound)
tf.summary.scalar("bound", bound)
merged = tf.summary.merge_all()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(3):
        _, value, entries = sess.run([step, bound, merged], {X: rows})
    assert entries.value[0].tag == "bound" and abs(entries.value[0].simple_value - value) < 1e-4
    assert (sess.run(decoded, {X: rows}) != sess.run(decoded, {X: rows})).any()

words, near = tf.placeholder(tf.int32, shape=[None]), tf.placeholder(tf.int32, shape=[None, 1])
with tf.variable_scope("embedding"):
    table = tf.Variable(tf.random_uniform([20, 8], -1.0, 1.0))
    nce_weights, nce_biases = tf.Variable(tf.truncated_normal([20, 8], stddev=0.3)), tf.Variable(tf.zeros([20]))
found = tf.nn.embedding_lookup(table, words)
nce = tf.reduce_mean(tf.nn.nce_loss(weights=nce_weights, biases=nce_biases, labels=near, inputs=found, num_sampled=4,
                                    num_classes=20))  # fmt: skip
step = tf.train.GradientDescentOptimizer(1.0).minimize(nce)
unit = table / tf.sqrt(tf.reduce_sum(tf.square(table), 1, keep_dims=True))
alike = tf.matmul(unit, unit, transpose_b=True)
with tf.Session().as_default() as sess:
    tf.global_variables_initializer().run()
    for _ in range(3):
        _, value = sess.run([step, nce], {words: [1, 2, 3], near: [[2], [3], [4]]})
    assert np.isfinite(value) and np.allclose(np.diag(alike.eval()), 1.0, atol=1e-5)
    assert table.name == "embedding/Variable:0"
