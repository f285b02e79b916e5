"""`tf.train.Checkpoint` and `CheckpointManager`: values of variables, layers and optimizers in files without code.

A checkpoint `prefix` is the one file `prefix.index`: a zip of NumPy's arrays, one for each variable, by its place
among the attributes.  Files that TensorFlow wrote have another format and are refused.
"""

import io
import json
import os
import re
import zipfile

import numpy as np

from fastnn.compat.tf.module import Module
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError
from fastnn.graph import Variable
from fastnn.graph.active import paused
from fastnn.layers import Layer
from fastnn.metrics import Metric
from fastnn.optimizers import Optimizer
from fastnn.saving import layout
from fastnn.saving.changes import Changes
from fastnn.saving.files import write_file

__all__ = ["Checkpoint", "CheckpointManager", "latest_checkpoint"]
ENDING, STATE = ".index", "checkpoint"


def _found(value, place, out, seen):
    """{place: variable} of what is below a value; owners of lists of variables are in out[1] by place."""
    variables, owners = out
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Variable):
        variables[place] = value
    elif isinstance(value, Layer):
        owners[place] = value
        variables.update(_weights(value, place))
    elif isinstance(value, (Optimizer, Metric)):
        owners[place] = value
        variables.update({f"{place}/{k}": v for k, v in enumerate(value.variables)})
    elif isinstance(value, (Checkpoint, Module)):
        for name, part in sorted(vars(value).items()):
            if isinstance(part, (Variable, Layer, Optimizer, Metric, Checkpoint, Module, dict, list, tuple)):
                _found(part, f"{place}/{name}".lstrip("/"), out, seen)
    elif isinstance(value, (dict, list, tuple)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in pairs:
            _found(part, f"{place}/{name}", out, seen)


def _weights(layer, place):
    """{place: variable} of the weights of a layer and of those inside it, by their attributes as in a `.keras` file."""
    left = {id(v): v for v in layer.weights}
    out = {}
    for part in layout.places(layer):
        for k, v in enumerate(part.variables):
            if left.pop(id(v), None) is not None:
                out[f"{place}/{part.group}/{k}"] = v
    return {**out, **{f"{place}/{k}": v for k, v in enumerate(left.values())}}


def _read(prefix):
    path = os.fspath(prefix) + ENDING
    if not os.path.isfile(path):
        raise MissingFileError(f"Unsuccessful checkpoint: no file {path!r}. Expected a prefix that save() returned.")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise FileFormatError(
            f"{path!r} is no checkpoint of fastnn: {error}. A checkpoint of TensorFlow cannot be read: save the model "
            "there with model.save('model.keras')."
        ) from error


class Status:
    """What a restore has found.

    Args:
        unused: places in the file that no object has.
        missing: places of objects that the file does not have.
    """

    def __init__(self, unused, missing):
        self._unused, self._missing = unused, missing

    def expect_partial(self):
        """Say nothing of what was not used: itself."""
        return self

    def assert_existing_objects_matched(self):
        """AssertionError where a variable was not in the file; else itself."""
        if self._missing:
            raise AssertionError(f"Found variables that are not in the checkpoint: {sorted(self._missing)}.")
        return self

    def assert_nontrivial_match(self):
        """Itself."""
        return self

    def assert_consumed(self):
        """AssertionError where something of the file was not used, or a variable was not there; else itself."""
        if self._unused:
            raise AssertionError(f"Unresolved object in checkpoint: {sorted(self._unused)}.")
        return self.assert_existing_objects_matched()

    def initialize_or_restore(self, session=None):
        """Nothing: values are restored at once."""

    run_restore_ops = initialize_or_restore


class _Nothing(Status):
    def assert_consumed(self):
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed


class Checkpoint:
    """Objects whose variables are written and read together.

    Args:
        root: an object that stands for the checkpoint itself, or None.
        kwargs: variables, layers, models, optimizers, metrics, modules, checkpoints, or lists and dicts of them.

    Raises:
        ArgumentError (a ValueError): for a value that holds no variables.

    >>> import tempfile
    >>> from fastnn.graph import Variable
    >>> step = Variable(3)
    >>> checkpoint = Checkpoint(step=step)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = checkpoint.save(folder + "/ckpt")
    ...     _ = step.assign(5)
    ...     _ = checkpoint.restore(path).assert_consumed()
    >>> int(step), path[-6:]
    (3, 'ckpt-1')
    """

    def __init__(self, root=None, **kwargs):
        if root is not None:
            _check("root", root)
            self.root = root
        for name, value in kwargs.items():
            _check(name, value)
            setattr(self, name, value)
        self.save_counter = Variable(np.int64(0), trainable=False, dtype="int64", name="save_counter")

    def _places(self):
        out = {}, {}
        _found(self, "", out, set())
        return out

    def write(self, file_prefix, options=None):
        """Write the values under a prefix: the prefix.

        Args:
            file_prefix: the name of the file without its ending; its folder is made where there is none.
            options: of no effect.
        """
        prefix = os.fspath(file_prefix)
        variables, _ = self._places()
        arrays = {}
        for place, variable in variables.items():
            array = np.asarray(variable)
            arrays[place] = array.astype("float32") if dtypes.standardize(array.dtype) == "bfloat16" else array
        store = io.BytesIO()
        np.savez(store, **arrays)
        os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
        write_file(prefix + ENDING, store.getvalue())
        return prefix

    def save(self, file_prefix, options=None):
        """Write the values under a prefix with the number of the save: `prefix-1`, ...; that prefix."""
        self.save_counter.assign(np.asarray(self.save_counter) + 1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}")
        _remember(os.path.dirname(path) or ".", [path])
        return path

    def read(self, save_path, options=None):
        """Set the values from a prefix; see restore."""
        arrays = _read(save_path)
        variables, owners = self._places()
        if _built_for_their_models(owners, arrays):
            variables, owners = self._places()
        wrong = [
            f"{place}: the file has the shape {arrays[place].shape}, the variable {tuple(v.shape)}"
            for place, v in variables.items()
            if place in arrays and arrays[place].shape != tuple(v.shape)
        ]
        Changes().refuse(wrong, os.fspath(save_path), "checkpoint", False)
        Changes().commit([(v, arrays[place]) for place, v in variables.items() if place in arrays])
        unused = set(arrays) - set(variables)
        for place, owner in owners.items():
            later = {p: arrays[p] for p in _below(place, unused)}
            if later and isinstance(owner, Optimizer) and not owner.built:
                _when_built(owner, place, later, unused)
            elif later and isinstance(owner, Layer):
                _when_parts_are_built(owner, place, later, unused)
        return Status(unused, set(variables) - set(arrays))

    def restore(self, save_path, options=None):
        """Set the values from a prefix; those of layers and the slots of an optimizer that are not built when they are.

        Args:
            save_path: what save() returned; None: nothing is set.
            options: of no effect.

        Raises:
            MissingFileError, FileFormatError: with nothing changed, for no file and for one that does not fit; for
                layers that are not built yet when they are.
        """
        return _Nothing(set(), set()) if save_path is None else self.read(save_path)


def _check(name, value):
    if not isinstance(value, (Variable, Layer, Optimizer, Metric, Checkpoint, Module, dict, list, tuple)):
        raise ArgumentError(
            f"`Checkpoint` was expecting {name} to be a trackable object (an object derived from `Trackable`), got "
            f"{value!r}. Expected a variable, a layer, a model, an optimizer, a metric, or a list or dict of them."
        )


def _below(place, places):
    return [p for p in places if p.startswith(f"{place}/")]


def _built_for_their_models(owners, places):
    """Build the optimizers of compiled models for which the file has slots; whether there was one."""
    models = {id(o.optimizer): o for o in owners.values() if isinstance(o, Layer) and getattr(o, "optimizer", None)}
    due = [
        o
        for place, o in owners.items()
        if isinstance(o, Optimizer)
        and not o.built
        and id(o) in models
        and len(_below(place, places)) > len(o.variables)
    ]
    for optimizer in due:
        optimizer.build(models[id(optimizer)].trainable_variables)
    return bool(due)


def _when_built(optimizer, place, arrays, unused):
    """Set the slots of an optimizer right after they are made."""

    def build(variables):
        del optimizer.__dict__["build"]
        optimizer.build(variables)
        named = {f"{place}/{k}": v for k, v in enumerate(optimizer.variables)}
        _set(named, arrays, place, optimizer.name)
        unused.difference_update(named)

    object.__setattr__(optimizer, "build", build)


def _when_parts_are_built(layer, place, arrays, unused):
    """Set the weights of a layer, and of those inside it, right after they are made."""

    def after(part):
        def build(*args, **kwargs):
            del part.__dict__["build"]
            part.build(*args, **kwargs)
            made = {p: v for p, v in _weights(layer, place).items() if p in unused and p in arrays}
            _set(made, arrays, place, layer.name)
            unused.difference_update(made)
            watch()  # the layers that it has made

        return build

    def watch():
        for p in layout.places(layer):
            where = f"{place}/{p.where}".rstrip("/")
            if isinstance(p.part, Layer) and not p.part.built and "build" not in vars(p.part) and _below(where, unused):
                object.__setattr__(p.part, "build", after(p.part))

    watch()


def _set(variables, arrays, place, name):
    """Set variables {place: variable} to the arrays of these places."""
    fitting = [(v, arrays[p]) for p, v in variables.items() if p in arrays]
    wrong = [f"{v.name}: the file has the shape {a.shape}" for v, a in fitting if a.shape != tuple(v.shape)]
    Changes().refuse(wrong, place, name, False)
    with paused():  # `fit` builds them while its step is traced
        Changes().commit(fitting)


def _remember(folder, paths):
    """Write which checkpoints a folder has, the latest last, as TensorFlow does."""
    names = [os.path.basename(p) for p in paths]
    lines = [f"model_checkpoint_path: {json.dumps(names[-1])}"] if names else []
    lines += [f"all_model_checkpoint_paths: {json.dumps(name)}" for name in names]
    write_file(os.path.join(folder, STATE), ("\n".join(lines) + "\n").encode())


def _remembered(folder):
    path = os.path.join(folder, STATE)
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8") as file:
        names = re.findall(r'^all_model_checkpoint_paths: "(.*)"$', file.read(), re.MULTILINE)
    paths = [os.path.join(folder, name) for name in names]
    return [p for p in paths if os.path.isfile(p + ENDING)]


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The prefix of the last checkpoint in a folder, or None.

    >>> latest_checkpoint("no such folder") is None
    True
    """
    paths = _remembered(os.fspath(checkpoint_dir))
    return paths[-1] if paths else None


class CheckpointManager:
    """Saves a checkpoint again and again and keeps the last ones.

    Args:
        checkpoint: a Checkpoint.
        directory: the folder.
        max_to_keep: how many files stay, an int; None: all.
        checkpoint_name: the first part of their names.
        step_counter: a variable, with checkpoint_interval: how many steps must be between two saves.
        init_fn: called by restore_or_initialize where there is none.
        keep_checkpoint_every_n_hours: taken for TensorFlow's sake.

    Raises:
        ArgumentError (a ValueError): for a max_to_keep that is not positive.
    """

    def __init__(self, checkpoint, directory, max_to_keep, keep_checkpoint_every_n_hours=None, checkpoint_name="ckpt",
                 step_counter=None, checkpoint_interval=None, init_fn=None):  # fmt: skip
        if max_to_keep is not None and max_to_keep <= 0:
            raise ArgumentError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        self.checkpoint, self.directory, self._most = checkpoint, os.fspath(directory), max_to_keep
        self._prefix = os.path.join(self.directory, checkpoint_name)
        self._counter, self.checkpoint_interval, self._init = step_counter, checkpoint_interval, init_fn
        self._paths, self._last = _remembered(self.directory), None

    checkpoints = property(lambda self: list(self._paths), doc="The prefixes that are kept, the oldest first.")
    latest_checkpoint = property(lambda self: self._paths[-1] if self._paths else None, doc="The last, or None.")

    def save(self, checkpoint_number=None, check_interval=True, options=None):
        """Save: the prefix; None where too few steps went by.

        Args:
            checkpoint_number: in the name, an int or a variable; None: the number of the save.
            check_interval: whether checkpoint_interval counts.
            options: of no effect.
        """
        step = None if self._counter is None else int(self._counter)
        if check_interval and self.checkpoint_interval is not None and self._last is not None:
            if step - self._last < self.checkpoint_interval:
                return None
        counter = self.checkpoint.save_counter
        counter.assign(np.asarray(counter) + 1)
        number = int(counter if checkpoint_number is None else checkpoint_number)
        path = self.checkpoint.write(f"{self._prefix}-{number}")
        self._last = step
        paths = [p for p in self._paths if p != path] + [path]
        gone = [] if self._most is None else paths[: -self._most]
        self._paths = paths[len(gone) :]
        _remember(self.directory, self._paths)
        for old in gone:
            os.unlink(old + ENDING)
        return path

    def restore_or_initialize(self):
        """Restore the last one: its prefix; where there is none, init_fn() and None."""
        if self.latest_checkpoint is not None:
            self.checkpoint.restore(self.latest_checkpoint)
            self._last = None if self._counter is None else int(self._counter)
        elif self._init is not None:
            self._init()
        return self.latest_checkpoint
