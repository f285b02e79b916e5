"""What is checked before a step runs: counts and flags, labels, integers and indices against the model."""

import os
from os import PathLike

import numpy as np

from fastnn import losses
from fastnn.core import dtypes, values
from fastnn.core.arguments import count, number, whole
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.tree import flatten as leaves_of
from fastnn.core.tree import is_nested
from fastnn.core.types import defined_in
from fastnn.layers.events import is_functional
from fastnn.layers.nest import flatten_shapes
from fastnn.losses.compile_loss import by_shape
from fastnn.losses.targets import label_kind, outputs_of, per_output
from fastnn.models.data import flatten
from fastnn.models.step_functions import HERE

NAN = ("continue", "stop", "raise", "skip")
VERBOSE = ("auto", 0, 1, 2)


def verbosity(value):
    """`value` if it is one of "auto", 0, 1 and 2 (or a bool); ArgumentError otherwise.

    >>> verbosity(2), verbosity("auto")
    (2, 'auto')
    """
    if isinstance(value, (str, int, np.integer)) and value in VERBOSE:
        return value
    raise ArgumentError(
        f"verbose: received {value!r}, expected 'auto', 0 (silent), 1 (progress bar) or 2 (one line per epoch)."
    )


def _shuffle(name, value):
    if not (
        value is None
        or isinstance(value, (bool, np.bool_))
        or whole(value) in (0, 1)
        or (isinstance(value, str) and value == "batch")
    ):
        raise ArgumentError(f"{name}: received {value!r}, expected True, False or 'batch'.")


def _share(name, value):
    number(name, value, 0, none=True)
    if value is not None and value >= 1:
        raise ArgumentError(
            f"{name}: received {value!r}, expected a number in [0, 1): the share of rows that is kept for validation."
        )


def _epochs(name, value):
    """An int, or a collection of epochs counted from 1."""
    if isinstance(value, (list, tuple, set, frozenset, range)):
        for epoch in value:
            count(name, epoch)
    elif whole(value) is None or value < 1:
        raise ArgumentError(
            f"Expected `{name}` to be a list or int: every so many epochs, or epochs counted from 1. Received: "
            f"{name}={value!r} of the type {type(value)}."
        )


def _steps(name, value):
    count(name, value, none=True)


def _epoch_count(name, value):
    count(name, value, 0, most=2**62)  # each has random numbers of its own


def _callbacks(name, value):
    for c in value if isinstance(value, (list, tuple)) else (value,):
        if c is not None and not hasattr(c, "set_model"):
            raise ArgumentError(f"{name}: received {c!r}, expected Callback objects in a list.")


def _folder(name, value):
    if not (value is None or (isinstance(value, (str, PathLike)) and os.fspath(value)) or hasattr(value, "backup_dir")):
        raise ArgumentError(f"{name}: received {value!r}, expected the path of a folder, or a BackupAndRestore.")


def _resume(name, value):
    if not (isinstance(value, (bool, PathLike)) or (isinstance(value, str) and value)):
        raise ArgumentError(f"{name}: received {value!r}, expected 'auto', True, False, or the path of a checkpoint.")


def _nan(name, value):
    if not isinstance(value, str) or value not in NAN:
        raise ArgumentError(
            f"{name}: received {value!r}, expected 'continue' (train on, as Keras, with a warning), 'stop' (raise "
            "NotFiniteError before the update, with a file that replays the step), 'raise' (the same without a file) "
            "or 'skip' (leave such steps out)."
        )


ARGUMENTS = {
    "checkpoint": _folder,
    "resume": _resume,
    "nan": _nan,
    "verbose": lambda name, value: verbosity(value),
    "shuffle": _shuffle,
    "validation_split": _share,
    "validation_freq": _epochs,
    "callbacks": _callbacks,
    "epochs": _epoch_count,
    "initial_epoch": _epoch_count,
    **dict.fromkeys(("batch_size", "validation_batch_size", "steps", "steps_per_epoch", "validation_steps"), _steps),
    "steps_per_execution": count,
}


