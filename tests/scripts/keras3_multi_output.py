"""Losses, weights and metrics by output, data as dicts and in a PyDataset, class weights, Keras 3's log keys."""

import keras
import numpy as np
from keras import layers

image_input = keras.Input(shape=(6, 6, 3), name="img_input")
timeseries_input = keras.Input(shape=(None, 4), name="ts_input")
x1 = layers.GlobalMaxPooling2D()(layers.Conv2D(3, 3)(image_input))
x2 = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 3)(timeseries_input))
x = layers.concatenate([x1, x2])
score_output = layers.Dense(1, name="score_output")(x)
class_output = layers.Dense(5, name="class_output")(x)
model = keras.Model(inputs=[image_input, timeseries_input], outputs=[score_output, class_output])
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={
        "score_output": keras.losses.MeanSquaredError(),
        "class_output": keras.losses.CategoricalCrossentropy(from_logits=True),
    },
    metrics={
        "score_output": [keras.metrics.MeanAbsolutePercentageError(), keras.metrics.MeanAbsoluteError()],
        "class_output": [keras.metrics.CategoricalAccuracy()],
    },
    loss_weights={"score_output": 2.0, "class_output": 1.0},
)
rng = np.random.default_rng(0)
data = {"img_input": rng.random((12, 6, 6, 3)), "ts_input": rng.random((12, 7, 4))}
targets = {"score_output": rng.random((12, 1)) + 1, "class_output": np.eye(5)[rng.integers(0, 5, 12)]}


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, i):
        rows = slice(4 * i, 4 * i + 4)
        return {k: v[rows] for k, v in data.items()}, {k: v[rows] for k, v in targets.items()}


history = model.fit(data, targets, batch_size=4, epochs=1, verbose=0, shuffle=False).history
assert sorted(history) == [
    "class_output_categorical_accuracy",
    "class_output_loss",
    "loss",
    "score_output_loss",
    "score_output_mean_absolute_error",
    "score_output_mean_absolute_percentage_error",
]
first = model.evaluate(data, targets, batch_size=4, verbose=0, return_dict=True)
second = model.evaluate(Batches(), verbose=0, return_dict=True)
assert first == second
