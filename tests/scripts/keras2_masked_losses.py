# Losses on masked pixels, proposals and neighbours: sizes that depend on values, in the style of the Keras 2 years.
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Conv2D, Dense, Input, Lambda, Layer
from keras.models import Model

rng = np.random.RandomState(0)


def masked_pixels(y_true, y_pred):
    mask = tf.not_equal(y_true, -1.0)
    return K.mean(K.square(tf.boolean_mask(y_true, mask) - tf.boolean_mask(y_pred, mask)))


class Proposals(Layer):
    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs):
        boxes, scores = inputs
        keep = tf.image.non_max_suppression(boxes[0], scores[0, :, 0], self.count, 0.5)
        found = tf.gather(boxes[0], keep)
        return tf.expand_dims(tf.pad(found, [(0, self.count - tf.shape(found)[0]), (0, 0)]), 0)

    def compute_output_shape(self, input_shape):
        return (None, self.count, 4)


def neighbours(args):
    states, edges = args
    counts = tf.math.bincount(tf.cast(edges[:, 0], tf.int32))
    sums = tf.math.unsorted_segment_sum(tf.gather(states, edges[:, 1]), edges[:, 0], tf.shape(counts)[0])
    return tf.repeat(sums, counts, axis=0)


image = Input((4, 4, 1))
pixels = Model(image, Conv2D(1, 3, padding="same")(image))
pixels.compile("adam", masked_pixels)
x = rng.rand(6, 4, 4, 1)
y = np.where(rng.rand(6, 4, 4, 1) < 0.3, -1.0, x)
losses = pixels.fit(x, y, batch_size=3, epochs=3, verbose=0).history["loss"]
assert losses[2] < losses[0]

boxes, scores = Input((8, 4)), Input((8, 1))
proposals = Model([boxes, scores], Proposals(5)([boxes, scores]))
b = np.sort(rng.rand(1, 8, 4), -1)[..., [0, 1, 2, 3]]
assert proposals.predict([b, rng.rand(1, 8, 1)], verbose=0).shape == (1, 5, 4)

states, edges = Input((3,)), Input((2,), dtype="int32")
graph = Model([states, edges], Dense(2)(Lambda(neighbours)([states, edges])))
e = np.array([[0, 1], [0, 2], [1, 0], [2, 3], [3, 3]], "int32")
assert graph.output_shape == (None, 2) and graph.predict([rng.rand(5, 3), e], verbose=0).shape == (5, 2)
