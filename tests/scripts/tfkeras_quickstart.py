"""The beginner's quickstart of TensorFlow 2."""

import numpy as np
import tensorflow as tf

print("TensorFlow version:", tf.__version__)
tf.random.set_seed(0)
x_train, y_train = np.random.RandomState(0).randint(0, 256, (32, 6, 6)), np.arange(32) % 4
x_train = x_train / 255.0
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(6, 6)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dropout(0.2),
        tf.keras.layers.Dense(4),
    ]
)
predictions = model(x_train[:1]).numpy()
tf.nn.softmax(predictions).numpy()
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
first = loss_fn(y_train[:1], predictions).numpy()
assert 0.5 < first < 4
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2, verbose=0)
model.evaluate(x_train, y_train, verbose=2)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
np.testing.assert_allclose(probability_model(x_train[:5]).numpy().sum(1), 1, rtol=1e-5)
