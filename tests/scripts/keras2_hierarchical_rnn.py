"""Rows, then columns, through TimeDistributed recurrent layers, after the Keras 2 example mnist_hierarchical_rnn."""

import keras
import numpy as np
from keras.layers import LSTM, Dense, Input, TimeDistributed
from keras.models import Model

x_train = np.random.RandomState(0).rand(12, 6, 6, 1).astype("float32")
y_train = keras.utils.to_categorical(np.arange(12) % 3, 3)
row, col, pixel = x_train.shape[1:]
x = Input(shape=(row, col, pixel))
encoded_rows = TimeDistributed(LSTM(5))(x)
encoded_columns = LSTM(4)(encoded_rows)
prediction = Dense(3, activation="softmax")(encoded_columns)
model = Model(x, prediction)
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=4, epochs=1, verbose=0, validation_data=(x_train, y_train))
assert encoded_rows.shape.as_list() == [None, 6, 5]
assert encoded_rows._keras_shape == (None, 6, 5)
