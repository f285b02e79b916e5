"""Names and arguments of Keras 1: nb_epoch, output_dim, init, W_regularizer."""

import numpy as np
from keras.layers.core import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils

np.random.seed(1337)
X_train = np.random.rand(24, 10)
y_train = np.arange(24) % 3
Y_train = np_utils.to_categorical(y_train, 3)
model = Sequential()
model.add(Dense(output_dim=8, input_dim=10, init="uniform", W_regularizer=l2(0.01)))
model.add(Activation("tanh"))
model.add(Dropout(p=0.2))
model.add(Dense(3, init="glorot_normal"))
model.add(Activation("softmax"))
sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"], class_mode="categorical")
history = model.fit(X_train, Y_train, nb_epoch=4, batch_size=8, verbose=0, validation_split=0.25)
score = model.evaluate(X_train, Y_train, verbose=0)
classes = model.predict_classes(X_train, batch_size=8, verbose=0)
proba = model.predict_proba(X_train, batch_size=8, verbose=0)
assert len(history.history["acc"]) == 4 and classes.shape == (24,) and proba.shape == (24, 3)
assert score[1] == np.float32((classes == y_train).mean())
