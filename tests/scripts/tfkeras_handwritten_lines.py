"""Lines of writing read by CTC: labels are filled up to one length with a number that is no character."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

FILL, LONGEST = 99, 5
to_number = layers.StringLookup(vocabulary=sorted("abcde"), mask_token=None)
to_letter = layers.StringLookup(vocabulary=to_number.get_vocabulary(), mask_token=None, invert=True)


def numbered(word):
    label = to_number(tf.strings.unicode_split(word, input_encoding="UTF-8"))
    return tf.pad(label, [[0, LONGEST - tf.shape(label)[0]]], constant_values=FILL)


def drawn(word):
    """Each letter as three columns of its own pattern."""
    columns = np.zeros((20, 6), "float32")
    for k, letter in enumerate(word):
        columns[4 * k : 4 * k + 3, ord(letter) - ord("a")] = 1
    return columns


class CTC(layers.Layer):
    def call(self, labels, found):
        ones = tf.ones((tf.shape(labels)[0], 1), dtype="int64")
        steps, letters = (tf.cast(tf.shape(x)[1], "int64") * ones for x in (found, labels))
        self.add_loss(tf.reduce_mean(tf.keras.backend.ctc_batch_cost(labels, found, steps, letters)))
        return found


words = ["abc", "de", "cab", "bead", "ace", "dab", "ebb", "a"] * 4
data = tf.data.Dataset.from_tensor_slices((np.stack([drawn(w) for w in words]), words))
data = data.map(lambda image, word: {"image": image, "label": numbered(word)}).batch(8)

image, label = keras.Input((20, 6), name="image"), keras.Input((LONGEST,), name="label")
x = layers.Conv1D(16, 3, padding="same", activation="relu")(image)
found = layers.Dense(len(to_number.get_vocabulary()) + 2, activation="softmax", name="letters")(x)
model = keras.Model([image, label], CTC(name="ctc")(label, found))
model.compile(keras.optimizers.Adam(0.03))
losses = model.fit(data, epochs=200, verbose=0).history["loss"]
assert np.isfinite(losses).all() and losses[-1] < 0.3 * losses[0], losses

reader = keras.Model(model.get_layer("image").output, model.get_layer("letters").output)
batch = next(iter(data))
letters = reader.predict(batch["image"], verbose=0)
read = tf.keras.backend.ctc_decode(letters, np.full(8, 20), greedy=True)[0][0][:, :LONGEST]
told = [tf.strings.reduce_join(to_letter(tf.gather(r, tf.where(r >= 0)[:, 0]))).numpy().decode() for r in read]
right = sum(a == b for a, b in zip(told, words))
assert right >= 3, told
