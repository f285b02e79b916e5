"""Small helpers of Keras 2's private modules (`keras.utils.generic_utils`, `conv_utils`, `layer_utils` ...).

Layers that people published import them; each does what it did there.
"""

import functools
import importlib
import inspect

import numpy as np

from fastnn import layers
from fastnn.core import config
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.shapes import product
from fastnn.layers import nest


# ---- generic_utils ---------------------------------------------------------------------------------------------
def has_arg(fn, name, accept_all=False):
    """Whether a function can be called with an argument of that name.

    Args:
        fn: a function.
        name: str.
        accept_all: whether **kwargs counts.

    >>> has_arg(lambda a, *, b=1: a, "b")
    True
    """
    parameters = inspect.signature(fn).parameters
    if name not in parameters:
        return accept_all and any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return parameters[name].kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def to_list(x, allow_tuple=False):
    """`x` as a list; what is no list becomes a list of one.

    >>> to_list(3), to_list((1, 2), allow_tuple=True)
    ([3], [1, 2])
    """
    if isinstance(x, list):
        return x
    return list(x) if allow_tuple and isinstance(x, tuple) else [x]


def unpack_singleton(x):
    """The only element of a sequence of one; else `x`.

    >>> unpack_singleton([3]), unpack_singleton([1, 2])
    (3, [1, 2])
    """
    return x[0] if isinstance(x, (list, tuple)) and len(x) == 1 else x


def is_all_none(iterable_or_element):
    """Whether an element, or all elements of a list or tuple, are None.

    >>> is_all_none([None, None]), is_all_none(0)
    (True, False)
    """
    return all(x is None for x in to_list(iterable_or_element, allow_tuple=True))


def object_list_uid(object_list):
    """A name for a list of objects, made of their ids.

    Args:
        object_list: an object or a list of them.
    """
    return ", ".join(str(abs(id(x))) for x in to_list(object_list))


def slice_arrays(arrays, start=None, stop=None):
    """The rows from `start` to `stop` of each array of a list, or those that a list `start` names.

    >>> slice_arrays([np.arange(4)], 1, 3)[0].tolist()
    [1, 2]
    """
    if arrays is None:
        return [None]
    key = np.asarray(start) if hasattr(start, "__len__") else slice(start, stop)
    cut = lambda x: None if x is None else x[key]
    return [cut(x) for x in arrays] if isinstance(arrays, list) else cut(arrays)


def transpose_shape(shape, target_format, spatial_axes):
    """A shape with channels last as one of `target_format`; `spatial_axes`: its spatial axes.

    >>> transpose_shape((None, 8, 9, 3), "channels_first", (1, 2))
    (None, 3, 8, 9)
    """
    if target_format == "channels_last":
        return shape
    if target_format != "channels_first":
        raise ArgumentError(
            f"The `data_format` argument must be 'channels_first' or 'channels_last', not {target_format}."
        )
    found = (*shape[: spatial_axes[0]], shape[-1], *(shape[k] for k in spatial_axes))
    return type(shape)(found)


def check_for_unexpected_keys(name, input_dict, expected_values):
    """ValueError if a dict has keys that are not expected.

    Args:
        name: of the dict, for the error.
        input_dict: the dict.
        expected_values: the keys it may have.
    """
    unknown = set(input_dict) - set(expected_values)
    if unknown:
        raise ArgumentError(
            f"Unknown entries in {name} dictionary: {sorted(unknown)}. Expected: {list(expected_values)}."
        )


# ---- conv_utils ------------------------------------------------------------------------------------------------
def normalize_tuple(value, n, name, allow_zero=True):
    """`value`, an int or n ints, as a tuple of n ints.

    Args:
        value: what was given.
        n: how many are wanted.
        name: of the argument, for the error.
        allow_zero: whether 0 may be among them, as it could up to Keras 2.8.

    >>> normalize_tuple(2, 3, "strides")
    (2, 2, 2)
    """
    try:
        found = (value,) * n if isinstance(value, (int, np.integer)) else tuple(value)
        ok = len(found) == n and all(int(k) == k and k >= (0 if allow_zero else 1) for k in found)
    except (TypeError, ValueError):
        ok = False
    if not ok:
        raise ArgumentError(f"The `{name}` argument must be a tuple of {n} integers. Received: {value}")
    return tuple(int(k) for k in found)


def _one_of(value, names, what):
    found = str(value).lower()
    if found not in names:
        raise ArgumentError(f"The `{what}` argument must be one of {', '.join(map(repr, names))}. Received: {value}")
    return found


def normalize_padding(value):
    """The name of a padding in small letters: "valid", "same" or "causal".

    >>> normalize_padding("SAME")
    'same'
    """
    return value if isinstance(value, (list, tuple)) else _one_of(value, ("valid", "same", "causal"), "padding")


def normalize_data_format(value):
    """A data format in small letters; that of the configuration for None.

    >>> normalize_data_format("Channels_First")
    'channels_first'
    """
    value = config.image_data_format() if value is None else value
    return _one_of(value, ("channels_first", "channels_last"), "data_format")


def conv_output_length(input_length, filter_size, padding, stride, dilation=1):
    """The length that a convolution gives.

    Args:
        input_length: int, or None.
        filter_size, stride, dilation: ints.
        padding: "valid", "same", "causal" or "full".

    >>> conv_output_length(8, 3, "valid", 2), conv_output_length(8, 3, "same", 2)
    (3, 4)
    """
    if input_length is None:
        return None
    reach = filter_size + (filter_size - 1) * (dilation - 1)
    _one_of(padding, ("same", "valid", "full", "causal"), "padding")
    length = input_length + {"valid": 1 - reach, "full": reach - 1}.get(padding, 0)
    return (length + stride - 1) // stride


