"""A convolutional network, after the Keras 2 example mnist_cnn."""

import keras
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential

img_rows, img_cols, num_classes = 12, 12, 3
x_train = np.random.RandomState(0).rand(24, img_rows, img_cols)
y_train = np.arange(24) % 3
if K.image_data_format() == "channels_first":
    x_train = x_train.reshape(x_train.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)
x_train = x_train.astype("float32")
y_train = keras.utils.to_categorical(y_train, num_classes)
model = Sequential()
model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=input_shape))
model.add(Conv2D(8, (3, 3), activation="relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(num_classes, activation="softmax"))
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=8, epochs=2, verbose=0, validation_data=(x_train, y_train))
score = model.evaluate(x_train, y_train, verbose=0)
assert model.metrics_names[0] == "loss" and 0 <= score[1] <= 1
assert model.count_params() == 4 * 10 + 8 * 37 + 3 * (4 * 4 * 8 + 1)
