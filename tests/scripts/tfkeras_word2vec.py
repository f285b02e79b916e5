"""Word vectors: skip-grams, negative samples of a log-uniform sampler, a model of two embeddings, then NCE by hand."""

import re
import string

import numpy as np
import tensorflow as tf

with open("text.txt", "w", encoding="utf-8") as file:
    file.write("The wide road shimmered in the hot sun.\nThe road was hot, the sun was wide!\n\nA hot wide road.\n")
lines = tf.data.TextLineDataset("text.txt").filter(lambda line: tf.cast(tf.strings.length(line), bool))


def standardized(text):
    return tf.strings.regex_replace(tf.strings.lower(text), "[%s]" % re.escape(string.punctuation), "")


size, length, negatives = 12, 8, 4
vectorize = tf.keras.layers.TextVectorization(
    standardize=standardized, max_tokens=size, output_mode="int", output_sequence_length=length
)
vectorize.adapt(lines.batch(8))
assert vectorize.get_vocabulary()[:3] == ["", "[UNK]", "the"]
sequences = list(lines.batch(8).prefetch(tf.data.AUTOTUNE).map(vectorize).unbatch().as_numpy_iterator())
assert len(sequences) == 3

targets, contexts, labels = [], [], []
table = tf.keras.preprocessing.sequence.make_sampling_table(size)
assert table.shape == (size,)
for sequence in sequences:
    pairs, _ = tf.keras.preprocessing.sequence.skipgrams(
        sequence, vocabulary_size=size, window_size=2, negative_samples=0, seed=1
    )
    for target, context in pairs:
        true = tf.expand_dims(tf.constant([context], dtype="int64"), 1)
        others, _, _ = tf.random.log_uniform_candidate_sampler(
            true_classes=true, num_true=1, num_sampled=negatives, unique=True, range_max=size, seed=2, name="others"
        )
        targets.append(target)
        contexts.append(tf.concat([tf.squeeze(true, 1), others], 0))
        labels.append(tf.constant([1] + [0] * negatives, dtype="int64"))
data = tf.data.Dataset.from_tensor_slices(((np.array(targets), np.array(contexts)), np.array(labels)))
data = data.shuffle(100, seed=3).batch(8, drop_remainder=True).cache().prefetch(buffer_size=tf.data.AUTOTUNE)


class Word2Vec(tf.keras.Model):
    def __init__(self):
        super(Word2Vec, self).__init__()
        self.target_embedding = tf.keras.layers.Embedding(size, 6, name="w2v_embedding")
        self.context_embedding = tf.keras.layers.Embedding(size, 6)

    def call(self, pair):
        target, context = pair
        if len(target.shape) == 2:
            target = tf.squeeze(target, axis=1)
        return tf.einsum("be,bce->bc", self.target_embedding(target), self.context_embedding(context))


model = Word2Vec()
loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(optimizer=tf.keras.optimizers.Adam(0.05), loss=loss, metrics=["accuracy"])
history = model.fit(data, epochs=6, verbose=0).history
assert history["loss"][-1] < history["loss"][0]
assert model.get_layer("w2v_embedding").get_weights()[0].shape == (size, 6)

words, weights, biases = (tf.Variable(tf.random.normal(shape)) for shape in ([size, 4], [size, 4], [size]))
optimizer = tf.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    found = tf.nn.embedding_lookup(words, [1, 2, 3])
    true = tf.reshape(tf.constant([2, 3, 1], tf.int64), [-1, 1])
    nce = tf.reduce_mean(
        tf.nn.nce_loss(weights=weights, biases=biases, labels=true, inputs=found, num_sampled=5, num_classes=size)
    )
gradients = tape.gradient(nce, [words, weights, biases])
optimizer.apply_gradients(zip(gradients, [words, weights, biases]))
assert [g.shape for g in gradients] == [(size, 4), (size, 4), (size,)]
