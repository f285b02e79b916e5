"""tf.distribute: strategies of one replica, and what in TensorFlow needs other programs, as errors with advice."""

import enum
import os

from fastnn import ops
from fastnn.compat.tf.devices import Scope
from fastnn.compat.tf.values import operand
from fastnn.core import tree
from fastnn.core.errors import ArgumentError, NotSupportedError


class ReduceOp(enum.Enum):
    """How values of replicas are put together."""

    SUM = "SUM"
    MEAN = "MEAN"

    @classmethod
    def _missing_(cls, value):
        return next((m for m in cls if m.value == str(value).upper()), None)


class InputContext:
    """Which part of the input a worker reads: all of it."""

    num_input_pipelines, input_pipeline_id, num_replicas_in_sync = 1, 0, 1

    def get_per_replica_batch_size(self, global_batch_size):
        """The batch size of the replica.

        Args:
            global_batch_size: int.
        """
        return global_batch_size


class ReplicaContext(Scope):
    """The one replica."""

    num_replicas_in_sync, replica_id_in_sync_group = 1, 0

    @property
    def strategy(self):
        """The strategy."""
        return Strategy()

    def all_reduce(self, reduce_op, value, options=None):
        """The values: there is one replica.

        Args:
            reduce_op, options: of no effect.
            value: a tensor, or a structure of them.
        """
        return value

    def merge_call(self, merge_fn, args=(), kwargs=None):
        """merge_fn(strategy, *args, **kwargs).

        Args:
            merge_fn: a function.
            args, kwargs: its arguments.
        """
        return merge_fn(Strategy(), *args, **(kwargs or {}))


class Strategy(Scope):
    """A strategy: all is done by one replica.

    Args:
        args, kwargs: devices, resolvers, options: of no effect.

    >>> strategy = Strategy()
    >>> with strategy.scope():
    ...     per_replica = strategy.run(lambda x: x + 1.0, args=(2.0,))
    >>> float(strategy.reduce("SUM", per_replica, axis=None)), strategy.num_replicas_in_sync
    (3.0, 1)
    """

    def __init__(self, *args, **kwargs):
        super().__init__()

    @property
    def extended(self):
        """Itself."""
        return self

    cluster_resolver = None

    def run(self, fn, args=(), kwargs=None, options=None):
        """fn(*args, **kwargs).

        Args:
            fn: a function.
            args, kwargs: its arguments.
            options: of no effect.
        """
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op, value, axis=None):
        """The sum or mean of the replica's values: the value, or along an axis.

        Args:
            reduce_op: a ReduceOp, or its name.
            value: a tensor, or a structure of them.
            axis: int or None.
        """
        kind = ReduceOp(getattr(reduce_op, "value", reduce_op))
        together = ops.sum if kind is ReduceOp.SUM else ops.mean
        return tree.map_structure(lambda v: operand(v) if axis is None else together(operand(v), axis=axis), value)

    def gather(self, value, axis):
        """The value: there is one replica.

        Args:
            value: a tensor.
            axis: of no effect.
        """
        return value

    def experimental_local_results(self, value):
        """The values of the replicas: a tuple of one.

        Args:
            value: what `run` gave.
        """
        return (value,)

    unwrap = experimental_local_results

    def distribute_datasets_from_function(self, dataset_fn, options=None):
        """The data set of a function of an InputContext.

        Args:
            dataset_fn: the function.
            options: of no effect.
        """
        return dataset_fn(InputContext())

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_dataset(self, dataset, options=None):
        """The data set: there is one replica.

        Args:
            dataset: a Dataset.
            options: of no effect.
        """
        return dataset

    def make_experimental_numpy_dataset(self, numpy_input):
        """The arrays: there is one replica.

        Args:
            numpy_input: arrays.
        """
        return numpy_input


def get_replica_context():
    """The ReplicaContext."""
    return ReplicaContext()


def TPUClusterResolver(tpu=None, *args, **kwargs):
    """There is no TPU: the error by which scripts find out.

    Args:
        tpu: a name.
        args, kwargs: of no effect.
    """
    raise ArgumentError("Please provide a TPU Name to connect to: there are no TPUs.")


# ---- what needs other programs -----------------------------------------------------------------------------------
ADVICE = {
    "saved_model": "folders of SavedModels hold TensorFlow's own graphs. Save with model.save('model.keras') and read "
    "with keras.models.load_model, or write model.export('model.onnx', format='onnx') for other programs",
    "lite": "TensorFlow Lite's files are made by TensorFlow. Write model.export('model.onnx', format='onnx'), which "
    "converters and small devices read, or quantize with model.quantize('int8')",
    "estimator": "estimators have left TensorFlow, too. Use a Model with compile() and fit() on the same data set",
    "python": "it is private to TensorFlow. Packages often import such names and seldom use them",
}


class _Advising:
    """What is not there: calling it says what to do instead."""

    def __init__(self, name):
        self.__name__ = self.__qualname__ = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Advising(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        root = self.__name__.split(".")[0]
        raise NotSupportedError(f"tensorflow.{self.__name__} is not supported by fastnn: {ADVICE[root]}.")


def advising(name):
    """What stands for a name whose call says what to do instead, or None.

    Args:
        name: the name below `tensorflow`; of those of private modules only the names that are private there.

    >>> advising("python.ops.rnn_cell_impl._concat").__name__, advising("python.ops.array_ops.concat")
    ('python.ops.rnn_cell_impl._concat', None)
    """
    root = name.split(".")[0]
    inner = root == "python" and not name.rpartition(".")[2].startswith("_")
    return _Advising(name) if root in ADVICE and not inner else None


def contains_saved_model(export_dir):
    """Whether a folder holds a SavedModel.

    Args:
        export_dir: the folder.
    """
    return any(os.path.isfile(os.path.join(export_dir, f"saved_model.{end}")) for end in ("pb", "pbtxt"))


_STRATEGIES = ("get_strategy", "Strategy", "MirroredStrategy", "OneDeviceStrategy", "TPUStrategy",
               "MultiWorkerMirroredStrategy", "ParameterServerStrategy", "experimental.TPUStrategy",
               "experimental.MultiWorkerMirroredStrategy", "experimental.CentralStorageStrategy",
               "experimental.ParameterServerStrategy")  # fmt: skip
NAMES = {
    **{f"distribute.{n}": "compat.tf.strategies:Strategy" for n in _STRATEGIES},
    **{f"distribute.{n}": f"compat.tf.strategies:{n}" for n in (
        "ReduceOp", "InputContext", "ReplicaContext", "get_replica_context")},
    "distribute.cluster_resolver.TPUClusterResolver": "compat.tf.strategies:TPUClusterResolver",
    **{f"distribute.{n}": "compat.tf.devices:Inert" for n in (
        "InputOptions", "RunOptions", "HierarchicalCopyAllReduce", "NcclAllReduce", "ReductionToOneDevice",
        "experimental.CommunicationOptions")},
    "distribute.has_strategy": "compat.tf.devices:no", "distribute.in_cross_replica_context": "compat.tf.devices:no",
    "saved_model.contains_saved_model": "compat.tf.strategies:contains_saved_model",
    **{f"saved_model.{n}": "compat.tf.devices:Inert" for n in ("SaveOptions", "LoadOptions")},
}  # fmt: skip
