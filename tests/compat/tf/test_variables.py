"""Parts, places and rows of variables, under the aliases; the values are TensorFlow 2.21's."""

import numpy as np
import pytest
from compat.running import run

SCRIPT = """
import tensorflow as tf
v = tf.Variable([[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]])
v[0, 1].assign(42.0)
v[:, 2].assign([0.0, 1.0])
v.scatter_nd_update(indices=[[0, 0], [1, 2]], updates=[100.0, 200.0])
print(v.numpy().tolist())
v.scatter_nd_add([[0]], [[1.0, 2.0, 3.0]])
v.scatter_nd_sub([[1, 1]], [5.0])
print(v.numpy().tolist())
rows = lambda values, indices: tf.IndexedSlices(tf.constant(values), tf.constant(indices))
v.scatter_add(rows([[1.0, 1.0, 1.0]], [1]))
v.scatter_update(rows([[7.0, 7.0, 7.0]], [0]))
v.scatter_max(rows([[9.0, 0.0, 9.0]], [0]))
print(v.numpy().tolist(), v.sparse_read([1]).numpy().tolist())
row = v[0]
v[1].assign(row)
print(v.numpy().tolist(), float(tf.reduce_sum(row)))
try:
    v[0].assign([1.0, 2.0])
except ValueError as error:
    print("refused", v.numpy().tolist()[0])
"""
LINES = [
    "[[100.0, 42.0, 0.0], [8.0, 10.0, 200.0]]",
    "[[101.0, 44.0, 3.0], [8.0, 5.0, 200.0]]",
    "[[9.0, 7.0, 9.0], [9.0, 6.0, 201.0]] [[9.0, 6.0, 201.0]]",
    "[[9.0, 7.0, 9.0], [9.0, 7.0, 9.0]] 25.0",
    "refused [9.0, 7.0, 9.0]",
]


def test_parts_of_variables_are_assigned(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == LINES


def test_without_the_aliases_parts_are_plain_arrays():
    import fastnn

    part = fastnn.Variable(np.ones((2, 2)))[0]
    with pytest.raises(AttributeError):
        part.assign(2.0)


CALLED = """
import tensorflow as tf
v = tf.Variable([1.0, 2.0])
print(v.value().numpy(), v.value.numpy(), (v.value() * 2.0).numpy())
with tf.GradientTape() as tape:
    y = tf.reduce_sum(v.value() ** 2)
print(tape.gradient(y, v).numpy())
times = tf.function(lambda x: v.value() * x)
print(times(tf.constant(3.0)).numpy())
# what may be called is still no function: a rate, a first value, a loss
optimizer = tf.keras.optimizers.SGD(v.value()[0])
optimizer.learning_rate = y
print(float(optimizer.learning_rate), tf.Variable(v.value()).numpy())
try:
    optimizer.minimize(y, [v])
except ValueError as error:
    print("refused")
"""


def test_values_of_variables_are_called_and_are_no_functions(tmp_path):
    status, out, errors = run(CALLED, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == ["[1. 2.] [1. 2.] [2. 4.]", "[2. 4.]", "[3. 6.]", "5.0 [1. 2.]", "refused"]


SCALARS = """
import keras, tensorflow as tf

for variable in (tf.Variable(1.5), keras.Variable(1.5)):
    shown = variable.value
    variable.assign(2.5)
    print(float(shown), shown.shape, float(keras.ops.convert_to_tensor(variable)), type(variable.numpy()).__name__)
"""


def test_the_value_of_a_scalar_is_a_tensor_that_keeps_it(tmp_path):
    status, output, errors = run(SCALARS, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == ["1.5 () 2.5 float32"] * 2
