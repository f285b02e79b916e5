"""`keras.backend`: the functions that scripts of the Keras 1 and 2 years call, on fastnn.ops.

Every name of `fastnn.ops` is found here too, under the old ones as `backend_names` says; the functions below, and in
`backend_values`, are those that took other arguments.
"""

from importlib import import_module

import numpy as np

from fastnn import activations, ops, random
from fastnn.compat.backend_names import GONE, RENAMED, adapted
from fastnn.compat.backend_values import get_value, variable
from fastnn.core import config, dtypes
from fastnn.core.config import floatx, image_data_format, set_image_data_format
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.graph import Symbol, current
from fastnn.graph.variable import auto_name
from fastnn.layers import Dot, UpSampling2D
from fastnn.layers.gradients import symbolic_gradients
from fastnn.models import Model

_phase = {"learning": 0}


class _Scope:
    """A `with` block that changes nothing."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


# ---- what kind of thing --------------------------------------------------------------------------------
def int_shape(x):
    """The shape of a symbol or array as a tuple of ints and None.

    >>> int_shape(np.ones((2, 3)))
    (2, 3)
    """
    return tuple(x.shape)


def ndim(x):
    """The number of dimensions."""
    return len(x.shape)


def dtype(x):
    """The name of a dtype: `dtype(np.ones(2, "float32"))` is "float32"."""
    return dtypes.standardize(x.dtype)


def is_sparse(x):
    """False: there are no sparse tensors."""
    return False


def backend():
    """ "fastnn".

    >>> backend()
    'fastnn'
    """
    return "fastnn"


def image_dim_ordering():
    """Keras 1's word for the image data format: "tf" or "th"."""
    return "tf" if image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering):
    """Keras 1's way to set the image data format: "tf" or "th"."""
    formats = {"tf": "channels_last", "th": "channels_first"}
    if dim_ordering not in formats:
        raise ArgumentError(f"dim_ordering: received {dim_ordering!r}, expected 'tf' or 'th'.")
    set_image_data_format(formats[dim_ordering])


# ---- functions -----------------------------------------------------------------------------------------
def gradients(loss, variables):
    """The gradients of a loss (a symbol of a functional graph, or of a step) along symbols or weights, as a list.

    >>> from fastnn import layers
    >>> x = layers.Input((2,))
    >>> function([x], gradients(ops.sum(x * x), [x]))([np.ones((1, 2), "float32")])
    [array([[2., 2.]], dtype=float32)]
    """
    several = isinstance(variables, (list, tuple))
    return symbolic_gradients([loss], list(variables) if several else [variables])


def function(inputs, outputs, updates=None, name=None, **kwargs):
    """A callable from a list of arrays to a list of arrays, from symbols of the functional API.

    Args:
        inputs: list of symbols; `learning_phase()` among them stands for `training`.
        outputs: a symbol, a variable or a list of them.
        updates: (variable, symbol) pairs, what `update`, `update_add` and `update_sub` give, and lists of
            `optimizer.get_updates`: what a call assigns, after the outputs were computed.

    >>> from fastnn import layers
    >>> x = layers.Input((2,))
    >>> function([x], [layers.Rescaling(2.0)(x)])([np.ones((1, 2), "float32")])
    [array([[2., 2.]], dtype=float32)]
    """
    listed = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    phases = [x for x in inputs if not isinstance(x, Symbol)]
    steps = [u for u in updates or () if callable(getattr(u, "apply", None))]
    pairs = [tuple(u) for u in updates or () if u not in steps]
    wanted = [x for x in listed if isinstance(x, Symbol)] + [value for _, value in pairs if isinstance(value, Symbol)]
    wanted += [g for step in steps for g in step.gradients]
    model = Model([x for x in inputs if isinstance(x, Symbol)], wanted) if wanted else None

    def run(values=()):
        """The outputs for a list of arrays; a learning phase among the inputs is `training`."""
        data = [v for v, x in zip(values, inputs) if isinstance(x, Symbol)]
        training = bool(next(v for v, x in zip(values, inputs) if not isinstance(x, Symbol))) if phases else False
        found = model([np.asarray(v) for v in data], training=training) if model is not None else []
        rest = iter(found if isinstance(found, (list, tuple)) else [found])
        # copies, which the caller may change; of a scalar the number
        results = [np.array(next(rest))[()] if isinstance(x, Symbol) else get_value(x) for x in listed]
        new = [(target, next(rest) if isinstance(value, Symbol) else value) for target, value in pairs]
        grads = [[next(rest) for _ in step.gradients] for step in steps]
        for target, value in new:
            target.assign(np.asarray(value))
        for step, given in zip(steps, grads):
            step.apply(given)
        return results if isinstance(outputs, (list, tuple)) else results[0]

    return run


