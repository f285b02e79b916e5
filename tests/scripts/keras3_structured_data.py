"""Numbers and codes of a table, normalised and one-hot, in one functional model."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
n = 32
table = {"age": rng.integers(20, 80, n).astype("float32"), "thal": rng.integers(0, 4, n), "sex": rng.integers(0, 2, n)}
target = (table["age"] > 50).astype("int64")
inputs, encoded = {}, []
for name, values in table.items():
    inputs[name] = keras.Input(shape=(1,), name=name, dtype="float32" if name == "age" else "int64")
    if name == "age":
        normalizer = layers.Normalization(axis=None)
        normalizer.adapt(values)
        encoded.append(normalizer(inputs[name]))
    else:
        encoded.append(layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")(inputs[name]))
x = layers.concatenate(encoded)
x = layers.Dense(8, activation="relu")(x)
x = layers.Dropout(0.5)(x)
output = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, output)
model.compile("adam", "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
columns = {k: v[:, None] for k, v in table.items()}
history = model.fit(columns, target, epochs=3, verbose=0, validation_split=0.2)
assert {"auc", "val_auc"} <= set(history.history)
probability = model.predict({k: v[:1] for k, v in columns.items()}, verbose=0)
assert 0 <= probability[0, 0] <= 1
