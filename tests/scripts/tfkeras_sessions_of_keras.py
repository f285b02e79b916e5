"""A tf.keras model in a session of TensorFlow 1: outputs and gradients of symbols, fed for the model's input."""

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
K = tf.keras.backend
K.clear_session()
tf.set_random_seed(3)
sess = K.get_session()
inputs = tf.keras.layers.Input(shape=[6])
hidden = tf.keras.layers.Dropout(0.5)(tf.keras.layers.Dense(8, activation="tanh")(inputs))
model = tf.keras.models.Model(inputs=inputs, outputs=tf.keras.layers.Dense(2)(hidden))
model.compile(tf.train.AdamOptimizer(0.01), loss="mse")
rng = np.random.RandomState(1)
x = rng.uniform(size=(20, 6)).astype("float32")
y = x @ rng.uniform(-1, 1, size=(6, 2)).astype("float32")
losses = model.fit(x, y, epochs=6, verbose=0).history["loss"]
assert losses[-1] < losses[0]

feed = {model.input: x, K.learning_phase(): 0}
np.testing.assert_allclose(sess.run(model.output, feed_dict=feed), model.predict(x, verbose=0), atol=1e-6)
grads = tf.stack([tf.gradients(model.output[:, i], model.input)[0] for i in range(2)])
slopes, shown = sess.run([tf.transpose(grads, perm=[1, 0, 2]), hidden], feed_dict=feed)
w, v = (sess.run(layer.weights[0].value()) for layer in (model.layers[1], model.layers[-1]))
expected = np.einsum("bh,ih,ho->boi", 1 - shown**2, w, v)
np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-5)

# one step of an attack: the smallest change that makes both outputs equal, were the model a plane
f = sess.run(model.output, feed_dict=feed)
change = slopes[:, 0] - slopes[:, 1]
moved = x - ((f[:, 0] - f[:, 1]) / np.sum(change**2, axis=1))[:, None] * change
g = sess.run(model.output, feed_dict={model.input: moved})
assert np.abs(g[:, 0] - g[:, 1]).mean() < 0.2 * np.abs(f[:, 0] - f[:, 1]).mean()