def conv_input_length(output_length, filter_size, padding, stride):
    """A length that a convolution makes `output_length` of.

    Args:
        output_length: int, or None.
        filter_size, stride: ints.
        padding: "valid", "same" or "full".

    >>> conv_input_length(3, 3, "valid", 2)
    7
    """
    if output_length is None:
        return None
    before = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
    return (output_length - 1) * stride - 2 * before + filter_size


def deconv_length(dim_size, stride_size, kernel_size, padding, output_padding=None, dilation=1):
    """The length that a transposed convolution gives.

    Args:
        dim_size: int, or None.
        stride_size, kernel_size, dilation: ints.
        padding: "valid", "same" or "full".
        output_padding: int, or None.

    >>> deconv_length(4, 2, 3, "same"), deconv_length(4, 2, 3, "valid")
    (8, 9)
    """
    if dim_size is None:
        return None
    reach = kernel_size + (kernel_size - 1) * (dilation - 1)
    if output_padding is None:
        more = {"valid": max(reach - stride_size, 0), "full": -(stride_size + reach - 2), "same": 0}[padding]
        return dim_size * stride_size + more
    pad = {"same": reach // 2, "valid": 0, "full": reach - 1}[padding]
    return (dim_size - 1) * stride_size + reach - 2 * pad + output_padding


def convert_kernel(kernel):
    """A kernel with its spatial axes turned round, as between Theano's and TensorFlow's convolutions.

    Args:
        kernel: an array of 3 to 5 dimensions.
    """
    kernel = np.asarray(kernel)
    if not 3 <= kernel.ndim <= 5:
        raise ArgumentError(f"Invalid kernel shape: {kernel.shape}. Expected 3 to 5 dimensions.")
    return kernel[(slice(None, None, -1),) * (kernel.ndim - 2)].copy()


# ---- layer_utils, models ---------------------------------------------------------------------------------------
def count_params(weights):
    """The number of numbers in weights, each weight once.

    Args:
        weights: a list of variables.
    """
    return int(sum(product(tuple(w.shape)) for w in {id(w): w for w in weights}.values()))


def print_summary(model, line_length=None, positions=None, print_fn=None):
    """`model.summary(...)`.

    Args:
        model: a model.
        line_length, positions, print_fn: as of `summary`.
    """
    model.summary(line_length=line_length, positions=positions, print_fn=print_fn)


def model_from_config(config, custom_objects=None):
    """A model, or a layer, of its config: {"class_name": ..., "config": ...}.

    Args:
        config: a dict.
        custom_objects: {name: class}.

    Raises ArgumentTypeError for a list, which is the config of a Sequential alone.
    """
    if isinstance(config, list):
        raise ArgumentError(
            "`model_from_config` expects a dictionary, not a list. Use `Sequential.from_config(config)`."
        )
    return layers.deserialize(config, custom_objects=custom_objects)


def get_submodules_from_kwargs(kwargs):
    """The modules (backend, layers, models, utils) of Keras, as `keras_applications` handed them to its models.

    Args:
        kwargs: a dict, in which each may be given; those that are not are fastnn's.
    """
    given = {name: importlib.import_module(f"fastnn.{home}") for name, home in _SUBMODULES.items()}
    return tuple(kwargs.get(name) or module for name, module in given.items())


_SUBMODULES = {"backend": "compat.backend", "layers": "layers", "models": "models", "utils": "utils"}


def without_submodules(function):
    """A function of `keras_applications` that takes those modules too, which are of no effect.

    Args:
        function: a model, or `preprocess_input`; what is no function comes back as it is.
    """
    if not inspect.isfunction(function):
        return function

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **{name: value for name, value in kwargs.items() if name not in _SUBMODULES})

    return call


def __getattr__(name):
    home = _SUBMODULES.get(name.removeprefix("_KERAS_").lower()) if name.startswith("_KERAS_") else None
    if home is None:
        raise AttributeError(name)
    return importlib.import_module(f"fastnn.{home}")


def shape_type_conversion(fn):
    """A method of shapes as it is: shapes are tuples here.

    Args:
        fn: a method that takes and gives shapes.
    """

    @functools.wraps(fn)
    def call(instance, input_shape):
        return fn(instance, nest.map_shapes(tuple, input_shape) if input_shape is not None else None)

    return call


def as_it_is(*names, **kwargs):
    """A decorator that changes nothing: `keras_export("...")`, or one that is used without brackets.

    Args:
        *names: names under which something was exported; or the function itself.
        **kwargs: of no effect.
    """
    if len(names) == 1 and callable(names[0]) and not kwargs:
        return names[0]
    return lambda decorated: decorated


def refused(what):
    """A function that refuses: code is not taken out of a file.

    Args:
        what: its name.
    """

    def call(*args, **kwargs):
        raise NotSupportedError(
            f"keras.utils.generic_utils.{what}: code of functions is neither written nor read, as it would be executed "
            "from a file. Register a function with keras.saving.register_keras_serializable."
        )

    return call


func_dump, func_load = refused("func_dump"), refused("func_load")
_ALL = ("has_arg", "to_list", "unpack_singleton", "is_all_none", "object_list_uid", "slice_arrays", "transpose_shape",
        "check_for_unexpected_keys", "func_dump", "func_load", "normalize_tuple", "normalize_padding",
        "normalize_data_format", "conv_output_length", "conv_input_length", "deconv_length", "convert_kernel",
        "count_params", "print_summary", "shape_type_conversion")  # fmt: skip
NAMES = {name: f"compat.keras2.utils:{name}" for name in _ALL} | {
    "deconv_output_length": "compat.keras2.utils:deconv_length"
}
