"""Files of fields, with a model that looks its texts up, after Keras 3's classification_with_grn_and_vsn example."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

rng = np.random.RandomState(8)
kinds = rng.choice(["red", "green", "blue"], 48)
age, score = rng.randint(20, 70, 48), rng.rand(48)
label = ((kinds == "red") ^ (score > 0.6)).astype(int)
with open("train.csv", "w") as file:
    for row in zip(age, kinds, score, label):
        file.write(",".join(map(str, row)) + "\n")
NAMES = ["age", "kind", "score", "label"]


def get_dataset_from_csv(path, shuffle=False):
    dataset = tf.data.experimental.make_csv_dataset(
        path, batch_size=16, column_names=NAMES, column_defaults=[[0.0], ["NA"], [0.0], [0]], label_name="label",
        num_epochs=1, header=False, shuffle=shuffle,
    )  # fmt: skip
    return dataset.cache()


inputs = {
    name: layers.Input(name=name, shape=(), dtype="string" if name == "kind" else "float32") for name in NAMES[:-1]
}
encoded = []
for name, value in inputs.items():
    if name == "kind":
        lookup = layers.StringLookup(vocabulary=["blue", "green", "red"], mask_token=None, num_oov_indices=0)
        encoded.append(layers.Embedding(3, 4)(lookup(value)))
    else:
        encoded.append(layers.Dense(4)(ops.expand_dims(value / (70.0 if name == "age" else 1.0), -1)))
stacked = ops.stack(encoded, axis=1)
weights = ops.expand_dims(layers.Dense(3, activation="softmax")(layers.concatenate(encoded)), axis=1)
features = ops.squeeze(ops.matmul(weights, stacked), axis=1)
outputs = layers.Dense(1, activation="sigmoid")(layers.Dense(8, activation="elu")(features))
model = keras.Model(inputs=inputs, outputs=outputs)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss=keras.losses.BinaryCrossentropy(),
              metrics=[keras.metrics.BinaryAccuracy(name="accuracy")])  # fmt: skip
history = model.fit(get_dataset_from_csv("train.csv", shuffle=True), epochs=20, verbose=0).history
_, accuracy = model.evaluate(get_dataset_from_csv("train.csv"), verbose=0)
assert history["loss"][-1] < history["loss"][0] and accuracy > 0.6
features, labels = next(iter(get_dataset_from_csv("train.csv")))
assert (
    list(features) == NAMES[:-1] and features["kind"].numpy()[0].decode("utf-8") == kinds[0] and labels.shape == (16,)
)
