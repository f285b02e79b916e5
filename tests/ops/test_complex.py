"""Complex numbers in arrays, and that graphs refuse them."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import NotSupportedError, ShapeError

PAIRS = np.random.default_rng(0).standard_normal((3, 4, 2))


@pytest.mark.parametrize(("dtype", "kind"), [("float32", "complex64"), ("float64", "complex128")])
def test_views_are_inverse(dtype, kind):
    x = PAIRS.astype(dtype)
    z = ops.view_as_complex(x)
    assert z.dtype == kind and z.shape == (3, 4)
    np.testing.assert_array_equal(ops.view_as_real(z), x)
    np.testing.assert_array_equal(ops.real(z), x[..., 0])
    np.testing.assert_array_equal(ops.imag(z), x[..., 1])
    np.testing.assert_array_equal(ops.conj(z), z.conj())
    np.testing.assert_allclose(ops.polar(np.abs(z), ops.angle(z)), z, rtol=1e-5)
    np.testing.assert_array_equal(ops.isreal(z), x[..., 1] == 0)


def test_real_numbers_have_an_imaginary_part_of_zero():
    np.testing.assert_array_equal(ops.view_as_real([1.0, 2.0]), [[1, 0], [2, 0]])


def test_errors():
    with pytest.raises(ShapeError, match="size 2"):
        ops.view_as_complex(PAIRS[..., :1])
    for function in (ops.view_as_complex, ops.view_as_real):
        with pytest.raises(NotSupportedError, match="no complex values"):
            function(fastnn.Input((2,)))
