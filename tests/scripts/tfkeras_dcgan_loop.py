"""DCGAN with two tapes over one step, after TensorFlow's tutorial; the noise is NumPy's."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.RandomState(7)
BATCH_SIZE, noise_dim = 4, 5


def make_generator_model():
    model = tf.keras.Sequential()
    model.add(layers.Input((noise_dim,)))
    model.add(layers.Dense(4 * 4 * 6, use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((4, 4, 6)))
    model.add(layers.Conv2DTranspose(3, (5, 5), strides=(2, 2), padding="same", use_bias=False))
    assert model.output_shape == (None, 8, 8, 3)
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Conv2DTranspose(1, (5, 5), strides=(1, 1), padding="same", use_bias=False, activation="tanh"))
    return model


def make_discriminator_model():
    model = tf.keras.Sequential()
    model.add(layers.Input((8, 8, 1)))
    model.add(layers.Conv2D(4, (5, 5), strides=(2, 2), padding="same"))
    model.add(layers.LeakyReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


generator, discriminator = make_generator_model(), make_discriminator_model()
for network in (generator, discriminator):
    for w in network.trainable_weights:
        w.assign(rng.normal(size=w.shape, scale=0.2).astype("float32"))
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


generator_optimizer = tf.keras.optimizers.Adam(1e-3)
discriminator_optimizer = tf.keras.optimizers.Adam(1e-3)


@tf.function
def train_step(images, noise):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gradients_of_generator = gen_tape.gradient(gen_loss, generator.trainable_variables)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients_of_generator, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(gradients_of_discriminator, discriminator.trainable_variables))
    return gen_loss, disc_loss


train_images = rng.rand(8, 8, 8, 1).astype("float32") * 2 - 1
dataset = tf.data.Dataset.from_tensor_slices(train_images).batch(BATCH_SIZE)
for epoch in range(2):
    for image_batch in dataset:
        noise = tf.constant(rng.normal(size=(BATCH_SIZE, noise_dim)), tf.float32)
        gen_loss, disc_loss = train_step(image_batch, noise)
        print(f"epoch {epoch} generator {gen_loss.numpy()} discriminator {disc_loss.numpy()}")
seed = tf.constant(rng.normal(size=(2, noise_dim)), tf.float32)
fake = generator(seed, training=False)
print("decision", *discriminator(fake).numpy().ravel())
print("moving mean", generator.layers[1].moving_mean.numpy()[:4])
