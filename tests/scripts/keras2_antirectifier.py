"""A layer of one's own on the backend, after the Keras 2 example antirectifier."""

import keras
import numpy as np
from keras import backend as K
from keras import layers
from keras.models import Sequential


class Antirectifier(layers.Layer):
    def compute_output_shape(self, input_shape):
        shape = list(input_shape)
        assert len(shape) == 2
        shape[-1] *= 2
        return tuple(shape)

    def call(self, inputs):
        inputs -= K.mean(inputs, axis=1, keepdims=True)
        inputs = K.l2_normalize(inputs, axis=1)
        pos = K.relu(inputs)
        neg = K.relu(-inputs)
        return K.concatenate([pos, neg], axis=1)


x = np.random.RandomState(0).rand(20, 6).astype("float32")
y = keras.utils.to_categorical(np.arange(20) % 2, 2)
model = Sequential()
model.add(layers.Dense(8, input_shape=(6,)))
model.add(Antirectifier())
model.add(layers.Dropout(0.1))
model.add(layers.Dense(2))
model.add(layers.Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
assert model.layers[1].output_shape == (None, 16)
model.fit(x, y, batch_size=5, epochs=1, verbose=0, validation_data=(x, y))
part = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output])
assert part([x, 0])[0].shape == (20, 16) and part([x, 0])[0].min() >= 0
