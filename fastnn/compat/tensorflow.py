"""TensorFlow's constants, variables, dtypes and tape."""

import builtins
import math
from typing import NamedTuple

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import NotSupportedError
from fastnn.core.types import is_function
from fastnn.data.tensor import NumberType, Tensor
from fastnn.gradients import GradientTape
from fastnn.graph import Variable as _Variable
from fastnn.graph.dtype import DType
from fastnn.graph.tensor import Tensor as _Lazy
from fastnn.runtime import device

__all__ = ["GradientTape", "Tensor", "Variable", "constant"]

float16, bfloat16, float32, float64 = map(NumberType, ("float16", "bfloat16", "float32", "float64"))
int8, int16, int32, int64 = map(NumberType, ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = map(NumberType, ("uint8", "uint16", "uint32", "uint64"))
complex64, complex128 = map(NumberType, ("complex64", "complex128"))
bool, double, string = NumberType("bool"), NumberType("float64"), DType("string")  # the names that scripts use: tf.bool
newaxis = None


def as_dtype(type_value):
    """The dtype that a name, a dtype of NumPy or one of Python's types stands for.

    >>> as_dtype(np.int8).max, as_dtype(float).name
    (127, 'float32')
    """
    kinds = {float: "float32", int: "int64", str: "string", object: "string", builtins.bool: "bool"}
    name = kinds.get(type_value) or ("string" if type_value == "string" else dtypes.standardize(type_value))
    return DType(name) if name == "string" else NumberType(name)


class PhysicalDevice(NamedTuple):
    """A device as TensorFlow lists them."""

    name: str
    device_type: str


def accept(*args, **kwargs):
    """Nothing: how many threads run and what is logged is not TensorFlow's to say here."""


class VariableAggregation:
    """How copies of a variable are put together, by name.

    >>> VariableAggregation.MEAN
    'mean'
    """

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = "none", "sum", "mean", "only_first_replica"


class VariableSynchronization:
    """When they would be, by name; of no effect.

    >>> VariableSynchronization.ON_READ
    'on_read'
    """

    AUTO, NONE, ON_WRITE, ON_READ = "auto", "none", "on_write", "on_read"


def dimension_value(dimension):
    """A size as TensorFlow 1 and 2 both give it: an int or None."""
    return dimension


def load_op_library(library_filename):
    """NotSupportedError: operations that were compiled for TensorFlow run in TensorFlow."""
    raise NotSupportedError(
        f"tf.load_op_library: {library_filename!r} holds operations compiled for TensorFlow, which do not run here. "
        "Use what the package has in Python (tensorflow_addons: set TF_ADDONS_PY_OPS=1), or write it with fastnn.ops."
    )


def executing_eagerly():
    """True: operations on arrays are computed at once."""
    return True


def list_physical_devices(device_type=None):
    """The devices of a kind, "CPU" or "GPU" (None: both): the CPU, and GPUs that can be used.

    >>> list_physical_devices("CPU")
    [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    """
    kinds = {"CPU": 1, "GPU": len(device.available())}
    return [
        PhysicalDevice(f"/physical_device:{kind}:{k}", kind)
        for kind, count in kinds.items()
        if device_type in (None, kind)
        for k in range(count)
    ]


def is_gpu_available(*args, **kwargs):
    """Whether there is a GPU that can be used."""
    return len(device.available()) > 0


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor; Python's floats are of the default float type and its integers int32, arrays keep their dtype.

    >>> constant([1.0, 2.0]).dtype, constant(np.arange(2.0)).dtype
    ('float32', 'float64')
    >>> constant([1, 2, 3, 4], shape=(2, 2)).tolist()
    [[1, 2], [3, 4]]
    """
    if type(value) is _Lazy:
        return value if dtype is None else value.astype(dtype)
    array = np.asarray(value)
    own = isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "_fastnn_variable")
    kind = dtype or (array.dtype if own else {"f": config.floatx(), "i": "int32"}.get(array.dtype.kind, array.dtype))
    if array.dtype.kind not in "USO":
        array = array.astype(dtypes.numpy_type(dtypes.standardize(kind)))
    if shape is not None:  # as many numbers in another shape, or one number everywhere
        array = array.reshape(shape) if array.size == math.prod(shape) else np.broadcast_to(array, shape).copy()
    return array.view(Tensor)


class _AnyVariable(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _Variable)


class Variable(metaclass=_AnyVariable):
    """A variable with a first value (an array, or a function that returns one).

    >>> isinstance(Variable([1.0]), Variable), type(Variable(1)).__module__
    (True, 'fastnn.graph.variable')
    """

    @staticmethod
    def in_graph(value, trainable, name, dtype):
        """The variable of a graph that is built; None: there is none (tf_graph_names says more)."""

    def __new__(cls, initial_value, trainable=True, name=None, dtype=None, **kwargs):
        kept = cls.in_graph(initial_value, trainable, name, dtype)
        if kept is not None:
            return kept
        value = constant(initial_value() if is_function(initial_value) else initial_value, dtype)
        made = _Variable(value, trainable=trainable, name=name, dtype=value.dtype.name)
        made.name_in_tensorflow = f"{name or 'Variable'}:0"
        if name:
            made.name = made.name_in_tensorflow
        return made


# `tf.version`
VERSION, GIT_VERSION, COMPILER_VERSION = "2.20.0", "unknown", "unknown"
