"""Sentences of different lengths, as TensorFlow's translation tutorial prepares them: ragged, padded in the map."""

import numpy as np
import tensorflow as tf

texts = ["good film", "a really good one", "bad", "a bad bad film", "good", "not bad but good", "bad film", "good good"]
labels = np.array([t.count("good") > t.count("bad") for t in texts], "float32")
raw = tf.data.Dataset.from_tensor_slices((texts, labels)).batch(4)

words = tf.keras.layers.TextVectorization(standardize="lower", max_tokens=20, ragged=True)
words.adapt(raw.map(lambda text, label: text))
letters = tf.keras.layers.StringLookup(vocabulary=sorted(set("".join(texts))), mask_token="")


def prepare(text, label):
    ids = words(text)
    characters = letters(tf.strings.unicode_split(text, "UTF-8"))
    lengths = tf.cast(characters.row_lengths(), "float32")
    return (ids.to_tensor(), lengths[:, tf.newaxis] / 10), label


data = raw.map(prepare, tf.data.AUTOTUNE)
(ids, lengths), _ = next(iter(data))
assert ids.shape == (4, 4) and ids[2].numpy().tolist()[1:] == [0, 0, 0] and lengths.shape == (4, 1)

tokens = tf.keras.Input((None,), dtype="int64")
size = tf.keras.Input((1,))
x = tf.keras.layers.Embedding(words.vocabulary_size(), 8, mask_zero=True)(tokens)
x = tf.keras.layers.GRU(8)(x)
x = tf.keras.layers.Concatenate()([x, size])
model = tf.keras.Model([tokens, size], tf.keras.layers.Dense(1, activation="sigmoid")(x))
model.compile(tf.keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(data, epochs=30, verbose=0)
assert history.history["accuracy"][-1] == 1.0

ragged = tf.ragged.constant([[1.0, 2.0], [], [3.0]])
assert tf.reduce_sum(ragged, axis=1).numpy().tolist() == [3.0, 0.0, 3.0]
assert tf.strings.reduce_join(tf.strings.split(["a b", "c"]), axis=-1, separator="-").numpy().tolist() == [b"a-b", b"c"]
