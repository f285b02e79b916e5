"""A script as one writes it for Keras.  `fastnn run examples/keras_script.py` runs it unchanged."""

import numpy as np
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import to_categorical

random = np.random.default_rng(0)
x = random.normal(size=(1000, 2)).astype("float32")
y = to_categorical((x[:, 0] * x[:, 1] > 0).astype(int), 2)

model = Sequential()
model.add(layers.Dense(16, activation="relu", input_shape=(2,)))
model.add(layers.Dense(16, activation="relu"))
model.add(layers.Dense(2, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=20, batch_size=32, validation_split=0.2, verbose=0)
print("accuracy:", round(model.evaluate(x, y, verbose=0)[1], 3))
