"""An LSTM for texts as Keras 1 had it: dropout_W, dropout_U, Embedding(input_length=...), pad_sequences."""

import numpy as np
from keras.layers.core import Activation, Dense
from keras.layers.embeddings import Embedding
from keras.layers.recurrent import GRU, LSTM
from keras.models import Sequential
from keras.preprocessing import sequence

rng = np.random.RandomState(0)
X = sequence.pad_sequences([rng.randint(1, 20, rng.randint(2, 9)) for _ in range(16)], maxlen=6)
y = np.arange(16) % 2
model = Sequential()
model.add(Embedding(20, 8, input_length=6, mask_zero=True))
model.add(LSTM(output_dim=4, dropout_W=0.2, dropout_U=0.2, return_sequences=True, inner_activation="hard_sigmoid"))
model.add(GRU(3, consume_less="cpu"))
model.add(Dense(1))
model.add(Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, y, batch_size=8, nb_epoch=2, validation_data=(X, y), verbose=0)
score, acc = model.evaluate(X, y, batch_size=8, verbose=0)
assert score > 0 and 0 <= acc <= 1
