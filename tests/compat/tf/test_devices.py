"""`tf.device`: TensorFlow's rule, that what is not there is done on the CPU; names are read by one parser."""

import pytest
from compat.running import run

from fastnn.compat.tf.devices import DeviceScope
from fastnn.core.errors import ArgumentError


@pytest.mark.parametrize("name", ["/GPU:0", "gpu", "/device:GPU:1", "/cpu:0", "CPU", "/TPU:0", None,
                                  "/job:worker/task:1", "/job:localhost/replica:0/task:0/device:CPU:0"])  # fmt: skip
def test_names_that_tensorflow_takes(name):
    with DeviceScope(name):
        pass


@pytest.mark.parametrize("name", ["nonsense", 0, "gpu:x", "/device:", ""])
def test_what_is_no_device_is_a_named_error(name):
    """A ValueError, as in TensorFlow."""
    with pytest.raises(ArgumentError, match=r"tf.device: received .*expected 'cpu'"):
        DeviceScope(name)


SYMBOLS = """
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.keras import backend as K
sess = K.get_session()
x = tf.keras.Input((3,))
h = tf.keras.layers.Dropout(0.5)(tf.keras.layers.Dense(4, activation="relu", kernel_initializer="ones")(x))
model = tf.keras.Model(x, tf.keras.layers.Dense(2, kernel_initializer="ones")(h))
data = np.arange(6.0).reshape(2, 3)
print(sess.run(model.output, {model.input: data}).tolist())
found = sess.run({"h": h, "w": model.layers[1].kernel}, feed_dict={x: data, K.learning_phase(): 0})
print(found["h"][:, 0].tolist(), found["w"].shape)
slopes = tf.gradients(model.output[:, 0], model.input)[0]
print(sess.run([slopes, h], {model.input: data})[0].tolist())
model.compile(tf.train.AdamOptimizer(0.01), "mse")
print(len(model.fit(data, np.ones((2, 2)), verbose=0).history["loss"]))
try:
    sess.run(model.output)
except Exception as error:
    print("feed_dict" in str(error))
"""


def test_a_session_runs_symbols_of_keras(tmp_path):
    status, output, errors = run(SYMBOLS, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == [
        "[[12.0, 12.0], [48.0, 48.0]]",
        "[3.0, 12.0] (3, 4)",
        "[[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]",
        "1",
        "True",
    ]
