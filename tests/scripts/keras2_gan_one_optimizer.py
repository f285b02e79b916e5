"""A bidirectional GAN of 2017: one optimizer for all models, the discriminator frozen after it was compiled."""

import keras.backend as K
import numpy as np
from keras.layers import BatchNormalization, Dense, Flatten, GaussianNoise, Input, Reshape, concatenate
from keras.layers.advanced_activations import LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

np.random.seed(3)
if K.backend() != "tensorflow":
    raise RuntimeError("written for one backend")
shape, latent = (4, 4, 1), 3
optimizer = Adam(0.002, 0.5)


def discriminator():
    code, picture = Input(shape=(latent,)), Input(shape=shape)
    x = concatenate([code, Flatten()(picture)])
    for width in (16, 8):
        x = GaussianNoise(0.1)(LeakyReLU(alpha=0.2)(Dense(width)(x)))
    return Model([code, picture], Dense(1, activation="sigmoid")(x))


critic = discriminator()
critic.compile(loss=["binary_crossentropy"], optimizer=optimizer, metrics=["accuracy"])
maker = Sequential([Dense(16, input_dim=latent), BatchNormalization(momentum=0.8), Reshape(shape)])
coder = Sequential([Flatten(input_shape=shape), Dense(latent)])
critic.trainable = False
code, picture = Input(shape=(latent,)), Input(shape=shape)
both = Model([code, picture], [critic([code, maker(code)]), critic([coder(picture), picture])])
both.compile(loss=["binary_crossentropy", "binary_crossentropy"], optimizer=optimizer)
assert len(critic.trainable_weights) == 0 and len(both.trainable_weights) == 6

pictures = np.random.normal(1.0, 0.2, (32, *shape)).astype("float32")
true, false = np.ones((32, 1)), np.zeros((32, 1))
start = [w.copy() for w in critic.get_weights()]
for _ in range(30):
    z = np.random.normal(size=(32, latent))
    kept = [w.copy() for w in critic.get_weights()]
    found = both.train_on_batch([z, pictures], [true, false])
    assert all(np.array_equal(a, b) for a, b in zip(kept, critic.get_weights()))  # frozen inside
    real = critic.train_on_batch([coder.predict(pictures), pictures], true)
    made = critic.train_on_batch([z, maker.predict(z)], false)
    loss = 0.5 * np.add(real, made)
assert len(found) == 3 and len(loss) == 2
assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(start, critic.get_weights()))  # and trained by itself
assert int(optimizer.iterations) == 90
