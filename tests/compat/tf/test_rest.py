"""Names at the top of TensorFlow: each gives what TensorFlow gives on a machine with one CPU."""

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn.compat.tf import rest
from fastnn.compat.tf.operators import LinearOperatorFullMatrix
from fastnn.core.errors import ArgumentTypeError, DTypeError

NAMES = """
import tensorflow as tf
d, c, a = tf.debugging, tf.config, tf.autograph
d.disable_check_numerics(), d.enable_traceback_filtering(), d.experimental.enable_dump_debug_info("dump")
print(d.get_log_device_placement(), c.get_soft_device_placement(), c.experimental.get_memory_growth(None))
print(c.experimental.get_memory_info("CPU:0"), c.threading.get_inter_op_parallelism_threads())
print(tf.half, tf.inside_function(), tf.is_symbolic_tensor(tf.ones(1)), float(tf.timestamp()) > 1e9)
a.trace("traced", 1)
@tf.function
def f(n):
    i = 0
    while i < n:
        a.experimental.set_loop_options(maximum_iterations=9)
        i += 1
    return i
print(int(f(tf.constant(5))), a.to_graph(f) is f, "while i < n" in a.to_code(f))
tf.distribute.experimental.CommunicationImplementation.NCCL, tf.train.ClusterSpec({}), tf.DeviceSpec(device_type="GPU")
table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
table.insert(tf.constant(["a"]), tf.constant([5], tf.int64))
print(table.lookup(tf.constant(["a", "b"])).numpy().tolist(), [k.numpy().tolist() for k in table.export()])
e = tf.data.experimental
numbers = tf.data.Dataset.range(4)
print(e.get_structure(numbers), [b.to_list() for b in numbers.map(tf.range).apply(e.dense_to_ragged_batch(2))])
print(list(e.from_list([1, 2]).as_numpy_iterator()), len(list(e.RandomDataset(1).take(2))))
print(list(tf.data.Dataset.from_tensor_slices(["x"]).map(
    lambda s: tf.numpy_function(lambda v: v + b"!", [s], tf.string)).as_numpy_iterator()))
"""
PRINTED = """False False False
{'current': 0, 'peak': 0} 0
float16 False False True
traced 1
5 True True
[5, -1] [[b'a'], [5]]
TensorSpec(shape=(), dtype=tf.int64, name=None) [[[], [0]], [[0, 1], [0, 1, 2]]]
[np.int32(1), np.int32(2)] 2
[b'x!']
"""


def test_a_script_of_names(tmp_path):
    """None of them is an error."""
    status, out, err = run(NAMES, tmp_path)
    assert (status, out) == (0, PRINTED), err


def test_conjugate_gradients():
    """As many steps as there are dimensions."""
    matrix, rhs = np.array([[4.0, 1.0], [1.0, 3.0]], "float32"), np.array([1.0, 2.0], "float32")
    for better in (None, LinearOperatorFullMatrix(np.linalg.inv(matrix).astype("float32"))):
        found = rest.conjugate_gradient(LinearOperatorFullMatrix(matrix), rhs, better)
        np.testing.assert_allclose(found.x, np.linalg.solve(matrix, rhs), rtol=1e-5)
        assert int(found.i) <= (2 if better is None else 1)


def test_gradients_that_pass_through():
    """The value of the function, the gradient of the identity."""
    x = fastnn.Variable(2.6)
    with fastnn.GradientTape() as tape:
        y = rest.grad_pass_through(fastnn.ops.round)(x.value * 2.0)
    assert (float(y), float(tape.gradient(y, x))) == (5.0, 2.0)


def test_checks():
    """What is no iterable; dtypes that differ or are no floats."""
    rest.assert_proper_iterable([1])
    for value in (np.ones(1), "text", 3):
        with pytest.raises(ArgumentTypeError, match="proper iterable"):
            rest.assert_proper_iterable(value)
    assert rest.assert_same_float_dtype([np.ones(1, "float64")]) == "float64"
    with pytest.raises(DTypeError, match="different dtypes"):
        rest.assert_same_float_dtype([np.ones(1, "float64"), np.ones(1, "float32")])
    with pytest.raises(DTypeError, match="floating point"):
        rest.assert_same_float_dtype(dtype="int32")
