"""Python's numbers where an array is due: under each default float type what Keras 3.15.1 gives on JAX and TensorFlow.

Where the default is float64 Keras has float32; here they keep their digits.
"""

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses, ops

HALF = np.array([[1.5, 2.0]], "float16")
WHOLE = np.array([[1, 2]], "int32")
# a call -> whether a half type that is the default stays half
CALLS = {
    "a list": (lambda: ops.convert_to_tensor([1.5]), False),
    "a number": (lambda: ops.convert_to_tensor(2.5), False),
    "lists meet": (lambda: ops.add([1, 2], [1.5, 2.0]), False),
    "integers and a list": (lambda: ops.multiply(WHOLE, [[1.5, 2.0]]), False),
    "integers and a number": (lambda: ops.multiply(WHOLE, 2.5), True),
    "root of a list": (lambda: ops.sqrt([1.5]), False),
    "root of integers": (lambda: ops.sqrt(WHOLE), True),
    "mean of a list": (lambda: ops.mean([1.5]), False),
    "mean of integers": (lambda: ops.mean(WHOLE), False),
    "stack": (lambda: ops.stack([[1.5], [2.0]]), False),
    "product": (lambda: ops.matmul([[1.5]], [[2.0]]), False),
    "variable": (lambda: fastnn.Variable([1.5]), False),
    "loss function": (lambda: losses.mean_squared_error([[1, 0]], [[0.5, 0.5]]), False),
    "loss": (lambda: losses.MeanSquaredError()([[1, 0]], [[0.5, 0.5]]), True),
    "full": (lambda: ops.full((2,), 2.5), True),
    "ones": (lambda: ops.ones((2,)), True),
    "layer": (lambda: layers.Dense(1)(np.array([[1.5]])), True),
}


@pytest.fixture(params=["float16", "bfloat16", "float32", "float64"])
def default(request):
    before = fastnn.config.floatx()
    fastnn.config.set_floatx(request.param)
    yield request.param
    fastnn.config.set_floatx(before)


@pytest.mark.parametrize("name", CALLS)
def test_dtypes(name, default):
    call, half = CALLS[name]
    expected = default if half or default == "float64" else "float32"
    assert fastnn.backend.standardize_dtype(call().dtype) == expected


def test_beside_halves(default):
    wide = "float64" if default == "float64" else "float32"
    assert fastnn.backend.standardize_dtype(ops.add(HALF, [[1.5, 2.0]]).dtype) == wide
    assert fastnn.backend.standardize_dtype(ops.add(HALF, 2.5).dtype) == "float16"
    assert fastnn.Variable([1, 2]).dtype == fastnn.Variable(3).dtype == "int32"
    assert fastnn.Variable([2**40]).dtype == "int64"
    np.testing.assert_array_equal(ops.convert_to_tensor([0.1, 1e-6]), np.array([0.1, 1e-6], wide))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_what_asks_for_the_facts_of_a_dtype(dtype):
    colours = ops.cast(np.random.default_rng(0).random((2, 2, 3)), dtype)
    hues = ops.image.rgb_to_hsv(colours)
    np.testing.assert_allclose(ops.cast(ops.image.hsv_to_rgb(hues), "float32"), ops.cast(colours, "float32"), atol=0.03)
    ends = ops.nan_to_num(ops.cast([np.inf, -np.inf, np.nan], dtype))
    assert fastnn.backend.standardize_dtype(hues.dtype) == fastnn.backend.standardize_dtype(ends.dtype) == dtype
    assert np.isfinite(np.asarray(ops.cast(ends, "float64"))).all()
