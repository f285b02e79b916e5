"""Embeddings of padded word numbers, validation and a plot's data, after TensorFlow's text classification tutorial."""

import numpy as np
from tensorflow import keras

vocab_size = 40
rng = np.random.RandomState(0)
train_data = [rng.randint(1, vocab_size, rng.randint(3, 15)).tolist() for _ in range(32)]
train_labels = np.array([int(np.mean(t) > vocab_size / 2) for t in train_data])
word_index = {"<PAD>": 0, "<START>": 1}
train_data = keras.preprocessing.sequence.pad_sequences(
    train_data, value=word_index["<PAD>"], padding="post", maxlen=12
)
model = keras.Sequential()
model.add(keras.layers.Embedding(vocab_size, 8, input_shape=(None,)))
model.add(keras.layers.GlobalAveragePooling1D())
model.add(keras.layers.Dense(8, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.summary()
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
x_val, partial_x_train = train_data[:8], train_data[8:]
y_val, partial_y_train = train_labels[:8], train_labels[8:]
history = model.fit(partial_x_train, partial_y_train, epochs=4, batch_size=8, validation_data=(x_val, y_val), verbose=1)
results = model.evaluate(x_val, y_val)
history_dict = history.history
assert list(sorted(history_dict.keys())) == ["acc", "loss", "val_acc", "val_loss"] and len(results) == 2
acc, val_acc = history_dict["acc"], history_dict["val_acc"]
assert len(range(1, len(acc) + 1)) == 4 and np.isfinite(val_acc).all()
