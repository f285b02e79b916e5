"""A recurrent net of rectified units, after the Keras 2 example mnist_irnn."""

import keras
import numpy as np
from keras import initializers
from keras.layers import Activation, Dense, SimpleRNN
from keras.models import Sequential
from keras.optimizers import RMSprop

x = np.random.RandomState(0).rand(16, 9, 1)
y = keras.utils.to_categorical(np.arange(16) % 2, 2)
model = Sequential()
model.add(
    SimpleRNN(
        8,
        kernel_initializer=initializers.RandomNormal(stddev=0.001),
        recurrent_initializer=initializers.Identity(gain=1.0),
        activation="relu",
        input_shape=x.shape[1:],
    )
)
model.add(Dense(2))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=1e-4), metrics=["accuracy"])
assert np.array_equal(model.layers[0].get_weights()[1], np.eye(8))
model.fit(x, y, batch_size=8, epochs=1, verbose=0, validation_data=(x, y))
scores = model.evaluate(x, y, verbose=0)
assert len(scores) == 2
