"""A loss that needs tensors of the model, as a layer of its own, after variational_autoencoder_deconv."""

import numpy as np
from keras import backend as K
from keras import metrics
from keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, Input, Lambda, Layer, Reshape
from keras.models import Model

img_rows = img_cols = 8
x = Input(shape=(img_rows, img_cols, 1))
conv = Conv2D(4, kernel_size=(3, 3), padding="same", activation="relu", strides=(2, 2))(x)
flat = Flatten()(conv)
z_mean, z_log_var = Dense(2)(flat), Dense(2)(flat)


def sampling(args):
    z_mean, z_log_var = args
    epsilon = K.random_normal(shape=(K.shape(z_mean)[0], 2), mean=0.0, stddev=1.0)
    return z_mean + K.exp(z_log_var) * epsilon


z = Lambda(sampling, output_shape=(2,))([z_mean, z_log_var])
up = Dense(4 * 4 * 4, activation="relu")(z)
up = Reshape((4, 4, 4))(up)
x_decoded = Conv2DTranspose(1, kernel_size=3, strides=(2, 2), padding="same", activation="sigmoid")(up)


class CustomVariationalLayer(Layer):
    def __init__(self, **kwargs):
        self.is_placeholder = True
        super(CustomVariationalLayer, self).__init__(**kwargs)

    def vae_loss(self, x, x_decoded_mean_squash, z_mean, z_log_var):
        x = K.flatten(x)
        x_decoded_mean_squash = K.flatten(x_decoded_mean_squash)
        xent_loss = img_rows * img_cols * metrics.binary_crossentropy(x, x_decoded_mean_squash)
        kl_loss = -0.5 * K.mean(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
        return K.mean(xent_loss + kl_loss)

    def call(self, inputs):
        x, decoded, z_mean, z_log_var = inputs
        loss = self.vae_loss(x, decoded, z_mean, z_log_var)
        self.add_loss(loss, inputs=inputs)
        return x


y = CustomVariationalLayer()([x, x_decoded, z_mean, z_log_var])
vae = Model(x, y)
vae.compile(optimizer="adam", loss=None)
data = np.random.RandomState(0).rand(16, 8, 8, 1).astype("float32")
history = vae.fit(data, shuffle=True, epochs=8, batch_size=8, validation_data=(data, None), verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
