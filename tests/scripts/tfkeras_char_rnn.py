"""Text generation with an RNN over characters, after TensorFlow's tutorial: strings, TensorArray, checkpoints."""

import os

import numpy as np
import tensorflow as tf

text = "the sea and the sand and the sun. " * 6
characters = tf.strings.unicode_split(text, input_encoding="UTF-8")
vocab = sorted(set(text))
ids_from_chars = tf.keras.layers.StringLookup(vocabulary=list(vocab), mask_token=None)
all_ids = ids_from_chars(characters)
sequences = tf.data.Dataset.from_tensor_slices(all_ids).batch(13, drop_remainder=True)
dataset = sequences.map(lambda s: (s[:-1], s[1:])).batch(4, drop_remainder=True)
size = len(ids_from_chars.get_vocabulary())

model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((None,), dtype="int64"),
        tf.keras.layers.Embedding(size, 8),
        tf.keras.layers.GRU(16, return_sequences=True),
        tf.keras.layers.Dense(size),
    ]
)
optimizer = tf.keras.optimizers.Adam(0.02)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
step = tf.Variable(0, dtype=tf.int64)
checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, step=step)
manager = tf.train.CheckpointManager(checkpoint, "./training_checkpoints", max_to_keep=2)
checkpoint.restore(manager.latest_checkpoint)
assert manager.latest_checkpoint is None


def train():
    losses = []
    for inputs, target in dataset:
        with tf.GradientTape() as tape:
            loss = loss_fn(target, model(inputs, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        step.assign_add(1)
        losses.append(float(loss))
    return np.mean(losses)


losses = []
for epoch in range(8):
    losses.append(train())
    manager.save()
assert losses[-1] < 0.6 * losses[0], losses
assert len(manager.checkpoints) == 2 and os.path.exists(manager.latest_checkpoint + ".index")
trained = int(step)
after = train()
checkpoint.restore(tf.train.latest_checkpoint("./training_checkpoints")).assert_consumed()
assert int(step) == trained and abs(train() - after) < 1e-6

ids = tf.TensorArray(tf.int64, size=0, dynamic_size=True)
state = ids_from_chars(tf.constant(["t"]))
for n in range(5):
    ids = ids.write(n, state)
    logits = model(tf.expand_dims(state, 0))[:, -1]
    state = tf.argmax(logits, axis=-1)
chars_from_ids = tf.keras.layers.StringLookup(vocabulary=list(vocab), invert=True, mask_token=None)
result = tf.strings.reduce_join(chars_from_ids(tf.squeeze(ids.stack(), axis=1)))
assert int(tf.strings.length(result)) == 5
print("done")
