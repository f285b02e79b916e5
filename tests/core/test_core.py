"""Shapes, dtypes, registry: the small tools that errors are made of."""

import traceback

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import fastnn
from fastnn.core import dtypes, registry, shapes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError, UnknownNameError

dims = st.lists(st.sampled_from([1, 1, 2, 3]), max_size=4).map(tuple)


@given(dims, dims)
def test_broadcast_is_numpys(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.broadcast(a, b)
    else:
        assert shapes.broadcast(a, b) == expected


def test_broadcast_keeps_unknown_rows():
    assert shapes.broadcast((None, 3), (1, 3)) == (None, 3)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_same_windows_cover_every_element(size, kernel, stride, dilation):
    out, before, after = shapes.window(size, kernel, stride, "same", dilation)
    assert out == -(-size // stride) and 0 <= after - before <= 1
    reach = dilation * (kernel - 1) + 1
    assert (out - 1) * stride + reach <= size + before + after + (stride if before + after == 0 else 0)


def test_a_window_that_does_not_fit_says_so():
    with pytest.raises(ShapeError, match="does not fit"):
        shapes.window(2, 3, 1, "valid")


@pytest.mark.parametrize("value", [(1, 2, 3), 0, -1, "ab", 1.5, None])
def test_pair_refuses(value):
    with pytest.raises(ArgumentError, match="strides"):
        shapes.pair(value, "strides")


@pytest.mark.parametrize(
    "given_, name",
    [
        (np.float32, "float32"),
        ("half", "float16"),
        (np.dtype(">f8"), "float64"),
        (float, "float32"),
        (int, "int32"),
        (bool, "bool"),
        (None, "float32"),
    ],
)
def test_standard_dtypes(given_, name):
    assert dtypes.standardize(given_) == name


def test_unknown_dtype():
    with pytest.raises(DTypeError, match="float33"):
        dtypes.standardize("float33")


def test_lookup_suggests_near_names():
    with pytest.raises(UnknownNameError, match="Did you mean: adam"):
        registry.lookup("optimizer", "adm", {"adam": 1, "sgd": 2})


def test_near_names_of_an_attribute_are_said_once():
    with pytest.raises(AttributeError, match="Did you mean: Conv2D") as caught:
        fastnn.layers.Conv2d  # noqa: B018
    printed = "".join(traceback.format_exception(caught.value))
    assert printed.count("Did you mean") == 1 and caught.value.name == "Conv2d"