def check_arguments(**given):
    """Counts and flags of fit, evaluate, predict and compile, before anything runs; ArgumentError names the first.

    >>> check_arguments(epochs=2, validation_freq=[1, 2], batch_size=None)
    """
    for name, value in given.items():
        ARGUMENTS[name](name, value)


def check_labels(model, y):
    """Labels of a sparse loss must be whole numbers in [0, classes); DataError names the first row that is not."""
    loss, outputs = model._compile_loss, _outputs(model)
    if outputs is not None and len(outputs) > 1 and (not is_nested(y) or 0 < len(y) < len(outputs)):
        return  # targets of some outputs: which, the loss decides
    targets = flatten(y) if outputs is None else per_output(y, outputs, "y", optional=range(len(outputs)))
    if outputs is None and len(targets) > 1:  # which belongs to which output is known once the model has run
        return
    every = range(len(targets))
    parts = loss.parts if loss is not None and loss.built else [(i, p) for p in parts_of(loss) for i in every]
    for index, function, *_ in parts:
        if index is None or not is_sparse(function) or index >= len(targets) or targets[index] is None:
            continue
        labels = targets[index]
        fine = labels == np.floor(labels) if labels.dtype.kind == "f" else None
        if fine is not None and not fine.all():
            raise DataError(
                f"y holds the label {values.bad_value(labels, fine)} in row {values.first_row(fine)}: a "
                "sparse loss expects whole numbers, one class index per row. For probabilities or one-hot "
                "rows use categorical_crossentropy."
            )
        shapes = _output_shapes(model)
        if shapes is None or index >= len(shapes) or not shapes[index] or shapes[index][-1] is None:
            continue
        classes, ignored = shapes[index][-1], getattr(function, "ignore_class", None)
        low, high = labels.min(), labels.max()
        if ignored is None and not (low >= 0 and high < classes):  # a NaN is no class either
            row = values.first_row((labels >= 0) & (labels < classes))
            raise DataError(
                f"y holds labels from {low} to {high}, but the model has {classes} outputs: expected "
                f"integers from 0 to {classes - 1}. The first bad label is in row {row}."
            )


def check_indices(inputs, x):
    """Data that go straight into an Embedding must be rows of its table; DataError names the first that is not.

    inputs: what `index_inputs` found for the model.
    """
    leaves = flatten(x) if inputs else ()
    for position, layer in inputs:
        if position < len(leaves):
            values.check_indices(leaves[position], layer.index_range, _named(position, leaves), owner(layer))


def owner(layer):
    """A layer in messages."""
    return f"layer '{layer.name}' ({type(layer).__name__})"


def _named(position, leaves):
    return "x" if len(leaves) == 1 else f"x, array {position}"


def check_fit(x, wanted):
    """Numbers must fit the integer types that a model wants its inputs in; DataError names the first that does not.

    wanted: dtype names, None where the model takes what comes.
    """
    leaves = flatten(x)
    for i, (leaf, name) in enumerate(zip(leaves, wanted)):
        if narrows(leaf.dtype, name):
            values.check_fits(leaf, dtypes.numpy_type(name), _named(i, leaves))


def narrows(given, name):
    """Whether numbers of the NumPy dtype `given` may be too large for the dtype `name` (None: kept as they are)."""
    if name is None or given.kind not in "iuf" or name == "bool" or dtypes.is_inexact(name):
        return False
    return not np.can_cast(given, dtypes.numpy_type(name))


def as_input(value, dtype, name):
    """What is given for an input of `dtype` as an array of numbers that are the same in it; see core/values.py."""
    array = values.as_numbers(value, name, wide=dtype in dtypes.COMPLEX)
    if narrows(array.dtype, dtype):
        values.check_fits(array, dtypes.numpy_type(dtype), name)
    return array


