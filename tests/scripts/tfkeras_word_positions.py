"""A reader of sentences: an embedding with positions says which words are there, and the layers behind it heed it."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers


class WordsAndPlaces(layers.Layer):
    def __init__(self, words, places, width, **kwargs):
        super().__init__(**kwargs)
        self.words = layers.Embedding(words, width)
        self.places = layers.Embedding(places, width)

    def call(self, inputs):
        places = tf.range(start=0, limit=tf.shape(inputs)[-1], delta=1)
        return self.words(inputs) + self.places(places)

    def compute_mask(self, inputs, mask=None):
        return tf.math.not_equal(inputs, 0)


class Reader(layers.Layer):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = layers.MultiHeadAttention(num_heads=2, key_dim=width)
        self.norm = layers.LayerNormalization()

    def call(self, inputs, mask=None):
        seen = tf.cast(mask[:, tf.newaxis, :], "int32")
        return self.norm(inputs + self.attention(query=inputs, value=inputs, key=inputs, attention_mask=seen))


class Mean(layers.Layer):
    def call(self, inputs, mask=None):
        share = tf.cast(mask, inputs.dtype)[..., tf.newaxis]
        return tf.reduce_sum(inputs * share, 1) / tf.reduce_sum(share, 1)


words = tf.keras.Input(shape=(None,), dtype="int64")
x = WordsAndPlaces(20, 12, 8)(words)
x = Mean()(Reader(8)(x))
model = tf.keras.Model(words, layers.Dense(1, activation="sigmoid")(x))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])

rng = np.random.default_rng(1)
sentences = rng.integers(2, 20, (48, 6))
labels = rng.integers(0, 2, (48, 1)).astype("float32")
sentences[:, 2] = np.where(labels[:, 0] > 0, 1, sentences[:, 2])
filled = np.pad(sentences, ((0, 0), (0, 5)))
np.testing.assert_allclose(model.predict(filled, verbose=0), model.predict(sentences, verbose=0), rtol=1e-5)
history = model.fit(filled, labels, batch_size=16, epochs=12, verbose=0).history
assert history["loss"][-1] < history["loss"][0]
np.testing.assert_allclose(model.predict(filled, verbose=0), model.predict(sentences, verbose=0), rtol=1e-4)
