"""compute_loss, metrics as attributes, and test_step of one's own, after Keras 3's guides."""

import keras
import numpy as np
from keras import ops


class CustomModel(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y - y_pred)) + 0.001 * ops.mean(ops.abs(y_pred))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.mae_metric.update_state(y, y_pred)
        return self.get_metrics_result()


inputs = keras.Input(shape=(4,))
outputs = keras.layers.Dense(1)(inputs)
model = CustomModel(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(0.05))
x = np.random.RandomState(0).random((32, 4))
y = x.sum(1, keepdims=True)
history = model.fit(x, y, epochs=5, verbose=0)
assert history.history["mae"][-1] < history.history["mae"][0]
result = model.evaluate(x, y, verbose=0, return_dict=True)
np.testing.assert_allclose(result["mae"], np.abs(model.predict(x, verbose=0) - y).mean(), rtol=1e-4)
