"""Descriptors of images: scikit-image's numbers, pictures whose colours are known, what is no image."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision.make_skimage_values import FILE, HOG, KINDS, LBP, SHARE, images

import fastnn
from fastnn import vision
from fastnn.core.errors import ArgumentError, DataError, DTypeError, FastnnError, ShapeError

STORED = np.load(FILE)
BYTES = np.random.default_rng(0).integers(0, 256, (3, 12, 10, 3), dtype="uint8")


def test_hog_is_that_of_scikit_image():
    found = [vision.hog(images(kind), **arguments)[:, ::SHARE].ravel() for kind in KINDS for arguments in HOG]
    np.testing.assert_allclose(np.concatenate(found), STORED["hog"], atol=1e-5, rtol=0)


def test_lbp_is_that_of_scikit_image():
    grey = [images(kind) for kind in KINDS if images(kind).ndim == 3]
    found = [vision.lbp(x, **arguments)[:, 3:7, :7].ravel() for x in grey for arguments in LBP]
    np.testing.assert_array_equal(np.concatenate(found), STORED["lbp"])


@pytest.mark.parametrize("function", [
    lambda x: vision.hog(x, pixels_per_cell=3, cells_per_block=1), lambda x: vision.color_histogram(x, cells=2),
    lambda x: vision.lbp(vision.to_gray(x)), lambda x: vision.resize(x, 5), lambda x: vision.crop(x, 4, at=(1, 2)),
    vision.to_gray], ids=["hog", "color_histogram", "lbp", "resize", "crop", "to_gray"])  # fmt: skip
def test_a_batch_is_its_images(function, monkeypatch):
    """One by one, in pieces, in a model: the same numbers."""
    whole = function(BYTES)
    np.testing.assert_array_equal(whole, np.concatenate([function(x[None]) for x in BYTES]))
    inputs = fastnn.Input((12, 10, 3), dtype="uint8")
    np.testing.assert_array_equal(fastnn.Model(inputs, function(inputs)).predict(BYTES, verbose=0), whole)
    monkeypatch.setattr("fastnn.vision.pieces.PIECE", 2 * BYTES[0].nbytes)
    np.testing.assert_array_equal(function(BYTES), whole)


@pytest.mark.parametrize("shape", [(2, 12, 10), (2, 12, 10, 1), (2, 12, 10, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", "float32", "float64"])
def test_all_numbers_and_channels(shape, dtype):
    x = (np.arange(np.prod(shape)).reshape(shape) % 7).astype(dtype)
    wide = "float64" if dtype == "float64" else "float32"
    assert vision.hog(x, pixels_per_cell=4, cells_per_block=1).dtype == wide
    y = vision.color_histogram(x, 4, cells=(2, 1), feature_vector=False)
    assert y.dtype == wide and y.shape[:3] == (2, 2, 1)
    np.testing.assert_allclose(y.sum(-1), shape[3] if len(shape) > 3 else 1, rtol=1e-6)


@given(st.data())
def test_histograms_are_numpys(data):
    bins = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    joint = data.draw(st.booleans())
    x = np.random.default_rng(data.draw(st.integers(0, 99))).uniform(0.001, 0.999, (2, 5, 4, 3))
    found = vision.color_histogram(x, bins, joint=joint)
    for image, row in zip(x.reshape(2, -1, 3), found):
        if joint:
            expected = np.histogramdd(image, bins, [(0, 1)] * 3)[0].ravel()
        else:
            expected = np.concatenate([np.histogram(image[:, k], bins[k], (0, 1))[0] for k in range(3)])
        np.testing.assert_allclose(row, expected / 20, atol=1e-12)


def test_hsv_is_colorsys():
    colours = BYTES[0].reshape(-1, 3)
    found = vision.color_histogram(colours[:, None, None], (12, 5, 7), space="hsv", feature_vector=False)[:, 0, 0]
    for colour, row in zip(colours, found):
        places = np.multiply(colorsys.rgb_to_hsv(*(colour / 255)), (12, 5, 7))
        hits = np.minimum(np.floor(places), (11, 4, 6)).astype(int) + (0, 12, 17)
        assert np.flatnonzero(row).tolist() == hits.tolist(), colour


def test_cells_see_their_own_pixels():
    x = np.zeros((1, 4, 4), "uint8")
    x[0, :2, 2:] = 255
    found = vision.color_histogram(x, 2, cells=2, feature_vector=False)
    assert found[0, :, :, 1].tolist() == [[0, 1], [0, 0]]
    codes = vision.lbp(x, method="uniform")
    shares = vision.lbp(x, method="uniform", cells=(1, 1))[0]
    np.testing.assert_allclose(shares, np.bincount(codes.ravel(), minlength=10) / 16)


def test_values_outside_of_the_range_and_nan_are_in_bins():
    x = np.array([-5.0, 7.0, np.nan, 0.6]).reshape(1, 2, 2)
    assert vision.color_histogram(x, 2).tolist() == [[0.5, 0.5]]
    assert vision.color_histogram(np.array([[[0, 5]]]), 2, value_range=(0, 10)).tolist() == [[0.5, 0.5]]


CASES = [
    (vision.hog, (BYTES[0, :, :, 0],), {}, ShapeError, "images[None]"),
    (vision.hog, (BYTES[0],), {}, ShapeError, "one colour image"),
    (vision.hog, (BYTES,), {}, ShapeError, "at least 24 x 24"),
    (vision.hog, (["a", "b"],), {}, DTypeError, "numbers"),
    (vision.hog, (BYTES,), {"orientations": 0}, ArgumentError, "orientations"),
    (vision.hog, (BYTES,), {"pixels_per_cell": (4, 4, 4)}, ArgumentError, "pixels_per_cell"),
    (vision.hog, (BYTES,), {"pixels_per_cell": 2.5}, ArgumentError, "pixels_per_cell"),
    (vision.hog, (BYTES,), {"block_norm": "L5"}, ArgumentError, "L2-Hys"),
    (vision.hog, (BYTES - 300.0,), {"transform_sqrt": True}, DataError, "negative"),
    (vision.hog, (BYTES,), {"transform_sqrt": "yes"}, DTypeError, "True or False"),
    (vision.color_histogram, (BYTES,), {"bins": (2, 2)}, ShapeError, "3 channels"),
    (vision.color_histogram, (BYTES,), {"bins": 0}, ArgumentError, "bins"),
    (vision.color_histogram, (BYTES,), {"space": "lab"}, ArgumentError, "'hsv'"),
    (vision.color_histogram, (BYTES[..., 0],), {"space": "hsv"}, ShapeError, "1 channels"),
    (vision.color_histogram, (BYTES,), {"cells": (13, 1)}, ShapeError, "12 x 10"),
    (vision.color_histogram, (BYTES,), {"value_range": (1, 0)}, ArgumentError, "range"),
    (vision.color_histogram, (BYTES,), {"value_range": 255}, ArgumentError, "least, largest"),
    (vision.lbp, (BYTES,), {}, ShapeError, "to_gray"),
    (vision.lbp, (BYTES[..., 0],), {"P": 31}, ArgumentError, "30"),
    (vision.lbp, (BYTES[..., 0],), {"R": 0}, ArgumentError, "R=0"),
    (vision.lbp, (BYTES[..., 0],), {"method": "var"}, ArgumentError, "uniform"),
    (vision.lbp, (BYTES[..., 0],), {"P": 20, "cells": 1}, ArgumentError, "65536"),
]


@pytest.mark.parametrize(("function", "given", "more", "error", "words"), CASES)
def test_bad_input_is_named(function, given, more, error, words):
    with pytest.raises(error, match=words.replace("[", r"\[")) as caught:
        function(*given, **more)
    assert isinstance(caught.value, FastnnError)


def test_no_images_are_no_rows():
    grey = np.zeros((0, 24, 24), "uint8")
    assert vision.hog(grey).shape == (0, 81) and vision.color_histogram(grey).shape == (0, 8)
    assert vision.lbp(grey, cells=2).shape == (0, 1024) and vision.resize(grey, 4).shape == (0, 4, 4)


def test_sizes_that_no_memory_holds():
    for call in (lambda: vision.color_histogram(BYTES, 3000, joint=True), lambda: vision.resize(BYTES, 10**6),
                 lambda: vision.hog(BYTES, 10**9, 4, 1)):  # fmt: skip
        with pytest.raises(ShapeError, match="memory"):
            call()
