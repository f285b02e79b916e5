"""Bounding boxes: formats back and forth, clipping, crops, affine maps, deltas, and overlap by counting pixels."""

import itertools

import numpy as np
import pytest

from fastnn.layers.images import boxes as box
from fastnn.utils import bounding_boxes as public

RANDOM = np.random.default_rng(2)
CORNERS = np.sort(RANDOM.integers(0, 20, (7, 2, 2)), axis=1).reshape(7, 4).astype("float32") + [[0, 0, 1, 1]]
HEIGHT, WIDTH = 24, 30


def test_all_functions_are_public():
    assert {"affine_transform", "clip_to_image_size", "compute_ciou", "compute_iou", "convert_format", "crop",
            "decode_deltas_to_boxes", "encode_box_to_deltas", "pad"} == set(public.__all__)  # fmt: skip


@pytest.mark.parametrize(("source", "target"), list(itertools.product(box.FORMATS, repeat=2)))
def test_formats_back_and_forth(source, target):
    given = box.convert_format(CORNERS, "xyxy", source, HEIGHT, WIDTH)
    there = box.convert_format(given, source, target, HEIGHT, WIDTH)
    np.testing.assert_allclose(box.convert_format(there, target, "xyxy", HEIGHT, WIDTH), CORNERS, atol=1e-4)


@pytest.mark.parametrize(("name", "numbers"), [
    ("yxyx", [4, 2, 8, 10]), ("xywh", [2, 4, 8, 4]), ("center_xywh", [6, 6, 8, 4]), ("center_yxhw", [6, 6, 4, 8]),
    ("rel_xyxy", [0.1, 0.4, 0.5, 0.8]), ("rel_yxyx", [0.4, 0.1, 0.8, 0.5]), ("rel_xywh", [0.1, 0.4, 0.4, 0.4]),
    ("rel_center_xywh", [0.3, 0.6, 0.4, 0.4]),
])  # fmt: skip
def test_formats_by_hand(name, numbers):
    found = public.convert_format(np.array([[2.0, 4.0, 10.0, 8.0]]), "xyxy", name, height=10, width=20)
    np.testing.assert_allclose(found, [numbers], rtol=1e-6)


def test_clip_crop_pad():
    boxes = {"boxes": np.array([[-3.0, 2.0, 8.0, 9.0], [12.0, 1.0, 15.0, 3.0]]), "labels": np.array([5, 6])}
    found = public.clip_to_image_size(boxes, height=6, width=10)
    assert found["boxes"].tolist() == [[0, 2, 8, 6], [10, 1, 10, 3]] and found["labels"].tolist() == [5, -1]
    relative = public.clip_to_image_size({"boxes": np.array([[0.5, -1.0, 2.0, 0.5]])}, bounding_box_format="rel_xyxy")
    assert relative["boxes"].tolist() == [[0.5, 0, 1, 0.5]]
    padded = public.pad(CORNERS, 2, 3)
    np.testing.assert_allclose(public.crop(padded, 2, 3, HEIGHT, WIDTH), CORNERS)


def test_affine_by_quarter_turns():
    """A box turned by 90 degrees about the middle has its sides exchanged; moved by a share of the size, it moves."""
    one, none = np.ones(1, "float32"), np.zeros(1, "float32")
    boxes = np.array([[[2.0, 4.0, 6.0, 5.0]]], "float32")
    turned = public.affine_transform(boxes, one * 90, none, none, one, none, none, 11, 11)
    assert np.allclose(turned[0, 0, 2:] - turned[0, 0, :2], [1, 4], atol=1e-4)
    back = public.affine_transform(turned, one * -90, none, none, one, none, none, 11, 11)
    np.testing.assert_allclose(back, boxes, atol=1e-4)
    bigger = public.affine_transform(boxes, none, none, none, one * 2, none, none, 11, 11)
    np.testing.assert_allclose(bigger, 5 + (boxes - 5) * 2, atol=1e-4)


@pytest.mark.parametrize("encoding", ["center_xywh", "center_yxhw"])
@pytest.mark.parametrize("variance", [None, [0.1, 0.1, 0.2, 0.2]])
def test_deltas_back_and_forth(encoding, variance):
    anchors, boxes = CORNERS, CORNERS[::-1]
    deltas = public.encode_box_to_deltas(anchors, boxes, "xyxy", "xyxy", encoding, variance)
    found = public.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy", encoding, variance)
    np.testing.assert_allclose(found, boxes, atol=1e-3)
    levels = public.encode_box_to_deltas({1: anchors}, {1: boxes}, "xyxy", "xyxy", encoding, variance)
    np.testing.assert_array_equal(levels[1], deltas)


