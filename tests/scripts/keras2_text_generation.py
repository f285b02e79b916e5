"""Characters after characters, with a callback that samples, after the Keras 2 example lstm_text_generation."""

import random
import sys

import numpy as np
from keras.callbacks import LambdaCallback
from keras.layers import LSTM, Dense
from keras.models import Sequential
from keras.optimizers import RMSprop

text = "the quick brown fox jumps over the lazy dog. " * 3
chars = sorted(set(text))
char_indices, indices_char = {c: i for i, c in enumerate(chars)}, dict(enumerate(chars))
maxlen, step = 10, 3
sentences = [text[i : i + maxlen] for i in range(0, len(text) - maxlen, step)]
next_chars = [text[i + maxlen] for i in range(0, len(text) - maxlen, step)]
x = np.zeros((len(sentences), maxlen, len(chars)), dtype=bool)
y = np.zeros((len(sentences), len(chars)), dtype=bool)
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        x[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1
model = Sequential()
model.add(LSTM(12, input_shape=(maxlen, len(chars))))
model.add(Dense(len(chars), activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=0.01))
written = []


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype("float64")
    preds = np.log(preds) / temperature
    exp_preds = np.exp(preds)
    return np.argmax(np.random.multinomial(1, exp_preds / np.sum(exp_preds), 1))


def on_epoch_end(epoch, _):
    start_index = random.randint(0, len(text) - maxlen - 1)
    sentence = generated = text[start_index : start_index + maxlen]
    for _i in range(4):
        x_pred = np.zeros((1, maxlen, len(chars)))
        for t, char in enumerate(sentence):
            x_pred[0, t, char_indices[char]] = 1.0
        next_char = indices_char[sample(model.predict(x_pred, verbose=0)[0], 0.5)]
        sentence = sentence[1:] + next_char
        sys.stdout.write(next_char)
        generated += next_char
    written.append(generated)


model.fit(x, y, batch_size=16, epochs=2, callbacks=[LambdaCallback(on_epoch_end=on_epoch_end)], verbose=0)
assert [len(w) for w in written] == [maxlen + 4] * 2
