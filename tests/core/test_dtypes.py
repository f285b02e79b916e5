"""Dtypes that NumPy knows from a package: bfloat16, and float8, which is stored and converted only."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import DTypeError

X = np.array([[1.3, 500.0, -2e5, 0.0]], "float32")


@pytest.mark.parametrize("name", dtypes.PACKAGED)
def test_values_are_rounded_to_the_dtype_on_every_way(name):
    kind = getattr(ml_dtypes, name)
    want = X.astype(kind)
    i = fastnn.Input((4,))
    there, back = ops.cast(i, name), ops.cast(ops.cast(i, name), "float32")
    assert (there.dtype, back.dtype) == (name, "float32")
    variable = fastnn.Variable(X, dtype=name)
    for got in (ops.cast(X, name), fastnn.Model(i, there).predict(X, verbose=0), variable.numpy()):
        assert dtypes.standardize(got.dtype) == name
        np.testing.assert_array_equal(np.asarray(got, "float32"), want.astype("float32"))
    np.testing.assert_array_equal(fastnn.Model(i, back).predict(X, verbose=0), want.astype("float32"))
    variable.assign(2 * X)
    np.testing.assert_array_equal(ops.cast(variable, "float32"), (2 * X).astype(kind).astype("float32"))


@pytest.mark.parametrize("name", dtypes.EIGHTHS)
def test_nothing_meets_a_float8_without_a_cast(name):
    assert dtypes.promote(name, name) == name
    assert dtypes.itemsize(name) == 1
    assert float(dtypes.finfo(name).max) in (448.0, 57344.0)
    for other in ("float32", "bfloat16", "int8"):
        with pytest.raises(DTypeError, match="There is no implicit conversions from float8 dtypes"):
            dtypes.promote(name, other)
        with pytest.raises(DTypeError, match="There is no implicit conversions from float8 dtypes"):
            ops.add(ops.cast(X, name), ops.cast(X, other))


@pytest.mark.parametrize("name", dtypes.HALVES)
def test_a_half_has_neighbours_of_its_own(name):
    x, to = np.array([1.0, 0.0, -2.0, 60.0], dtypes.numpy_type(name)), np.array([2, -1, 0, np.inf], "float32")
    want = np.nextafter(x, to.astype(x.dtype)).astype("float32")
    got = ops.nextafter(x, ops.cast(to, name))
    assert dtypes.standardize(got.dtype) == name
    np.testing.assert_array_equal(got.astype("float32"), want)
    i = fastnn.Input(batch_shape=(4,), dtype=name)
    model = fastnn.Model(i, ops.cast(ops.nextafter(i, ops.cast(to, name)), "float32"))
    np.testing.assert_array_equal(model(x), want)
    assert dtypes.standardize(ops.nextafter(np.ones(2, "int32"), x[:2]).dtype) == name
