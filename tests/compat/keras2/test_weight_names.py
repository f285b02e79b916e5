"""Names of weights as years before Keras 3 had them, where a script is of those years."""

import numpy as np
import pytest
from compat.running import run

from fastnn.compat.keras2.weight_names import NameOfYears

SCRIPT = """
import numpy as np, tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

def names(model):
    return " ".join(w.name for w in model.weights)

class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.stack = keras.Sequential([layers.Dense(2, name="a")])
        self.rnn = layers.GRU(2, name="b")

    def call(self, x):
        return self.stack(x) + self.rnn(x[:, None])

class Scale(layers.Layer):
    def build(self, shape):
        self.k = self.add_weight(name="k", shape=shape[1:])
        self.u = tf.Variable(1.0, name="u")

    def call(self, x):
        return x * self.k * self.u

x = np.ones((2, 3), "float32")
first, second = layers.Dense(2, input_shape=(3,), name="out"), layers.BatchNormalization(name="bn")
stack = keras.Sequential([first, second], name="s")
late = keras.Sequential([layers.Dense(2, name="late")], name="t")
late.compile("adam", "mse")
late.fit(x, np.ones((2, 2)), verbose=0)
own, scale = Own(), Scale(name="scale")
own(x), scale(x)
print(names(stack), names(late), names(own), names(scale), sep="\\n")
assert stack.weights[0].name == "kernel" and stack.weights[0].name.split("/")[0] == "out"
assert len({w.name: w for w in stack.weights}) == 6
late.save_weights("w.weights.h5")  # a path is what it was
before = late.get_weights()
late.load_weights("w.weights.h5")
assert stack.weights[0].path == "s/out/kernel"
assert all((a == b).all() for a, b in zip(before, late.get_weights()))
"""
WANTED = """out/kernel:0 out/bias:0 bn/gamma:0 bn/beta:0 bn/moving_mean:0 bn/moving_variance:0
late/kernel:0 late/bias:0
a/kernel:0 a/bias:0 own/b/gru_cell/kernel:0 own/b/gru_cell/recurrent_kernel:0 own/b/gru_cell/bias:0
scale/k:0 scale/u:0
"""


def test_names_with_the_layers_around(tmp_path):
    status, output, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert output == WANTED


def test_scripts_of_today_have_todays_names(tmp_path):
    script = "import keras\nd = keras.layers.Dense(2)\nd.build((1, 3))\nprint([w.name for w in d.weights])"
    assert run(script, tmp_path)[1] == "['kernel', 'bias']\n"


@pytest.mark.parametrize(
    "other, equal",
    [("kernel", True), ("a/kernel:0", True), ("a/kernel", False), ("kernel:0", False), ("b/kernel:0", False),
     ("", False), (None, False), (NameOfYears("b/kernel:0"), False), (NameOfYears("a/kernel:0"), True)],
)  # fmt: skip
def test_what_a_name_equals(other, equal):
    name = NameOfYears("a/kernel:0")
    assert (name == other) is equal and (other == name) is equal and (name != other) is not equal
    assert isinstance(np.array([name])[0], str)