# ---- phase, session, names -----------------------------------------------------------------------------
def learning_phase():
    """1 inside a training step, else what set_learning_phase() said (0)."""
    trace = current()
    return int(bool(trace.training)) if trace is not None and trace.training is not None else _phase["learning"]


def set_learning_phase(value):
    """What learning_phase() says outside a step; layers are told by their `training` argument."""
    if value not in (0, 1):
        raise ArgumentError(f"set_learning_phase: received {value!r}, expected 0 or 1.")
    _phase["learning"] = int(value)


def _phase_of(training):
    return learning_phase() if training is None else training


def in_train_phase(x, alt, training=None):
    """x while training, else alt; functions without arguments are called."""
    chosen = x if _phase_of(training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x, alt, training=None):
    """alt while training, else x; functions without arguments are called."""
    return in_train_phase(alt, x, training)


def get_uid(prefix=""):
    """The next number for names that begin with `prefix`, from 1."""
    key = f"uid of {prefix}"
    return int(auto_name(key)[len(key) + 1 :] or 0) + 1


# ---- arrays of numbers ---------------------------------------------------------------------------------
def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Uniformly distributed numbers in [minval, maxval); integers for an integer dtype."""
    whole = dtype is not None and not dtypes.is_float(dtypes.standardize(dtype))
    return (random.randint if whole else random.uniform)(shape, minval, maxval, dtype, seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers within two standard deviations."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_binomial(shape, p=0.0, dtype=None, seed=None):
    """1 with probability p, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), dtype or floatx())


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A Variable of normally distributed numbers."""
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A Variable of uniformly distributed numbers."""
    return variable(random.uniform(shape, low, high, dtype, seed), dtype, name)


def dropout(x, level, noise_shape=None, seed=None):
    """x with a share of `level` set to zero and the rest scaled up."""
    return random.dropout(x, level, noise_shape, seed)


def cast_to_floatx(x):
    """An array in the default float type."""
    return np.asarray(x, dtypes.numpy_type(config.floatx())) if not isinstance(x, Symbol) else ops.cast(x, floatx())


def flatten(x):
    """All numbers in one dimension."""
    return ops.reshape(x, (-1,))


def batch_flatten(x):
    """(batch, everything else)."""
    return ops.reshape(x, (x.shape[0] or -1, int(np.prod(x.shape[1:]))))


def repeat(x, n):
    """(batch, d) -> (batch, n, d).

    >>> repeat(np.ones((2, 3), "float32"), 4).shape
    (2, 4, 3)
    """
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def batch_dot(x, y, axes=None):
    """The product of each sample of x with that of y, over one axis of each.

    >>> batch_dot(np.ones((2, 3, 4), "float32"), np.ones((2, 4, 5), "float32"), axes=(2, 1)).shape
    (2, 3, 5)
    """
    if axes is None:
        axes = 1 if ndim(y) == 2 and ndim(x) == 2 else (ndim(x) - 1, max(ndim(y) - 2, 1))
    return Dot(axes=axes)([x, y])


