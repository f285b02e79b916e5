"""A siamese network with a triplet loss: a Model around it with a step of its own, called in a loop and by fit."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers, metrics, optimizers

rng = np.random.RandomState(13)
embedding = tf.keras.Sequential(
    [layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(8, activation="relu"), layers.Dense(3)], name="Embedding"
)
embedding.set_weights([rng.normal(size=w.shape, scale=0.4) for w in embedding.get_weights()])


class DistanceLayer(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, anchor, positive, negative):
        ap_distance = tf.reduce_sum(tf.square(anchor - positive), -1)
        an_distance = tf.reduce_sum(tf.square(anchor - negative), -1)
        return (ap_distance, an_distance)


anchor_input, positive_input, negative_input = (
    layers.Input(name=n, shape=(6, 6, 1)) for n in ("anchor", "positive", "negative")
)
distances = DistanceLayer()(embedding(anchor_input), embedding(positive_input), embedding(negative_input))
siamese_network = Model(inputs=[anchor_input, positive_input, negative_input], outputs=distances)


class SiameseModel(Model):
    def __init__(self, siamese_network, margin=0.5):
        super().__init__()
        self.siamese_network = siamese_network
        self.margin = margin
        self.loss_tracker = metrics.Mean(name="loss")

    def call(self, inputs):
        return self.siamese_network(inputs)

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self._compute_loss(data)
        gradients = tape.gradient(loss, self.siamese_network.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.siamese_network.trainable_weights))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def _compute_loss(self, data):
        ap_distance, an_distance = self.siamese_network(data)
        loss = ap_distance - an_distance
        return tf.maximum(loss + self.margin, 0.0)

    @property
    def metrics(self):
        return [self.loss_tracker]


triplets = tuple(rng.rand(8, 6, 6, 1).astype("float32") for _ in range(3))
siamese_model = SiameseModel(siamese_network)
siamese_model.compile(optimizer=optimizers.Adam(0.01), weighted_metrics=[])
for step in range(3):
    out = siamese_model.train_step(tuple(tf.constant(part) for part in triplets))
    print("step", step, float(out["loss"]))
siamese_model.loss_tracker.reset_state()
dataset = tf.data.Dataset.from_tensor_slices(triplets).batch(4).map(lambda a, p, n: ((a, p, n),))
history = siamese_model.fit(dataset, epochs=1, verbose=0)
print("fit", history.history["loss"][0])
a, p, n = (embedding(part) for part in triplets)
cosine_similarity = metrics.CosineSimilarity()
positive_similarity = cosine_similarity(a, p)
print("Positive similarity:", positive_similarity.numpy())
cosine_similarity.reset_state()
print("Negative similarity", cosine_similarity(a, n).numpy())
