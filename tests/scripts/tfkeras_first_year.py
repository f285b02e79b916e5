"""tf.keras with TensorFlow 1's names: tf.log, keep_dims, to_float, its optimizers, its logger, prints of tensors."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

tf.logging.set_verbosity(tf.logging.ERROR)
assert tf.__version__
np.random.seed(1)
x = np.random.rand(48, 6).astype("float32")
y = keras.utils.to_categorical((x.sum(1) > 3).astype(int), 2)


def focal(gamma=2.0):
    """Focal loss, in the words of that year."""

    def loss(labels, outputs):
        outputs = outputs / tf.reduce_sum(outputs, reduction_indices=-1, keep_dims=True)
        outputs = tf.clip_by_value(outputs, 1e-7, 1.0)
        weight = tf.pow(tf.subtract(1.0, outputs), gamma)
        return tf.reduce_sum(-tf.multiply(labels, tf.multiply(weight, tf.log(outputs))), axis=-1)

    return loss


def right(labels, outputs):
    return tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(labels, dimension=1), tf.argmax(outputs, dimension=1))))


model = keras.Sequential(
    [keras.layers.Dense(8, activation=tf.nn.relu, input_shape=(6,)), keras.layers.Dense(2, activation=tf.nn.softmax)]
)
model.compile(optimizer=tf.train.AdamOptimizer(0.05), loss=focal(), metrics=["accuracy", right])
history = model.fit(x, y, epochs=12, batch_size=16, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0] and "right" in model.metrics_names
np.testing.assert_allclose(history.history["acc"], history.history["right"], rtol=1e-5)

outputs = model.predict(x)
with tf.Session() as session:
    print(session.run(tf.div(7, 2)), session.run(tf.reduce_max(tf.constant([1.0, 4.0]))))
by_hand = -(y * (1 - outputs) ** 2 * np.log(outputs)).sum(-1)
np.testing.assert_allclose(np.asarray(focal()(tf.constant(y), tf.constant(outputs))), by_hand, rtol=1e-3, atol=1e-6)
tf.assert_equal(tf.shape(outputs)[1], 2)
for optimizer in (
    tf.train.GradientDescentOptimizer(0.1), tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    tf.train.RMSPropOptimizer(learning_rate=0.001), tf.train.AdagradOptimizer(0.1),
):  # fmt: skip
    model.compile(optimizer=optimizer, loss=keras.losses.categorical_crossentropy)
    model.train_on_batch(x, y)
