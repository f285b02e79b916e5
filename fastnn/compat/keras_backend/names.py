"""`keras.backend` as data: other names, other defaults, and what cannot be had with what to write instead."""

import functools
import inspect

from fastnn.compat.keras2.builds import remembering

RENAMED = {
    "pow": "ops:power", "permute_dimensions": "ops:transpose", "gather": "ops:take",
    "reverse": "ops:flip", "repeat_elements": "ops:repeat", "identity": "ops:copy",
    "random_bernoulli": "compat.keras_backend.arrays:random_binomial",
    "elu": "activations:elu", "softmax": "activations:softmax",
    "tanh": "activations:tanh", "sigmoid": "activations:sigmoid",
    "ContextValueCache": "compat.keras2.cells:ContextValueCache",
    "softplus": "activations:softplus", "softsign": "activations:softsign", "Function": "compat.backend:function",
    "sparse_categorical_crossentropy": "losses:sparse_categorical_crossentropy",
    "categorical_crossentropy": "losses:categorical_crossentropy", "name_scope": "compat.backend:_Scope",
    "epsilon": "core.config:epsilon", "set_epsilon": "core.config:set_epsilon", "set_floatx": "core.config:set_floatx",
    "floatx": "core.config:floatx",
    "get_session": "compat.tf.devices:get_session", "set_session": "compat.tf.devices:nothing",
    "manual_variable_initialization": "compat.tf.devices:nothing",
    "_get_available_gpus": "compat.tf.devices:no_devices",
    "reset_uids": "layers.session:clear_session", "clear_session": "layers.session:clear_session",
    "learning_phase_scope": "compat.backend:_Scope", "standardize_dtype": "core.dtypes:standardize",
    "is_keras_tensor": "utils.symbols:is_keras_tensor", "_to_tensor": "ops:convert_to_tensor",
    "normalize_data_format": "layers.data_format:standardize_data_format",
    **{n: f"compat.keras_backend.values:{n}" for n in (
        "variable", "constant", "placeholder", "get_value", "eval", "set_value", "batch_get_value", "batch_set_value",
        "count_params", "zeros", "ones", "update", "update_add", "update_sub", "moving_average_update")},
    **{n: f"compat.keras_backend.arrays:{n}" for n in (
        "random_normal", "random_uniform", "truncated_normal", "random_binomial", "random_normal_variable",
        "random_uniform_variable", "dropout", "cast_to_floatx", "flatten", "batch_flatten", "repeat", "batch_dot",
        "dot", "bias_add", "relu", "batch_normalization", "normalize_batch_in_training", "in_top_k", "switch",
        "eye", "sqrt", "hard_sigmoid")},
    **{n: f"compat.keras_backend.dtypes:{n}" for n in ("is_float_dtype", "is_int_dtype", "result_type")},
    **{n: f"compat.keras_backend.windows:{n}" for n in (
        "conv1d", "conv2d", "conv3d", "conv2d_transpose", "conv3d_transpose", "atrous_conv2d", "depthwise_conv2d",
        "separable_conv1d", "separable_conv2d", "pool2d", "pool3d", "resize_images", "resize_volumes",
        "temporal_padding", "asymmetric_temporal_padding", "spatial_2d_padding", "asymmetric_spatial_2d_padding",
        "spatial_3d_padding")},
    "deconv2d": "compat.keras_backend.windows:conv2d_transpose",
    **dict.fromkeys(("symbolic", "eager"), "compat.keras2.utils:as_it_is"),
    "get_variable_shape": "compat.backend:int_shape",
    "lesser": "ops:less", "lesser_equal": "ops:less_equal", "is_symbolic": "utils.symbols:is_keras_tensor",
    **{n: f"compat.keras2.layers:{n}" for n in ("local_conv", "local_conv1d", "local_conv2d")},
    **{n: f"compat.keras_backend.sequences:{n}" for n in (
        "ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse", "rnn", "map_fn", "foldl", "foldr")},
}  # fmt: skip
# Functions whose defaults, or whose names of arguments, were others here.
DEFAULTS = {"expand_dims": {"axis": -1}, "concatenate": {"axis": -1}, "argmax": {"axis": -1}, "argmin": {"axis": -1},
            "cumsum": {"axis": 0}, "cumprod": {"axis": 0}, "take": {"axis": 0},
            "l2_normalize": {"axis": None}}  # fmt: skip
_PAIR = {"x": "x1", "y": "x2"}
_LOSS = {"target": "y_true", "output": "y_pred"}
_IMAGES = {"X": "x", "border_mode": "padding", "dim_ordering": "data_format"}
ARGUMENTS = {"clip": {"min_value": "x_min", "max_value": "x_max"}, "flip": {"axes": "axis"},
             "repeat": {"rep": "repeats"}, "tile": {"n": "repeats"}, "transpose": {"pattern": "axes"},
             "power": {"a": "x2", "x": "x1"}, "take": {"reference": "x"}, "concatenate": {"tensors": "xs"},
             **dict.fromkeys(("matmul", "dot", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal",
                              "maximum",
                              "minimum"), _PAIR),
             **dict.fromkeys(("categorical_crossentropy", "sparse_categorical_crossentropy"), _LOSS),
             **dict.fromkeys(("pool2d", "pool3d", "resize_images", "resize_volumes"), _IMAGES),
             "batch_get_value": dict.fromkeys(("xs", "ops"), "tensors"), "expand_dims": {"dim": "axis"},
             "is_sparse": {"tensor": "x"}, "moving_average_update": {"variable": "x"},
             "one_hot": {"indices": "x", "nb_classes": "num_classes"}, "random_normal": {"std": "stddev"},
             "random_uniform": {"low": "minval", "high": "maxval"}, "reshape": {"shape": "newshape"},
             "set_epsilon": {"e": "value"}, "set_floatx": {"floatx": "value"},
             "stop_gradient": {"variables": "variable"},
             "slice": {"x": "inputs", "start": "start_indices", "size": "shape"}}  # fmt: skip
_VALUES = {"data_format": {"tf": "channels_last", "th": "channels_first", "default": None}}  # Keras 1's words


def adapted(function, name):
    """A function with the defaults and argument names of keras.backend."""
    if not callable(function) or isinstance(function, type):
        return function
    defaults, names = DEFAULTS.get(name, {}), ARGUMENTS.get(name, {})
    parameters = list(inspect.signature(function).parameters)
    position = {k: parameters.index(k) for k in defaults}
    unnamed = "name" not in parameters

    @functools.wraps(function)
    def call(*args, **kwargs):
        kwargs = {names.get(k, k): v for k, v in kwargs.items() if not (unnamed and k == "name")}
        for k in _VALUES.keys() & kwargs:
            kwargs[k] = _VALUES[k].get(kwargs[k], kwargs[k])
        missing = {k: v for k, v in defaults.items() if k not in kwargs and len(args) <= position[k]}
        return remembering(function, args, {**kwargs, **missing})

    return call
