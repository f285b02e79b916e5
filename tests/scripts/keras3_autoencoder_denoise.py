"""A denoising autoencoder with transposed convolutions, after Keras 3's example."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
train_data = rng.random((16, 8, 8, 1), dtype="float32")
noisy_train_data = np.clip(train_data + 0.4 * rng.normal(size=train_data.shape), 0.0, 1.0).astype("float32")
input = layers.Input(shape=(8, 8, 1))
x = layers.Conv2D(4, (3, 3), activation="relu", padding="same")(input)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2DTranspose(4, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
autoencoder = keras.Model(input, x)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.fit(x=train_data, y=train_data, epochs=1, batch_size=8, shuffle=True, verbose=0)
history = autoencoder.fit(
    x=noisy_train_data, y=train_data, epochs=4, batch_size=8, validation_data=(noisy_train_data, train_data), verbose=0
)
assert history.history["val_loss"][-1] < history.history["val_loss"][0]
assert autoencoder.predict(noisy_train_data, verbose=0).shape == train_data.shape
