"""A convolutional net with Keras 1's positions and names: Convolution2D(n, rows, columns, border_mode=...)."""

import numpy as np
from keras import backend as K
from keras.layers import Activation, Convolution2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import np_utils

nb_filters, pool_size, kernel_size = 4, (2, 2), (3, 3)
X = np.random.RandomState(0).rand(16, 8, 8)
X = X.reshape(16, 1, 8, 8) if K.image_dim_ordering() == "th" else X.reshape(16, 8, 8, 1)
input_shape = X.shape[1:]
Y = np_utils.to_categorical(np.arange(16) % 2, 2)
model = Sequential()
model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1], border_mode="valid", input_shape=input_shape))
model.add(Activation("relu"))
model.add(Convolution2D(nb_filters, 3, 3, border_mode="same", subsample=(1, 1), dim_ordering="tf"))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=pool_size))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(2))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
model.fit(X, Y, batch_size=8, nb_epoch=2, verbose=0, validation_data=(X, Y))
assert model.layers[0].output_shape == (None, 6, 6, 4) and model.output_shape == (None, 2)
