"""WGAN-GP with fit's machinery: a loss made by K.gradients inside of a layer's output, after keras-contrib."""

from functools import partial

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.models import Model, Sequential
from keras.optimizers import RMSprop

rng = np.random.RandomState(6)
BATCH_SIZE, GRADIENT_PENALTY_WEIGHT = 4, 10


def wasserstein_loss(y_true, y_pred):
    return K.mean(y_true * y_pred)


def gradient_penalty_loss(y_true, y_pred, averaged_samples, gradient_penalty_weight):
    gradients = K.gradients(y_pred, averaged_samples)[0]
    gradients_sqr = K.square(gradients)
    gradients_sqr_sum = K.sum(gradients_sqr, axis=list(range(1, len(gradients_sqr.shape))))
    gradient_l2_norm = K.sqrt(gradients_sqr_sum)
    gradient_penalty = gradient_penalty_weight * K.square(1 - gradient_l2_norm)
    return K.mean(gradient_penalty)


discriminator = Sequential([Dense(6, activation="tanh", input_dim=5), Dense(1)])
discriminator.set_weights([rng.normal(size=w.shape, scale=0.5) for w in discriminator.get_weights()])
real_samples, generated_samples = Input(shape=(5,)), Input(shape=(5,))
weights = Input(shape=(1,))
averaged_samples = Lambda(lambda z: z[2] * z[0] + (1 - z[2]) * z[1])([real_samples, generated_samples, weights])
averaged_samples_out = discriminator(averaged_samples)
partial_gp_loss = partial(
    gradient_penalty_loss, averaged_samples=averaged_samples, gradient_penalty_weight=GRADIENT_PENALTY_WEIGHT
)
partial_gp_loss.__name__ = "gradient_penalty"
discriminator_model = Model(
    inputs=[real_samples, generated_samples, weights],
    outputs=[discriminator(real_samples), discriminator(generated_samples), averaged_samples_out],
)
discriminator_model.compile(
    optimizer=RMSprop(learning_rate=0.01), loss=[wasserstein_loss, wasserstein_loss, partial_gp_loss]
)
positive_y = np.ones((BATCH_SIZE, 1), dtype=np.float32)
negative_y, dummy_y = -positive_y, np.zeros((BATCH_SIZE, 1), dtype=np.float32)
for epoch in range(4):
    real, fake = rng.rand(BATCH_SIZE, 5), rng.normal(size=(BATCH_SIZE, 5))
    alpha = rng.rand(BATCH_SIZE, 1)
    print(*discriminator_model.train_on_batch([real, fake, alpha], [positive_y, negative_y, dummy_y]))
