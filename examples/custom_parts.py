"""Parts of your own: a layer, a loss, a metric and a callback, all of them plain Python over fastnn.ops.

What they compute is traced once and becomes part of the compiled step; gradients follow by themselves.

    python examples/custom_parts.py
"""

import os
import tempfile

import numpy as np

import fastnn as keras
from fastnn import layers, ops


@keras.saving.register_keras_serializable("examples")
class Gate(layers.Layer):
    """y = (x W + b) * sigmoid(x V): a dense layer that decides how much of each output passes."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        self.gate = self.add_weight(shape=shape, name="gate")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        return (ops.matmul(inputs, self.kernel) + self.bias) * ops.sigmoid(ops.matmul(inputs, self.gate))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("examples")
def quantile_loss(y_true, y_pred):
    """The 90 % quantile: being below the truth costs nine times what being above does."""
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)


@keras.saving.register_keras_serializable("examples")
def covered(y_true, y_pred):
    """The share of truths below the prediction."""
    return ops.mean(ops.cast(y_true <= y_pred, "float32"), axis=-1)


class Note(keras.callbacks.Callback):
    """Prints one line every tenth epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {logs['loss']:.4f}, {logs['covered']:.1%} covered")


def main(argv=None):
    """Train, save, load; returns the share of truths below the predicted quantile."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (2000, 3)).astype("float32")
    y = (np.sin(3 * x[:, :1]) + 0.5 * x[:, 1:2] + random.normal(0, 0.3, (2000, 1))).astype("float32")
    model = keras.Sequential([keras.Input((3,)), Gate(32), Gate(32), layers.Dense(1)])
    model.compile("adam", loss=quantile_loss, metrics=[covered])
    model.fit(x, y, epochs=40, batch_size=50, verbose=0, callbacks=[Note()])
    share = float((y <= model.predict(x, verbose=0)).mean())
    print(f"{share:.1%} of the values lie below the predicted 90 % quantile")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "gate.keras")
        model.save(path)
        same = np.array_equal(keras.models.load_model(path).predict(x, verbose=0), model.predict(x, verbose=0))
        print(f"saved and loaded: {'the same' if same else 'other'} predictions")
    return share


if __name__ == "__main__":
    main()
