"""Word counts into a perceptron, after the Keras 2 examples reuters_mlp and reuters_mlp_relu_vs_selu."""

import keras
import numpy as np
from keras.layers import Activation, Dense, Dropout
from keras.layers.noise import AlphaDropout
from keras.models import Sequential
from keras.preprocessing.text import Tokenizer

max_words, num_classes = 30, 3
rng = np.random.RandomState(0)
x_train = [list(rng.randint(1, max_words, 10)) for _ in range(24)]
y_train = np.array([t[0] % num_classes for t in x_train])
tokenizer = Tokenizer(num_words=max_words)
x_train = tokenizer.sequences_to_matrix(x_train, mode="binary")
y_train = keras.utils.to_categorical(y_train, num_classes)


def create_network(
    n_dense=2, dense_units=8, activation="selu", dropout=AlphaDropout, kernel_initializer="lecun_normal"
):
    model = Sequential()
    model.add(Dense(dense_units, input_shape=(max_words,), kernel_initializer=kernel_initializer))
    model.add(Activation(activation))
    model.add(dropout(0.1))
    for _ in range(n_dense - 1):
        model.add(Dense(dense_units, kernel_initializer=kernel_initializer))
        model.add(Activation(activation))
        model.add(dropout(0.1))
    model.add(Dense(num_classes))
    model.add(Activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    return model


for network in ({}, {"activation": "relu", "dropout": Dropout, "kernel_initializer": "glorot_uniform", "n_dense": 1}):
    model = create_network(**network)
    history = model.fit(x_train, y_train, batch_size=8, epochs=2, verbose=0, validation_split=0.1)
    score = model.evaluate(x_train, y_train, batch_size=8, verbose=0)
    assert len(score) == 2 and len(history.history["val_loss"]) == 2
