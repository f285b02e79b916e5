"""Pictures in files and in TFRecord files: written, read, decoded and augmented in a pipeline, trained on."""

import os

import numpy as np
import tensorflow as tf

for label in ("cats", "dogs"):
    for number in range(4):
        pixels = np.full((12, 10, 3), 60 + 100 * (label == "dogs") + number, "uint8")
        tf.io.write_file(os.path.join("pictures", label, f"{number}.png"), tf.io.encode_png(pixels))
names = np.array(sorted(tf.io.gfile.listdir("pictures")))


def labelled(path):
    parts = tf.strings.split(path, os.path.sep)
    return tf.io.read_file(path), tf.argmax(tf.cast(parts[-2] == names, tf.int32))


def _bytes(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.numpy()]))


def _int(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


with tf.io.TFRecordWriter("all.tfrecord") as writer:
    for contents, label in tf.data.Dataset.list_files("pictures/*/*.png", shuffle=False).map(labelled):
        rows, columns, _ = tf.io.decode_image(contents).shape
        feature = {"picture": _bytes(contents), "label": _int(int(label)), "rows": _int(rows), "columns": _int(columns)}
        writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())

described = {
    "picture": tf.io.FixedLenFeature([], tf.string),
    "label": tf.io.FixedLenFeature([], tf.int64),
    "rows": tf.io.FixedLenFeature([], tf.int64, default_value=0),
    "weight": tf.io.FixedLenFeature([], tf.float32, default_value=1.0),
}


def parsed(record):
    example = tf.io.parse_single_example(record, described)
    picture = tf.image.convert_image_dtype(tf.image.decode_jpeg(example["picture"], channels=3), tf.float32)
    return tf.image.resize(picture, [8, 8]), example["label"]


def augmented(picture, label):
    return tf.image.random_flip_left_right(tf.image.random_brightness(picture, 0.05)), label


data = tf.data.TFRecordDataset(["all.tfrecord"]).map(parsed, num_parallel_calls=tf.data.experimental.AUTOTUNE)
train = data.cache().shuffle(8).map(augmented).batch(4).repeat().prefetch(1)
pictures, labels = next(iter(data.batch(8)))
assert pictures.shape == (8, 8, 8, 3) and labels.dtype == tf.int64 and labels.numpy().tolist() == [0] * 4 + [1] * 4
np.testing.assert_allclose(pictures[5].numpy(), np.full((8, 8, 3), 161 / 255), rtol=1e-5)

model = tf.keras.Sequential(
    [tf.keras.layers.Flatten(input_shape=(8, 8, 3)), tf.keras.layers.Dense(2, activation="softmax")]
)
model.compile(tf.keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=5, steps_per_epoch=8, verbose=0)
assert model.evaluate(data.batch(4), verbose=0)[1] == 1.0
