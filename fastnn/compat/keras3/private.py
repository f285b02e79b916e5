"""Functions that only Keras 3's private modules have (`keras.src...`), on fastnn's own.

Packages that build on Keras import them; `keras_src.NAMES` says under which package each is found.
"""

import threading

import numpy as np

from fastnn import ops
from fastnn.core import config, dtypes, hooks, scopes, tree
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import normalize_axis, pair
from fastnn.core.types import is_function
from fastnn.graph.stateless import StatelessScope, SymbolicScope
from fastnn.graph.variable import watchers
from fastnn.layers import remat
from fastnn.models import data
from fastnn.utils.symbols import is_keras_tensor


# ---- backend.common --------------------------------------------------------------------------------------------
def set_keras_mask(x, mask):
    """Give a tensor a mask, in place.

    Args:
        x: a symbol or a tensor; a plain NumPy array has no place for a mask, and is refused.
        mask: booleans, or None for no mask.

    >>> x = ops.convert_to_tensor([1.0, 2.0])
    >>> set_keras_mask(x, ops.greater(x, 1.0)) is None
    True
    """
    if type(x) is np.ndarray:
        raise ArgumentError("set_keras_mask: received a NumPy array, expected a tensor: ops.convert_to_tensor(x).")
    if mask is not None or get_keras_mask(x) is not None:
        x._keras_mask = mask


def get_keras_mask(x):
    """The mask of a tensor, or None.

    >>> get_keras_mask(np.zeros(2)) is None
    True
    """
    return getattr(x, "_keras_mask", None)


def standardize_shape(shape):
    """A shape as a tuple of ints and None.

    Args:
        shape: an iterable of sizes.

    Raises ShapeError for what is no shape.

    >>> standardize_shape([None, np.int64(3)])
    (None, 3)
    """
    if shape is None:
        raise ShapeError("Undefined shapes are not supported.")
    if not hasattr(shape, "__iter__"):
        raise ShapeError(f"Cannot convert '{shape}' to a shape.")
    return tuple(None if size is None else _size(size, shape) for size in shape)


