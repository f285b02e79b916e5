"""Cells that scripts derive from Keras 2's: masks for each gate, states of inputs and dtypes."""

from compat.running import run

from fastnn.compat.keras2.cells import ContextValueCache
from fastnn.graph import Trace

SCRIPT = """
import numpy as np, tensorflow as tf
from tensorflow import keras

class Cell(keras.layers.LSTMCell):
    def call(self, inputs, states, training=None):
        h, c = states
        kept = self.get_dropout_mask_for_cell(inputs, training, count=4)
        held = self.get_recurrent_dropout_mask_for_cell(h, training)
        if 0 < self.dropout < 1:
            inputs = inputs * kept[0]
        if 0 < self.recurrent_dropout < 1:
            h = h * held
        assert (kept is None) == (not self.dropout) and (held is None) == (not self.recurrent_dropout)
        z = keras.backend.dot(inputs, self.kernel) + keras.backend.dot(h, self.recurrent_kernel) + self.bias
        c, o = self._compute_carry_and_output_fused(tf.split(z, 4, axis=1), c)
        h = o * self.activation(c)
        return h, [h, c]

x = np.random.RandomState(0).rand(8, 5, 3).astype("float32")
ours = keras.Sequential([keras.layers.LSTM(4, input_shape=(5, 3))])
for rates in ({}, {"dropout": 0.5}, {"dropout": 0.5, "recurrent_dropout": 0.5}):
    model = keras.Sequential([keras.layers.Input((5, 3)), keras.layers.RNN(Cell(4, **rates))])
    model.compile("adam", "mse")
    model.fit(x, np.ones((8, 4)), verbose=0)
    ours.set_weights([w for w in model.get_weights() if w.ndim and w.dtype == "float32"])
    assert np.allclose(model.predict(x, verbose=0), ours.predict(x, verbose=0), atol=1e-6)
    drawn = [model(x, training=True).numpy() for _ in range(2)]
    assert np.allclose(*drawn) == (not rates)

cell = keras.layers.LSTMCell(4)
stack = keras.layers.StackedRNNCells([keras.layers.GRUCell(2), keras.layers.GRUCell(3)])
shapes = lambda states: [(tuple(s.shape), s.dtype.name) for s in states]
assert shapes(cell.get_initial_state(batch_size=2, dtype="float64")) == [((2, 4), "float64")] * 2
assert shapes(cell.get_initial_state(x[:, 0])) == [((8, 4), "float32")] * 2
assert shapes(cell.get_initial_state(2)) == shapes(cell.get_initial_state(batch_size=2)) == [((2, 4), "float32")] * 2
assert shapes(stack.get_initial_state(inputs=x, dtype=tf.float32)) == [((8, 2), "float32"), ((8, 3), "float32")]
optimizer = keras.optimizers.get("adam", use_legacy_optimizer=True)
try:
    keras.optimizers.get("adam", use_new_optimizer=True)
except TypeError as error:
    print(optimizer.name[:4], error)
"""


def test_own_cells(tmp_path):
    status, output, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert output == "adam optimizers.get() got an unexpected keyword argument 'use_new_optimizer'.\n"


def test_values_kept_for_each_graph():
    cache = ContextValueCache(lambda x=1: [x])
    outside = cache[None]
    with Trace() as trace:
        inside = cache.setdefault(key=None, kwargs={"x": 2})
        assert inside == [2] and cache[None] is cache[trace] is inside
        with Trace(parent=trace):
            assert cache[None] is inside
    assert cache[None] is outside and cache.setdefault(None, default=[5]) is outside
    cache.clear()
    assert cache.setdefault(None, default=[5]) == [5]