def door(leaves, wanted, kept, indices):
    """What takes arrays of these dtypes into a plan, checking them first; None where they need no check.

    leaves: arrays like those to come.  wanted: dtype names of the model, kept: those of the plan.  indices: what
    `index_inputs` found for the model.  The result is called with (the plan's arrays, the arrays given).
    """
    names = [_named(i, leaves) for i in range(len(leaves))]
    narrow = any(a.dtype.kind == "f" and a.dtype.itemsize > dtypes.itemsize(k) for a, k in zip(leaves, kept))
    integers = [i for i, (a, w) in enumerate(zip(leaves, wanted)) if a.dtype == np.uint64 or narrows(a.dtype, w)]
    ranges = [
        (i, layer.index_range, names[i], owner(layer))
        for i, layer in indices
        if i in integers or not getattr(layer, "refuses_indices", False)
    ]
    copy = values.copy_narrow if narrow else values.copy
    if not (narrow or integers or ranges):
        return None

    def enter(mine, given):
        for i, rows, name, who in ranges:
            values.check_indices(given[i], rows, name, who)
        for i in integers:
            values.kept(given[i], names[i])
            if narrows(given[i].dtype, wanted[i]):
                values.check_fits(given[i], dtypes.numpy_type(wanted[i]), names[i])
        copy(mine, given, names)

    return enter


def index_inputs(model):
    """[(position of a flat input, layer)] for each layer with an `index_range` that is called on that input itself."""
    functional = model if "_map" in model.__dict__ else model.__dict__.get("_functional")
    if functional is None or functional._door is not None:
        return []
    positions = {(x.origin, x.index): i for i, x in enumerate(functional.inputs)}
    found = []
    for event in functional._map.events:
        into = [positions.get((x.origin, x.index)) if is_functional(x) else None for x in event.inputs]
        if all(i is None for i in into):
            continue
        if event.kwargs.get("reverse"):  # hidden states, not indices
            continue
        if getattr(event.operation, "index_range", None) is not None:
            found.append((into[0], event.operation))
        elif hasattr(event.operation, "_tracker"):  # a model inside: its inputs are ours
            found += [
                (into[i], layer) for i, layer in index_inputs(event.operation) if i < len(into) and into[i] is not None
            ]
    return found


def is_sparse(loss):
    """Whether a loss takes integer labels (sparse categorical cross-entropy, as a class or as a function)."""
    function = getattr(loss, "fn", loss)
    return isinstance(loss, losses.SparseCategoricalCrossentropy) or function is losses.sparse_categorical_crossentropy


def takes_labels(identifier):
    """Whether a loss as a user writes it takes integer labels."""
    return identifier is not None and not by_shape(identifier) and is_sparse(losses.get(identifier))


def parts_of(loss):
    """A not yet resolved loss as parts, as far as that is possible without shapes."""
    if loss is None:
        return []
    found = loss.loss
    if isinstance(found, (list, tuple, dict)) or by_shape(found):
        return []
    return [losses.get(found)]


def _output_shapes(model):
    shape = getattr(model, "output_shape", None) if getattr(model, "built", False) else None
    if shape is None:
        return None
    return flatten_shapes(shape)


def _outputs(model):
    """What the model's outputs are called, in order; None until that is known."""
    loss = model._compile_loss
    if loss is not None and loss.built:
        return loss.outputs
    if defined_in(type(model), "compute_loss") not in HERE:  # it may hand on other outputs than the model's
        return None
    functional = model if "_map" in model.__dict__ else model.__dict__.get("_functional")
    return None if functional is None else outputs_of(functional._outputs_struct, functional.output_names)


def sparse_labels(model, y):
    """Whether y, the only target of a model, holds class indices and not rows of classes, by its loss."""
    loss, shapes = model._compile_loss, _output_shapes(model)
    given = [] if loss is None else leaves_of(loss.loss)
    kinds = [label_kind(y.shape, shapes[0]) == "sparse" if by_shape(i) and shapes else takes_labels(i) for i in given]
    return any(kinds)
