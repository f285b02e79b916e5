"""A log folder for TensorBoard and an intermediate layer's outputs, after tensorboard_embeddings_mnist."""

import os

import keras
import numpy as np
from keras.callbacks import TensorBoard
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Model, Sequential

log_dir = "./logs"
if not os.path.exists(log_dir):
    os.makedirs(log_dir)
x = np.random.RandomState(0).rand(16, 8, 8, 1)
y = keras.utils.to_categorical(np.arange(16) % 2)
tensorboard = TensorBoard(log_dir=log_dir, batch_size=8, histogram_freq=0, write_graph=True, write_images=False)
model = Sequential()
model.add(Conv2D(3, kernel_size=(3, 3), activation="relu", input_shape=(8, 8, 1)))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(4, activation="relu", name="features"))
model.add(Dropout(0.5))
model.add(Dense(2, activation="softmax"))
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=["accuracy"])
model.fit(x, y, batch_size=8, epochs=2, verbose=0, validation_data=(x, y))
features = Model(inputs=model.input, outputs=model.get_layer("features").output)
assert tensorboard.log_dir == log_dir and features.predict(x).shape == (16, 4)
