"""Texts of numbers through convolution, pooling and an LSTM, after the Keras 2 examples imdb_cnn and imdb_cnn_lstm."""

import numpy as np
from keras.layers import LSTM, Activation, Conv1D, Dense, Dropout, Embedding, MaxPooling1D
from keras.models import Sequential
from keras.preprocessing import sequence

max_features, maxlen, batch_size = 50, 12, 8
rng = np.random.RandomState(0)
x_train = np.array([list(rng.randint(1, max_features, rng.randint(4, 20))) for _ in range(24)], dtype=object)
y_train = np.arange(24) % 2
x_train = sequence.pad_sequences(x_train, maxlen=maxlen)
print("x_train shape:", x_train.shape)
model = Sequential()
model.add(Embedding(max_features, 8, input_length=maxlen))
model.add(Dropout(0.25))
model.add(Conv1D(6, 5, padding="valid", activation="relu", strides=1))
model.add(MaxPooling1D(pool_size=4))
model.add(LSTM(5, dropout=0.2, recurrent_dropout=0.2))
model.add(Dense(1))
model.add(Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=batch_size, epochs=1, validation_data=(x_train, y_train), verbose=0)
score, acc = model.evaluate(x_train, y_train, batch_size=batch_size, verbose=0)
assert score > 0 and 0 <= acc <= 1
