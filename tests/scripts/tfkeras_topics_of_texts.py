"""Several topics for each text: lists of different lengths become rows of zeros and ones."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

texts = ["nets see pictures", "proofs about learning", "pictures of nets", "learning about nets", "nets see proofs"]
topics = tf.ragged.constant([["vision", "nets"], ["theory"], ["vision", "nets"], ["nets"], ["nets", "theory"]])
lookup = layers.StringLookup(output_mode="multi_hot")
lookup.adapt(topics)
names = lookup.get_vocabulary()
assert names == ["[UNK]", "nets", "vision", "theory"], names
rows = lookup(topics).numpy()
assert rows.tolist() == [[0, 1, 1, 0], [0, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 0], [0, 1, 0, 1]]
assert [names[k] for k in np.argwhere(rows[4] == 1)[:, 0]] == ["nets", "theory"]

vectorizer = layers.TextVectorization(output_mode="tf_idf", ngrams=2)
data = tf.data.Dataset.from_tensor_slices((texts, rows)).batch(2)
vectorizer.adapt(data.map(lambda text, row: text))
model = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(len(names), activation="sigmoid")])
model.compile(tf.keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["binary_accuracy"])
numbers = data.map(lambda text, row: (vectorizer(text), row)).prefetch(tf.data.AUTOTUNE)
history = model.fit(numbers, epochs=30, verbose=0).history
assert history["binary_accuracy"][-1] > 0.9, history["binary_accuracy"]
reader = tf.keras.Sequential([vectorizer, model])
assert reader.predict(tf.constant(["pictures of proofs"]), verbose=0).shape == (1, 4)
