"""Values that a layer computes of its weights while it is built."""

from compat.running import run

SCRIPT = """
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import Dense, Input, Wrapper
from keras.models import Model, Sequential


class Squared(Layer):
    def build(self, input_shape):
        self.g = self.add_weight(shape=(1,), name="g", initializer="ones")
        self.scale = 1.0 - K.square(self.g[0]) * 0.5
        self.shift, self.fixed = K.exp(self.g) - 2, K.square(np.float32(3))
        self.add_loss(K.sum(K.square(self.g)) * 0.1)
        super(Squared, self).build(input_shape)

    def call(self, x):
        return x * self.scale + self.shift + 0 * self.fixed


layer = Squared(input_shape=(2,))
model = Sequential([layer])
model.compile("sgd", "mse")
x = np.random.RandomState(0).rand(8, 2).astype("float32")


def by_hand(g):
    return x * (1 - 0.5 * g**2) + np.exp(g) - 2


assert np.allclose(model.predict(x), by_hand(1.0), atol=1e-5)
before = model.evaluate(x, np.zeros((8, 2)), verbose=0)
assert np.isclose(before, (by_hand(1.0) ** 2).mean() + 0.1, atol=1e-5), before
for _ in range(3):
    model.train_on_batch(x, np.zeros((8, 2)))
g = float(K.get_value(layer.g)[0])
assert abs(g - 1) > 1e-3
assert np.allclose(model.predict(x), by_hand(g), atol=1e-5)
step = 1e-3
numbers = [(by_hand(v) ** 2).mean() + 0.1 * v**2 for v in (g - step, g + step)]
model.train_on_batch(x, np.zeros((8, 2)))
assert np.isclose(float(K.get_value(layer.g)[0]), g - 0.01 * (numbers[1] - numbers[0]) / (2 * step), atol=1e-4)
print("done")
"""


def test_values_of_a_build_are_those_of_the_step(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0 and out.splitlines()[-1] == "done", errors


UPDATES = """
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import Dense
from keras.models import Sequential


class Counts(Layer):
    def build(self, input_shape):
        self.rows = self.add_weight(shape=(), name="rows", initializer="zeros", trainable=False)
        self.total = self.add_weight(shape=(), name="total", initializer="zeros", trainable=False)
        self.other = self.add_weight(shape=(), name="other", initializer="zeros", trainable=False)
        super(Counts, self).build(input_shape)

    def call(self, x):
        self.add_update((self.rows, self.rows + 1.0), x)
        self.add_update([K.update_add(self.total, 2.0), (self.other, self.other + 3.0)], x)
        return x


layer = Counts(input_shape=(2,))
model = Sequential([layer, Dense(1)])
model.compile("sgd", "mse")
x = np.ones((8, 2))
model.predict(x), model.evaluate(x, x[:, :1], verbose=0)
assert [float(K.get_value(v)) for v in (layer.rows, layer.total, layer.other)] == [0, 0, 0]
model.fit(x, x[:, :1], batch_size=4, verbose=0)
assert [float(K.get_value(v)) for v in (layer.rows, layer.total, layer.other)] == [2, 4, 6]
model.predict(x)
assert float(K.get_value(layer.total)) == 4
assert model.layers[1].inbound_nodes[0].outbound_layer is model.layers[1]
print("done")
"""


def test_updates_of_a_layer_are_made_while_training(tmp_path):
    status, out, errors = run(UPDATES, tmp_path)
    assert status == 0 and out.splitlines()[-1] == "done", errors
