"""Private modules of Keras 3: each leads to what is public; a name that nothing has is no module."""

import importlib

import numpy as np
import pytest

from fastnn.compat import aliases as names_of_others
from fastnn.compat.keras3 import src as keras_src
from fastnn.layers import Dense
from fastnn.losses import Loss


@pytest.fixture(name="aliases")
def _aliases():
    names_of_others.install()
    try:
        yield
    finally:
        names_of_others.uninstall()


HOMES = [
    ("layers.core.dense", "layers"), ("backend", "compat.backend"), ("backend.tensorflow.numpy", "ops"),
    ("backend.tensorflow.random", "random"), ("backend.common.masking", "compat.backend"), ("version", ""),
    ("applications.vgg16", "applications.vgg16"), ("ops.image", "ops.image"), ("ops.numpy", "ops"),
    ("legacy.preprocessing.text", "preprocessing.text"), ("utils.tracking", "utils"), ("trainers.trainer", "models"),
    ("engine.base_layer", "layers"), ("layers.core.Dense", None), ("no_such_package", None),
]  # fmt: skip


@pytest.mark.parametrize(("below", "expected"), HOMES)
def test_homes(below, expected):
    assert keras_src.home(below) == expected


def test_every_private_name_is_there_and_named_as_keras_names_it(aliases):
    for package, names in keras_src.NAMES.items():
        module = importlib.import_module(f"keras.src.{package}")
        for name, where in names.items():
            home, _, original = where.partition(":")
            assert getattr(module, name) is getattr(importlib.import_module(f"fastnn.{home}"), original), name


IMPORTS = [
    "keras.src.backend:convert_to_tensor", "keras.src.backend.common:KerasVariable",
    "keras.src.backend.common.masking:get_keras_mask",
    "keras.src.backend.common.keras_tensor:KerasTensor", "keras.src.backend.common.variables:standardize_dtype",
    "keras.src.backend.tensorflow.core:convert_to_numpy", "keras.src.backend.tensorflow.nn:relu",
    "keras.src.api_export:keras_export", "keras.src.trainers.trainer:Trainer", "keras.src.ops.operation:Operation",
    "keras.src.trainers.data_adapters.data_adapter_utils:unpack_x_y_sample_weight", "keras.src.ops.image:resize",
    "keras.src.utils.backend_utils:in_tf_graph", "keras.src.utils.image_utils:smart_resize",
    "keras.src.optimizers.schedules.learning_rate_schedule:CosineDecay", "keras.src.version:__version__",
    "keras.src.optimizers.base_optimizer:BaseOptimizer", "keras.src.layers.preprocessing.feature_space:FeatureSpace",
    "keras.src.layers.convolutional.base_conv:BaseConv",
    "keras.src.layers.attention.grouped_query_attention:GroupedQueryAttention", "keras.src.utils.tracking:TrackedDict",
    "keras.src.applications.vgg16:preprocess_input", "keras.src.saving.serialization_lib:deserialize_keras_object",
    "keras_applications:get_submodules_from_kwargs", "tensorflow.keras.layers:RandomHeight",
    "tensorflow.python.ops.linalg.sparse:sparse",
]  # fmt: skip


@pytest.mark.parametrize("path", IMPORTS)
def test_what_packages_import(aliases, path):
    module, _, name = path.partition(":")
    assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize("path", [
    "keras.src.layers.core.dense:NoSuchLayer", "keras.src.utils.tracking:no_such_function", "keras.src:no_such_package",
    "keras.src.backend.common.masking:no_such_mask", "tensorflow.python.ops.math_ops:no_such_function",
])  # fmt: skip
def test_what_is_not_there_is_an_error_and_no_module(aliases, path):
    module, _, name = path.partition(":")
    with pytest.raises(AttributeError, match=name):
        getattr(importlib.import_module(module), name)
    with pytest.raises(ImportError):
        importlib.import_module(f"{module}.{name}")


@pytest.mark.parametrize("path", ["tensorflow.keras:estimator"])
def test_a_name_that_is_gone_is_an_import_error_that_says_what_to_do(aliases, path):
    module, _, name = path.partition(":")
    with pytest.raises(ImportError, match=f"{name} is not supported by fastnn: "):
        exec(f"from {module} import {name}")


def test_public_modules_have_no_private_names(aliases):
    keras = importlib.import_module("keras")
    with pytest.raises(AttributeError):
        _ = keras.layers.BaseConv
    assert keras.src.layers.core.dense.Dense is Dense and keras.src.losses.loss.Loss is Loss


def test_classes_of_tpus_can_be_named_and_not_made(aliases):
    tf = importlib.import_module("tensorflow")
    kind = tf.tpu.experimental.embedding.TableConfig
    assert not isinstance(3, kind) and isinstance(tf.tpu.experimental.HardwareFeature.EmbeddingFeature.V1, type)
    with pytest.raises(NotImplementedError, match="no TPUs"):
        kind(vocabulary_size=3)


def test_internal_names_of_tensorflow(aliases):
    tf = importlib.import_module("tensorflow")
    keras = importlib.import_module("keras")
    own = tf.__internal__.tracking.no_automatic_dependency_tracking
    assert own is keras.src.utils.tracking.no_automatic_dependency_tracking
    assert not isinstance(3, tf.SparseTensor)


def test_what_keras_applications_handed_round(aliases):
    old = importlib.import_module("keras_applications")
    backend, own = old._KERAS_BACKEND, {"layers": "mine"}
    assert backend is importlib.import_module("fastnn.compat.backend") and old._KERAS_LAYERS.Dense is Dense
    found = old.get_submodules_from_kwargs(own)
    assert found[0] is backend and found[1] == "mine"
    with pytest.raises(AttributeError):
        _ = old._KERAS_NOTHING
    mobilenet = importlib.import_module("keras_applications.mobilenet")
    model = mobilenet.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, classes=2, backend=backend, layers=1, models=2, utils=3
    )
    assert model.output_shape == (None, 2)
    with pytest.raises(ValueError, match="no_such_argument"):
        mobilenet.MobileNet(weights=None, no_such_argument=1)


def test_functions_of_the_values_of_a_dict_and_of_one_array(aliases):
    keras = importlib.import_module("keras")
    x = keras.Input((2,))
    values = {"double": x * 2.0, "next": x + 1.0}.values()
    double, after = keras.backend.function([x], values)(np.ones((1, 2)))
    assert double.tolist() == [[2.0, 2.0]] and after.tolist() == [[2.0, 2.0]]
    model = keras.Model(x, list(values))
    assert not model._is_compiled and model._feed_inputs == [x]
    assert model._feed_targets == model._feed_sample_weights == []


def test_where_a_symbol_comes_from(aliases):
    keras = importlib.import_module("keras")
    x, layer = keras.Input((2,)), keras.layers.Dense(2)
    found = layer(layer(x))._keras_history
    assert found.operation is found.layer is layer and found[1:] == (1, 0) and x._keras_history.node_index == 0
    assert not hasattr(keras.KerasTensor((2,)), "_keras_history")
