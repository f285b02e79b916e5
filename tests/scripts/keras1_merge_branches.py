"""Two branches, a Merge layer, a Sequential on it: question answering as Keras 1 wrote it."""

import numpy as np
from keras.layers import Dense, Dropout, Embedding, Merge
from keras.layers.recurrent import LSTM
from keras.models import Sequential

np.random.seed(1)
story = np.random.randint(1, 20, (32, 6))
question = np.random.randint(1, 20, (32, 3))
answers = (story[:, 0] > question[:, 0]).astype("float32")

left = Sequential()
left.add(Embedding(20, 8, input_length=6))
left.add(LSTM(8))
right = Sequential()
right.add(Embedding(20, 8, input_length=3))
right.add(LSTM(8))

model = Sequential()
model.add(Merge([left, right], mode="concat", concat_axis=-1))
model.add(Dropout(0.1))
model.add(Dense(8, init="uniform", activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(
    [story, question], answers, batch_size=8, nb_epoch=30, verbose=0, validation_data=([story, question], answers)
)
assert history.history["loss"][-1] < history.history["loss"][0]
assert model.predict_classes([story, question]).shape == (32, 1)
assert model.evaluate([story, question], answers, verbose=0)[1] > 0.5
model.summary(print_fn=lambda *line: None)
