"""A GAN of TensorFlow 1: scopes whose variables are used again, two optimizers, each for its variables."""

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(3)
np.random.seed(3)


def generator(z, reuse=False):
    with tf.variable_scope("Generator", reuse=reuse):
        h = tf.layers.dense(z, 8, activation=tf.nn.relu)
        return tf.layers.dense(h, 5, activation=tf.nn.sigmoid)


def discriminator(x, reuse=False):
    with tf.variable_scope("Discriminator", reuse=reuse):
        w = tf.get_variable("w", [5, 8], initializer=tf.truncated_normal_initializer(stddev=0.1))
        b = tf.get_variable("b", shape=[8], initializer=tf.zeros_initializer())
        return tf.layers.dense(tf.nn.relu(tf.matmul(x, w) + b), 1)


def entropy(logits, wanted):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=wanted(logits)))


z, real = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 5])
fake = generator(z)
of_real, of_fake = discriminator(real), discriminator(fake, reuse=True)
d_loss = entropy(of_real, tf.ones_like) + entropy(of_fake, tf.zeros_like)
g_loss = entropy(of_fake, tf.ones_like)
g_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="Generator")
d_vars = [v for v in tf.trainable_variables() if v.name.startswith("Discriminator")]
assert [v.name for v in d_vars] == [f"Discriminator/{n}:0" for n in ("w", "b", "dense/kernel", "dense/bias")]
assert len(g_vars) == 4
d_step = tf.train.AdamOptimizer(0.01).minimize(d_loss, var_list=d_vars)
g_step = tf.train.AdamOptimizer(0.01).minimize(g_loss, var_list=g_vars)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    before = sess.run(g_vars)
    for _ in range(20):
        feed = {z: np.random.randn(16, 3), real: np.random.rand(16, 5)}
        _, _, d_now, g_now = sess.run([d_step, g_step, d_loss, g_loss], feed_dict=feed)
    assert np.isfinite(d_now) and np.isfinite(g_now)
    assert all((a != b).any() for a, b in zip(before, sess.run(g_vars)))
    assert sess.run(fake, {z: np.zeros((2, 3))}).shape == (2, 5)