def bias_add(x, bias, data_format=None):
    """x + bias along the channels."""
    first = (data_format or image_data_format()) == "channels_first" and ndim(x) > 2
    return x + (ops.reshape(bias, (1, -1) + (1,) * (ndim(x) - 2)) if first else bias)


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """Rectified: alpha * (x - threshold) below the threshold, at most max_value."""
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """gamma * (x - mean) / sqrt(var + epsilon) + beta."""
    return ops.batch_normalization(x, mean, var, axis, offset=beta, scale=gamma, epsilon=epsilon)


def _conv(name, transposed=False):
    def convolution(x, kernel, *args, strides=1, padding="valid", data_format=None, dilation_rate=1):
        """A convolution of x with a kernel; arguments as of fastnn.ops.conv."""
        if transposed:  # the output shape is what strides and padding give
            return ops.conv_transpose(x, kernel, strides, padding, data_format=data_format, dilation_rate=dilation_rate)
        return ops.conv(x, kernel, *(args or (strides, padding)), data_format=data_format, dilation_rate=dilation_rate)

    convolution.__name__ = name
    return convolution


conv1d, conv2d, conv3d = _conv("conv1d"), _conv("conv2d"), _conv("conv3d")
conv2d_transpose = _conv("conv2d_transpose", transposed=True)


def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """Pooling over windows; pool_mode is "max" or "avg"."""
    function = {"max": ops.max_pool, "avg": ops.average_pool}
    if pool_mode not in function:
        raise ArgumentError(f"pool_mode: received {pool_mode!r}, expected 'max' or 'avg'.")
    return function[pool_mode](x, pool_size, strides, padding, data_format)


def resize_images(x, height_factor, width_factor, data_format=None, interpolation="nearest"):
    """Images with each side a whole number of times as long.

    >>> resize_images(np.ones((1, 2, 2, 1), "float32"), 2, 3).shape
    (1, 4, 6, 1)
    """
    return UpSampling2D((height_factor, width_factor), data_format, interpolation)(x)


def in_top_k(predictions, targets, k):
    """Whether each target is among the k largest predictions."""
    return ops.in_top_k(targets, predictions, k)


def switch(condition, then_expression, else_expression):
    """then_expression where the condition holds, else else_expression; functions without arguments are called."""
    a, b = (e() if callable(e) else e for e in (then_expression, else_expression))
    missing = max(ndim(a), ndim(b)) - ndim(condition) if hasattr(condition, "shape") else 0
    for _ in range(missing):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, a, b)


def is_float_dtype(dtype):
    """Whether a dtype name is a float's."""
    return dtypes.is_float(dtypes.standardize(dtype))


def is_int_dtype(dtype):
    """Whether a dtype name is an integer's."""
    return not is_float_dtype(dtype) and "int" in dtypes.standardize(dtype)


def result_type(*given):
    """The dtype that an operation on values of these dtypes has.

    >>> result_type("int32", "float32")
    'float32'
    """
    names = [dtypes.standardize(getattr(d, "dtype", d)) for d in given]
    return (
        ops.add(np.zeros(1, names[0]), np.zeros(1, names[-1])).dtype.name
        if len(names) < 3
        else result_type(result_type(*names[:-1]), names[-1])
    )


__all__ = sorted({*RENAMED, "floatx", "image_data_format", "set_image_data_format", *(
    n for n, v in list(vars().items()) if n[0] != "_" and getattr(v, "__module__", None) == __name__)})  # fmt: skip


def __dir__():
    return sorted(n for n in {*__all__, *ops.__all__} - set(GONE) if n[0] != "_")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ("tf", "tensorflow_backend"):  # `K.tf`, `K.tensorflow_backend._get_available_gpus()`
        return import_module("tensorflow") if name == "tf" else import_module(__name__)
    if name in GONE:
        raise NotSupportedError(f"keras.backend.{name} is not supported by fastnn: {GONE[name]}.")
    module, original = RENAMED.get(name, f"ops:{name}").split(":")
    try:
        found = getattr(import_module(f"fastnn.{module}"), original)
        return adapted(found, original) if module == "ops" else found
    except AttributeError:
        raise AttributeError(
            f"keras.backend.{name} is not supported by fastnn; use the function of that purpose in fastnn.ops."
        ) from None
