"""All layers of images: nothing in inference, equal seeds, both data formats, dicts; and the values of Keras."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers.images import cases

import fastnn as keras
from fastnn import layers, ops
from fastnn.layers.images.mixing import symmetric_beta

STORED = np.load(Path(__file__).with_name("keras_images.npz"))
GIVEN = cases.COLOURS + cases.BOXED
MADE = {name: arguments for name, arguments, _ in reversed(GIVEN)} | cases.OTHERS
SIZED = ("RandomCrop", "CenterCrop", "Resizing")
ALWAYS = ("AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", *SIZED)
STILL = ("MaxNumBoundingBoxes", "RandomColorJitter")
MODELS = sorted(set(MADE) - {"RandAugment", "AugMix", *SIZED})
X = cases.IMAGES


def made(name, **more):
    return getattr(layers, name)(**MADE[name], **more)


def test_the_cases_are_complete():
    assert set(MADE) == {name for name, module in layers.NAMES.items() if module.startswith("images.")}


@pytest.mark.parametrize(("k", "name"), list(enumerate(name for name, _, _ in GIVEN)))
def test_images_are_those_of_keras(k, name):
    _, arguments, transformation = GIVEN[k]
    found = getattr(layers, name)(**arguments).transform_images(X, transformation)
    np.testing.assert_allclose(found, STORED[f"images{k}"], rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("k", range(len(cases.COLOURS), len(GIVEN)))
def test_boxes_are_those_of_keras(k):
    name, arguments, transformation = GIVEN[k]
    layer = getattr(layers, name)(**arguments, bounding_box_format="xyxy")
    found = layer.transform_bounding_boxes({"boxes": cases.BOXES, "labels": cases.LABELS}, transformation)
    np.testing.assert_allclose(found["boxes"], STORED[f"boxes{k}"], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(found["labels"], STORED[f"labels{k}"])


@pytest.mark.parametrize("name", sorted(MADE))
def test_config_is_that_of_keras(name):
    arguments = next((arguments for n, arguments, _ in reversed(GIVEN) if n == name), cases.OTHERS.get(name))
    config = getattr(layers, name)(**arguments).get_config()
    for key, value in json.loads(STORED["configs"].tobytes())[name].items():
        own = list(config[key]) if isinstance(config[key], tuple) else config[key]
        assert own == value, key


@pytest.mark.parametrize("name", sorted(MADE))
def test_each(name):
    layer = made(name, seed=3) if layers_seed(name) else made(name)
    x = np.concatenate([X] * 4)  # so many that one is changed
    calm, varied = layer(x, training=False), layer(x, training=True)
    assert varied.dtype == calm.dtype == np.float32 and np.isfinite(varied).all()
    assert varied.shape == calm.shape == layer.compute_output_shape(x.shape)
    if name not in ALWAYS:
        np.testing.assert_array_equal(calm, x)
        assert (name in STILL) == np.array_equal(varied, x)
    twin = layers.deserialize(layers.serialize(layer))
    assert json.dumps(twin.get_config()) == json.dumps(layer.get_config())
    np.testing.assert_array_equal(twin(x, training=True), varied)
    assert layer(x[0], training=True).shape == varied.shape[1:]
    first = made(name, data_format="channels_first", **({"seed": 3} if layers_seed(name) else {}))
    if name != "RandomErasing":  # its noise is drawn in the order of the images' axes
        other = np.moveaxis(first(np.moveaxis(x, -1, 1), training=True), 1, -1)
        np.testing.assert_allclose(other, varied, atol=1e-3)


def layers_seed(name):
    """Whether a layer takes `seed`."""
    return getattr(layers, name)._random


@pytest.mark.parametrize("name", sorted(MADE))
def test_integers_become_floats(name):
    whole = X.astype("uint8")
    found = made(name)(whole, training=True)
    assert found.dtype == (np.uint8 if name == "Resizing" else np.float32)
    if name == "Resizing":
        np.testing.assert_array_equal(found, made(name)(whole.astype("float32")).round())


def test_in_a_model():
    x = keras.Input(X.shape[1:])
    y = x
    for name in MODELS:
        y = made(name)(y)
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(layers.Rescaling(1 / 255)(y))))
    model.compile("sgd", "mse")
    model.fit(X, np.ones(2), epochs=2, verbose=0)
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["RandAugment", "AugMix"])
def test_policies_on_the_tape(name):
    x = keras.Input(X.shape[1:])
    arguments = {"num_ops": 1} if name == "RandAugment" else {"num_chains": 2, "chain_depth": 1}
    y = getattr(layers, name)(**arguments, seed=1)(x)
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(layers.Rescaling(1 / 255)(y))))
    model.compile("sgd", "mse")
    losses = model.fit(X, np.ones(2), epochs=4, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


MOVED = ("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear", "RandomPerspective",
         "CenterCrop", "Resizing", "RandomCrop", "RandAugment")  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
@pytest.mark.parametrize("box_format", ["xyxy", "rel_yxyx", "center_xywh"])
def test_dicts(name, box_format):
    layer = made(name, bounding_box_format=box_format)
    boxes = keras.utils.bounding_boxes.convert_format(cases.BOXES, "xyxy", box_format, 4, 5)
    whole = {"images": X, "labels": np.eye(2, dtype="float32"), "segmentation_masks": X[..., :1].round(),
             "bounding_boxes": {"boxes": boxes, "labels": cases.LABELS}}  # fmt: skip
    found = layer(whole, training=True)
    assert found["images"].shape[:3] == found["segmentation_masks"].shape[:3]
    if name not in SIZED:
        assert np.isin(found["segmentation_masks"], [*np.unique(X[..., :1].round()), 0]).all()
    np.testing.assert_array_equal(found["labels"], whole["labels"])
    h, w = found["images"].shape[1:3]
    corners = keras.utils.bounding_boxes.convert_format(found["bounding_boxes"]["boxes"], box_format, "xyxy", h, w)
    assert corners.shape == cases.BOXES.shape
    one = layer({key: value[0] if not isinstance(value, dict) else {k: v[0] for k, v in value.items()}
                 for key, value in whole.items()}, training=True)  # fmt: skip
    assert one["bounding_boxes"]["boxes"].shape == (2, 4) and one["images"].shape == found["images"].shape[1:]


def test_boxes_need_a_format():
    data = {"images": X, "bounding_boxes": {"boxes": cases.BOXES, "labels": cases.LABELS}}
    with pytest.raises(ValueError, match="bounding_box_format='xyxy'"):
        layers.RandomFlip()(data)
    with pytest.raises(ValueError, match="keys 'boxes' and 'labels'"):
        layers.RandomFlip(bounding_box_format="xyxy")({"images": X, "bounding_boxes": {"boxes": cases.BOXES}})


def test_as_many_boxes_as_asked_for():
    data = {"images": X, "bounding_boxes": {"boxes": cases.BOXES, "labels": cases.LABELS}}
    layer = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    found = layer(data)["bounding_boxes"]
    assert found["boxes"].shape == (2, 3, 4) and found["labels"].tolist() == [[1, 2, -1], [3, 4, -1]]
    layer = layers.MaxNumBoundingBoxes(1, bounding_box_format="xyxy")
    found = layer(data)["bounding_boxes"]
    assert found["boxes"].tolist() == cases.BOXES[:, :1].tolist() and found["labels"].tolist() == [[1], [3]]


def test_labels_are_mixed_with_their_images():
    """Of images that are their label's number, the labels' weights give the pixels' mean again."""
    n = 6
    images = np.broadcast_to(np.arange(n, dtype="float32").reshape(n, 1, 1, 1), (n, 16, 16, 1)).copy()
    for name, slack in (("MixUp", 1e-3), ("CutMix", 0.8)):  # CutMix cuts whole pixels
        found = getattr(layers, name)(seed=4)({"images": images, "labels": np.eye(n, dtype="float32")}, training=True)
        np.testing.assert_allclose(found["labels"].sum(1), 1, rtol=1e-5)
        np.testing.assert_allclose(found["images"].mean((1, 2, 3)), found["labels"] @ np.arange(n), atol=slack)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_symmetric_beta(alpha):
    drawn = symmetric_beta((20000,), alpha, "float32", 5)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert abs(drawn.mean() - 0.5) < 0.01 and abs(drawn.var() - 1 / (4 * (2 * alpha + 1))) < 0.004


