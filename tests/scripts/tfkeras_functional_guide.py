"""Several inputs and outputs, a shared layer, a graph of layers read back, after the functional guide of tf.keras."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

num_tags, num_words, num_departments = 3, 30, 2
title_input = keras.Input(shape=(None,), name="title")
body_input = keras.Input(shape=(None,), name="body")
tags_input = keras.Input(shape=(num_tags,), name="tags")
shared_embedding = layers.Embedding(num_words, 6)
title_features = layers.LSTM(4)(shared_embedding(title_input))
body_features = layers.LSTM(3)(shared_embedding(body_input))
x = layers.concatenate([title_features, body_features, tags_input])
priority_pred = layers.Dense(1, name="priority")(x)
department_pred = layers.Dense(num_departments, name="department")(x)
model = keras.Model(inputs=[title_input, body_input, tags_input], outputs=[priority_pred, department_pred])
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={
        "priority": keras.losses.BinaryCrossentropy(from_logits=True),
        "department": keras.losses.CategoricalCrossentropy(from_logits=True),
    },
    loss_weights={"priority": 1.0, "department": 0.2},
)
rng = np.random.RandomState(0)
data = {
    "title": rng.randint(num_words, size=(16, 5)),
    "body": rng.randint(num_words, size=(16, 7)),
    "tags": rng.randint(2, size=(16, num_tags)).astype("float32"),
}
targets = {"priority": rng.rand(16, 1), "department": rng.randint(2, size=(16, num_departments))}
history = model.fit(data, targets, epochs=2, batch_size=8, verbose=0)
total = history.history["priority_loss"][0] + 0.2 * history.history["department_loss"][0]
np.testing.assert_allclose(history.history["loss"][0], total, rtol=1e-4)
features_list = [layer.output for layer in model.layers]
feature_extraction_model = keras.Model(inputs=model.input, outputs=features_list)
assert len(feature_extraction_model([data["title"], data["body"], data["tags"]])) == len(model.layers)


def get_model():
    inputs = keras.Input(shape=(128,))
    return keras.Model(inputs, layers.Dense(1)(inputs))


inputs = keras.Input(shape=(128,))
outputs = layers.average([get_model()(inputs) for _ in range(3)])
ensemble_model = keras.Model(inputs=inputs, outputs=outputs)
y = ensemble_model(tf.ones((2, 128)))
assert y.shape == (2, 1) and len(ensemble_model.layers) == 5
