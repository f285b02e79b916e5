# Whole models under names that Keras 2 and TensorFlow 2 took: without an ending, with one of one's own, by checkpoints.
import os

import numpy as np
from keras.callbacks import ModelCheckpoint
from keras.layers import Dense
from keras.models import Model, Sequential, load_model, save_model

x = np.random.RandomState(0).rand(8, 3)
y = x.sum(axis=1, keepdims=True)
model = Sequential([Dense(4, activation="relu", input_shape=(3,)), Dense(1)])
model.compile(optimizer="adam", loss="mse")

checkpoints = [ModelCheckpoint("best", monitor="loss", save_best_only=True), ModelCheckpoint("of-{epoch:02d}.model")]
model.fit(x, y, epochs=2, verbose=0, callbacks=checkpoints)
expected = model.predict(x, verbose=0)

model.save("plain")
model.save("all.model")
model.save("all.net", save_format="h5")
model.save("folder.v1", save_format="tf")
save_model(model, "saved/below", include_optimizer=False)
for name in ("plain", "all.model", "all.net", "folder.v1", "saved/below", "of-02.model"):
    np.testing.assert_array_equal(load_model(name).predict(x, verbose=0), expected)
assert load_model("of-01.model").predict(x, verbose=0).shape == expected.shape
assert [os.path.isdir(name) for name in ("plain", "all.model", "all.net", "folder.v1", "best")] == [1, 0, 0, 1, 1]


class Own(Model):
    def __init__(self, units=1, **kwargs):
        super().__init__(**kwargs)
        self.units, self.head = units, Dense(units)

    def call(self, inputs):
        return self.head(inputs)

    def get_config(self):
        return {"units": self.units}


own = Own()
own.compile(optimizer="sgd", loss="mse")
own.fit(x, y, verbose=0)
own.save("own.model")  # what no HDF5 file holds: a folder
again = load_model("own.model", custom_objects={"Own": Own})
np.testing.assert_array_equal(again.predict(x, verbose=0), own.predict(x, verbose=0))
