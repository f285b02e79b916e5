"""Tensors: values that gather behave like arrays, and like themselves, wherever they go."""

import copy
import pickle

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, Variable, ops
from fastnn.graph.dtype import DType
from fastnn.graph.tensor import Tensor
from fastnn.ops import is_tensor

A = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], np.float32)


@pytest.fixture(params=["still to come", "there"])
def made(request):
    """(a Tensor, the array that it is)."""
    with GradientTape() as tape:
        tape.watch(A)
        t = ops.add(A, 1.25)
    if request.param == "there":
        t.numpy()
    return t, A + np.float32(1.25)


OPERATORS = {
    "a + b": lambda a, b: a + b, "a - b": lambda a, b: a - b, "a * b": lambda a, b: a * b, "a / b": lambda a, b: a / b,
    "a // b": lambda a, b: a // b, "a % b": lambda a, b: a % b,
    "a < b": lambda a, b: a < b, "a >= b": lambda a, b: a >= b,
    "a == b": lambda a, b: a == b, "a != b": lambda a, b: a != b,
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("other", [2.0, 3, A * 2, np.float32(1.5)], ids=["float", "int", "array", "scalar"])
@pytest.mark.parametrize("swap", [False, True])
def test_operators_with_anything_on_either_side(made, name, other, swap):
    t, array = made
    f = OPERATORS[name]
    found, expected = (f(other, t), f(other, array)) if swap else (f(t, other), f(array, other))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.asarray(found).dtype == expected.dtype


def test_it_is_an_array_in_all_that_can_be_asked(made):
    t, array = made
    assert t.shape == (2, 3) and t.ndim == 2 and t.size == 6 and len(t) == 2 and t.dtype == "float32" == t.dtype.name
    assert np.asarray(t).dtype == np.float32 and np.array(t, "float64").dtype == np.float64
    np.testing.assert_array_equal(t[1], array[1])
    np.testing.assert_array_equal(t[:, ::-1], array[:, ::-1])
    np.testing.assert_array_equal(t[t > 0], array[array > 0])
    np.testing.assert_array_equal([list(map(float, row)) for row in t], array)
    assert 4.25 in t and 7.5 not in t
    for name in ("sum", "mean", "max", "min", "std", "argmax"):
        np.testing.assert_allclose(getattr(t, name)(), getattr(array, name)(), rtol=1e-6)
        np.testing.assert_allclose(getattr(np, name)(t, axis=1), getattr(array, name)(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(t.T, array.T)
    np.testing.assert_array_equal(t.reshape(3, 2), array.reshape(3, 2))
    np.testing.assert_array_equal(t.astype("int32"), array.astype("int32"))
    assert t.tolist() == array.tolist() and t[0, 0].item() == 2.25 and t.nbytes == 24
    np.testing.assert_array_equal(np.concatenate([t, array]), np.concatenate([array, array]))
    np.testing.assert_allclose(np.exp(t), np.exp(array))
    assert type(np.exp(t)) is np.ndarray and type(np.mean(t)) is np.float32
    assert str(t) == str(array) and repr(t).startswith("Tensor([[") and f"{t[0, 0]:.2f}" == "2.25"
    assert float(t[0, 1]) == -0.75 and int(t[1, 1]) == 5 and bool(t[0, 0] > 1)
    assert is_tensor(t) and not isinstance(t, keras.KerasTensor)
    assert t.numpy() is not t.numpy()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(t)
    with pytest.raises(TypeError):
        t[0] = 1.0
    with pytest.raises(AttributeError, match="no_such"):
        _ = t.no_such


def test_copies_and_pickles(made):
    t, array = made
    for twin in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        np.testing.assert_array_equal(twin, array)
    assert {t: 1}[t] == 1


def test_variables_meet_numpy_as_arrays_do():
    v = Variable([1.0, 2.0])
    assert float(np.sum(v)) == 3.0
    np.testing.assert_array_equal(np.array([1.0, 1.0], np.float32) + v, [2.0, 3.0])
    np.testing.assert_allclose(np.sqrt(v), np.sqrt([1.0, 2.0]), rtol=1e-6)


def test_dtypes_are_names_that_know_more():
    for name in ("float32", "int8", "bool"):
        dtype = DType(name)
        assert dtype == name and dtype.itemsize == np.dtype(name).itemsize and dtype.kind == np.dtype(name).kind
        assert dtype.as_numpy_dtype is np.dtype(name).type and np.dtype(dtype) == np.dtype(name)
    assert DType("float16").is_floating and DType("uint8").is_integer and DType("bool").is_bool


@pytest.mark.parametrize("name", ["int8", "uint16", "int64", "float16", "float32", "float64"])
def test_dtypes_know_their_numbers(name):
    dtype, limits = DType(name), (np.finfo if "float" in name else np.iinfo)(name)
    assert (dtype.min, dtype.max) == (limits.min, limits.max) and type(dtype.max) is type(limits.max)
    assert dtype.is_unsigned == (name[0] == "u") and not dtype.is_complex
    assert dtype.base_dtype == dtype.real_dtype == dtype and dtype.is_compatible_with(name)
    assert not dtype.is_compatible_with("bool")


def test_dtypes_without_numbers():
    assert DType("bfloat16").max == -DType("bfloat16").min == float(np.float32(3.38953139e38))
    for name in ("bool", "string"):
        with pytest.raises(TypeError, match="Cannot find maximum"):
            _ = DType(name).max


def test_symbols_by_hand_are_placeholders():
    symbol = keras.KerasTensor((None, 3), "float32", name="x")
    assert isinstance(symbol, keras.KerasTensor) and isinstance(keras.Input((3,)), keras.KerasTensor)
    assert not isinstance(Tensor.of(A), keras.KerasTensor)
    assert keras.layers.Dense(2)(symbol).shape == (None, 2)


def test_what_only_arrays_have_is_an_operation_too():
    v = Variable(np.arange(6.0, dtype="float32").reshape(2, 3))
    with GradientTape() as tape:
        y = v * 2
        whole, rest = divmod(+y, 4.0)
        out = ops.sum(y.transpose(1, 0)[0] + y.transpose()[1] * y.transpose((1, 0))[2] + rest[:, 0] + whole[:, 0])
    assert type(out).__name__ == "Tensor"
    np.testing.assert_array_equal(tape.gradient(out, v), [[4, 8, 4], [4, 20, 16]])
