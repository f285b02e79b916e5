"""What operations on arrays return: an ndarray with the methods of Keras's tensors."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from fastnn import initializers, layers, ops
from fastnn.compat import backend as keras2

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def net():
    return fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2)])


GIVERS = {
    "operation": lambda: ops.add(X, 1),
    "long operation": lambda: ops.quantile(X, 0.5),
    "constants": lambda: ops.zeros((2,)),
    "range": lambda: ops.arange(3),
    "nothing to do": lambda: ops.cast(X, "float32"),
    "conversion": lambda: ops.convert_to_tensor(X),
    "random numbers": lambda: fastnn.random.normal((2,)),
    "activation": lambda: fastnn.activations.relu(X),
    "layer": lambda: layers.Dense(2)(X),
    "layer that changes nothing": lambda: layers.Dropout(0.5)(X),
    "model": lambda: net()(X),
    "loss": lambda: fastnn.losses.MeanSquaredError()(X, X + 1),
    "metric": lambda: fastnn.metrics.Mean()([1.0, 3.0]),
    "operator": lambda: ops.add(X, 1) * 2,
    "operator on the right": lambda: X @ ops.transpose(X),
    "part": lambda: ops.add(X, 1)[0],
    "number of a part": lambda: ops.add(X, 1)[0, 1],
    "variable": lambda: fastnn.Variable(X).value,
    "seed": lambda: fastnn.random.SeedGenerator(1).next(),
    "state of a seed": lambda: fastnn.random.SeedGenerator(1).state.value,
    "loss that is not reduced": lambda: fastnn.losses.MeanSquaredError(reduction=None)(X, X + 1),
    "loss of one number": lambda: fastnn.losses.Dice()(X / 6, X / 6),
    "constant of backend": lambda: keras2.constant([1, 2]),
    "bias of backend": lambda: keras2.bias_add(X, X[0]),
} | {
    f"initializer {name}": lambda name=name: getattr(initializers, name)()((3, 3))
    for name in initializers.__all__
    if isinstance(c := getattr(initializers, name), type)
    and issubclass(c, initializers.Initializer)
    and c not in (initializers.Initializer, initializers.RandomInitializer, initializers.STFT)
}


@pytest.mark.parametrize("give", GIVERS.values(), ids=GIVERS)
def test_whatever_a_call_returns_has_numpy(give):
    found = give()
    assert isinstance(found, np.ndarray)
    plain = found.numpy()
    assert type(plain) is np.ndarray or isinstance(plain, np.generic)
    np.testing.assert_array_equal(plain, found)


LOOKS = {
    "value": lambda v: v.value,
    "np.asarray(value)": lambda v: np.asarray(v.value),
    "convert_to_numpy(value)": lambda v: ops.convert_to_numpy(v.value),
    "convert_to_tensor": ops.convert_to_tensor,
    "cast": lambda v: ops.cast(v, v.dtype),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_a_variable_showed_stays_when_it_changes(look):
    v = fastnn.Variable(X)
    before = look(v)
    v.assign(X + 1)
    np.testing.assert_array_equal(before, X)


def test_a_shown_value_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        fastnn.Variable(X).value[0, 0] = 5.0


def test_predict_and_weights_are_plain_arrays():
    model = net()
    found = [model.predict(X, verbose=0), model.predict(X[:1], verbose=0), model.predict_on_batch(X)]
    assert {type(a) for a in (*found, *model.get_weights(), ops.convert_to_numpy(ops.add(X, 1)))} == {np.ndarray}


@pytest.mark.parametrize("name", ["nothing to do", "conversion", "layer that changes nothing"])
def test_what_is_returned_is_not_the_users_memory(name):
    assert not np.shares_memory(GIVERS[name](), X)


@given(st.sampled_from(["add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "matmul"]), st.booleans())
def test_in_place_operators_make_a_new_array(name, array):
    a = ops.array([[1.0, 2.0], [3.0, 4.0]])
    before, b = a.numpy().copy(), np.array([[2.0, 0.5], [1.0, 3.0]], "float32")
    other = ops.array(b) if array else b
    found = getattr(operator, f"i{name}")(a, other)
    np.testing.assert_array_equal(a, before)
    np.testing.assert_array_equal(found, getattr(operator, name)(before, b))


def test_reductions_of_numpy_give_its_numbers_and_operations_on_one_number_do_not():
    x = ops.add(X, 1)
    assert (
        isinstance(np.sum(x), np.generic) and isinstance(x.max(), np.generic) and isinstance(np.argmax(x), np.generic)
    )
    assert (ops.sum(x) + 1).numpy() == 22


def test_numbers_are_keys_and_indices_and_print_as_numpys():
    labels = {0: "cat", 2: "dog"}
    best = ops.argmax(ops.array([0.1, 0.2, 0.7]))
    assert labels[best] == "dog" and [10, 20, 30][best] == 30 and f"{ops.sum(X):.1f}" == "15.0"
    assert repr(ops.array([1.0])) == "array([1.], dtype=float32)" and str(ops.array([0.1, 0.2])) == "[0.1 0.2]"
    with pytest.raises(TypeError, match="one number can be a key"):
        hash(ops.array([1.0]))


def test_copies_and_pickles():
    x = ops.array([1.0, 2.0])
    assert type(pickle.loads(pickle.dumps(x))) is np.ndarray  # who reads it needs no fastnn
    assert copy.deepcopy(x).numpy().tolist() == copy.copy(x).numpy().tolist() == [1.0, 2.0]


def test_a_tape_sees_operators_of_watched_arrays():
    x = ops.convert_to_tensor([1.0, 2.0])
    with fastnn.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x * x + 3 * x - x[0])
    np.testing.assert_array_equal(tape.gradient(y, x), [3.0, 7.0])


@pytest.mark.parametrize("name", ["iand", "ior", "ixor", "ilshift", "irshift"])
def test_in_place_operators_of_bits_make_a_new_array(name):
    a, b = ops.array([1, 2, 3]), np.array([1, 1, 2], "int32")
    found = getattr(operator, name)(a, b)
    np.testing.assert_array_equal(a, [1, 2, 3])
    np.testing.assert_array_equal(found, getattr(operator, name)(np.array([1, 2, 3], "int32"), b))


def test_numbers_are_rounded_as_numpys():
    x = ops.sum(ops.array([1.25, 1.5]))
    assert round(x) == 3 and type(round(x)) is int and round(x, 1) == round(np.float32(2.75), 1) and math.trunc(x) == 2
    np.testing.assert_array_equal(round(ops.array([1.26, 2.0]), 1), np.round(np.float32([1.26, 2.0]), 1))


SEEN = {
    "number of NumPy": lambda x: np.float32(2) * x,
    "number of NumPy on the left": lambda x: np.float32(2) / x,
    "ufunc": lambda x: np.multiply(x, x),
    "remainder": lambda x: 9.5 % x,
    "plus": lambda x: +x,
    "sum": lambda x: x.sum(axis=1),
    "NumPy's sum": lambda x: np.sum(x, axis=0),
    "mean": lambda x: x.mean(),
    "NumPy's mean": lambda x: np.mean(x),
    "prod": lambda x: x.prod(),
    "max": lambda x: x.max(0),
    "clip": lambda x: x.clip(1.5, 3.5),
    "reshape": lambda x: x.reshape(4, 1) * x.reshape((1, 4)),
    "transpose": lambda x: x.transpose(1, 0) * x,
    "T": lambda x: x.T * x,
    "flatten": lambda x: x.flatten(),
    "copy": lambda x: x.copy(),
    "dot": lambda x: x.dot(np.ones((2, 2), "float32")),
}


@pytest.mark.parametrize("function", SEEN.values(), ids=SEEN)
def test_a_tape_sees_what_is_calculated_of_a_watched_array(function):
    x = ops.array([[1.0, 2.0], [3.0, 4.0]])
    with fastnn.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(function(x) * x[0, 0])
    found = np.asarray(tape.gradient(y, x))
    for at in np.ndindex(2, 2):
        high, low = x.numpy().astype("float64"), x.numpy().astype("float64")
        high[at] += 1e-5
        low[at] -= 1e-5
        slope = (np.sum(function(high) * high[0, 0]) - np.sum(function(low) * low[0, 0])) / 2e-5
        np.testing.assert_allclose(found[at], slope, rtol=1e-4, atol=1e-4)
