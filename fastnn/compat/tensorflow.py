"""The little of TensorFlow's own names that tf.keras scripts need: constants, variables, the tape."""

import numpy as np

from fastnn.core import config, dtypes, tree
from fastnn.core.errors import NotSupportedError
from fastnn.data.tensor import Tensor
from fastnn.graph import Variable as _Variable
from fastnn.graph import current, gradients

float16, bfloat16, float32, float64 = "float16", "bfloat16", "float32", "float64"
int8, int16, int32, int64 = "int8", "int16", "int32", "int64"
uint8, uint16, uint32, uint64 = "uint8", "uint16", "uint32", "uint64"
bool, double, string = "bool", "float64", "string"  # the names that scripts use: tf.bool
newaxis, ERROR = None, 40


def accept(*args, **kwargs):
    """Nothing: how many threads run and what is logged is not TensorFlow's to say here."""


def executing_eagerly():
    """True: operations on arrays are computed at once."""
    return True


def list_physical_devices(device_type=None):
    """The devices of a kind: one CPU.

    >>> list_physical_devices("GPU")
    []
    """
    return [] if device_type not in (None, "CPU") else ["/physical_device:CPU:0"]


def is_gpu_available(*args, **kwargs):
    """False."""
    return False


def function(func=None, **kwargs):
    """`tf.function` as a decorator that changes nothing."""
    return func if func is not None else lambda f: f


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor; Python's floats are of the default float type and its integers int32, arrays keep their dtype.

    >>> constant([1.0, 2.0]).dtype, constant(np.arange(2.0)).dtype
    (dtype('float32'), dtype('float64'))
    """
    array = np.asarray(value)
    own = isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "_fastnn_variable")
    kind = dtype or (array.dtype if own else {"f": config.floatx(), "i": "int32"}.get(array.dtype.kind, array.dtype))
    if array.dtype.kind not in "USO":
        array = array.astype(dtypes.numpy_type(dtypes.standardize(kind)))
    return (array if shape is None else np.broadcast_to(array, shape).copy()).view(Tensor)


class _AnyVariable(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _Variable)


class Variable(metaclass=_AnyVariable):
    """A variable with a first value (an array, or a function that returns one).

    >>> isinstance(Variable([1.0]), Variable), type(Variable(1)).__module__
    (True, 'fastnn.graph.variable')
    """

    def __new__(cls, initial_value, trainable=True, name=None, dtype=None, **kwargs):
        value = constant(initial_value() if callable(initial_value) else initial_value, dtype)
        return _Variable(value, trainable=trainable, name=name, dtype=value.dtype.name)


class GradientTape:
    """`tf.GradientTape` inside `train_step`: the traced step is the record, so gradients may be asked for at any time.

    >>> GradientTape().gradient(1.0, [])
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: GradientTape: there is nothing recorded here; ...
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def watch(self, tensor):
        """Nothing: everything in a traced step is watched."""

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=None):
        """The gradients of a symbol (or the sum of several) along variables or symbols, in their structure.

        Raises NotSupportedError outside a step.
        """
        trace = current()
        if trace is None:
            raise NotSupportedError(
                "GradientTape: there is nothing recorded here; gradients "
                "are taken inside the train_step(self, data) of a Model, "
                "which fit() and train_on_batch() run. Put the step there."
            )
        found = gradients(
            tree.flatten(target),
            [trace.symbol(s) for s in tree.flatten(sources)],
            None if output_gradients is None else tree.flatten(output_gradients),
        )
        return tree.pack(sources, found)
