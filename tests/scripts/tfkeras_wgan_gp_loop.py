"""WGAN-GP with a loop of its own: the critic's loss holds a gradient, so a tape runs inside a tape."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(11)
latent_dim, batch_size = 3, 4
critic = keras.Sequential(
    [
        keras.Input((6, 6, 1)),
        layers.Conv2D(4, 3, strides=2, padding="same", activation=layers.LeakyReLU(0.2)),
        layers.Flatten(),
        layers.Dense(6, activation="tanh"),
        layers.Dense(1),
    ]
)
generator = keras.Sequential(
    [keras.Input((latent_dim,)), layers.Dense(36, activation="sigmoid"), layers.Reshape((6, 6, 1))]
)
for network in (critic, generator):
    network.set_weights([rng.normal(size=w.shape, scale=0.4) for w in network.get_weights()])
critic_optimizer = keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5, beta_2=0.9)
generator_optimizer = keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5, beta_2=0.9)


def gradient_penalty(real_images, fake_images, alpha):
    diff = fake_images - real_images
    interpolated = real_images + alpha * diff
    with tf.GradientTape() as gp_tape:
        gp_tape.watch(interpolated)
        pred = critic(interpolated, training=True)
    grads = gp_tape.gradient(pred, [interpolated])[0]
    norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))
    return tf.reduce_mean((norm - 1.0) ** 2)


def normals():
    return tf.convert_to_tensor(rng.normal(size=(batch_size, latent_dim)).astype("float32"))


images = rng.rand(3, batch_size, 6, 6, 1).astype("float32")
for real in images:
    for _ in range(2):
        alpha = tf.constant(rng.rand(batch_size, 1, 1, 1), dtype=tf.float32)
        with tf.GradientTape() as tape:
            fake = generator(normals(), training=True)
            fake_logits = critic(fake, training=True)
            real_logits = critic(real, training=True)
            cost = tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)
            gp = gradient_penalty(real, fake, alpha)
            d_loss = cost + gp * 10.0
        d_gradient = tape.gradient(d_loss, critic.trainable_variables)
        critic_optimizer.apply_gradients(zip(d_gradient, critic.trainable_variables))
    with tf.GradientTape() as tape:
        g_loss = -tf.reduce_mean(critic(generator(normals(), training=True), training=True))
    gen_gradient = tape.gradient(g_loss, generator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gen_gradient, generator.trainable_variables))
    print("d_loss", float(d_loss), "penalty", float(gp), "g_loss", float(g_loss))
print("critic", *critic(images[0]).numpy().ravel())
