"""Callbacks of 2017: a cyclic learning rate, a count of samples by logs["size"], and TensorBoard's old arguments."""

import numpy as np
from keras import backend as K
from keras.callbacks import Callback, LambdaCallback, ReduceLROnPlateau, TensorBoard
from keras.layers import Dense
from keras.models import Sequential


class Triangle(Callback):
    """The rate goes up and down between two bounds."""

    def __init__(self, low=0.001, high=0.006, half=4.0):
        super(Triangle, self).__init__()
        self.low, self.high, self.half, self.done, self.history = low, high, half, 0, {}

    def rate(self):
        cycle = np.floor(1 + self.done / (2 * self.half))
        x = np.abs(self.done / self.half - 2 * cycle + 1)
        return self.low + (self.high - self.low) * np.maximum(0, 1 - x)

    def on_train_begin(self, logs={}):
        K.set_value(self.model.optimizer.lr, self.rate())

    def on_batch_end(self, batch, logs=None):
        logs = logs or {}
        self.done += 1
        self.history.setdefault("lr", []).append(float(K.get_value(self.model.optimizer.lr)))
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        K.set_value(self.model.optimizer.lr, self.rate())


class Samples(Callback):
    """How many samples each epoch has seen."""

    def on_epoch_begin(self, epoch, logs={}):
        self.seen = 0

    def on_batch_end(self, batch, logs={}):
        assert logs["batch"] == batch
        self.seen += logs.get("size", 0)

    def on_epoch_end(self, epoch, logs={}):
        counts.append(self.seen)


counts, keys = [], []
model = Sequential([Dense(4, input_dim=3, activation="relu"), Dense(1, activation="sigmoid")])
model.compile("rmsprop", "binary_crossentropy", ["accuracy"])
x = np.random.rand(30, 3)
y = (x.sum(1) > 1.5).astype(int).reshape(-1, 1)
cycle = Triangle()
TensorBoard(log_dir="logs", histogram_freq=0, batch_size=32, write_grads=False, embeddings_layer_names=None)
calls = [
    cycle, Samples(), ReduceLROnPlateau(monitor="val_loss", epsilon=1e-4, patience=9),
    LambdaCallback(on_epoch_end=lambda epoch, logs: keys.append(sorted(logs))),
]  # fmt: skip
model.fit(x, y, 8, 3, 0, callbacks=calls, validation_data=(x, y))
assert counts == [30, 30, 30]
rates = cycle.history["lr"]
np.testing.assert_allclose(rates[:9], np.array([1, 2.25, 3.5, 4.75, 6, 4.75, 3.5, 2.25, 1]) / 1000, rtol=1e-5)
assert set(cycle.history) == {"lr", "loss", "accuracy"} and len(rates) == 12
assert all("size" not in row and "val_acc" not in row for row in keys)