def test_new_numbers_in_every_batch():
    layer = layers.RandomBrightness(0.5)
    assert not np.array_equal(layer(X, training=True), layer(X, training=True))


@pytest.mark.parametrize(("name", "arguments", "words"), [
    ("RandomBrightness", {"factor": 2}, "`factor` argument should be a number"),
    ("RandomBrightness", {"factor": 0.1, "value_range": 3}, "`value_range` argument should be a list of two numbers"),
    ("RandomTranslation", {"height_factor": -1.1, "width_factor": 0}, r"range \[-1.0, 1.0\]"),
    ("RandomZoom", {"height_factor": -1}, r"range \(-1.0, 1.0\]"),
    ("RandomShear", {"x_factor": 1.5}, r"range \[0, 1.0\]"),
    ("RandomPerspective", {"scale": 2.0}, r"`scale` argument should be a number in the range \[0,1\]"),
    ("RandomGaussianBlur", {"kernel_size": 2}, "odd number"),
    ("RandomErasing", {"fill_value": "x"}, "`fill_value` argument should be a number"),
    ("RandomGrayscale", {"factor": 2}, "should be between 0 and 1"),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "blue"}, "Unknown `fill_mode`"),
    ("Solarization", {"addition_factor": 2}, r"range \[0, 1\]"),
    ("Resizing", {"height": 2, "width": 2, "interpolation": "cubic"}, "interpolation"),
])  # fmt: skip
def test_wrong_arguments(name, arguments, words):
    with pytest.raises((ValueError, NotImplementedError), match=words):
        getattr(layers, name)(**arguments)


def test_wrong_ranks():
    with pytest.raises(ValueError, match="rank 3 or 4"):
        layers.RandomBrightness(0.1)(np.ones((4, 4), "float32"), training=True)
    with pytest.raises(ValueError, match="3 channels"):
        layers.RandomColorDegeneration(0.1).compute_output_shape((1, 4, 4, 1))


def test_symbols_keep_their_shape():
    x = keras.Input((None, None, 3))
    assert layers.RandomZoom(0.2)(x).shape == (None, None, None, 3)
    assert layers.Resizing(4, 5)(x).shape == (None, 4, 5, 3)
    assert ops.shape(layers.CenterCrop(4, 5)(x))[1:] == (4, 5, 3)
