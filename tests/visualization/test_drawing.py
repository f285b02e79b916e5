"""Boxes and masks over images: pixels by hand, names by Pillow, figures by matplotlib."""

import matplotlib as mpl
import numpy as np
import pytest

import fastnn as keras
from fastnn import visualization as v

X = np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3)).astype("uint8")
BOXES = {"boxes": np.array([[[5, 5, 20, 30], [1, 2, 3, 4]]] * 3, "float32"), "labels": np.array([[1, -1]] * 3)}


@pytest.fixture(autouse=True)
def no_window():
    mpl.use("agg")


def edges(thickness):
    """Where a line of this thickness goes round the box, as OpenCV draws it: half of it outside."""
    mask = np.zeros((40, 60), bool)
    low, high = (thickness - 1) // 2, thickness // 2
    mask[5 - low : 31 + high, 5 - low : 21 + high] = True
    inner = slice(5 + high + 1, 30 - low), slice(5 + high + 1, 20 - low)
    mask[inner] = False
    return mask


@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_boxes(thickness):
    drawn = v.draw_bounding_boxes(X, BOXES, "xyxy", color=(1, 2, 3), line_thickness=thickness)
    wanted = np.where(edges(thickness)[..., None], np.array([1, 2, 3], "uint8"), X)
    np.testing.assert_array_equal(drawn, wanted)
    relative = keras.utils.bounding_boxes.convert_format(BOXES, "xyxy", "rel_yxyx", 40, 60)
    first = v.draw_bounding_boxes(np.moveaxis(X, -1, 1), relative, "rel_yxyx", color=(1, 2, 3),
                                  line_thickness=thickness, data_format="channels_first")  # fmt: skip
    np.testing.assert_array_equal(first, wanted)


def test_shares_of_one_are_bytes():
    drawn = v.draw_bounding_boxes(X / 255.0, {**BOXES, "labels": -np.ones((3, 2))}, "xyxy")
    assert drawn.dtype == np.uint8 and abs(drawn.astype(int) - X).max() <= 1


def test_names_and_confidences_change_pixels():
    boxes = {**BOXES, "confidences": np.full((3, 2), 0.5)}
    plain = v.draw_bounding_boxes(X, boxes, "xyxy", color=(255, 0, 0))
    named = v.draw_bounding_boxes(X, boxes, "xyxy", class_mapping={1: "cat"}, color=(255, 0, 0), font_scale=0.5)
    other = v.draw_bounding_boxes(X, BOXES, "xyxy", class_mapping={1: "cat"}, color=(255, 0, 0), font_scale=0.5)
    assert (named != plain).any() and (named != other).any()


def test_masks():
    masks = np.zeros((3, 40, 60, 1), "int32")
    masks[:, :10], masks[:, 10:20] = 1, -1
    colors = {0: (0, 0, 0), 1: (200, 100, 0)}
    drawn = v.draw_segmentation_masks(X, masks, 2, colors, alpha=0.5)
    np.testing.assert_allclose(drawn[:, :10], (X[:, :10] + np.array(colors[1])) / 2, atol=1)
    np.testing.assert_array_equal(drawn[:, 10:20], X[:, 10:20])
    np.testing.assert_allclose(drawn[:, 20:], X[:, 20:] / 2, atol=1)
    plain = v.draw_segmentation_masks(X, masks, blend=False, num_classes=3)
    assert plain.dtype == np.float32 and (plain[:, :10] == plain[0, 0, 0]).all()


def test_galleries_are_written(tmp_path):
    for k, plot in enumerate((
        lambda path: v.plot_image_gallery(X, y_true=[0, 1, 0], y_pred=[1, 1, 9], label_map={0: "a", 1: "b"}, path=path),
        lambda path: v.plot_image_gallery(X[..., :1] / 255.0, value_range=(0, 1), rows=1, cols=3, path=path),
        lambda path: v.plot_bounding_box_gallery(X, "xyxy", y_true=BOXES, y_pred=BOXES, legend=True, path=path),
        lambda path: v.plot_segmentation_mask_gallery(X, 3, y_true=X[..., :1] % 3, y_pred=X[..., 1:2] % 3, path=path),
    )):  # fmt: skip
        path = tmp_path / f"{k}.png"
        plot(path)
        assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 500


@pytest.mark.parametrize(("call", "words"), [
    (lambda: v.draw_bounding_boxes(X[0], BOXES, "xyxy"), "4D tensor"),
    (lambda: v.draw_bounding_boxes(X, [1], "xyxy"), "should be a dict"),
    (lambda: v.draw_bounding_boxes(X, {"boxes": 1}, "xyxy"), "'boxes' and 'labels'"),
    (lambda: v.draw_segmentation_masks(X, X[..., :1] / 2), "integer dtype"),
    (lambda: v.plot_image_gallery(X, path="x", show=True), "either `path`"),
    (lambda: v.plot_image_gallery(X, y_true=[1]), "`label_map` must"),
    (lambda: v.plot_bounding_box_gallery(X, "xyxy", legend=True, legend_handles=[1]), "Only pass `legend`"),
])  # fmt: skip
def test_wrong_arguments(call, words):
    with pytest.raises(ValueError, match=words):
        call()
