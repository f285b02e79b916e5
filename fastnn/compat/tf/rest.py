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


ENUMS = ("distribute.experimental.CollectiveCommunication", "distribute.experimental.CommunicationImplementation",
         "distribute.InputReplicationMode", "data.experimental.AutotuneAlgorithm", "autograph.experimental.Feature",
         "random.Algorithm", "random.experimental.Algorithm", "AggregationMethod")  # fmt: skip
_QUIET = (
    "autograph.experimental.set_loop_options", "debugging.disable_check_numerics",
    "debugging.enable_traceback_filtering", "debugging.disable_traceback_filtering",
    "debugging.experimental.enable_dump_debug_info", "debugging.experimental.disable_dump_debug_info",
    "config.experimental.reset_memory_stats", "config.experimental.set_device_policy",
    "config.experimental.enable_mlir_bridge", "config.experimental.disable_mlir_bridge",
    "config.experimental_connect_to_host", "config.get_logical_device_configuration",
    "config.experimental.get_virtual_device_configuration", "config.experimental.get_device_policy",
    "data.experimental.enable_debug_mode", "test.experimental.sync_devices", "register_tensor_conversion_function",
    "distribute.experimental_set_strategy",
)  # fmt: skip
_FALSE = ("debugging.get_log_device_placement", "debugging.is_traceback_filtering_enabled",
          "config.get_soft_device_placement", "config.experimental.get_memory_growth",
          "config.experimental.get_synchronous_execution", "config.experimental.tensor_float_32_execution_enabled",
          "test.is_built_with_xla", "config.optimizer.get_jit")  # fmt: skip
NAMES = {
    **dict.fromkeys(ENUMS, "compat.tf.devices:SETTINGS"), **dict.fromkeys(_QUIET, "compat.tf.devices:nothing"),
    **dict.fromkeys(_FALSE, "compat.tf.devices:no"),
    **{n: f"compat.tf.rest:{n}" for n in (
        "recompute_grad", "grad_pass_through", "is_symbolic_tensor", "inside_function", "timestamp", "half",
        "resource", "variant", "qint8", "quint8", "qint16", "quint16", "qint32")},
    **{f"dtypes.{n}": f"compat.tf.rest:{n}" for n in ("half", "resource", "variant", "qint8", "quint8")},
    **{f"autograph.{n}": f"compat.tf.rest:{n}" for n in ("to_graph", "to_code", "trace")},
    **{f"debugging.{n}": f"compat.tf.rest:{n}" for n in ("assert_proper_iterable", "assert_same_float_dtype")},
    **{f"config.experimental.{n}": f"compat.tf.rest:{n}" for n in ("get_memory_info", "get_device_details")},
    **{f"config.threading.get_{n}_parallelism_threads": "compat.tf.rest:zero" for n in ("inter_op", "intra_op")},
    "linalg.experimental.conjugate_gradient": "compat.tf.rest:conjugate_gradient",
    "test.Benchmark": "compat.tf.rest:Benchmark", "config.optimizer.get_experimental_options":
        "compat.tf.rest:get_device_details",
    **dict.fromkeys(("DeviceSpec", "train.ClusterSpec", "distribute.Server", "train.CheckpointOptions",
                     "distribute.cluster_resolver.TFConfigClusterResolver", "data.experimental.AutotuneOptions",
                     "distribute.cluster_resolver.SimpleClusterResolver", "profiler.experimental.ProfilerOptions",
                     "distribute.cluster_resolver.SlurmClusterResolver"), "compat.tf.devices:Inert"),
}  # fmt: skip
