"""Frames predicted from frames, after the Keras 2 example conv_lstm."""

import numpy as np
from keras.layers.convolutional import Conv3D
from keras.layers.convolutional_recurrent import ConvLSTM2D
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential

seq = Sequential()
seq.add(ConvLSTM2D(filters=3, kernel_size=(3, 3), input_shape=(None, 6, 6, 1), padding="same", return_sequences=True))
seq.add(BatchNormalization())
seq.add(Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same", data_format="channels_last"))
seq.compile(loss="binary_crossentropy", optimizer="adadelta")
noisy_movies = np.random.RandomState(0).rand(4, 5, 6, 6, 1)
shifted_movies = np.roll(noisy_movies, 1, axis=1)
seq.fit(noisy_movies, shifted_movies, batch_size=2, epochs=1, validation_split=0.25, verbose=0)
track = noisy_movies[0][:3, ::, ::, ::]
for _ in range(2):
    new_pos = seq.predict(track[np.newaxis, ::, ::, ::, ::])
    new = new_pos[::, -1, ::, ::, ::]
    track = np.concatenate((track, new), axis=0)
assert track.shape == (5, 6, 6, 1)
