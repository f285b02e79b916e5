"""Boxes and random changes of images; the numbers of the others are in tensorflow_values.json."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, NotSupportedError

tf = tf_names.table()
IMAGE = np.random.default_rng(1).random((6, 5, 3)).astype("float32")
RANDOM = {
    "brightness": (0.3,), "contrast": (0.5, 0.9), "hue": (0.2,), "saturation": (0.5, 0.9), "flip_left_right": (),
    "flip_up_down": (), "jpeg_quality": (20, 90),
}  # fmt: skip


@pytest.mark.parametrize("name", RANDOM)
def test_a_stateless_change_is_a_function_of_its_seed(name):
    change = tf[f"image.stateless_random_{name}"]
    a, b = (np.asarray(change(IMAGE, *RANDOM[name], seed=(1, 2))) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    others = [np.asarray(change(IMAGE, *RANDOM[name], seed=(k, 2))) for k in range(12)]
    assert any(not np.array_equal(a, o) for o in others)
    assert a.shape == IMAGE.shape and a.dtype == IMAGE.dtype
    assert np.asarray(tf[f"image.random_{name}"](IMAGE, *RANDOM[name])).shape == IMAGE.shape


def test_stateless_crop():
    crop = tf["image.stateless_random_crop"](IMAGE, (3, 2, 3), (4, 5))
    assert any(np.array_equal(crop, IMAGE[r : r + 3, c : c + 2]) for r in range(4) for c in range(4))


def test_boxes_are_cut_out_in_a_model():
    x, boxes = fastnn.Input((6, 5, 3)), np.array([[0, 0, 1, 1], [0.2, 0.1, 0.9, 0.8]], "float32")
    cut = tf["image.crop_and_resize"]
    model = fastnn.Model(x, fastnn.layers.Lambda(lambda v: cut(v, boxes, [0, 1], (4, 4)))(x))
    batch = np.stack([IMAGE, IMAGE[::-1]])
    np.testing.assert_allclose(model.predict(batch, verbose=0), cut(batch, boxes, [0, 1], (4, 4)), rtol=1e-5)
    np.testing.assert_allclose(cut(batch, boxes[:1], [1], (6, 5))[0], batch[1], rtol=1e-5)


def test_soft_suppression_is_refused():
    with pytest.raises(NotSupportedError, match="soft_nms_sigma"):
        tf["image.non_max_suppression_with_scores"](np.zeros((1, 4)), np.ones(1), 1, soft_nms_sigma=0.5)


@pytest.mark.parametrize("name, given, word", [
    ("adjust_hue", (IMAGE, 2), "delta"), ("adjust_gamma", (IMAGE, -2.0), "gamma"), ("central_crop", (IMAGE, 0), "frac"),
    ("central_crop", (IMAGE, 1.5), "central_fraction"), ("resize_with_crop_or_pad", (IMAGE, 0, 9), "target_height"),
    ("random_brightness", (IMAGE, -0.2), "max_delta"), ("random_contrast", (IMAGE, 0.5, 0.2), "upper"),
    ("random_saturation", (IMAGE, -0.5, 0.2), "lower"), ("random_hue", (IMAGE, 0.7), "max_delta"),
    ("stateless_random_hue", (IMAGE, 0.7, (1, 2)), "max_delta"), ("grayscale_to_rgb", (IMAGE,), "channels"),
    ("stateless_random_contrast", (IMAGE, 0.5, 0.2, (1, 2)), "upper"),
    ("non_max_suppression", (np.eye(1, 4), np.ones(1), 1, 2.0), "iou_threshold"),
])  # fmt: skip
def test_numbers_outside_of_their_range(name, given, word):
    with pytest.raises(ArgumentError, match=word):
        tf[f"image.{name}"](*given)
