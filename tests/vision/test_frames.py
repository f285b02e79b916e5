"""Batches of images in another size, cut, in grey: what `ops.image` says, and windows that slide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from fastnn import ops, vision
from fastnn.core.errors import ArgumentError, ShapeError

BYTES = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 3), dtype="uint8")


@given(st.data())
def test_resize_is_that_of_operations(data):
    size = data.draw(st.tuples(st.integers(1, 15), st.integers(1, 15)))
    way = data.draw(st.sampled_from(["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"]))
    sharp = data.draw(st.booleans())
    for x, more in ((BYTES, 1), (BYTES / np.float32(255), 1e-6), (BYTES / 255, 1e-12)):
        found, expected = vision.resize(x, size, way, sharp), ops.image.resize(x, size, way, sharp)
        assert found.dtype == expected.dtype == x.dtype
        np.testing.assert_allclose(found.astype(float), expected.astype(float), atol=more)  # of bytes: ties, rounded
    exact = np.clip(np.rint(vision.resize(BYTES.astype("float64"), size, way, sharp)), 0, 255)
    assert (found.shape, (exact != vision.resize(BYTES, size, way, sharp)).mean() < 0.02) == (exact.shape, True)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_grey_is_that_of_operations(dtype):
    x = np.arange(256 * 3 * 9).reshape(1, -1, 9, 3) * 7 % 256
    found, expected = vision.to_gray(x.astype(dtype)), ops.image.rgb_to_grayscale(x.astype(dtype))
    assert found.dtype == expected.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=0 if dtype == "uint8" else 3e-7)


def test_a_resized_image_has_a_gradient():
    """The sum of a shrunken image's weights at each pixel, by a model that learns its input."""

    class Learnt(fastnn.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(1, 4, 4, 1), initializer="zeros")

        def call(self, x):
            return vision.resize(self.w + x, (2, 3))

    model = fastnn.Sequential([fastnn.Input((4, 4, 1)), Learnt()])
    model.compile(fastnn.optimizers.SGD(1.0), lambda y, p: -ops.sum(p))
    model.fit(np.zeros((1, 4, 4, 1)), np.zeros(1), verbose=0)
    x = np.eye(16).reshape(16, 4, 4, 1)
    np.testing.assert_allclose(model.get_weights()[0].ravel(), vision.resize(x, (2, 3)).sum((1, 2, 3)), atol=1e-6)


def test_parts_of_images():
    np.testing.assert_array_equal(vision.crop(BYTES, (5, 3)), BYTES[:, 2:7, 2:5])
    np.testing.assert_array_equal(vision.crop(BYTES[..., 0], 4, at=(1, 2)), BYTES[:, 1:5, 2:6, 0])
    places = [(0, 0), (5, 1), (2, 4)]
    expected = [x[r : r + 4, c : c + 3] for x, (r, c) in zip(BYTES / 255, places)]
    np.testing.assert_array_equal(vision.crop(BYTES / 255, (4, 3), at=places), expected)


@given(st.data())
def test_windows_are_the_parts_under_their_boxes(data):
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 7)))
    step = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    for images in (BYTES, BYTES[..., 1]):
        windows, boxes = vision.sliding_window(images, size, step)
        assert len(boxes) == ((9 - size[0]) // step[0] + 1) * ((7 - size[1]) // step[1] + 1) == windows.shape[1]
        for k, (left, top, right, bottom) in enumerate(boxes.tolist()):
            np.testing.assert_array_equal(windows[:, k], images[:, top:bottom, left:right])


CASES = [
    (vision.resize, (BYTES, 0), {}, ArgumentError, "size"),
    (vision.resize, (BYTES, (4, 4, 4)), {}, ArgumentError, "or two"),
    (vision.resize, (BYTES, 4, "area"), {}, ArgumentError, "bicubic"),
    (vision.resize, (BYTES[0, 0], 4), {}, ShapeError, "batch"),
    (vision.to_gray, (BYTES[..., :2],), {}, ShapeError, "2 channels"),
    (vision.crop, (BYTES, 10), {}, ArgumentError, "9 x 7"),
    (vision.crop, (BYTES, 4), {"at": (6, 0)}, ArgumentError, "outside of image 0"),
    (vision.crop, (BYTES, 4), {"at": [(0, 0), (0, -1), (0, 0)]}, ArgumentError, "outside of image 1"),
    (vision.crop, (BYTES, 4), {"at": (0.5, 0)}, ArgumentError, "two ints"),
    (vision.crop, (BYTES, 4), {"at": "left"}, ArgumentError, "center"),
    (vision.sliding_window, (BYTES, 10), {}, ArgumentError, "9 x 7"),
    (vision.sliding_window, (BYTES[0, 0], 2), {}, ShapeError, "rows"),
    (vision.sliding_window, (BYTES, 2), {"step": 0}, ArgumentError, "step"),
]


@pytest.mark.parametrize(("function", "given", "more", "error", "words"), CASES)
def test_bad_input_is_named(function, given, more, error, words):
    with pytest.raises(error, match=words):
        function(*given, **more)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "uint8"])
def test_the_dtype_stays(dtype):
    x = (np.arange(2 * 6 * 5 * 3).reshape(2, 6, 5, 3) % 100).astype(dtype)
    for found in (vision.resize(x, 4), vision.crop(x, 4), vision.to_gray(x), vision.resize(x[..., 0], (3, 9))):
        assert np.asarray(found).dtype == dtype
    np.testing.assert_array_equal(vision.resize(x, 4), ops.image.resize(x, (4, 4)))
