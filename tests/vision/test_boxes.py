"""Boxes: formats there and back, overlaps, which ones stay, drawn ones; and boxes that are none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn
from fastnn import vision
from fastnn.core.boxes import FORMATS
from fastnn.core.errors import ArgumentError, DataError, DTypeError, ShapeError
from fastnn.utils import bounding_boxes

RANDOM = np.random.default_rng(0)


def some_boxes(*shape):
    low = RANDOM.uniform(0, 20, (*shape, 2))
    return np.concatenate([low, low + RANDOM.uniform(1, 12, (*shape, 2))], -1)


@pytest.mark.parametrize(("source", "target"), [*itertools.product(FORMATS, FORMATS)])
def test_formats_are_those_of_keras(source, target):
    boxes = vision.box_convert(some_boxes(2, 3), "xyxy", source, image_size=(30, 40))
    found = vision.box_convert(boxes, source, target, image_size=(30, 40))
    expected = bounding_boxes.convert_format(boxes, source, target, 30, 40)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)  # Keras calculates in float32
    np.testing.assert_allclose(vision.box_convert(found, target, source, image_size=(30, 40)), boxes, atol=1e-12)


def test_overlaps_are_counted_pixels():
    one, two = (np.rint(some_boxes(4)) for _ in range(2))
    rows, columns = np.mgrid[:40, :40]
    inside = lambda b: (columns >= b[0]) & (columns < b[2]) & (rows >= b[1]) & (rows < b[3])
    expected = [[(inside(a) & inside(b)).sum() / (inside(a) | inside(b)).sum() for b in two] for a in one]
    np.testing.assert_allclose(vision.iou(one, two), expected)
    np.testing.assert_allclose(vision.iou(one, two), bounding_boxes.compute_iou(one, two, "xyxy"), atol=1e-6)
    assert vision.iou([[1, 1, 1, 1]], [[1, 1, 1, 1]]).tolist() == [[0.0]]
    assert vision.iou(np.empty((0, 4)), two).shape == (0, 4)


def greedy(boxes, scores, share, least=-np.inf):
    kept = []
    for k in np.argsort(-scores, kind="stable"):
        if scores[k] > least and all(vision.iou(boxes[[k]], boxes[[j]])[0, 0] <= share for j in kept):
            kept.append(int(k))
    return kept


@given(st.integers(0, 40), st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.sampled_from([None, 0.3]))
def test_boxes_that_stay(many, share, least):
    boxes, scores = some_boxes(many), RANDOM.permutation(many) / max(many, 1)
    kept = greedy(boxes, scores, share, -np.inf if least is None else least)
    assert vision.nms(boxes, scores, share, least).tolist() == kept
    assert vision.nms(boxes, scores, share, least, max_boxes=3).tolist() == kept[:3]
    xywh = vision.box_convert(boxes, "xyxy", "xywh")
    assert vision.nms(xywh, scores, share, least, format="xywh").tolist() == kept


@pytest.mark.parametrize("most", [1, 4, 50])
def test_each_class_keeps_its_own(most):
    boxes, scores = some_boxes(3, 9).astype("float32"), RANDOM.random((3, 9, 4)).astype("float32")
    found = vision.non_max_suppression(boxes, scores, 0.3, 0.2, most)
    for k in range(3):
        stays = sorted((-scores[k, j, c], c, j) for c in range(4) for j in greedy(boxes[k], scores[k, :, c], 0.3, 0.2))
        stays = stays[:most]
        n = len(stays)
        assert found["labels"][k].tolist() == [c for _, c, _ in stays] + [-1] * (found["labels"].shape[1] - n)
        np.testing.assert_array_equal(found["boxes"][k, :n], [boxes[k, j] for _, _, j in stays])
        np.testing.assert_array_equal(found["confidences"][k, :n], [-s for s, _, _ in stays])
        assert not found["boxes"][k, n:].any() and not found["confidences"][k, n:].any()


def test_as_the_last_step_of_a_model(tmp_path):
    boxes, scores = some_boxes(3, 9).astype("float32"), RANDOM.random((3, 9, 4)).astype("float32")
    inputs = [fastnn.Input((9, 4)), fastnn.Input((9, 4))]
    model = fastnn.Model(inputs, vision.non_max_suppression(*inputs, max_boxes=5))
    found = model.predict([boxes, scores], verbose=0)
    for name, expected in vision.non_max_suppression(boxes, scores, max_boxes=5).items():
        np.testing.assert_array_equal(found[name], expected)


def test_drawn_boxes():
    images = np.zeros((2, 30, 30, 3), "uint8")
    found = {"boxes": [[[2, 3, 9, 8], [0, 0, 0, 0]]] * 2, "labels": [[1, -1]] * 2, "confidences": [[0.5, 0]] * 2}
    drawn = vision.draw_boxes(images, found)
    assert drawn[0, 3, 2:10, 0].tolist() == [255] * 8 and drawn[0, 0, 0].tolist() == [0, 0, 0]
    assert (vision.draw_boxes(images, found, names=["cat", "dog"])[0] > 0).sum() > (drawn[0] > 0).sum()
    half = vision.draw_boxes(images, [[[0.0, 0.0, 0.5, 0.5]]] * 2, format="rel_xyxy")
    assert half[0, 15, :16, 0].tolist() == [255] * 16 and not images.any()


NEGATIVE = [[0, 0, 4, 4], [5, 5, 4, 6]]
CASES = [
    (vision.iou, (NEGATIVE, NEGATIVE), {}, DataError, r"box \[1\] is \[5.*negative size"),
    (vision.iou, ([[0, 0, 1, np.nan]], NEGATIVE), {}, DataError, "not finite"),
    (vision.iou, ([[0, 0, -1, 1]], NEGATIVE), {"format": "xywh"}, DataError, "xywh"),
    (vision.iou, ([0, 0, 1, 1], [[0, 0, 1, 1]]), {}, ShapeError, "boxes1"),
    (vision.iou, ([[0, 0, 1]], NEGATIVE), {}, ShapeError, "expected"),
    (vision.iou, ([["a"] * 4], NEGATIVE), {}, DTypeError, "numbers"),
    (vision.box_convert, (NEGATIVE, "xyxy", "xywh"), {}, DataError, "box"),
    (vision.box_convert, ([[0, 0, 1, 1]], "xyxy", "cxcywh"), {}, ArgumentError, "center_xywh"),
    (vision.box_convert, ([[0, 0, 1, 1]], "xyxy", "rel_xyxy"), {}, ArgumentError, "image_size"),
    (vision.nms, (NEGATIVE, [1, 2]), {}, DataError, "nms: box"),
    (vision.nms, ([[0, 0, 1, 1]], [1, 2]), {}, ShapeError, r"\(b,\)"),
    (vision.nms, ([[0, 0, 1, 1]], [1]), {"iou_threshold": 1.5}, ArgumentError, "iou_threshold"),
    (vision.nms, ([[0, 0, 1, 1]], [1]), {"max_boxes": 0}, ArgumentError, "max_boxes"),
    (vision.non_max_suppression, ([NEGATIVE], np.ones((1, 2, 3))), {}, DataError, r"box \[0, 1\]"),
    (vision.non_max_suppression, (np.ones((1, 2, 4)), np.ones((1, 3, 3))), {}, ShapeError, "classes"),
    (vision.non_max_suppression, (fastnn.Input((2, 4)), fastnn.Input((2, 3))), {"format": "xywh"}, ArgumentError,
     "symbols"),
    (vision.draw_boxes, (np.zeros((1, 9, 9, 3)), [NEGATIVE]), {}, DataError, "draw_boxes"),
    (vision.draw_boxes, (np.zeros((2, 9, 9, 3)), [[[0, 0, 1, 1]]]), {}, ShapeError, "2 images"),
    (vision.draw_boxes, (np.zeros((1, 9, 9, 3)), [[0, 0, 1, 1]]), {}, ShapeError, r"\(n, b, 4\)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "more", "error", "words"), CASES)
def test_bad_input_is_named(function, given, more, error, words):
    with pytest.raises(error, match=words):
        function(*given, **more)


def test_nothing_found_is_an_answer():
    """No boxes, no images, lists without anything in them."""
    assert vision.iou([], [[0, 0, 1, 1]]).shape == (0, 1) and vision.nms([], []).tolist() == []
    for n, many, classes in ((2, 0, 3), (0, 4, 3), (2, 4, 0)):
        found = vision.non_max_suppression(np.zeros((n, many, 4)), np.zeros((n, many, classes)))
        assert all(len(v) == n for v in found.values()) and found["boxes"].shape[2] == 4
    images = np.zeros((2, 5, 5, 3), "uint8")
    np.testing.assert_array_equal(vision.draw_boxes(images, [[], []]), images)
