"""Callbacks that change and read the learning rate: warm-up, cosine, cycles, a finder, a print of the rate."""

import math

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.callbacks import Callback, LambdaCallback, LearningRateScheduler

x, y = np.random.RandomState(0).rand(24, 3).astype("float32"), np.arange(24) % 2


class LRFinder(Callback):
    def __init__(self, min_lr=1e-4, max_lr=1e-1, n=6):
        super().__init__()
        self.min_lr, self.max_lr, self.n, self.iteration, self.history = min_lr, max_lr, n, 0, {}

    def clr(self):
        return self.min_lr * (self.max_lr / self.min_lr) ** (self.iteration / self.n)

    def on_train_begin(self, logs=None):
        K.set_value(self.model.optimizer.lr, self.min_lr)

    def on_batch_end(self, batch, logs=None):
        self.iteration += 1
        self.history.setdefault("lr", []).append(K.get_value(self.model.optimizer.lr))
        for k, v in logs.items():
            self.history.setdefault(k, []).append(v)
        K.set_value(self.model.optimizer.lr, self.clr())


def build(optimizer):
    model = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="relu"), tf.keras.layers.Dense(1)])
    model.compile(optimizer, tf.keras.losses.BinaryCrossentropy(from_logits=True))
    return model


finder = LRFinder()
build("sgd").fit(x, y, batch_size=8, epochs=2, callbacks=[finder], verbose=0)
np.testing.assert_allclose(finder.history["lr"], 1e-4 * 1000 ** (np.arange(6) / 6), rtol=1e-5)
assert len(finder.history["loss"]) == 6


def step_decay(epoch, lr):
    return 0.1 * math.pow(0.5, math.floor((1 + epoch) / 2.0))


rates = []
model = build(tf.keras.optimizers.SGD(lr=0.0, momentum=0.9))
model.fit(
    x,
    y,
    epochs=3,
    verbose=0,
    callbacks=[
        LearningRateScheduler(step_decay, verbose=0),
        LambdaCallback(on_epoch_end=lambda e, logs: rates.append(float(tf.keras.backend.eval(model.optimizer.lr)))),
    ],
)
np.testing.assert_allclose(rates, [0.1, 0.05, 0.05])
schedule = tf.keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.1, 0.01])
scheduled = build(tf.keras.optimizers.Adam(schedule))
scheduled.fit(x, y, batch_size=8, epochs=1, verbose=0)
assert np.isclose(scheduled.optimizer._decayed_lr(tf.float32), 0.01)
