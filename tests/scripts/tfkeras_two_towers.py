"""Towers of words and numbers: a subclassed model that looks texts up, called on rows of a data set and trained."""

import numpy as np
import tensorflow as tf


class Tower(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.word = tf.keras.Sequential(
            [tf.keras.layers.StringLookup(vocabulary=["a", "b"], mask_token=None), tf.keras.layers.Embedding(3, 4)]
        )
        self.norm = tf.keras.layers.Normalization(axis=None)
        self.norm.adapt(np.arange(10.0))

    def call(self, rows):
        return tf.concat([self.word(rows["user"]), tf.reshape(self.norm(rows["time"]), (-1, 1))], axis=1)


rows = {"user": np.array(["a", "b", "?", "a"]), "time": np.arange(4, dtype="float32")}
data = tf.data.Dataset.from_tensor_slices(rows).batch(2)
tower = Tower()
found = np.concatenate([tower(batch).numpy() for batch in data])
table = tower.word.layers[1].get_weights()[0]
np.testing.assert_allclose(found[:, :4], table[[1, 2, 0, 1]])
assert found.shape == (4, 5) and found[1, 4] > found[0, 4]
again = tower({"user": tf.constant(["b"]), "time": tf.constant([1.0])})
np.testing.assert_allclose(again, found[1:2], rtol=1e-6)
