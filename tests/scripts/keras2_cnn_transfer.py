"""Frozen layers, fine tuning, layers popped and added, as blogs of 2017 and 2018 did."""

import numpy as np
from keras import optimizers
from keras.layers import Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from keras.models import Model, Sequential

inputs = Input((8, 8, 3))
x = Conv2D(4, (3, 3), activation="relu", name="block1_conv1")(inputs)
x = MaxPooling2D((2, 2), name="block1_pool")(x)
x = Conv2D(4, (2, 2), activation="relu", name="block2_conv1")(x)
base_model = Model(inputs, x)
base_model.save_weights("base_notop.h5")
for layer in base_model.layers:
    layer.trainable = False
x = base_model.output
x = GlobalAveragePooling2D()(x)
x = Dense(6, activation="relu")(x)
predictions = Dense(2, activation="softmax")(x)
model = Model(inputs=base_model.input, outputs=predictions)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy")
data, labels = np.random.RandomState(0).rand(8, 8, 8, 3), np.eye(2)[np.arange(8) % 2]
before = base_model.get_weights()
model.fit(data, labels, epochs=1, verbose=0)
assert all(np.array_equal(a, b) for a, b in zip(before, base_model.get_weights()))
for layer in model.layers[:3]:
    layer.trainable = False
for layer in model.layers[3:]:
    layer.trainable = True
model.compile(optimizer=optimizers.SGD(lr=0.01, momentum=0.9), loss="categorical_crossentropy")
model.fit(data, labels, epochs=1, verbose=0)
after = base_model.get_weights()
assert np.array_equal(before[0], after[0]) and not np.array_equal(before[2], after[2])
top = Sequential()
top.add(Flatten(input_shape=base_model.output_shape[1:]))
top.add(Dense(3, activation="relu"))
top.add(Dropout(0.5))
top.add(Dense(1, activation="sigmoid"))
whole = Model(inputs=base_model.input, outputs=top(base_model.output))
bottleneck = base_model.predict(data)
np.testing.assert_allclose(top.predict(bottleneck), whole.predict(data), rtol=1e-5)
whole.load_weights("base_notop.h5", by_name=True)
assert np.array_equal(whole.get_layer("block2_conv1").get_weights()[0], before[2])
top.pop()
top.add(Dense(2, activation="softmax", name="other"))
assert top.output_shape == (None, 2) and model.layers[-1].name.startswith("dense")
