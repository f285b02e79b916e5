"""A convolutional autoencoder in Keras 1's words, after a blog of 2016."""

import numpy as np
from keras.layers import Convolution2D, Input, MaxPooling2D, UpSampling2D
from keras.models import Model

input_img = Input(shape=(8, 8, 1))
x = Convolution2D(4, 3, 3, activation="relu", border_mode="same")(input_img)
x = MaxPooling2D((2, 2), border_mode="same")(x)
encoded = Convolution2D(2, 3, 3, activation="relu", border_mode="same")(x)
x = UpSampling2D((2, 2))(encoded)
decoded = Convolution2D(1, 3, 3, activation="sigmoid", border_mode="same")(x)
autoencoder = Model(input_img, decoded)
encoder = Model(input=input_img, output=encoded)
autoencoder.compile(optimizer="adadelta", loss="binary_crossentropy")
x_train = np.random.RandomState(0).rand(12, 8, 8, 1)
noisy = np.clip(x_train + 0.5 * np.random.normal(loc=0.0, scale=1.0, size=x_train.shape), 0.0, 1.0)
autoencoder.fit(noisy, x_train, nb_epoch=2, batch_size=4, shuffle=True, validation_data=(noisy, x_train), verbose=0)
assert encoder.predict(x_train).shape == (12, 4, 4, 2) and autoencoder.predict(noisy).shape == x_train.shape
