"""A multi-layer perceptron on images, after the Keras 2 example mnist_mlp."""

from __future__ import print_function

import keras
import numpy as np
from keras.datasets import mnist  # noqa: F401 (named by the original; the data here are made up)
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import RMSprop

batch_size, num_classes, epochs = 16, 4, 3
rng = np.random.RandomState(0)
y_train = rng.randint(0, num_classes, 64)
x_train = (rng.rand(64, 36) * 60 + 190 * (np.arange(36) % num_classes == y_train[:, None])).astype("uint8")
x_train = x_train.reshape(64, 36).astype("float32")
x_train /= 255
y_train = keras.utils.to_categorical(y_train, num_classes)
model = Sequential()
model.add(Dense(32, activation="relu", input_shape=(36,)))
model.add(Dropout(0.2))
model.add(Dense(32, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(num_classes, activation="softmax"))
model.summary()
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
history = model.fit(
    x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=1, validation_data=(x_train, y_train)
)
score = model.evaluate(x_train, y_train, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])
assert len(score) == 2 and history.history["val_acc"] == history.history["val_accuracy"]
assert history.history["loss"][-1] < history.history["loss"][0]
