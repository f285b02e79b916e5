"""Helpers of Keras 2's private modules: what they gave there, and the modules in which scripts look for them."""

import importlib

import numpy as np
import pytest

from fastnn import layers
from fastnn.compat import aliases as names_of_others
from fastnn.compat.keras2 import utils
from fastnn.core.errors import ArgumentError, NotSupportedError


@pytest.fixture(name="aliases")
def _aliases():
    names_of_others.install()
    try:
        yield
    finally:
        names_of_others.uninstall()


CALLS = [  # as Keras 2.3.1 answered
    ("has_arg", (lambda a, **k: a, "b"), False), ("has_arg", (lambda a, **k: a, "b", True), True),
    ("has_arg", (lambda *b: 1, "b"), False), ("to_list", ((1, 2),), [(1, 2)]), ("to_list", (None,), [None]),
    ("unpack_singleton", ([None],), None), ("unpack_singleton", ((1, 2),), (1, 2)),
    ("is_all_none", ([None, 1],), False),
    ("slice_arrays", ([[1, 2, 3], None], 1), None), ("slice_arrays", (None,), [None]),
    ("transpose_shape", ([1, 2, 3, 4], "channels_first", (1, 2)), [1, 4, 2, 3]),
    ("transpose_shape", ((1, 2), "channels_last", (1,)), (1, 2)),
    ("normalize_tuple", ([2, 1], 2, "strides"), (2, 1)), ("normalize_padding", ("Causal",), "causal"),
    ("normalize_data_format", (None,), "channels_last"),
    ("conv_output_length", (10, 3, "full", 1), 12), ("conv_output_length", (10, 3, "valid", 1, 2), 6),
    ("conv_output_length", (10, 3, "causal", 3), 4), ("conv_output_length", (None, 3, "same", 1), None),
    ("conv_input_length", (5, 3, "same", 2), 9), ("conv_input_length", (None, 3, "same", 2), None),
    ("deconv_length", (4, 2, 3, "full"), 5), ("deconv_length", (4, 2, 3, "same", 1), 8),
    ("deconv_length", (4, 2, 3, "valid", None, 2), 11), ("deconv_length", (None, 2, 3, "same"), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "expected"), CALLS)
def test_helpers(name, args, expected):
    if name == "slice_arrays" and expected is None:
        found = utils.slice_arrays([np.array(args[0][0]), None], 1)
        assert found[0].tolist() == [2, 3] and found[1] is None
        assert utils.slice_arrays(np.arange(5), [0, 3]).tolist() == [0, 3]
    else:
        assert getattr(utils, name)(*args) == expected


@pytest.mark.parametrize(("call", "words"), [
    (lambda: utils.normalize_tuple((1, 2, 3), 2, "strides"), "`strides` argument must be a tuple of 2 integers"),
    (lambda: utils.normalize_tuple(-1, 2, "strides"), "tuple of 2 integers"),
    (lambda: utils.normalize_padding("edge"), "`padding` argument must be one of"),
    (lambda: utils.normalize_data_format("last"), "`data_format` argument must be one of"),
    (lambda: utils.transpose_shape((1, 2), "first", (1,)), "channels_first"),
    (lambda: utils.conv_output_length(4, 2, "none", 1), "padding"),
    (lambda: utils.convert_kernel(np.ones((2, 2))), "Invalid kernel shape"),
    (lambda: utils.check_for_unexpected_keys("loss", {"a": 1}, ["b"]), "Unknown entries in loss dictionary"),
    (lambda: utils.model_from_config([]), "expects a dictionary"),
])  # fmt: skip
def test_refusals(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
    with pytest.raises(NotSupportedError, match="register_keras_serializable"):
        utils.func_load("code")


def test_models_kernels_and_counts():
    layer = layers.Dense(3)
    layer.build((None, 2))
    assert utils.count_params([*layer.weights, layer.kernel]) == 9
    again = utils.model_from_config({"class_name": "Dense", "config": layer.get_config()})
    assert type(again) is layers.Dense and again.units == 3
    kernel = np.arange(12.0).reshape(2, 3, 2, 1)
    assert np.array_equal(utils.convert_kernel(kernel), kernel[::-1, ::-1])


MODULES = {
    "keras.utils.generic_utils": "has_arg to_list unpack_singleton serialize_keras_object CustomObjectScope Progbar",
    "keras.utils.conv_utils": "normalize_tuple conv_output_length deconv_length", "keras.utils": "conv_utils tf_utils",
    "keras.utils.layer_utils": "count_params print_summary get_source_inputs", "keras.models": "model_from_config",
    "keras.engine.topology": "get_source_inputs Network Container", "keras.engine.saving": "load_model",
    "keras.legacy": "interfaces", "keras.legacy.interfaces": "legacy_get_updates_support generate_legacy_interface",
    "keras.layers.convolutional": "_Conv", "keras.layers.merge": "_Merge", "keras.layers.recurrent": "Recurrent",
    "keras.applications.imagenet_utils": "_obtain_input_shape", "tensorflow": "version",
    "tensorflow.python.ops.math_ops": "cast reduce_sum matmul", "tensorflow.python.ops.nn": "relu softmax",
    "tensorflow.python.ops": "array_ops state_ops", "tensorflow.python.framework.dtypes": "float32 int64",
    "tensorflow.python.framework.tensor_shape": "TensorShape", "tensorflow.python.util.nest": "flatten map_structure",
    "tensorflow.python.ops.init_ops_v2": "Zeros Ones glorot_normal", "tensorflow.python.layers": "utils base",
    "tensorflow.python.ops.init_ops": "Constant TruncatedNormal glorot_uniform_initializer",
    "tensorflow.python.ops.lookup_ops": "StaticHashTable TextFileInitializer",
    "tensorflow.python.layers.utils": "conv_output_length normalize_tuple", "tensorflow.python.layers.base": "Layer",
    "tensorflow.python.util.tf_export": "keras_export", "tensorflow.python.framework.ops": "Tensor convert_to_tensor",
}  # fmt: skip


@pytest.mark.usefixtures("aliases")
@pytest.mark.parametrize("module", MODULES)
def test_where_scripts_look(module):
    found = importlib.import_module(module)
    for name in MODULES[module].split():
        assert getattr(found, name) is not None


@pytest.mark.usefixtures("aliases")
def test_what_is_nowhere_is_named():
    with pytest.raises(AttributeError, match="no_such_function is not part of fastnn"):
        _ = importlib.import_module("tensorflow.python.ops.math_ops").no_such_function
    hidden = importlib.import_module("tensorflow.python.ops.rnn_cell_impl")._concat  # packages take such unused
    with pytest.raises(NotSupportedError, match="_concat is not supported by fastnn: it is private"):
        hidden([], 1)
    with pytest.raises(AttributeError, match="no_such_support"):
        _ = importlib.import_module("keras.legacy.interfaces").no_such_support


@pytest.mark.usefixtures("aliases")
def test_arguments_of_other_years():
    import keras
    from keras import backend

    x = np.array([-1.0, 5.0], "float32")
    assert keras.activations.relu(x, alpha=0.5, max_value=2.0).tolist() == [-0.5, 2.0]
    assert backend.ones((2,), name="ones").shape == (2,)
