"""Characters to characters with an encoder and a decoder, saved in between, after Keras 3's lstm_seq2seq."""

import keras
import numpy as np

input_texts, target_texts = ["go", "run", "hi", "stop"], ["\tva\n", "\tcours\n", "\tsalut\n", "\tstop\n"]
input_characters = sorted(set("".join(input_texts)))
target_characters = sorted(set("".join(target_texts)))
n_in, n_out = len(input_characters), len(target_characters)
max_in, max_out = max(map(len, input_texts)), max(map(len, target_texts))
encoder_input_data = np.zeros((4, max_in, n_in), dtype="float32")
decoder_input_data = np.zeros((4, max_out, n_out), dtype="float32")
decoder_target_data = np.zeros((4, max_out, n_out), dtype="float32")
for i, (input_text, target_text) in enumerate(zip(input_texts, target_texts)):
    for t, char in enumerate(input_text):
        encoder_input_data[i, t, input_characters.index(char)] = 1.0
    for t, char in enumerate(target_text):
        decoder_input_data[i, t, target_characters.index(char)] = 1.0
        if t > 0:
            decoder_target_data[i, t - 1, target_characters.index(char)] = 1.0
latent_dim = 8
encoder_inputs = keras.Input(shape=(None, n_in))
encoder = keras.layers.LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = keras.Input(shape=(None, n_out))
decoder_lstm = keras.layers.LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = keras.layers.Dense(n_out, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=2, epochs=2, verbose=0)
model.save("s2s_model.keras")
model = keras.models.load_model("s2s_model.keras")
encoder_inputs = model.input[0]
encoder_outputs, state_h_enc, state_c_enc = model.layers[2].output
encoder_model = keras.Model(encoder_inputs, [state_h_enc, state_c_enc])
decoder_inputs = model.input[1]
decoder_states_inputs = [keras.Input(shape=(latent_dim,)), keras.Input(shape=(latent_dim,))]
decoder_outputs, state_h_dec, state_c_dec = model.layers[3](decoder_inputs, initial_state=decoder_states_inputs)
decoder_outputs = model.layers[4](decoder_outputs)
decoder_model = keras.Model([decoder_inputs] + decoder_states_inputs, [decoder_outputs, state_h_dec, state_c_dec])
states_value = encoder_model.predict(encoder_input_data[:1], verbose=0)
target_seq = np.zeros((1, 1, n_out))
target_seq[0, 0, target_characters.index("\t")] = 1.0
decoded = ""
while len(decoded) < 5:
    output_tokens, h, c = decoder_model.predict([target_seq] + states_value, verbose=0)
    sampled = np.argmax(output_tokens[0, -1, :])
    decoded += target_characters[sampled]
    target_seq = np.zeros((1, 1, n_out))
    target_seq[0, 0, sampled] = 1.0
    states_value = [h, c]
assert len(decoded) == 5
