"""A shared network, a distance by ops, a loss with a margin, after Keras 3's siamese example."""

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(1)


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


inputs = keras.layers.Input((6, 6, 1))
x = keras.layers.BatchNormalization()(inputs)
x = keras.layers.Conv2D(4, (3, 3), activation="tanh")(x)
x = keras.layers.AveragePooling2D(pool_size=(2, 2))(x)
x = keras.layers.Flatten()(x)
x = keras.layers.Dense(4, activation="tanh")(x)
embedding_network = keras.Model(inputs, x)
input_1, input_2 = keras.layers.Input((6, 6, 1)), keras.layers.Input((6, 6, 1))
merge_layer = keras.layers.Lambda(euclidean_distance, output_shape=(1,))(
    [embedding_network(input_1), embedding_network(input_2)]
)
normal_layer = keras.layers.BatchNormalization()(merge_layer)
output_layer = keras.layers.Dense(1, activation="sigmoid")(normal_layer)
siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)


def loss(margin=1):
    def contrastive_loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - (y_pred), 0))
        return ops.mean((1 - y_true) * square_pred + (y_true) * margin_square)

    return contrastive_loss


siamese.compile(loss=loss(margin=1), optimizer="RMSprop", metrics=["accuracy"])
pairs = np.random.rand(16, 2, 6, 6).astype("float32")
labels = (np.arange(16) % 2).astype("float32")
history = siamese.fit([pairs[:, 0], pairs[:, 1]], labels, batch_size=8, epochs=3, verbose=0)
assert np.isfinite(history.history["loss"]).all() and "accuracy" in history.history