def pixels(corners):
    """The pixels of an image that lie in a box."""
    x, y = np.arange(HEIGHT + 8)[None], np.arange(HEIGHT + 8)[:, None]
    a, b, c, d = corners
    return (x >= a) & (x < c) & (y >= b) & (y < d)


@pytest.mark.parametrize("name", ["xyxy", "yxyx", "center_xywh", "rel_xywh"])
def test_overlap_by_counting(name):
    given = box.convert_format(CORNERS, "xyxy", name, HEIGHT, WIDTH)
    found = public.compute_iou(given, given, name, image_shape=(HEIGHT, WIDTH, 3))
    masks = [pixels(corners) for corners in CORNERS]
    wanted = [[(p & q).sum() / (p | q).sum() for q in masks] for p in masks]
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    batches = public.compute_iou(given[None], given[None], name, image_shape=(HEIGHT, WIDTH, 3))
    np.testing.assert_allclose(batches[0], wanted, atol=1e-5)


def test_masked_overlap_and_complete_overlap():
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [-1.0, -1.0, -1.0, -1.0]])
    found = public.compute_iou(boxes, boxes, "xyxy", use_masking=True)
    np.testing.assert_allclose(found, [[1, -1], [-1, -1]], atol=1e-5)
    # of the same shape: less by the squared distance of the middles over that of the corners of both
    near = public.compute_ciou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]]), "xyxy")
    np.testing.assert_allclose(near, [1 / 3 - 1 / 13], atol=1e-5)
    # the numbers of Keras 3.15.1
    odd = public.compute_ciou(np.array([[100, 101, 200, 201]]), np.array([[101, 102, 201, 202]]), "yxyx")
    np.testing.assert_allclose(odd, [0.96087853672], atol=1e-5)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: public.convert_format(np.ones((2, 3)), "xyxy", "xywh"), "last dimension of 4"),
    (lambda: public.convert_format(np.ones((2, 4)), "corners", "xywh"), "Supported formats"),
    (lambda: public.convert_format(np.ones((2, 4)), "xyxy", "rel_xywh"), "must receive `height` and `width`"),
    (lambda: public.clip_to_image_size({"boxes": np.ones((1, 4))}), "`height` and `width` must be set"),
    (lambda: public.clip_to_image_size({"boxes": np.ones((1, 4))}, 1, 1, "xywh"), "'rel_xyxy'"),
    (lambda: public.crop(np.ones((1, 4)), 0, 0, 1, 1, "xywh"), "expected 'xyxy'"),
    (lambda: public.compute_iou(np.ones(4), np.ones((1, 4)), "xyxy"), "expects boxes1"),
    (lambda: public.compute_iou(np.ones((1, 4)), np.ones((1, 4)), "rel_xyxy"), "`image_shape` argument"),
    (lambda: public.encode_box_to_deltas(CORNERS, CORNERS, "xyxy", "xyxy", "xywh"), "center_xywh"),
    (lambda: public.encode_box_to_deltas(CORNERS, CORNERS, "xyxy", "xyxy", variance=[1, 2]), "4 numbers"),
    (lambda: box.dense({"boxes": [[1, 2, 3, 4]], "labels": np.ones(1)}), "must also be a list"),
    (lambda: box.dense({"boxes": [[1, 2, 3, 4]], "labels": []}), "same length"),
    (lambda: box.dense({"boxes": np.ones(4), "labels": np.ones(1)}), "rank 2 or 3"),
    (lambda: box.dense({"boxes": np.ones((2, 4)), "labels": np.ones(())}), "rank 1 or 2"),
])  # fmt: skip
def test_wrong_arguments(call, words):
    with pytest.raises((ValueError, NotImplementedError), match=words):
        call()


def test_lists_are_filled_up():
    found = box.dense({"boxes": [[[1, 2, 3, 4]], [[1, 1, 2, 2], [0, 0, 1, 1]]], "labels": [[7], [8, 9]]})
    assert found["boxes"].shape == (2, 2, 4) and found["boxes"][0, 1].tolist() == [0, 0, 0, 0]
    assert found["labels"].tolist() == [[7, -1], [8, 9]]
