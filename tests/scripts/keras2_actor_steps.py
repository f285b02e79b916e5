# An actor's step by TensorFlow's optimizer in a K.function, as DDPG agents of 2018 made it.
import keras.backend as K
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Flatten, Input, Lambda
from keras.models import Model

state = Input((2, 3))
action = Lambda(lambda x: x * 2.0)(Dense(1, activation="tanh")(Flatten()(state)))
actor = Model(state, action)
slopes = K.placeholder(shape=(None, 1))
weights = actor.trainable_weights
gradients = tf.gradients(actor.output, weights, -slopes)
step = K.function(
    [actor.input, slopes], [tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(gradients, weights))]
)

rng = np.random.RandomState(0)
x, g = rng.rand(5, 2, 3), rng.rand(5, 1)
w, b = actor.get_weights()
assert step([x, g]) == [None]
d = 2 * (1 - np.tanh(x.reshape(5, 6).dot(w) + b) ** 2) * g  # along what the critic says
np.testing.assert_allclose(actor.get_weights()[0], w + 0.1 * x.reshape(5, 6).T.dot(d), rtol=1e-4, atol=1e-6)
np.testing.assert_allclose(actor.get_weights()[1], b + 0.1 * d.sum(0), rtol=1e-4, atol=1e-6)
