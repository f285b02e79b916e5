"""Words read from picture files, with CTC in an endpoint layer, after Keras 3's captcha_ocr example."""

import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

rng = np.random.RandomState(1)
for _ in range(12):
    word = "".join(rng.choice(list("abc2"), 3))
    tf.io.write_file(f"captcha/{word}.png", tf.io.encode_png(rng.randint(0, 255, (9, 24, 1)).astype("uint8")))
images = sorted(map(str, Path("captcha").glob("*.png")))
labels = [path.split(os.path.sep)[-1].split(".png")[0] for path in images]
characters = sorted({c for label in labels for c in label})
char_to_num = layers.StringLookup(vocabulary=list(characters), mask_token=None)
num_to_char = layers.StringLookup(vocabulary=char_to_num.get_vocabulary(), mask_token=None, invert=True)


def encode_single_sample(path, label):
    img = tf.io.decode_png(tf.io.read_file(path), channels=1)
    img = tf.image.convert_image_dtype(img, tf.float32)
    img = ops.transpose(ops.image.resize(img, [8, 24]), axes=[1, 0, 2])
    return {"image": img, "label": char_to_num(tf.strings.unicode_split(label, input_encoding="UTF-8"))}


def text(numbers):
    return tf.strings.reduce_join(num_to_char(numbers)).numpy().decode("utf-8")


dataset = tf.data.Dataset.from_tensor_slices((np.array(images), np.array(labels)))
dataset = dataset.map(encode_single_sample, num_parallel_calls=tf.data.AUTOTUNE).batch(4).prefetch(tf.data.AUTOTUNE)
first = next(iter(dataset))
assert [text(row) for row in first["label"]] == labels[:4] and first["image"].shape == (4, 24, 8, 1)


class CTCLayer(layers.Layer):
    def call(self, y_true, y_pred):
        n = ops.shape(y_true)[0]
        steps = ops.cast(ops.shape(y_pred)[1], "int32") * ops.ones((n,), "int32")
        sizes = ops.cast(ops.shape(y_true)[1], "int32") * ops.ones((n,), "int32")
        self.add_loss(
            ops.mean(ops.ctc_loss(ops.cast(y_true, "int32"), y_pred, sizes, steps, mask_index=len(characters) + 1))
        )
        return y_pred


image = layers.Input(shape=(24, 8, 1), name="image", dtype="float32")
label = layers.Input(name="label", shape=(None,), dtype="float32")
x = layers.Conv2D(4, 3, activation="relu", padding="same")(image)
x = layers.Reshape((12, 16))(layers.MaxPooling2D((2, 2))(x))
x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(x)
x = layers.Dense(len(characters) + 2, name="logits")(x)
model = keras.Model(inputs=[image, label], outputs=CTCLayer(name="ctc_loss")(label, x))
model.compile(optimizer=keras.optimizers.Adam(0.01))
history = model.fit(dataset, validation_data=dataset, epochs=3, verbose=0).history
assert sorted(history) == ["loss", "val_loss"] and history["loss"][-1] < history["loss"][0]

prediction_model = keras.Model(model.input[0], model.get_layer(name="logits").output)
pred = prediction_model.predict(first["image"], verbose=0)
lengths = np.full(len(pred), pred.shape[1], "int32")
decoded = ops.ctc_decode(pred, sequence_lengths=lengths, strategy="greedy", mask_index=len(characters) + 1)[0][0]
assert all(set(text(np.maximum(row, 0))) <= set("".join(characters) + "[UNK]") for row in np.asarray(decoded))
