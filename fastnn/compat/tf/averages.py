"""tf.train, the rest: moving averages of variables, coordinators, and what a checkpoint holds."""

import os

import numpy as np

from fastnn.compat.tf.checkpoint import ENDING, _read, _remembered, latest_checkpoint
from fastnn.compat.tf.graphs.graph import graph
from fastnn.compat.tf.graphs.names import keep, trainable_variables
from fastnn.compat.tf.graphs.updates import Update
from fastnn.core.errors import MissingFileError, NotSupportedError, UnknownNameError
from fastnn.graph import Variable


class ExponentialMovingAverage:
    """Averages of variables: after each `apply` a part 1 - decay of the difference nearer to the value.

    Args:
        decay: a number in [0, 1].
        num_updates: int or variable; the decay is at most (1 + n) / (10 + n), or None.
        zero_debias: of no effect: an average begins with the variable's value.
        name: str.

    >>> v = Variable(1.0)
    >>> averages = ExponentialMovingAverage(0.9)
    >>> averages.apply([v])
    >>> _ = v.assign(2.0)
    >>> averages.apply([v])
    >>> round(float(averages.average(v)), 4)
    1.1
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self.decay, self.num_updates, self.name = decay, num_updates, name
        self._averages = {}

    def apply(self, var_list=None):
        """Move the averages of variables on; those of new ones begin with their values.

        Args:
            var_list: the variables; None: while a graph is built all that are trained.

        While a graph is built it gives an operation.
        """
        variables = list(trainable_variables() if var_list is None and graph().active else var_list or ())
        if not graph().active or graph().values is not None:
            return self._apply(variables)
        for v in variables:
            if not isinstance(v, Variable):
                raise NotSupportedError(
                    f"ExponentialMovingAverage: received {v!r}, expected variables: averages of what is computed are "
                    "not kept. Assign it to a variable first."
                )
            if id(v) not in self._averages:
                name = f"{v.name.removesuffix(':0')}/{self.name}"
                average = Variable(v.numpy(), trainable=False)
                self._averages[id(v)] = v, keep(average, graph().first_values.get(id(v), v.numpy()), name)
        return Update(lambda: self._apply(variables), name=self.name)

    def _apply(self, variables):
        decay = float(np.asarray(self.decay))
        if self.num_updates is not None:
            n = float(np.asarray(self.num_updates))
            decay = min(decay, (1 + n) / (10 + n))
        for v in variables:
            if id(v) not in self._averages:
                self._averages[id(v)] = v, Variable(v.numpy(), trainable=False, name=self.name.split("/")[-1])
            average = self._averages[id(v)][1]
            average.assign(average.numpy() - (1 - decay) * (average.numpy() - v.numpy()))

    def average(self, var):
        """The average of a variable, or None.

        Args:
            var: the variable.
        """
        return self._averages.get(id(var), (None, None))[1]

    def average_name(self, var):
        """The name of the average of a variable.

        Args:
            var: the variable.
        """
        return f"{var.name.removesuffix(':0')}/{self.name}"

    def variables_to_restore(self, moving_avg_variables=None):
        """{name of the average: variable}.

        Args:
            moving_avg_variables: variables; None: those that have an average.
        """
        kept = [v for v, _ in self._averages.values()] if moving_avg_variables is None else moving_avg_variables
        return {self.average_name(v): v for v in kept}


class Coordinator:
    """When the threads of a program stop: one of them asks for it.

    Args:
        clean_stop_exception_types: errors that are no errors.

    >>> coordinator = Coordinator()
    >>> coordinator.request_stop()
    >>> coordinator.should_stop()
    True
    """

    def __init__(self, clean_stop_exception_types=None):
        self._stop = False

    def should_stop(self):
        """Whether it was asked for."""
        return self._stop

    def request_stop(self, ex=None):
        """Ask for it.

        Args:
            ex: the error that was the reason, or None.
        """
        self._stop = True

    def clear_stop(self):
        """Forget that it was asked for."""
        self._stop = False

    def join(self, threads=None, stop_grace_period_secs=120, ignore_live_threads=False):
        """Wait for threads.

        Args:
            threads: list of Threads.
            stop_grace_period_secs: seconds to wait for each.
            ignore_live_threads: of no effect.
        """
        for thread in threads or ():
            thread.join(stop_grace_period_secs)


class CheckpointState:
    """Which checkpoints a folder has."""

    def __init__(self, paths):
        self.all_model_checkpoint_paths, self.model_checkpoint_path = list(paths), paths[-1]


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """The CheckpointState of a folder, or None.

    Args:
        checkpoint_dir: the folder.
        latest_filename: of no effect.

    >>> get_checkpoint_state("no such folder") is None
    True
    """
    paths = _remembered(os.fspath(checkpoint_dir))
    return CheckpointState(paths) if paths else None


class CheckpointReader:
    """The arrays of a checkpoint, by name."""

    def __init__(self, arrays):
        self._arrays = arrays

    def get_variable_to_shape_map(self):
        """{name: shape}."""
        return {name: list(v.shape) for name, v in self._arrays.items()}

    def get_variable_to_dtype_map(self):
        """{name: dtype}."""
        return {name: v.dtype for name, v in self._arrays.items()}

    def has_tensor(self, tensor_str):
        """Whether there is an array of that name.

        Args:
            tensor_str: the name.
        """
        return tensor_str in self._arrays

    def get_tensor(self, tensor_str):
        """An array.

        Args:
            tensor_str: its name.

        Raises UnknownNameError for a name that is not there.
        """
        if tensor_str not in self._arrays:
            raise UnknownNameError(
                f"checkpoint: received the name {tensor_str!r}, expected one of {sorted(self._arrays)}."
            )
        return self._arrays[tensor_str]


def load_checkpoint(ckpt_dir_or_file):
    """A CheckpointReader.

    Args:
        ckpt_dir_or_file: the prefix that saving gave, or a folder: of its latest checkpoint.
    """
    path = os.fspath(ckpt_dir_or_file)
    path = latest_checkpoint(path) if os.path.isdir(path) else path
    if path is None or not os.path.isfile(path + ENDING):
        raise MissingFileError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}.")
    found = _read(path)
    return CheckpointReader(found[0] if isinstance(found, tuple) else found)


def list_variables(ckpt_dir_or_file):
    """[(name, shape)] of a checkpoint.

    Args:
        ckpt_dir_or_file: as of load_checkpoint.
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file, name):
    """An array of a checkpoint.

    Args:
        ckpt_dir_or_file: as of load_checkpoint.
        name: its name.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name)


NAMES = {f"train.{n}": f"compat.tf.averages:{n}" for n in (
    "ExponentialMovingAverage", "Coordinator", "get_checkpoint_state", "load_checkpoint", "list_variables",
    "load_variable")}  # fmt: skip
