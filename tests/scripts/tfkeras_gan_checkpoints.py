"""A GAN that is saved and goes on in new objects, after TensorFlow's DCGAN tutorial."""

import os

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(3)
images = rng.rand(8, 4, 4, 1).astype("float32")
noises = rng.normal(size=(6, 4, 3)).astype("float32")
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)
checkpoint_prefix = os.path.join("./training_checkpoints", "ckpt")


class Gan:
    def __init__(self):
        self.generator = tf.keras.Sequential(
            [tf.keras.layers.Input((3,)), tf.keras.layers.Dense(16), tf.keras.layers.BatchNormalization(),
             tf.keras.layers.LeakyReLU(), tf.keras.layers.Reshape((4, 4, 1))])  # fmt: skip
        self.discriminator = tf.keras.Sequential(
            [tf.keras.layers.Input((4, 4, 1)), tf.keras.layers.Conv2D(2, 3), tf.keras.layers.Flatten(),
             tf.keras.layers.Dense(1)])  # fmt: skip
        self.generator_optimizer = tf.keras.optimizers.Adam(1e-2)
        self.discriminator_optimizer = tf.keras.optimizers.Adam(1e-2)
        self.checkpoint = tf.train.Checkpoint(
            generator_optimizer=self.generator_optimizer, discriminator_optimizer=self.discriminator_optimizer,
            generator=self.generator, discriminator=self.discriminator)  # fmt: skip

    def train_step(self, batch, noise):
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            fake = self.discriminator(self.generator(noise, training=True), training=True)
            real = self.discriminator(batch, training=True)
            gen_loss = cross_entropy(tf.ones_like(fake), fake)
            disc_loss = cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(fake), fake)
        for tape, loss, network, optimizer in (
            (gen_tape, gen_loss, self.generator, self.generator_optimizer),
            (disc_tape, disc_loss, self.discriminator, self.discriminator_optimizer),
        ):
            variables = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return float(gen_loss), float(disc_loss)

    def steps(self, first, last):
        return [self.train_step(images[:4], noises[k]) for k in range(first, last)]


gan = Gan()
gan.steps(0, 3)
gan.checkpoint.save(file_prefix=checkpoint_prefix)
expected = gan.steps(3, 6)
again = Gan()
again.checkpoint.restore(tf.train.latest_checkpoint("./training_checkpoints"))
np.testing.assert_allclose(again.steps(3, 6), expected, rtol=1e-5)
