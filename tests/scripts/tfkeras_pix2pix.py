"""A conditional GAN on pictures with resizing and cropping in the data, after TensorFlow's pix2pix."""

import tensorflow as tf
import numpy as np

OUT = 1


def downsample(filters, size, apply_batchnorm=True):
    initializer = tf.random_normal_initializer(0.0, 0.02)
    result = tf.keras.Sequential()
    result.add(
        tf.keras.layers.Conv2D(filters, size, strides=2, padding="same", kernel_initializer=initializer, use_bias=False)
    )
    if apply_batchnorm:
        result.add(tf.keras.layers.BatchNormalization())
    result.add(tf.keras.layers.LeakyReLU())
    return result


def upsample(filters, size, apply_dropout=False):
    initializer = tf.random_normal_initializer(0.0, 0.02)
    result = tf.keras.Sequential()
    result.add(
        tf.keras.layers.Conv2DTranspose(
            filters, size, strides=2, padding="same", kernel_initializer=initializer, use_bias=False
        )
    )
    result.add(tf.keras.layers.BatchNormalization())
    if apply_dropout:
        result.add(tf.keras.layers.Dropout(0.5))
    result.add(tf.keras.layers.ReLU())
    return result


def Generator():
    inputs = tf.keras.layers.Input(shape=[16, 16, 1])
    down = [downsample(4, 4, False), downsample(4, 4), downsample(8, 4)]
    up = [upsample(8, 4, True), upsample(4, 4)]
    last = tf.keras.layers.Conv2DTranspose(
        OUT, 4, strides=2, padding="same", kernel_initializer=tf.random_normal_initializer(0.0, 0.02), activation="tanh"
    )
    x = inputs
    skips = []
    for d in down:
        x = d(x)
        skips.append(x)
    for u, s in zip(up, reversed(skips[:-1])):
        x = u(x)
        x = tf.keras.layers.Concatenate()([x, s])
    return tf.keras.Model(inputs=inputs, outputs=last(x))


def Discriminator():
    inp = tf.keras.layers.Input(shape=[16, 16, 1], name="input_image")
    tar = tf.keras.layers.Input(shape=[16, 16, 1], name="target_image")
    x = tf.keras.layers.concatenate([inp, tar])
    x = downsample(4, 4, False)(x)
    x = tf.keras.layers.ZeroPadding2D()(x)
    x = tf.keras.layers.Conv2D(4, 4, strides=1, use_bias=False)(x)
    x = tf.keras.layers.BatchNormalization()(x)
    x = tf.keras.layers.LeakyReLU()(x)
    return tf.keras.Model(inputs=[inp, tar], outputs=tf.keras.layers.Conv2D(1, 4, strides=1)(x))


gen, disc = Generator(), Discriminator()
loss_object = tf.keras.losses.BinaryCrossentropy(from_logits=True)
go, do = tf.keras.optimizers.Adam(2e-4, beta_1=0.5), tf.keras.optimizers.Adam(2e-4, beta_1=0.5)


def generator_loss(d, g, t):
    gan = loss_object(tf.ones_like(d), d)
    l1 = tf.reduce_mean(tf.abs(t - g))
    return gan + 100 * l1, gan, l1


def discriminator_loss(r, g):
    return loss_object(tf.ones_like(r), r) + loss_object(tf.zeros_like(g), g)


@tf.function
def train_step(x, target, step):
    with tf.GradientTape() as gt, tf.GradientTape() as dt:
        g = gen(x, training=True)
        r = disc([x, target], training=True)
        f = disc([x, g], training=True)
        t, a, l1 = generator_loss(f, g, target)
        dl = discriminator_loss(r, f)
    go.apply_gradients(zip(gt.gradient(t, gen.trainable_variables), gen.trainable_variables))
    do.apply_gradients(zip(dt.gradient(dl, disc.trainable_variables), disc.trainable_variables))
    return t, dl


ds = tf.data.Dataset.from_tensor_slices((np.random.rand(4, 16, 16, 1).astype("float32") * 2 - 1,) * 2).batch(1)


def random_jitter(a, b):
    a, b = (
        tf.image.resize(a, [20, 20], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR),
        tf.image.resize(b, [20, 20], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR),
    )
    s = tf.concat([a, b], -1)
    s = tf.image.random_crop(s, size=[1, 16, 16, 2])
    if tf.random.uniform(()) > 0.5:
        s = tf.image.flip_left_right(s)
    return s[..., :1], s[..., 1:]


for step, (a, b) in ds.repeat().take(3).enumerate():
    t, d = train_step(*random_jitter(a, b), step)
print(np.isfinite(float(t)), np.isfinite(float(d)), gen(a, training=False).shape)
