"""A table of given vectors in an Embedding, after the Keras 2 example pretrained_word_embeddings."""

import numpy as np
from keras.initializers import Constant
from keras.layers import Conv1D, Dense, Embedding, GlobalMaxPooling1D, Input, MaxPooling1D
from keras.models import Model
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer
from keras.utils import to_categorical

texts = ["the cat sat on the mat", "the dog ate my homework", "a cat and a dog", "my mat"] * 4
labels = to_categorical(np.asarray([0, 1, 0, 1] * 4))
embeddings_index = {w: np.full(5, i, "float32") for i, w in enumerate(["cat", "dog", "mat", "the"])}
tokenizer = Tokenizer(num_words=20)
tokenizer.fit_on_texts(texts)
sequences = tokenizer.texts_to_sequences(texts)
word_index = tokenizer.word_index
data = pad_sequences(sequences, maxlen=12)
indices = np.arange(data.shape[0])
np.random.shuffle(indices)
data, labels = data[indices], labels[indices]
num_words = min(20, len(word_index) + 1)
embedding_matrix = np.zeros((num_words, 5))
for word, i in word_index.items():
    vector = embeddings_index.get(word)
    if i < 20 and vector is not None:
        embedding_matrix[i] = vector
embedding_layer = Embedding(
    num_words, 5, embeddings_initializer=Constant(embedding_matrix), input_length=12, trainable=False
)
sequence_input = Input(shape=(12,), dtype="int32")
x = embedding_layer(sequence_input)
x = Conv1D(4, 3, activation="relu")(x)
x = MaxPooling1D(2)(x)
x = Conv1D(4, 3, activation="relu")(x)
x = GlobalMaxPooling1D()(x)
preds = Dense(2, activation="softmax")(x)
model = Model(sequence_input, preds)
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
model.fit(data, labels, batch_size=8, epochs=2, validation_data=(data, labels), verbose=0)
assert np.array_equal(embedding_layer.get_weights()[0], embedding_matrix.astype("float32"))
assert len(model.trainable_weights) == 6
