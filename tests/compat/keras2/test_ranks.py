"""A Sequential in the old modes: inputs of other ranks than it was told, and of those that it takes as they are."""

from compat.running import run

SCRIPT = """
import numpy as np
import keras

model = keras.Sequential([keras.layers.Dense(2, input_shape=(1,), kernel_initializer="ones")])
model.compile("sgd", "mse")
model.fit(np.array([1.0, 2.0]), np.ones((2, 2)), verbose=0)
print(model.predict(np.array([1.0, 2.0]), verbose=0).shape, model.predict(np.ones((2, 1)), verbose=0).shape)
x = keras.Input((3, 1))
print(keras.Model(x, model(x)).output_shape)
"""


def test_values_without_an_axis_of_one_are_rows(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == ["(2, 2) (2, 2)", "(None, 3, 2)"]
