"""Capsules: batch_dot of Keras 2.2.2 and before on tensors of rank 4, map_fn, and a mask of inputs or of lengths."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras import callbacks, initializers, layers, models, optimizers
from keras.utils import to_categorical


def squash(vectors, axis=-1):
    norm = K.sum(K.square(vectors), axis, keepdims=True)
    return norm / (1 + norm) / K.sqrt(norm + K.epsilon()) * vectors


class Capsules(layers.Layer):
    def __init__(self, count, dim, routings=3, **kwargs):
        super(Capsules, self).__init__(**kwargs)
        self.count, self.dim, self.routings = count, dim, routings

    def build(self, input_shape):
        shape = [self.count, input_shape[1], self.dim, input_shape[2]]
        self.W = self.add_weight(shape=shape, initializer=initializers.get("glorot_uniform"), name="W")
        self.built = True

    def call(self, inputs):
        tiled = K.tile(K.expand_dims(inputs, 1), [1, self.count, 1, 1])
        votes = K.map_fn(lambda x: K.batch_dot(x, self.W, [2, 3]), elems=tiled)  # (batch, count, inputs, dim)
        b = tf.zeros(shape=[K.shape(votes)[0], self.count, K.int_shape(votes)[2]])
        for i in range(self.routings):
            outputs = squash(K.batch_dot(tf.nn.softmax(b, dim=1), votes, [2, 2]))
            if i < self.routings - 1:
                b += K.batch_dot(outputs, votes, [2, 3])
        return outputs

    def compute_output_shape(self, input_shape):
        return (None, self.count, self.dim)


class Mask(layers.Layer):
    def call(self, inputs, **kwargs):
        if type(inputs) is list:
            inputs, mask = inputs
        else:
            lengths = K.sqrt(K.sum(K.square(inputs), -1))
            mask = K.one_hot(indices=K.argmax(lengths, 1), num_classes=lengths.get_shape().as_list()[1])
        return K.batch_flatten(inputs * K.expand_dims(mask, -1))

    def compute_output_shape(self, input_shape):
        shape = input_shape[0] if type(input_shape[0]) is tuple else input_shape
        return (None, shape[1] * shape[2])


image, label = layers.Input((12, 12, 1)), layers.Input((4,))
x = layers.Conv2D(8, 3, activation="relu")(image)
x = layers.Conv2D(8, 3, strides=2)(x)
x = layers.Lambda(squash)(layers.Reshape([-1, 4])(x))
capsules = Capsules(4, 6)(x)
lengths = layers.Lambda(lambda c: K.sqrt(K.sum(K.square(c), -1) + K.epsilon()), name="lengths")(capsules)
decoder = models.Sequential([layers.Dense(144, activation="sigmoid", input_dim=24), layers.Reshape((12, 12, 1))],
                            name="decoder")  # fmt: skip
train = models.Model([image, label], [lengths, decoder(Mask()([capsules, label]))])
read = models.Model(image, [lengths, decoder(Mask()(capsules))])


def margin(y_true, y_pred):
    missed = y_true * K.square(K.maximum(0.0, 0.9 - y_pred))
    return K.mean(K.sum(missed + 0.5 * (1 - y_true) * K.square(K.maximum(0.0, y_pred - 0.1)), 1))


train.compile(optimizers.Adam(lr=0.01), [margin, "mse"], loss_weights=[1.0, 0.4], metrics={"lengths": "accuracy"})
rng = np.random.RandomState(0)
xs, ys = rng.rand(8, 12, 12, 1).astype("float32"), to_categorical(np.arange(8) % 4, 4)


def batches():
    while True:
        yield [xs, ys], [ys, xs]


saved = callbacks.ModelCheckpoint("w-{epoch:02d}.h5", monitor="val_lengths_acc", save_weights_only=True)
rate = callbacks.LearningRateScheduler(schedule=lambda epoch: 0.01 * 0.9**epoch)
history = train.fit_generator(batches(), steps_per_epoch=2, epochs=4, validation_data=[[xs, ys], [ys, xs]],
                              callbacks=[saved, rate], verbose=0)  # fmt: skip
assert history.history["loss"][-1] < history.history["loss"][0]
found, drawn = read.predict(xs)
assert found.shape == (8, 4) and drawn.shape == (8, 12, 12, 1)

a, b = rng.rand(2, 5, 3, 4), rng.rand(2, 5, 6, 4)
product = K.eval(K.batch_dot(K.variable(a), K.variable(b), axes=[3, 3]))
assert np.allclose(product, a @ b.swapaxes(2, 3), atol=1e-5)
