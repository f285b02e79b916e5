"""Semi-supervised heads, as in scripts of GANs: the classes of each output weigh as its own table says."""

import numpy as np
from keras.layers import Dense, Input
from keras.models import Model
from keras.utils import to_categorical

rows, classes = 8, 3
x = Input(shape=(2,))
valid = Dense(1, activation="sigmoid", kernel_initializer="zeros", name="valid")(x)
label = Dense(classes + 1, activation="softmax", kernel_initializer="zeros", name="label")(x)
model = Model(x, [valid, label])
model.compile(
    loss=["binary_crossentropy", "categorical_crossentropy"],
    loss_weights=[0.5, 0.5],
    optimizer="sgd",
    metrics=["accuracy"],
)
half = rows // 2
of_valid = {0: 1, 1: 1}
of_label = {i: classes / half for i in range(classes)}
of_label[classes] = 1 / half
labels = to_categorical([0, 1, 2, 0, 3, 3, 3, 3], num_classes=classes + 1)
data = np.ones((rows, 2)), [np.ones((rows, 1)), labels]
found = model.train_on_batch(*data, class_weight=[of_valid, of_label])
weight = np.mean([classes / half] * half + [1 / half] * half)
np.testing.assert_allclose(
    found[:3], [0.5 * (np.log(2) + weight * np.log(4)), np.log(2), weight * np.log(4)], rtol=1e-5
)
assert len(found) == len(model.metrics_names) == 5
history = model.fit(*data, epochs=1, verbose=0, class_weight={"label": of_label})
assert set(history.history) >= {"loss", "valid_loss", "label_loss"}