def _size(size, shape):
    try:
        found = None if isinstance(size, (str, float)) else int(size)
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise ShapeError(f"Cannot convert '{shape}' to a shape. Found invalid dimension '{size}' of type {type(size)}.")
    if found < 0:
        raise ShapeError(f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed.")
    return found


def shape_equal(a_shape, b_shape, axis=None, allow_none=True):
    """Whether two shapes may be the same.

    Args:
        a_shape, b_shape: tuples of ints and None.
        axis: an axis or several that do not count; None: all count.
        allow_none: whether None is like every size; else it is like None only.

    >>> shape_equal((None, 2), (3, 2)), shape_equal((1, 2), (3, 2)), shape_equal((1, 2), (3, 2), axis=[0])
    (True, False, True)
    """
    if len(a_shape) != len(b_shape):
        return False
    axes = () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
    left_out = {a + len(a_shape) if a < 0 else a for a in axes}
    return all(
        i in left_out or a == b or (allow_none and (a is None or b is None))
        for i, (a, b) in enumerate(zip(a_shape, b_shape, strict=True))
    )


def compute_output_spec(fn, *args, **kwargs):
    """What a function gives for KerasTensors, as KerasTensors: shapes and dtypes.

    Args:
        fn: a function of tensors.
        *args, **kwargs: what it takes, KerasTensors for tensors.
    """
    return hooks.call("infer", fn, args, kwargs)


def any_symbolic_tensors(args=None, kwargs=None):
    """Whether there is a KerasTensor among arguments.

    Args:
        args: a tuple.
        kwargs: a dict.

    >>> any_symbolic_tensors((1, [np.zeros(2)]))
    False
    """
    return any(is_keras_tensor(x) for x in tree.flatten((args or (), kwargs or {})))


def in_stateless_scope():
    """Whether code runs in a StatelessScope."""
    return get_stateless_scope() is not None


def get_stateless_scope():
    """The StatelessScope that code runs in, or None."""
    return next((scope for scope in reversed(watchers) if isinstance(scope, StatelessScope)), None)


def in_symbolic_scope():
    """Whether shapes are being inferred."""
    return SymbolicScope.active()


class _State(threading.local):
    """Values under names that packages keep with Keras's."""


_state = _State()


def set_global_attribute(name, value):
    """Keep a value under a name, for this thread.

    Args:
        name: str.
        value: anything.
    """
    setattr(_state, name, value)


def get_global_attribute(name, default=None, set_to_default=False):
    """The value that this thread has under a name.

    Args:
        name: str.
        default: given where there is none.
        set_to_default: whether the default is kept then.

    >>> get_global_attribute("a_name", default=3)
    3
    """
    value = getattr(_state, name, None)
    if value is None and default is not None:
        value = default
        if set_to_default:
            set_global_attribute(name, value)
    return value


def to_tuple_or_list(value):
    """None, a list or a tuple as it is; anything else in a tuple.

    >>> to_tuple_or_list(3), to_tuple_or_list([3])
    ((3,), [3])
    """
    return value if value is None or isinstance(value, (list, tuple)) else (value,)


def canonicalize_axis(axis, num_dims):
    """An axis counted from the front.

    Args:
        axis, num_dims: ints.

    >>> canonicalize_axis(-1, 3)
    2
    """
    return normalize_axis(axis, num_dims)


# ---- utils -----------------------------------------------------------------------------------------------------
def never(*args, **kwargs):
    """False: there are no TensorFlow graphs, and no pipelines of Grain.

    Args:
        *args, **kwargs: of no effect.
    """
    return False


def standardize_tuple(value, n, name, allow_zero=False):
    """An int, or n ints, as a tuple of n ints.

    Args:
        value: what was given.
        n: how many are wanted.
        name: of the argument, for the error.
        allow_zero: whether 0 may be among them.

    >>> standardize_tuple(2, 3, "strides")
    (2, 2, 2)
    """
    return pair(value, name, n, 0 if allow_zero else 1)


def validate_string_arg(value, allowable_strings, caller_name, arg_name, allow_none=False, allow_callables=False):
    """ArgumentError for a string that is none of those allowed.

    Args:
        value: what was given.
        allowable_strings: those allowed.
        caller_name, arg_name: for the error.
        allow_none, allow_callables: whether None, and functions, are fine too.
    """
    if (allow_none and value is None) or (allow_callables and is_function(value)):
        return
    if not isinstance(value, str) or value not in allowable_strings:
        raise ArgumentError(
            f"Unknown value for `{arg_name}` argument of {caller_name}. "
            f"Allowed values are: {allowable_strings}. Received: {arg_name}={value}"
        )


def default(method):
    """Mark a method as one that a subclass may leave as it is.

    Args:
        method: a function.
    """
    method._is_default = True
    return method


def is_default(method):
    """Whether a method is marked by `default`.

    Args:
        method: a function.
    """
    return getattr(method, "_is_default", False)


def remove_by_id(lst, value):
    """Take the first element that is `value` itself out of a list.

    Args:
        lst: a list, which is changed.
        value: anything.
    """
    at = next((k for k, v in enumerate(lst) if v is value), None)
    if at is not None:
        del lst[at]


def pythonify_logs(logs):
    """Logs, and those inside them, as one dict of floats, in the order of their names.

    Args:
        logs: a dict of numbers or dicts, or None; what is no number stays as it is.

    >>> pythonify_logs({"b": np.float32(1), "a": {"c": 2}})
    {'c': 2.0, 'b': 1.0}
    """
    out = {}
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            out.update(pythonify_logs(value))
        else:
            try:
                out[key] = float(value)
            except (TypeError, ValueError):
                out[key] = value
    return out


def cast_to_common_dtype(tensors):
    """Tensors as those of the widest floating dtype among them; as they are where there is none.

    Args:
        tensors: a list.
    """
    floats = [str(x.dtype) for x in tensors if dtypes.is_float(str(x.dtype))]
    if not floats:
        return tensors
    widest = max(floats, key=lambda name: dtypes.numpy_type(name)().itemsize)
    return [ops.cast(x, widest) for x in tensors]


# ---- trainers --------------------------------------------------------------------------------------------------
def list_to_tuple(maybe_list):
    """A list as a tuple; anything else as it is.

    >>> list_to_tuple([1]), list_to_tuple(1)
    ((1,), 1)
    """
    return tuple(maybe_list) if isinstance(maybe_list, list) else maybe_list


def class_weight_to_sample_weights(y, class_weight):
    """The weight of each sample, from that of its class.

    Args:
        y: (n,) or (n, 1) labels, or (n, classes) rows.
        class_weight: {class: weight}; others weigh 1.

    >>> class_weight_to_sample_weights(np.array([0, 1]), {1: 5.0}).tolist()
    [1.0, 5.0]
    """
    return data.class_weights(np.asarray(y), class_weight).astype(config.floatx())


def check_data_cardinality(arrays):
    """ShapeError if arrays have different numbers of samples.

    Args:
        arrays: a structure of arrays and None.
    """
    sizes = [int(x.shape[0]) for x in tree.flatten(arrays) if x is not None]
    if len(set(sizes)) > 1:
        raise ShapeError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. "
            f"Received: arrays of {sizes} samples."
        )


def current_path():
    """The names of the name scopes around, joined by "/"."""
    return scopes.path()


def get_current_remat_mode():
    """The RematScope that code runs in, or None."""
    return remat.scope()
