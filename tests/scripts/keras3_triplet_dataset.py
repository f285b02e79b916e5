"""A data set of triplets for a train_step of one's own, after Keras 3's siamese_network example."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, metrics, ops

rng = np.random.RandomState(3)
pictures = rng.rand(24, 8, 8, 3).astype("float32")
parts = [tf.data.Dataset.from_tensor_slices(p) for p in (pictures, pictures + 0.01, pictures[::-1].copy())]
dataset = tf.data.Dataset.zip(tuple(parts)).shuffle(buffer_size=64).map(lambda a, p, n: (a * 2.0, p * 2.0, n * 2.0))
train_dataset = dataset.take(round(24 * 0.8)).batch(8, drop_remainder=False).prefetch(tf.data.AUTOTUNE)
val_dataset = dataset.skip(round(24 * 0.8)).batch(8).prefetch(tf.data.AUTOTUNE)

base = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6)])
embedding = keras.Model(base.input, base.output, name="Embedding")


class DistanceLayer(layers.Layer):
    def call(self, anchor, positive, negative):
        return ops.sum(tf.square(anchor - positive), -1), ops.sum(tf.square(anchor - negative), -1)


names = ("anchor", "positive", "negative")
inputs = [layers.Input(name=name, shape=(8, 8, 3)) for name in names]
siamese_network = keras.Model(inputs=inputs, outputs=DistanceLayer()(*(embedding(i) for i in inputs)))


class SiameseModel(keras.Model):
    def __init__(self, siamese_network, margin=0.5):
        super().__init__()
        self.siamese_network, self.margin = siamese_network, margin
        self.loss_tracker = metrics.Mean(name="loss")

    def call(self, inputs):
        return self.siamese_network(inputs)

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self._compute_loss(data)
        gradients = tape.gradient(loss, self.siamese_network.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.siamese_network.trainable_weights))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result(), "per_margin": self.loss_tracker.result() / self.margin}

    def test_step(self, data):
        self.loss_tracker.update_state(self._compute_loss(data))
        return {"loss": self.loss_tracker.result()}

    def _compute_loss(self, data):
        ap_distance, an_distance = self.siamese_network(data)
        return tf.maximum(ap_distance - an_distance + self.margin, 0.0)

    @property
    def metrics(self):
        return [self.loss_tracker]


model = SiameseModel(siamese_network)
model.compile(optimizer=keras.optimizers.Adam(0.01))
history = model.fit(train_dataset, epochs=4, validation_data=val_dataset, verbose=0).history
assert sorted(history) == ["loss", "per_margin", "val_loss"] and history["loss"][-1] <= history["loss"][0]
np.testing.assert_allclose(history["per_margin"], 2 * np.array(history["loss"]), rtol=1e-5)
anchor, positive, negative = next(iter(train_dataset))
similarity = metrics.CosineSimilarity()(embedding(anchor), embedding(positive))
assert similarity.numpy() > 0.9
