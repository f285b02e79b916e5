"""Sequence to sequence with RepeatVector, after the Keras 2 example addition_rnn."""

import numpy as np
from keras import layers
from keras.models import Sequential


class CharacterTable(object):
    def __init__(self, chars):
        self.chars = sorted(set(chars))
        self.char_indices = {c: i for i, c in enumerate(self.chars)}
        self.indices_char = dict(enumerate(self.chars))

    def encode(self, C, num_rows):
        x = np.zeros((num_rows, len(self.chars)))
        for i, c in enumerate(C):
            x[i, self.char_indices[c]] = 1
        return x

    def decode(self, x, calc_argmax=True):
        if calc_argmax:
            x = x.argmax(axis=-1)
        return "".join(self.indices_char[v] for v in x)


DIGITS, REVERSE = 1, True
MAXLEN = DIGITS + 1 + DIGITS
chars = "0123456789+ "
ctable = CharacterTable(chars)
pairs = [(a, b) for a in range(10) for b in range(a, 10)]
x = np.zeros((len(pairs), MAXLEN, len(chars)), dtype=bool)
y = np.zeros((len(pairs), DIGITS + 1, len(chars)), dtype=bool)
for i, (a, b) in enumerate(pairs):
    x[i] = ctable.encode("{}+{}".format(a, b)[::-1], MAXLEN)
    y[i] = ctable.encode(str(a + b).ljust(DIGITS + 1), DIGITS + 1)
RNN, HIDDEN_SIZE, BATCH_SIZE, LAYERS = layers.LSTM, 16, 16, 1
model = Sequential()
model.add(RNN(HIDDEN_SIZE, input_shape=(MAXLEN, len(chars))))
model.add(layers.RepeatVector(DIGITS + 1))
for _ in range(LAYERS):
    model.add(RNN(HIDDEN_SIZE, return_sequences=True))
model.add(layers.TimeDistributed(layers.Dense(len(chars), activation="softmax")))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
losses = []
for iteration in range(1, 4):
    losses += model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, validation_data=(x, y), verbose=0).history["loss"]
    rowx, rowy = x[np.array([3])], y[np.array([3])]
    preds = model.predict_classes(rowx, verbose=0)
    guess = ctable.decode(preds[0], calc_argmax=False)
    assert ctable.decode(rowy[0]) == "3 " and len(guess) == 2
assert losses[-1] < losses[0]
