"""Matches of two embeddings, after the Keras 2 example babi_memnn."""

import numpy as np
from keras.layers import LSTM, Activation, Dense, Dropout, Input, Permute, add, concatenate, dot
from keras.layers.embeddings import Embedding
from keras.models import Model, Sequential
from keras.preprocessing.sequence import pad_sequences

story_maxlen, query_maxlen, vocab_size = 7, 3, 11
rng = np.random.RandomState(0)
inputs_train = pad_sequences([rng.randint(1, vocab_size, rng.randint(3, 8)) for _ in range(20)], maxlen=story_maxlen)
queries_train = rng.randint(1, vocab_size, (20, query_maxlen))
answers_train = rng.randint(1, vocab_size, 20)
input_sequence, question = Input((story_maxlen,)), Input((query_maxlen,))
input_encoder_m = Sequential()
input_encoder_m.add(Embedding(input_dim=vocab_size, output_dim=8))
input_encoder_m.add(Dropout(0.3))
input_encoder_c = Sequential()
input_encoder_c.add(Embedding(input_dim=vocab_size, output_dim=query_maxlen))
question_encoder = Sequential()
question_encoder.add(Embedding(input_dim=vocab_size, output_dim=8, input_length=query_maxlen))
input_encoded_m, input_encoded_c = input_encoder_m(input_sequence), input_encoder_c(input_sequence)
question_encoded = question_encoder(question)
match = dot([input_encoded_m, question_encoded], axes=(2, 2))
match = Activation("softmax")(match)
response = add([match, input_encoded_c])
response = Permute((2, 1))(response)
answer = concatenate([response, question_encoded])
answer = LSTM(6)(answer)
answer = Dense(vocab_size)(answer)
answer = Activation("softmax")(answer)
model = Model([input_sequence, question], answer)
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    [inputs_train, queries_train],
    answers_train,
    batch_size=8,
    epochs=2,
    verbose=0,
    validation_data=([inputs_train, queries_train], answers_train),
)
assert model.predict([inputs_train, queries_train]).shape == (20, vocab_size)
