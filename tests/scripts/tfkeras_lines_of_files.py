"""Lines of files through a tf.function: columns whose default is an empty tensor, and functions of NumPy."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rows = np.round(np.random.default_rng(3).random((24, 4)), 3)
with open("rows.csv", "w") as file:
    file.write("a,b,c,y\n" + "\n".join(",".join(map(str, row)) for row in rows))


@tf.function
def preprocess(line):
    fields = tf.io.decode_csv(line, record_defaults=[0.0] * 3 + [tf.constant([], dtype=tf.float32)])
    return tf.stack(fields[:-1]), tf.stack(fields[-1:])


x, y = preprocess(b"4.5,44.0,5.25,0.5")
assert x.dtype == y.dtype == tf.float32 and y.numpy() == 0.5
x, y = preprocess(tf.constant("1,2,3,0.25"))
assert x.numpy().tolist() == [1, 2, 3] and y.numpy() == 0.25

lines = tf.data.TextLineDataset("rows.csv").skip(1).map(preprocess).batch(8)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
losses = model.fit(lines, epochs=3, verbose=0).history["loss"]
assert losses[-1] < losses[0]


@tf.numpy_function(Tout=[tf.float32, tf.int32])
def play(action):
    return np.full(2, action, np.float32), np.array(1, np.int32)


@tf.py_function(Tout=tf.float32)
def doubled(value):
    return value * 2.0


@tf.function
def returns(action):
    state, reward = play(action)
    return tf.reduce_sum(doubled(state)), reward


total, reward = returns(tf.constant(3.0))
assert total.numpy() == 12 and reward.numpy() == 1 and play(tf.constant(2.0))[0].numpy().tolist() == [2, 2]
