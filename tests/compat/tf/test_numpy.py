"""tensorflow.experimental.numpy: the names of NumPy, on symbols too where fastnn.ops has them."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import numpy as tnp


def test_functions_on_arrays_and_symbols():
    x = np.array([[1.0, -2.0]], "float32")
    assert tnp.maximum(x, 0.0).tolist() == [[1.0, 0.0]] and tnp.pi == np.pi and tnp.float32 is np.float32
    assert tnp.trapezoid([1.0, 3.0]) == 2.0  # NumPy's own
    assert tnp.experimental_enable_numpy_behavior() is None
    inputs = fastnn.Input((2,))
    model = fastnn.Model(inputs, tnp.matmul(tnp.maximum(inputs, 0.0), np.ones((2, 3), "float32")))
    np.testing.assert_array_equal(model.predict(x, verbose=0), np.ones((1, 3)))
    with pytest.raises(AttributeError):
        tnp.no_such_function  # noqa: B018
