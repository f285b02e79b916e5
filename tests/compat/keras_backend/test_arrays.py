"""The dtype in which values meet, whatever says it: a name, NumPy's dtype, an array, Python's types."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn.compat import backend as K

MEET = [("float64", "int8", "float64"), ("int64", "int32", "int64"), ("float64", "float16", "float64"),
        ("uint8", "int8", "int16"), ("bool", "int16", "int16"), ("int64", "float32", "float32")]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "want"), MEET)
@pytest.mark.parametrize("form", [str, np.dtype, lambda name: np.dtype(name).type, lambda name: np.zeros(2, name)])
def test_result_type_of_any_form(one, other, want, form):
    assert K.result_type(form(one), form(other)) == K.result_type(form(other), form(one)) == want


@pytest.mark.parametrize(("kind", "given", "want"), [
    (int, "int8", "int8"), (float, "int8", "float32"), (float, "float16", "float16"), (int, "bool", "int32"),
])  # fmt: skip
def test_result_type_of_pythons_numbers(kind, given, want):
    assert K.result_type(given, kind) == want


@pytest.mark.parametrize("a", [(3,), (2, 3), (2, 5, 3), (2, 6, 5, 3)])
@pytest.mark.parametrize("b", [(3,), (3, 4), (5, 3, 4), (2, 5, 3, 4)])
def test_dot_is_that_of_numpy_for_all_ranks(a, b):
    x, y = (np.random.default_rng(0).random(shape).astype("float32") for shape in (a, b))
    np.testing.assert_allclose(np.asarray(K.dot(x, y)), np.dot(x, y), rtol=1e-5)
    if len(a) > 1:
        assert K.int_shape(K.dot(fastnn.Input(a[1:]), y)) == (None, *np.dot(x, y).shape[1:])


@pytest.mark.parametrize("condition", [True, np.array([True, False])])
@pytest.mark.parametrize(("a", "b"), [(1.0, 0.0), (np.ones(2, "float32"), 0.0), (2.0, np.ones((2, 3), "float32"))])
def test_switch_takes_pythons_numbers(condition, a, b):
    rank = max(np.ndim(a), np.ndim(b))
    choice = np.reshape(condition, np.shape(condition) + (1,) * max(rank - np.ndim(condition), 0))
    np.testing.assert_array_equal(K.switch(condition, a, b), np.where(choice, a, b))
