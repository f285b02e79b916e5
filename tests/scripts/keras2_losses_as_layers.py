# Losses as layers, and metrics of tensors of the graph rather than of their arguments, as GANs of 2017 had them.
import keras
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import Dense, Flatten, Input, Reshape
from keras.models import Model
from keras.optimizers import Adam


def zero_loss(y_true, y_pred):
    return K.zeros_like(y_true)


class GeneratorLoss(Layer):
    __name__ = "generator_loss"

    def __init__(self, **kwargs):
        self.is_placeholder = True
        super(GeneratorLoss, self).__init__(**kwargs)

    def call(self, inputs):
        fake = inputs[0]
        self.add_loss(K.mean(keras.metrics.binary_crossentropy(K.ones_like(fake), fake)), inputs=inputs)
        return fake

    def compute_output_shape(self, input_shape):
        return [(None, 1)]


def fooled(fake):
    def accuracy_of_fakes(dummy0, dummy1):
        return K.mean(keras.metrics.binary_accuracy(K.ones_like(fake), fake))

    return accuracy_of_fakes


image, noise = Input((4, 4, 1)), Input((3,))
judge = Model(image, Dense(1, activation="sigmoid")(Flatten()(image)))
artist = Model(noise, Reshape((4, 4, 1))(Dense(16, activation="tanh")(noise)))
judge.trainable = False
fake = judge(artist(noise))
trainer = Model([image, noise], GeneratorLoss()([fake, judge(image)]))
trainer.compile(loss=[zero_loss], optimizer=Adam(lr=0.05, beta_1=0.5), metrics=[fooled(fake)])

rng = np.random.RandomState(0)
before, z = judge.get_weights(), rng.normal(size=(8, 3))
for _ in range(20):
    loss, accuracy = trainer.train_on_batch([rng.rand(8, 4, 4, 1), z], np.zeros(8))
scores = judge.predict(artist.predict(z, verbose=0), verbose=0)
assert loss > 0 and 0 <= accuracy <= 1 and scores.min() > 0.5
assert abs(trainer.evaluate([np.zeros((8, 4, 4, 1)), z], np.zeros(8), verbose=0)[1] - 1) < 1e-6
np.testing.assert_array_equal(judge.get_weights()[0], before[0])
