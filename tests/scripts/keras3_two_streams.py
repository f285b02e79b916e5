"""Batches of two data sets side by side, of different sizes, after Keras 3's nnclr and adamatch examples."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

rng = np.random.RandomState(5)


def stream(count, batch):
    x, y = rng.randint(0, 255, (count, 10, 10, 3)).astype("uint8"), rng.randint(0, 4, count)
    return tf.data.Dataset.from_tensor_slices((x, y)).shuffle(buffer_size=64).batch(batch, drop_remainder=True)


train_dataset = tf.data.Dataset.zip((stream(36, 12), stream(12, 4))).prefetch(buffer_size=tf.data.AUTOTUNE)
test_dataset = stream(16, 16)


class RandomResizedCrop(layers.Layer):
    def __init__(self, scale, ratio):
        super().__init__()
        self.scale = scale
        self.log_ratio = (tf.math.log(ratio[0]), tf.math.log(ratio[1]))

    def call(self, images):
        n, height, width = (tf.shape(images)[k] for k in range(3))
        scales = tf.random.uniform((n,), self.scale[0], self.scale[1])
        ratios = tf.exp(tf.random.uniform((n,), self.log_ratio[0], self.log_ratio[1]))
        heights = tf.clip_by_value(tf.sqrt(scales / ratios), 0, 1)
        widths = tf.clip_by_value(tf.sqrt(scales * ratios), 0, 1)
        top, left = tf.random.uniform((n,), 0, 1 - heights), tf.random.uniform((n,), 0, 1 - widths)
        boxes = tf.stack([top, left, top + heights, left + widths], axis=1)
        return tf.image.crop_and_resize(images, boxes, tf.range(n), (height, width))


class Contrastive(keras.Model):
    def __init__(self, queue_size):
        super().__init__()
        self.augmenter = keras.Sequential(
            [layers.Input((10, 10, 3)), layers.Rescaling(1 / 255), RandomResizedCrop((0.4, 1.0), (3 / 4, 4 / 3))]
        )
        self.encoder = keras.Sequential(
            [
                layers.Input((10, 10, 3)),
                layers.Conv2D(6, 3, strides=2, activation="relu"),
                layers.Flatten(),
                layers.Dense(6),
            ]
        )
        self.probe = keras.Sequential([layers.Input((6,)), layers.Dense(4)])
        self.probe_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.accuracy = keras.metrics.SparseCategoricalAccuracy()
        start = tf.random.normal((queue_size, self.encoder.output_shape[1]))
        self.queue = tf.Variable(tf.math.l2_normalize(start, axis=1), trainable=False)

    def compile(self, contrastive_optimizer, probe_optimizer, **kwargs):
        super().compile(**kwargs)
        self.contrastive_optimizer, self.probe_optimizer = contrastive_optimizer, probe_optimizer

    def nearest(self, projections):
        similar = tf.matmul(projections, self.queue, transpose_b=True)
        found = tf.gather(self.queue, tf.argmax(similar, axis=1), axis=0)
        return projections + tf.stop_gradient(found - projections)

    def train_step(self, data):
        (unlabeled, _), (labeled, labels) = data
        images = tf.concat((unlabeled, labeled), axis=0)
        views = [self.augmenter(images) for _ in range(2)]
        with tf.GradientTape() as tape:
            first, second = (tf.math.l2_normalize(self.encoder(v), axis=1) for v in views)
            similarities = tf.matmul(self.nearest(first), second, transpose_b=True) / 0.1
            numbers = tf.range(tf.shape(first)[0])
            loss = keras.losses.sparse_categorical_crossentropy(numbers, similarities, from_logits=True)
        weights = self.encoder.trainable_weights
        self.contrastive_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        self.queue.assign(tf.concat([first, self.queue[: -tf.shape(first)[0]]], axis=0))
        with tf.GradientTape() as tape:
            logits = self.probe(self.encoder(labeled / 255))
            probe_loss = self.probe_loss(labels, logits)
        weights = self.probe.trainable_weights
        self.probe_optimizer.apply_gradients(zip(tape.gradient(probe_loss, weights), weights))
        self.accuracy.update_state(labels, logits)
        return {"c_loss": tf.reduce_mean(loss), "p_loss": probe_loss, "p_acc": self.accuracy.result()}

    def test_step(self, data):
        images, labels = data
        logits = self.probe(self.encoder(images / 255, training=False), training=False)
        self.accuracy.update_state(labels, logits)
        return {"p_loss": self.probe_loss(labels, logits), "p_acc": self.accuracy.result()}


model = Contrastive(32)
model.compile(contrastive_optimizer=keras.optimizers.Adam(0.01), probe_optimizer=keras.optimizers.Adam(0.01))
before = model.queue.numpy().copy()
history = model.fit(train_dataset, epochs=2, validation_data=test_dataset, verbose=0).history
assert sorted(history) == ["c_loss", "p_acc", "p_loss", "val_p_acc", "val_p_loss"]
assert np.isfinite(history["c_loss"]).all() and not np.array_equal(model.queue.numpy(), before)
