"""Two inputs through one base network, after the Keras 2 example mnist_siamese."""

import random

import numpy as np
from keras import backend as K
from keras.layers import Dense, Dropout, Flatten, Input, Lambda
from keras.models import Model
from keras.optimizers import RMSprop


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def contrastive_loss(y_true, y_pred):
    margin = 1
    square_pred = K.square(y_pred)
    margin_square = K.square(K.maximum(margin - y_pred, 0))
    return K.mean(y_true * square_pred + (1 - y_true) * margin_square)


def create_base_network(input_shape):
    input = Input(shape=input_shape)
    x = Flatten()(input)
    x = Dense(16, activation="relu")(x)
    x = Dropout(0.1)(x)
    x = Dense(16, activation="relu")(x)
    return Model(input, x)


def compute_accuracy(y_true, y_pred):
    pred = y_pred.ravel() < 0.5
    return np.mean(pred == y_true)


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


random.seed(1)
rng = np.random.RandomState(1)
left, right = rng.rand(2, 32, 4, 4).astype("float32")
same = np.arange(32) % 2
right = np.where(same[:, None, None], left, right)
base_network = create_base_network((4, 4))
input_a, input_b = Input(shape=(4, 4)), Input(shape=(4, 4))
processed_a, processed_b = base_network(input_a), base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)([processed_a, processed_b])
model = Model([input_a, input_b], distance)
rms = RMSprop()
model.compile(loss=contrastive_loss, optimizer=rms, metrics=[accuracy])
model.fit([left, right], same, batch_size=8, epochs=5, verbose=0, validation_data=([left, right], same))
y_pred = model.predict([left, right])
assert compute_accuracy(same, y_pred) == model.evaluate([left, right], same, verbose=0)[1] or y_pred.shape == (32, 1)
assert y_pred[same == 1].max() < y_pred[same == 0].mean()
assert base_network.get_output_shape_at(1) == (None, 16) and len(base_network.inbound_nodes) >= 2
