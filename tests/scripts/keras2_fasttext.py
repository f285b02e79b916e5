"""Bags of words in a generator of n-grams, after the Keras 2 example imdb_fasttext."""

import numpy as np
from keras.layers import Dense, Embedding, GlobalAveragePooling1D
from keras.models import Sequential
from keras.preprocessing.sequence import pad_sequences


def create_ngram_set(input_list, ngram_value=2):
    return set(zip(*[input_list[i:] for i in range(ngram_value)]))


rng = np.random.RandomState(0)
texts = [rng.randint(1, 20, 9).tolist() for _ in range(20)]
ngrams = set.union(*(create_ngram_set(t) for t in texts))
token_indice = {v: k + 20 for k, v in enumerate(sorted(ngrams))}
texts = [t + [token_indice[pair] for pair in zip(t, t[1:]) if pair in token_indice] for t in texts]
max_features = max(token_indice.values()) + 1
x, y = pad_sequences(texts, maxlen=18), np.arange(20) % 2
model = Sequential()
model.add(Embedding(max_features, 10, input_length=18))
model.add(GlobalAveragePooling1D())
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["acc"])
history = model.fit(x, y, batch_size=5, epochs=3, validation_data=(x, y), verbose=0)
assert sorted(history.history) == ["acc", "loss", "val_acc", "val_loss"]
assert history.history["loss"][-1] < history.history["loss"][0]
