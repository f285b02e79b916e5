"""Encoder, decoder, and models for inference from their layers, after the Keras 2 example lstm_seq2seq."""

import numpy as np
from keras.layers import LSTM, Dense, Input
from keras.models import Model, load_model

latent_dim, n_in, n_out = 6, 5, 7
rng = np.random.RandomState(0)
encoder_input_data = np.eye(n_in, dtype="float32")[rng.randint(0, n_in, (12, 4))]
decoder_input_data = np.eye(n_out, dtype="float32")[rng.randint(0, n_out, (12, 6))]
decoder_target_data = np.roll(decoder_input_data, -1, axis=1)
encoder_inputs = Input(shape=(None, n_in))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, n_out))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(n_out, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(
    [encoder_input_data, decoder_input_data],
    decoder_target_data,
    batch_size=4,
    epochs=1,
    validation_split=0.2,
    verbose=0,
)
model.save("s2s.h5")
model = load_model("s2s.h5")  # lstm_seq2seq_restore
encoder_inputs = model.input[0]
encoder_outputs, state_h_enc, state_c_enc = model.layers[2].output
encoder_model = Model(encoder_inputs, [state_h_enc, state_c_enc])
decoder_inputs = model.input[1]
state_in = [Input(shape=(latent_dim,), name="input_3"), Input(shape=(latent_dim,), name="input_4")]
decoder_lstm = model.layers[3]
decoder_outputs, state_h_dec, state_c_dec = decoder_lstm(decoder_inputs, initial_state=state_in)
decoder_outputs = model.layers[4](decoder_outputs)
decoder_model = Model([decoder_inputs] + state_in, [decoder_outputs, state_h_dec, state_c_dec])
states_value = encoder_model.predict(encoder_input_data[:1])
target_seq = np.zeros((1, 1, n_out))
target_seq[0, 0, 0] = 1.0
decoded = []
for _ in range(4):
    output_tokens, h, c = decoder_model.predict([target_seq] + states_value)
    decoded.append(int(np.argmax(output_tokens[0, -1, :])))
    target_seq = np.zeros((1, 1, n_out))
    target_seq[0, 0, decoded[-1]] = 1.0
    states_value = [h, c]
whole = model.predict([encoder_input_data[:1], decoder_input_data[:1]])
assert len(decoded) == 4 and whole.shape == (1, 6, n_out)
