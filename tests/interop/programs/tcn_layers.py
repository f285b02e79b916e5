"""keras-tcn: its layer in stacks and graphs, trained, saved and loaded."""

import keras
import numpy as np
from tcn import TCN

x = np.random.default_rng(0).random((12, 8, 2))
first = TCN(input_shape=(8, 2), nb_filters=4, kernel_size=2, dilations=(1, 2), use_batch_norm=True)
model = keras.Sequential([first, keras.layers.Dense(1)])
model.compile("adam", "mse")
assert len(model.fit(x, x.sum((1, 2)), epochs=2, verbose=0).history["loss"]) == 2
model.save("tcn.keras")
again = keras.models.load_model("tcn.keras", custom_objects={"TCN": TCN})
np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
inputs = keras.Input((None, 2))
steps = TCN(4, return_sequences=True, use_layer_norm=True, dropout_rate=0.1)(inputs)
assert keras.Model(inputs, keras.layers.Dense(1)(steps)).predict(x, verbose=0).shape == (12, 8, 1)
