"""A metric, a loss, an initializer, a regularizer and a constraint of one's own, written with keras.ops."""

import keras
import numpy as np
from keras import ops


class CategoricalTruePositives(keras.metrics.Metric):
    def __init__(self, name="categorical_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.reshape(ops.argmax(y_pred, axis=1), (-1, 1))
        values = ops.cast(y_true, "int32") == ops.cast(y_pred, "int32")
        values = ops.cast(values, "float32")
        if sample_weight is not None:
            values = ops.multiply(values, ops.cast(sample_weight, "float32"))
        self.true_positives.assign_add(ops.sum(values))

    def result(self):
        return self.true_positives.value

    def reset_state(self):
        self.true_positives.assign(0)


class CustomMSE(keras.losses.Loss):
    def __init__(self, regularization_factor=0.1, name="custom_mse"):
        super().__init__(name=name)
        self.regularization_factor = regularization_factor

    def call(self, y_true, y_pred):
        y_true = ops.one_hot(ops.squeeze(ops.cast(y_true, "int32"), -1), 3)
        mse = ops.mean(ops.square(y_true - y_pred), axis=-1)
        return mse + ops.mean(ops.square(0.5 - y_pred), axis=-1) * self.regularization_factor


class Small(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.random.normal(shape, stddev=0.1, dtype=dtype, seed=1)


class Pull(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.01 * ops.sum(ops.square(x))


class Clip(keras.constraints.Constraint):
    def __call__(self, w):
        return ops.clip(w, -0.2, 0.2)


x, y = np.random.RandomState(0).rand(24, 4), (np.arange(24) % 3)[:, None]
model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(3, kernel_initializer=Small(), kernel_regularizer=Pull(), kernel_constraint=Clip()),
        keras.layers.Softmax(),
    ]
)
model.compile(keras.optimizers.SGD(0.5), CustomMSE(), metrics=[CategoricalTruePositives()])
history = model.fit(x, y, epochs=3, batch_size=8, verbose=0)
assert np.abs(model.get_weights()[0]).max() <= np.float32(0.2)
found = model.evaluate(x, y, verbose=0, return_dict=True)["categorical_true_positives"]
assert found == (model.predict(x, verbose=0).argmax(1)[:, None] == y).sum()
