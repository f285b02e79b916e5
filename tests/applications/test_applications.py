"""keras.applications: layers, shapes and counts of Keras 3.15.1's models; files of weights, inputs, preprocessing."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from applications import make_models

import fastnn as keras
from fastnn import applications, initializers, layers
from fastnn.applications.convnext_layers import LayerScale, StochasticDepth
from fastnn.applications.inception_layers import CustomScaleLayer

TABLE = json.loads(Path(__file__).with_name("keras_models.json").read_text())
PLAIN = [name for names in applications.MODELS.values() for name in names]
LONG = ("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtXLarge", "DenseNet169", "DenseNet201",
        "EfficientNetB2", "EfficientNetB3", "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7",
        "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3", "EfficientNetV2L", "EfficientNetV2M",
        "NASNetLarge", "NASNetMobile", "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2")  # fmt: skip


def zeros(self, shape, dtype=None, **kwargs):
    """Weights that no memory is touched for."""
    return np.zeros(shape, "float32")


@pytest.fixture
def unallocated(monkeypatch):
    for kind in (initializers.GlorotUniform, initializers.VarianceScaling, initializers.HeNormal):
        monkeypatch.setattr(kind, "__call__", zeros)
    keras.utils.clear_session()


def test_the_table_is_complete():
    assert set(TABLE) == {*PLAIN, *make_models.VARIANTS}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in sorted(TABLE)]
)
def test_models_are_those_of_keras(name, unallocated):
    kind, arguments = make_models.VARIANTS.get(name, (name, {}))
    assert make_models.row(getattr(applications, kind)(weights=None, **arguments)) == TABLE[name]


def test_a_small_one_trains_and_comes_back(tmp_path):
    arguments = {"input_shape": (32, 32, 3), "alpha": 0.25, "classes": 3}
    model = applications.MobileNet(weights=None, **arguments)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).random((4, 32, 32, 3)).astype("float32")
    assert np.isfinite(model.fit(x, np.arange(4) % 3, verbose=0).history["loss"]).all()
    path = str(tmp_path / "own.weights.h5")
    model.save_weights(path)
    twin = applications.MobileNet(weights=path, **arguments)
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
    copy = keras.Model.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


FILES = {
    "VGG16": ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    "MobileNet": ("mobilenet_1_0_224_tf.h5", "mobilenet_1_0_224_tf_no_top.h5"),
    "MobileNetV2": ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
                    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"),
    "MobileNetV3Small": ("weights_mobilenet_v3_small_224_1.0_float.h5",
                         "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5"),
    "EfficientNetB0": ("efficientnetb0.h5", "efficientnetb0_notop.h5"),
    "EfficientNetV2B0": ("efficientnetv2-b0.h5", "efficientnetv2-b0_notop.h5"),
    "NASNetMobile": ("NASNet-mobile.h5", "NASNet-mobile-no-top.h5"),
    "ConvNeXtTiny": ("convnext_tiny.h5", "convnext_tiny_notop.h5"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("top", [True, False])
def test_missing_weights_say_where_they_belong(name, top, unallocated, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ValueError, match="put the file there") as caught:
        getattr(applications, name)(include_top=top)
    assert FILES[name][0 if top else 1] in str(caught.value) and str(tmp_path) in str(caught.value)


def test_weights_are_found_in_the_folder_of_keras(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".keras" / "models"
    folder.mkdir(parents=True)
    own = applications.MobileNet(weights=None, alpha=0.25, input_shape=(128, 128, 3), include_top=False)
    own.save(folder / "mobilenet_2_5_128_tf_no_top.h5")
    found = applications.MobileNet(alpha=0.25, input_shape=(128, 128, 3), include_top=False)
    for a, b in zip(own.get_weights(), found.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_input_tensor_and_unknown_sizes():
    x = keras.Input((64, 64, 3))
    model = applications.MobileNetV2(input_tensor=layers.Rescaling(2.0)(x), weights=None, alpha=0.35, include_top=False)
    assert model.inputs[0] is x and model.output_shape == (None, 2, 2, 1280)
    model = applications.MobileNetV2(weights=None, alpha=0.35, include_top=False, pooling="max")
    assert model.output_shape == (None, 1280)
    assert model.predict(np.ones((1, 40, 48, 3), "float32"), verbose=0).shape == (1, 1280)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"weights": "nowhere"}, "path to the weights file"),
    ({"classes": 10}, "`classes` should be 1000"),
    ({"weights": None, "input_shape": (16, 16, 3)}, "at least 32x32"),
    ({"weights": None, "input_shape": (None, None, 3)}, "static `input_shape`"),
    ({"weights": None, "input_shape": (32, 32)}, "three integers"),
    ({"input_shape": (200, 200, 3)}, "`input_shape` should be"),
    ({"include_top": False, "input_shape": (224, 224, 1)}, "must have 3 channels"),
    ({"classifier_activation": "relu"}, "`None` and `softmax`"),
    ({"weights": None, "input_tensor": "image"}, "symbol of the functional API"),
    ({"depth": 3}, "unexpected keyword argument 'depth'"),
])  # fmt: skip
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        applications.ResNet50(**arguments)


def test_wrong_filters_for_imagenet():
    with pytest.raises(ValueError, match="alpha"):
        applications.MobileNetV2(alpha=0.4)
    with pytest.raises(ValueError, match="depth multiplier"):
        applications.MobileNet(depth_multiplier=2)
    with pytest.warns(UserWarning, match="usually expects 1 or 3 input channels"):
        applications.MobileNet(weights=None, include_top=False, input_shape=(32, 32, 5), alpha=0.25)


def test_channels_first():
    keras.config.set_image_data_format("channels_first")
    try:
        model = applications.MobileNet(weights=None, alpha=0.25, include_top=False, input_shape=(3, 32, 32))
        assert model.output_shape == (None, 256, 1, 1)
        with pytest.raises(ValueError, match="channels_first"):
            applications.DenseNet121(weights=None)
    finally:
        keras.config.set_image_data_format("channels_last")


def test_signatures_and_docs():
    first = list(inspect.signature(applications.EfficientNetV2S).parameters)
    assert first == ["include_top", "weights", "input_tensor", "input_shape", "pooling", "classes",
                     "classifier_activation", "include_preprocessing", "name"]  # fmt: skip
    for name in PLAIN:
        make = getattr(applications, name)
        assert make.__name__ == name and "Source:" in make.__doc__


MODES = {"caffe": ("vgg16", "vgg19", "resnet", "resnet50"), "torch": ("densenet",),
         "tf": ("mobilenet", "mobilenet_v2", "xception", "inception_v3", "inception_resnet_v2", "nasnet", "resnet_v2"),
         None: ("efficientnet", "efficientnet_v2", "convnext", "mobilenet_v3")}  # fmt: skip
MEANS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
BY_HAND = {
    "caffe": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "tf": lambda x: x / 127.5 - 1,
    "torch": lambda x: (x / 255 - MEANS[0]) / MEANS[1],
    None: lambda x: x,
}


@pytest.mark.parametrize("mode", list(MODES))
def test_preprocess_input(mode):
    whole = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("uint8")
    wanted = BY_HAND[mode](whole.astype("float64"))
    for module in MODES[mode]:
        preprocess = getattr(applications, module).preprocess_input
        np.testing.assert_allclose(preprocess(whole), wanted, rtol=1e-5, atol=1e-4)
        first = preprocess(np.moveaxis(whole, -1, 1), data_format="channels_first")
        np.testing.assert_allclose(np.moveaxis(first, 1, -1), wanted, rtol=1e-5, atol=1e-4)
    x = keras.Input((4, 5, 3))
    model = keras.Model(x, layers.Identity()(preprocess(x)))
    np.testing.assert_allclose(model.predict(whole.astype("float32"), verbose=0), wanted, rtol=1e-5, atol=1e-4)
    floats = whole.astype("float32")
    preprocess(floats)
    np.testing.assert_array_equal(floats, whole)  # Keras writes over arrays of floats


def test_preprocess_input_refuses():
    utils = applications.imagenet_utils
    for arguments, words in (({"mode": "best"}, "`caffe`, `tf` or `torch`"), ({"data_format": "x"}, "data_format")):
        with pytest.raises(ValueError, match=words):
            utils.preprocess_input(np.ones((1, 1, 3)), **arguments)


def test_decode_predictions(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    chances = np.zeros((2, 1000), "float32")
    chances[0, [3, 7]], chances[1, 999] = (0.6, 0.4), 1
    with pytest.raises(ValueError, match="imagenet_class_index"):
        applications.vgg16.decode_predictions(chances)
    folder = tmp_path / ".keras" / "models"
    folder.mkdir(parents=True)
    index = {str(k): [f"n{k:08}", f"thing{k}"] for k in range(1000)}
    (folder / "imagenet_class_index.json").write_text(json.dumps(index))
    found = applications.vgg16.decode_predictions(chances, top=2)
    assert [row[:2] for row in found[0]] == [("n00000003", "thing3"), ("n00000007", "thing7")]
    assert found[1][0] == ("n00000999", "thing999", 1.0)
    with pytest.raises(ValueError, match="samples, 1000"):
        applications.imagenet_utils.decode_predictions(np.ones((1, 10)))


@pytest.mark.parametrize("name", ["convnext", "inception_resnet_v2"])
def test_files_name_the_layers_of_families_as_keras_does(name, tmp_path):
    """LayerScale and CustomScaleLayer are no public layers; files of Keras name them by the family's module."""
    x = keras.Input((4,))
    if name == "convnext":
        y = StochasticDepth(0.5)(LayerScale(0.5, 4)(x))
    else:
        y = CustomScaleLayer(0.5)([x, x])
    model = keras.Model(x, y)
    model.save(tmp_path / "m.keras")
    twin = keras.models.load_model(tmp_path / "m.keras")
    modules = {layer["module"] for layer in model.get_config()["layers"]}
    assert f"keras.src.applications.{name}" in modules
    data = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(twin.predict(data, verbose=0), model.predict(data, verbose=0))


def test_stochastic_depth_keeps_the_mean():
    found = StochasticDepth(0.25)(np.ones((4000, 3), "float32"), training=True)
    assert set(np.unique(found).round(4)) == {0.0, np.float32(1.3333)} and abs(found.mean() - 1) < 0.05


@pytest.mark.parametrize(("size", "kernel", "expected"), [
    ((8, 7), 3, ((0, 1), (1, 1))), ((7, 7), 5, ((2, 2), (2, 2))), ((None, None), 3, ((0, 1), (0, 1))),
    ((6, 9), (3, 5), ((0, 1), (2, 2))),
])  # fmt: skip
def test_padding_before_strides_is_keras(size, kernel, expected):
    assert applications.imagenet_utils.correct_pad(keras.Input((*size, 3)), kernel) == expected
