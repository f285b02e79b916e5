"""Runs over hyperparameters, as TensorBoard lists them, of a codebook that is trained by a step of x alone."""

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hp

RATE = hp.HParam("rate", hp.RealInterval(min_value=0.01, max_value=0.02))
CODES = hp.HParam("codes", hp.Discrete([8, 4]))
KIND = hp.HParam("optimizer", hp.Discrete(["sgd", "adam"]))


class Codebook(tf.keras.layers.Layer):
    def __init__(self, codes, size, beta=0.25):
        super().__init__()
        self.codes, self.size, self.beta = codes, size, beta
        first = tf.random_uniform_initializer(-0.5, 0.5)
        self.table = tf.Variable(first(shape=(size, codes), dtype="float32"), trainable=True, name="table")

    def places(self, flat):
        near = tf.matmul(flat, self.table)
        return tf.argmin(tf.reduce_sum(flat**2, 1, keepdims=True) + tf.reduce_sum(self.table**2, 0) - 2 * near, 1)

    def call(self, x):
        flat = tf.reshape(x, [-1, self.size])
        q = tf.matmul(tf.one_hot(self.places(flat), self.codes), self.table, transpose_b=True)
        q = tf.reshape(q, tf.shape(x))
        self.add_loss(self.beta * tf.reduce_mean((tf.stop_gradient(q) - x) ** 2))
        self.add_loss(tf.reduce_mean((q - tf.stop_gradient(x)) ** 2))
        return x + tf.stop_gradient(q - x)


class Trainer(tf.keras.models.Model):
    def __init__(self, codes):
        super().__init__()
        i = tf.keras.Input((6,))
        q = Codebook(codes, 2)(tf.keras.layers.Dense(4)(i))
        self.inner = tf.keras.Model(i, tf.keras.layers.Dense(6)(q))
        self.total_loss = tf.keras.metrics.Mean(name="total_loss")
        self.targets = 0

    @property
    def metrics(self):
        return [self.total_loss]

    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x - self.inner(x)) ** 2) + sum(self.inner.losses)
        grads = tape.gradient(loss, self.inner.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.inner.trainable_variables))
        self.total_loss.update_state(loss)
        return {"loss": self.total_loss.result()}


x = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")
assert not hp.hparams_config(hparams=[RATE, CODES, KIND], metrics=[hp.Metric("loss", display_name="Loss")])
seen = []
for codes in CODES.domain.values:
    for kind in KIND.domain.values:
        chosen = {CODES: codes, KIND: kind, RATE: RATE.domain.max_value}
        seen.append({h.name: v for h, v in chosen.items()})
        trainer = Trainer(chosen[CODES])
        trainer.compile(optimizer=tf.keras.optimizers.get({"class_name": kind, "config": {"learning_rate": 0.02}}))
        losses = trainer.fit(x, epochs=6, verbose=0, callbacks=[hp.KerasCallback(None, chosen)]).history["loss"]
        assert losses[-1] < losses[0], (chosen, losses)
        assert len(trainer.inner.trainable_variables) == 5 and trainer.targets == 0
assert seen[0] == {"codes": 4, "optimizer": "adam", "rate": 0.02} and len(seen) == 4
