"""Translation with attention: models whose call takes a state, a loop over the words, checkpoints, words one by one."""

import os

import numpy as np
import tensorflow as tf

sentences = ["<start> the cat sits <end>", "<start> a dog runs away <end>"] * 4
tokenizer = tf.keras.preprocessing.text.Tokenizer(filters="")
tokenizer.fit_on_texts(sentences)
rows = tf.keras.preprocessing.sequence.pad_sequences(tokenizer.texts_to_sequences(sentences), padding="post")
words, units, batch = len(tokenizer.word_index) + 1, 8, 4
data = tf.data.Dataset.from_tensor_slices((rows, rows)).shuffle(8).batch(batch, drop_remainder=True)


class Encoder(tf.keras.Model):
    def __init__(self):
        super(Encoder, self).__init__()
        self.embedding = tf.keras.layers.Embedding(words, 5)
        self.gru = tf.keras.layers.GRU(units, return_sequences=True, return_state=True)

    def call(self, x, hidden):
        output, state = self.gru(self.embedding(x), initial_state=hidden)
        return output, state

    def initialize_hidden_state(self):
        return tf.zeros((batch, units))


class Attention(tf.keras.layers.Layer):
    def __init__(self):
        super(Attention, self).__init__()
        self.W1, self.W2, self.V = (tf.keras.layers.Dense(n) for n in (units, units, 1))

    def call(self, query, values):
        score = self.V(tf.nn.tanh(self.W1(tf.expand_dims(query, 1)) + self.W2(values)))
        weights = tf.nn.softmax(score, axis=1)
        return tf.reduce_sum(weights * values, axis=1), weights


class Decoder(tf.keras.Model):
    def __init__(self):
        super(Decoder, self).__init__()
        self.embedding = tf.keras.layers.Embedding(words, 5)
        self.gru = tf.keras.layers.GRU(units, return_sequences=True, return_state=True)
        self.fc, self.attention = tf.keras.layers.Dense(words), Attention()

    def call(self, x, hidden, encoded):
        context, weights = self.attention(hidden, encoded)
        x = tf.concat([tf.expand_dims(context, 1), self.embedding(x)], axis=-1)
        output, state = self.gru(x)
        return self.fc(tf.reshape(output, (-1, output.shape[2]))), state, weights


encoder, decoder = Encoder(), Decoder()
optimizer = tf.keras.optimizers.Adam(0.01)
cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
checkpoint = tf.train.Checkpoint(optimizer=optimizer, encoder=encoder, decoder=decoder)
start = tokenizer.word_index["<start>"]


def loss_of(real, predicted):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss = cross_entropy(real, predicted)
    return tf.reduce_mean(loss * tf.cast(mask, dtype=loss.dtype))


@tf.function
def train_step(inputs, targets, hidden):
    loss = 0
    with tf.GradientTape() as tape:
        encoded, hidden = encoder(inputs, hidden)
        word = tf.expand_dims([start] * batch, 1)
        for t in range(1, targets.shape[1]):
            predicted, hidden, _ = decoder(word, hidden, encoded)
            loss += loss_of(targets[:, t], predicted)
            word = tf.expand_dims(targets[:, t], 1)
    variables = encoder.trainable_variables + decoder.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss / int(targets.shape[1])


losses = []
for epoch in range(6):
    hidden = encoder.initialize_hidden_state()
    total = 0
    for number, (inputs, targets) in enumerate(data.take(2)):
        total += train_step(inputs, targets, hidden)
    losses.append(total.numpy())
checkpoint.save(file_prefix=os.path.join("checkpoints", "ckpt"))
assert losses[-1] < losses[0] and len(encoder.weights) == 4 and len(decoder.weights) == 12

checkpoint.restore(tf.train.latest_checkpoint("checkpoints"))
encoded, hidden = encoder(tf.convert_to_tensor(rows[:1]), [tf.zeros((1, units))])
word, places = tf.expand_dims([start], 0), np.zeros((3, rows.shape[1]))
for t in range(3):
    predicted, hidden, weights = decoder(word, hidden, encoded)
    places[t] = tf.reshape(weights, (-1,)).numpy()
    word = tf.expand_dims([tf.argmax(predicted[0]).numpy()], 0)
np.testing.assert_allclose(places.sum(axis=1), 1, rtol=1e-5)
