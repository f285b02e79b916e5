"""Keras's layers on placeholders, as "Keras as a simplified interface to TensorFlow" has them; a Q network's target."""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.keras.layers import Dense

np.random.seed(1)
tf.set_random_seed(1)
image, labels = tf.placeholder(tf.float32, shape=(None, 784)), tf.placeholder(tf.float32, shape=(None, 10))
x = Dense(16, activation="relu")(image)
preds = Dense(10, activation="softmax")(Dense(16, activation="relu")(x))
loss = tf.reduce_mean(tf.keras.losses.categorical_crossentropy(labels, preds))
train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
batch = {image: np.random.rand(32, 784), labels: np.eye(10)[np.random.randint(0, 10, 32)]}
with sess.as_default():
    first = sess.run(loss, batch)
    for _ in range(10):
        train_step.run(feed_dict=batch)
    assert sess.run(loss, batch) < first
with tf.variable_scope("main"):
    main = tf.get_variable("w", [3, 2])
with tf.variable_scope("target"):
    target = tf.get_variable("w", [3, 2])
copy = [t.assign(m) for t, m in zip(tf.trainable_variables("target"), tf.trainable_variables("main"))]
sess.run(tf.global_variables_initializer())
assert not np.allclose(*sess.run([main, target]))
sess.run(copy)
assert np.allclose(*sess.run([main, target]))
states, actions = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
values = tf.reduce_sum(tf.matmul(states, main) * tf.one_hot(actions, 2), axis=1)
given = np.arange(12.0).reshape(4, 3)
expected = (given @ sess.run(main))[np.arange(4), [0, 1, 0, 1]]
np.testing.assert_allclose(sess.run(values, {states: given, actions: [0, 1, 0, 1]}), expected, rtol=1e-5)
doubled = tf.py_func(lambda v: v * 2, [states], tf.float32)
rows = tf.map_fn(lambda row: row * 2.0, states)
assert (sess.run(doubled, {states: given}) == sess.run(rows, {states: given})).all()
