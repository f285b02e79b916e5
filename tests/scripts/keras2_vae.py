"""A variational autoencoder with Lambda and add_loss, after the Keras 2 example variational_autoencoder."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.losses import mse
from keras.models import Model

original_dim, intermediate_dim, latent_dim = 12, 8, 2


def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


x_train = np.random.RandomState(0).rand(40, original_dim).astype("float32")
inputs = Input(shape=(original_dim,), name="encoder_input")
x = Dense(intermediate_dim, activation="relu")(inputs)
z_mean = Dense(latent_dim, name="z_mean")(x)
z_log_var = Dense(latent_dim, name="z_log_var")(x)
z = Lambda(sampling, output_shape=(latent_dim,), name="z")([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name="encoder")
latent_inputs = Input(shape=(latent_dim,), name="z_sampling")
x = Dense(intermediate_dim, activation="relu")(latent_inputs)
outputs = Dense(original_dim, activation="sigmoid")(x)
decoder = Model(latent_inputs, outputs, name="decoder")
outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name="vae_mlp")
reconstruction_loss = mse(inputs, outputs)
reconstruction_loss *= original_dim
kl_loss = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
kl_loss = K.sum(kl_loss, axis=-1)
kl_loss *= -0.5
vae_loss = K.mean(reconstruction_loss + kl_loss)
vae.add_loss(vae_loss)
vae.add_metric(K.mean(kl_loss), name="kl", aggregation="mean")
vae.compile(optimizer="adam")
history = vae.fit(x_train, epochs=8, batch_size=8, validation_data=(x_train, None), verbose=0)
vae.save_weights("vae_mlp.h5")
assert history.history["loss"][-1] < history.history["loss"][0]
assert history.history["kl"][0] > 0 and "val_kl" in history.history
first, second = (encoder.predict(x_train[:4])[2] for _ in range(2))
assert first.shape == (4, 2) and not np.array_equal(first, second)
