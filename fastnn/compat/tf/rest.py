"""Names at the top of TensorFlow that scripts use beside the families: answers of one machine, and small functions."""

import inspect
import sys
import textwrap
import time
import typing

import numpy as np

from fastnn import ops
from fastnn.compat import tensorflow
from fastnn.compat.tf.function import custom_gradient
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentTypeError, DTypeError
from fastnn.graph import Symbol, current
from fastnn.graph.dtype import DType
from fastnn.graph.tensor import Tensor as Lazy

half = tensorflow.float16
resource, variant, qint8, quint8, qint16, quint16, qint32 = map(
    DType, ("resource", "variant", "qint8", "quint8", "qint16", "quint16", "qint32")
)


# ---- gradients and functions -----------------------------------------------------------------------------------------
def recompute_grad(f):
    """The function: values that a gradient needs are kept.

    Args:
        f: it.
    """
    return f


def grad_pass_through(f):
    """A function that gives what f gives, with the gradient of the identity.

    Args:
        f: a function of one tensor.
    """

    @custom_gradient
    def passing(x):
        return f(x), lambda upstream: upstream

    return passing


def is_symbolic_tensor(tensor):
    """Whether a tensor has no value yet.

    Args:
        tensor: it.
    """
    return isinstance(tensor, Symbol) and type(tensor) is not Lazy


def inside_function():
    """Whether a graph is traced."""
    return current() is not None


def timestamp(name=None):
    """Seconds since 1970, float64."""
    return host(np.float64(time.time()))


# ---- autograph -------------------------------------------------------------------------------------------------------
def to_graph(entity, recursive=True, experimental_optional_features=None):
    """The function: what it says in Python is computed as it stands.

    Args:
        entity: it.
        recursive, experimental_optional_features: of no effect.
    """
    return entity


def to_code(entity, recursive=True, experimental_optional_features=None):
    """The text of a function.

    Args:
        entity: it.
        recursive, experimental_optional_features: of no effect.
    """
    return textwrap.dedent(inspect.getsource(getattr(entity, "python_function", entity)))


def trace(*args):
    """Print the arguments.

    Args:
        args: anything.
    """
    sys.stdout.write(" ".join(map(str, args)) + "\n")


# ---- checks ----------------------------------------------------------------------------------------------------------
def assert_proper_iterable(values):
    """ArgumentTypeError for a tensor, text or what cannot be iterated over.

    Args:
        values: it.
    """
    if isinstance(values, (np.ndarray, Symbol, str, bytes)) or not hasattr(values, "__iter__"):
        raise ArgumentTypeError(f"Expected argument 'values' to be a proper iterable. Found: {type(values)}")


def assert_same_float_dtype(tensors=None, dtype=None):
    """The dtype that tensors have; DTypeError where they differ or are no floats.

    Args:
        tensors: a list of them, or None.
        dtype: what it must be; None: any float.
    """
    found = {str(t.dtype) for t in tensors or ()} | ({str(getattr(dtype, "name", dtype))} if dtype else set())
    if len(found) > 1:
        raise DTypeError(f"Tensors have different dtypes: {sorted(found)}.")
    kind = tensorflow.as_dtype(next(iter(found), "float32"))
    if not kind.is_floating:
        raise DTypeError(f"Expected floating point type, got {kind}.")
    return kind


# ---- matrices --------------------------------------------------------------------------------------------------------
class CGState(typing.NamedTuple):
    """Where conjugate gradients ended: steps, the solution, the residual, the direction, rᵀr."""

    i: object
    x: object
    r: object
    p: object
    gamma: object


def conjugate_gradient(operator, rhs, preconditioner=None, x=None, tol=1e-5, max_iter=20, name=None):
    """The solution of operator · x = rhs by conjugate gradients, as a CGState (Hestenes and Stiefel 1952).

    Args:
        operator: a LinearOperator that is its own adjoint and positive definite.
        rhs: (n,).
        preconditioner: an operator near the inverse, or None.
        x: where to begin; None: zeros.
        tol: the share of |rhs| at which it ends.
        max_iter: the most steps.
        name: of no effect.
    """
    better = (lambda r: r) if preconditioner is None else preconditioner.matvec
    rhs = operand(rhs)
    x = ops.zeros_like(rhs) if x is None else operand(x)
    r = rhs - operator.matvec(x)
    z = better(r)
    p, gamma, steps = z, ops.sum(r * z), 0
    limit = tol * float(np.linalg.norm(values_of(rhs, "conjugate_gradient")))
    while steps < max_iter and float(np.linalg.norm(np.asarray(r))) > limit:
        along = operator.matvec(p)
        size = gamma / ops.sum(p * along)
        x, r = x + size * p, r - size * along
        z = better(r)
        before, gamma = gamma, ops.sum(r * z)
        p, steps = z + gamma / before * p, steps + 1
    return CGState(host(np.int32(steps)), x, r, p, gamma)


# ---- one machine -----------------------------------------------------------------------------------------------------
def get_memory_info(device="CPU:0"):
    """{"current": 0, "peak": 0}: nobody counts.

    Args:
        device: of no effect.
    """
    return {"current": 0, "peak": 0}


def get_device_details(device=None):
    """{}: nothing is known of the device.

    Args:
        device: of no effect.
    """
    return {}


def zero():
    """0: as many threads as seem good."""
    return 0


class Benchmark:
    """Base of classes that measure; `run_op_benchmark` and kin do nothing."""

    def report_benchmark(self, *args, **kwargs):
        """Nothing."""

    run_op_benchmark = report_benchmark
