"""A convolutional variational autoencoder with a loop of its own, after TensorFlow's tutorial; the noise is NumPy's."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(2)


class CVAE(tf.keras.Model):
    """Convolutional variational autoencoder."""

    def __init__(self, latent_dim):
        super(CVAE, self).__init__()
        self.latent_dim = latent_dim
        self.encoder = tf.keras.Sequential(
            [
                tf.keras.layers.InputLayer(shape=(8, 8, 1)),
                tf.keras.layers.Conv2D(filters=4, kernel_size=3, strides=(2, 2), activation="relu"),
                tf.keras.layers.Flatten(),
                tf.keras.layers.Dense(latent_dim + latent_dim),
            ]
        )
        self.decoder = tf.keras.Sequential(
            [
                tf.keras.layers.InputLayer(shape=(latent_dim,)),
                tf.keras.layers.Dense(units=4 * 4 * 4, activation=tf.nn.relu),
                tf.keras.layers.Reshape(target_shape=(4, 4, 4)),
                tf.keras.layers.Conv2DTranspose(1, kernel_size=3, strides=2, padding="same"),
            ]
        )

    def encode(self, x):
        mean, logvar = tf.split(self.encoder(x), num_or_size_splits=2, axis=1)
        return mean, logvar

    def reparameterize(self, mean, logvar):
        eps = tf.constant(rng.normal(size=mean.shape), tf.float32)
        return eps * tf.exp(logvar * 0.5) + mean

    def decode(self, z, apply_sigmoid=False):
        logits = self.decoder(z)
        if apply_sigmoid:
            return tf.sigmoid(logits)
        return logits


def log_normal_pdf(sample, mean, logvar, raxis=1):
    log2pi = tf.math.log(2.0 * np.pi)
    return tf.reduce_sum(-0.5 * ((sample - mean) ** 2.0 * tf.exp(-logvar) + logvar + log2pi), axis=raxis)


def compute_loss(model, x):
    mean, logvar = model.encode(x)
    z = model.reparameterize(mean, logvar)
    x_logit = model.decode(z)
    cross_ent = tf.nn.sigmoid_cross_entropy_with_logits(logits=x_logit, labels=x)
    logpx_z = -tf.reduce_sum(cross_ent, axis=[1, 2, 3])
    logpz = log_normal_pdf(z, 0.0, 0.0)
    logqz_x = log_normal_pdf(z, mean, logvar)
    return -tf.reduce_mean(logpx_z + logpz - logqz_x)


def train_step(model, x, optimizer):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, x)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))


optimizer = tf.keras.optimizers.Adam(1e-2)
model = CVAE(2)
for part in (model.encoder, model.decoder):
    part.set_weights([rng.normal(size=w.shape, scale=0.2) for w in part.get_weights()])
images = np.where(rng.rand(12, 8, 8, 1) > 0.5, 1.0, 0.0).astype("float32")
train_dataset = tf.data.Dataset.from_tensor_slices(images).batch(4)
test_dataset = tf.data.Dataset.from_tensor_slices(images[::-1].copy()).batch(6)
for epoch in range(1, 3):
    for train_x in train_dataset:
        train_step(model, train_x, optimizer)
    loss = tf.keras.metrics.Mean()
    for test_x in test_dataset:
        loss(compute_loss(model, test_x))
    elbo = -loss.result()
    print("Epoch: {}, Test set ELBO: {}".format(epoch, elbo))
predictions = model.decode(np.zeros((1, 2), "float32"), apply_sigmoid=True)
print("decoded", predictions.shape, float(tf.reduce_mean(predictions)))
