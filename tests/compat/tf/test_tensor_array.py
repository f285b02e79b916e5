"""tf.TensorArray: by the rules of TensorFlow, eagerly, under a tape, in traced functions and in loops."""

import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.compat.tensorflow import constant
from fastnn.compat.tf.function import cond, function
from fastnn.compat.tf.tensor_array import TensorArray, loop
from fastnn.core.errors import ArgumentError, DTypeError, NotSupportedError, ShapeError
from fastnn.gradients import GradientTape

ROWS = np.arange(6, dtype="float32").reshape(3, 2)


def test_elements_are_written_read_and_joined():
    array = TensorArray("float32", 3)
    array.write(0, [1.0, 2.0])  # eagerly the result may be dropped, as TensorFlow has it
    array = array.write(2, [3.0, 4.0])
    assert array.stack().tolist() == [[1, 2], [0, 0], [3, 4]]
    assert array.concat().tolist() == [1, 2, 0, 0, 3, 4]
    assert array.gather([2, 0]).tolist() == [[3, 4], [1, 2]]
    assert array.size().dtype == "int32" and int(array.size()) == 3
    assert array.read(2).numpy().tolist() == [3, 4]
    with pytest.raises(ArgumentError, match="Could not read index 2 twice"):
        array.read(2)
    kept = TensorArray("float32", 3, clear_after_read=False).unstack(ROWS)
    assert [kept.read(1).tolist() for _ in range(2)] == [[2, 3]] * 2
    assert kept.scatter([0, 2], ROWS[:2]).stack().tolist() == [[0, 1], [2, 3], [2, 3]]
    parts = TensorArray("float32", 2).split(ROWS, [1, 2])
    assert [parts.read(k).shape for k in range(2)] == [(1, 2), (2, 2)]
    grown = TensorArray("int32", 0, dynamic_size=True).write(2, 5)
    assert grown.stack().tolist() == [0, 0, 5]
    assert TensorArray("float32", 0, element_shape=(2,)).stack().shape == (0, 2)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda a: a.write(3, 1.0), ArgumentError, "not resizeable and size is: 3"),
    (lambda a: a.write(-1, 1.0), ArgumentError, "negative indices"),
    (lambda a: a.read(-1), ArgumentError, "negative indices"), (lambda a: a.read(3), ArgumentError, "size is: 3"),
    (lambda a: a.write(0, constant([1])), DTypeError, "dtype is float32 but Op is trying to write dtype int32"),
    (lambda a: a.write(0, [1.0]).write(1, [1.0, 2.0]), ShapeError, "Incompatible shape"),
    (lambda a: a.stack(), ArgumentError, "nothing was written"),
    (lambda a: a.unstack(np.ones((4, 2), "float32")), ArgumentError, "Cannot unstack 4 tensors"),
    (lambda a: a.write(0, 1.0).write(1, 1.0).write(2, 1.0).concat(), ArgumentError, "at least one axis"),
    (lambda a: a.split(ROWS, [1, 1, 2]), ArgumentError, "sum 3"),
    (lambda a: TensorArray("float32"), ArgumentError, "no size"),
])  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call(TensorArray("float32", 3))


def test_traced_functions_have_handles_that_stay():
    @function
    def run(x):
        first = TensorArray("float32", 0, dynamic_size=True).write(0, x[0])
        second = first.write(0, x[1]).write(1, x[2])
        return first.stack(), second.stack(), second.read(0) + second.read(0)

    for scale in (1.0, 2.0):
        first, second, read = run(constant(ROWS * scale))
        assert np.array_equal(first, ROWS[:1] * scale) and np.array_equal(second, ROWS[1:] * scale)
        assert np.array_equal(read, 2 * ROWS[1] * scale)


def test_gradients_go_through():
    x = fastnn.Variable(ROWS)
    with GradientTape() as tape:
        array = TensorArray("float32", 3)
        for k in range(3):
            array = array.write(k, x[k] * float(k))
        loss = ops.sum(ops.square(array.stack()))
    assert np.allclose(tape.gradient(loss, x), 2 * ROWS * np.array([[0], [1], [4]]))


def test_loops():
    def body(i, array):
        return i + 1, array.write(i, i * i)

    i, array = loop(lambda i, array: i < 4, body, [0, TensorArray("int32", 4)], None)
    assert int(i) == 4 and array.stack().tolist() == [0, 1, 4, 9]
    i, array = loop(lambda i, array: i < 4, body, [0, TensorArray("int32", 4, element_shape=())], 2)
    assert array.stack().tolist() == [0, 1, 0, 0]

    @function
    def until(limit):
        start = TensorArray("int32", 4, element_shape=())
        return loop(lambda i, array: i < limit, body, [0, start], None)[1].stack()

    assert [until(constant(n)).tolist() for n in (2, 3)] == [[0, 1, 0, 0], [0, 1, 4, 0]]


def test_indices_that_a_graph_computes():
    @function
    def run(x, k):
        array = TensorArray("float32", 3, clear_after_read=False).unstack(x)
        return array.write(k, x[0] + 10.0).stack(), array.read(k), array.gather(ops.stack([k, k]))

    for k in (1, 2):
        stacked, read, gathered = run(constant(ROWS), constant(k))
        expected = ROWS.copy()
        expected[k] = ROWS[0] + 10
        assert np.array_equal(stacked, expected) and np.array_equal(read, ROWS[k])
        assert np.array_equal(gathered, ROWS[[k, k]])


def test_a_layer_writes_its_steps():
    class Steps(fastnn.layers.Layer):
        def call(self, x):
            array, state = TensorArray("float32", x.shape[1]), ops.zeros_like(x[:, 0])
            for t in range(x.shape[1]):
                state = state + x[:, t]
                array = array.write(t, state)
            return ops.transpose(array.stack(), (1, 0, 2))

    x = np.arange(12, dtype="float32").reshape(2, 3, 2)
    model = fastnn.Sequential([fastnn.Input((3, 2)), Steps()])
    assert np.array_equal(model.predict(x, verbose=0), np.cumsum(x, axis=1))
    with pytest.raises(NotSupportedError, match="rows must be known"):
        TensorArray("float32", 3).unstack(fastnn.Input((2,)))


def test_conditions_of_one_element_are_scalars():
    def body(i, total):
        return i + 1, total + i

    for shape in ((1,), (1, 1)):
        found = loop(lambda i, total, shape=shape: ops.reshape(i, shape) < 4, body, [constant(0), constant(0)], None)
        assert [int(v) for v in found] == [4, 6]
        assert cond(constant(np.ones(shape) > 0), lambda: 1, lambda: 2) == 1
    with pytest.raises(ShapeError):
        loop(lambda i, total: ops.zeros((2,)) < 1, body, [constant(0), constant(0)], None)
