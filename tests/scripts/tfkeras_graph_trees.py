"""Sentences as trees in a graph of TensorFlow 1: arrays in a loop, second derivatives, changes of rows, flags."""

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.app.flags.DEFINE_integer("size", 3, "of a phrase")
tf.app.flags.DEFINE_bool("say", False, "losses")
FLAGS = tf.app.flags.FLAGS

words = tf.placeholder(tf.int32, [None])  # a word's number for a leaf, -1 for a phrase
left, right = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None])
table = tf.get_variable(
    "words", [5, FLAGS.size], initializer=tf.random_normal_initializer(stddev=0.5, dtype=tf.float32)
)
join = tf.get_variable("join", [2 * FLAGS.size, FLAGS.size], initializer=tf.glorot_uniform_initializer())
out = tf.get_variable("out", [FLAGS.size, 1], initializer=tf.ones_initializer())
count = tf.shape(words)[0]
nodes = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False, infer_shape=False)
nodes = nodes.write(0, tf.nn.embedding_lookup(table, words[0]))


def body(i, nodes):
    leaf = lambda: tf.nn.embedding_lookup(table, words[i])
    phrase = lambda: tf.tanh(tf.matmul(tf.concat([nodes.read(left[i]), nodes.read(right[i])], 0)[None], join))[0]
    return i + 1, nodes.write(i, tf.cond(words[i] >= 0, leaf, phrase))


_, nodes = tf.while_loop(lambda i, _: i < count, body, (tf.constant(1), nodes), parallel_iterations=1)
root = tf.matmul(nodes.read(count - 1)[None], out)[0, 0]
loss = tf.square(root - 1.0)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
curved = tf.hessians(loss, out)[0]
forget = tf.scatter_update(table, tf.constant([4]), tf.zeros([1, FLAGS.size]))
feed = {words: [0, 1, -1, 2, -1], left: [0, 0, 0, 0, 2], right: [0, 0, 1, 0, 3]}


def main(argv):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([loss, train], feed)[0] for _ in range(8)]
        assert losses[-1] < losses[0], losses
        stacked = sess.run(nodes.stack(), feed)
        assert stacked.shape == (5, FLAGS.size)
        kernel, rows = sess.run([join, table])
        np.testing.assert_allclose(stacked[2], np.tanh(np.concatenate([rows[0], rows[1]]) @ kernel), rtol=1e-5)
        h = sess.run(curved, feed)[:, 0, :, 0]
        np.testing.assert_allclose(h, 2 * np.outer(stacked[4], stacked[4]), rtol=1e-4, atol=1e-6)
        sess.run(forget)
        assert not np.any(sess.run(table)[4]) and np.any(sess.run(table)[3])
        if FLAGS.say:
            print(losses)
    return 0 if len(argv) == 1 else 1


if __name__ == "__main__":
    tf.app.run()
