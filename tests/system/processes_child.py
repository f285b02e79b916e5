"""What the processes of test_processes.py run: trainings by name, each with its digest, as a line of JSON."""

import hashlib
import json
import sys

import numpy as np

import fastnn as keras
from fastnn import distribution, layers, ops
from fastnn.distribution.world import transport

DRAW = np.random.default_rng(0)
X, IMAGES = DRAW.random((37, 6), np.float32), DRAW.random((37, 8, 8, 2), np.float32)
Y, WEIGHTS = DRAW.integers(0, 3, 37), DRAW.random(37).astype(np.float32)
WORDS = DRAW.integers(0, 9, (37, 5)) * (np.arange(5) < DRAW.integers(1, 6, (37, 1)))
LOSS = "sparse_categorical_crossentropy"


def compiled(parts, optimizer="adam", loss=LOSS, kind=keras.Sequential, **more):
    model = kind(parts)
    model.compile(optimizer, loss, metrics=["accuracy"], **more)
    return model


def dense(**more):
    parts = [keras.Input((6,)), layers.Dense(8, "tanh", kernel_regularizer="l2"), layers.Dense(3, "softmax")]
    return compiled(parts, **more)


def conv(synchronized=False):
    parts = [keras.Input((8, 8, 2)), layers.Conv2D(4, 3), layers.BatchNormalization(synchronized=synchronized),
             layers.ReLU(), layers.Dropout(0.3), layers.Flatten(), layers.Dense(3, "softmax")]  # fmt: skip
    return compiled(parts, keras.optimizers.SGD(0.05, momentum=0.9))


class OwnStep(keras.Model):
    """A step of the user's, with two losses and a log of its own."""

    def __init__(self, parts):
        inputs = keras.Input((6,))
        super().__init__(inputs, layers.Dense(3, "softmax")(layers.Dense(8, "tanh")(inputs)))

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=predicted)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"own": loss, "largest": ops.mean(ops.max(predicted, axis=-1))}


def masked():
    parts = [keras.Input((5,)), layers.Embedding(9, 4, mask_zero=True), layers.LSTM(6, return_sequences=True),
             layers.Dense(3, "softmax")]  # fmt: skip
    return compiled(parts)


def batches(rank, size):
    """The part of each batch that a process of `size` gives."""
    for at in (0, 8, 13):
        rows = slice(at + 24 * rank // size, at + 24 * (rank + 1) // size)
        yield X[rows], Y[rows]


def parts_of_data(model):
    now = transport()
    return model.fit(batches(now.rank, now.size), epochs=1, verbose=0).history


class Stops(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        kernel = self.model.layers[0].kernel
        kernel.assign(kernel.numpy() * np.float32(0.5))
        self.model.optimizer.learning_rate = 0.03
        self.model.stop_training = self.model.evaluate(X, Y, verbose=0)[0] > 0 and epoch == 1


CASES = {
    "dense, a ragged last batch of fewer rows than shards": lambda: (dense(), X[:34], Y[:34]),
    "convolution, batch normalization, dropout": lambda: (conv(), IMAGES, Y),
    "synchronized batch normalization": lambda: (conv(True), IMAGES[:35], Y[:35]),
    "a loss with a mask": lambda: (masked(), WORDS, np.repeat(Y[:, None], 5, 1)),
    "sums, sample weights": lambda: (
        dense(loss=keras.losses.SparseCategoricalCrossentropy(reduction="sum")), X, Y, {"sample_weight": WEIGHTS}),
    "norms of all gradients, averages": lambda: (
        dense(optimizer=keras.optimizers.AdamW(0.01, global_clipnorm=0.1, use_ema=True)), X, Y),
    "norms of variables": lambda: (dense(optimizer=keras.optimizers.Lamb(0.01, clipnorm=0.1)), X, Y),
    "float16, a scaled loss": lambda: (half(), X, Y),
    "a step of one's own": lambda: (compiled(None, kind=OwnStep), X, Y),
    "callbacks that change the model": lambda: (dense(), X, Y, {"callbacks": [Stops()], "epochs": 4}),
}  # fmt: skip


def half():
    parts = [keras.Input((6,)), layers.Dense(8, "tanh", dtype="mixed_float16"), layers.Dense(3, "softmax")]
    return compiled(parts, keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), dynamic_growth_steps=3))


def run(case):
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model, x, y, *more = CASES[case]()
    more = {"epochs": 2, "batch_size": 8, **(more[0] if more else {})}
    history = model.fit(x, y, verbose=0, validation_split=0.2, **more).history
    measured = model.evaluate(x, y, verbose=0, batch_size=8)
    return model, history, measured, model.predict(x, verbose=0, batch_size=34)


def digest(arrays):
    out = hashlib.sha256()
    for a in arrays:
        out.update(np.ascontiguousarray(a).tobytes())
    return out.hexdigest()[:12]


def found_by(shards, names=()):
    """{case: digests and logs} of trainings with so many shards."""
    distribution.initialize()
    found = {}
    with distribution.DataParallel(shards=shards).scope():
        for case in names or CASES:
            model, history, measured, predicted = run(case)
            state = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
            found[case] = [digest(state), digest([predicted]), repr(history), repr(measured)]
    with distribution.DataParallel(shards=shards, auto_shard_dataset=False).scope():
        keras.utils.set_random_seed(3)
        model = dense()
        history = parts_of_data(model)
        found["each process gives its part"] = [digest([v.numpy() for v in model.variables]), repr(history)]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(found_by(int(sys.argv[1]), sys.argv[2:])) + "\n")
    sys.stdout.flush()
