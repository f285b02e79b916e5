"""Checks of integer data against the model, before a step is run: labels of sparse losses, indices of embeddings."""
import numpy as np

from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.tree import ordered_keys
from fastnn.layers.events import is_functional
from fastnn.models.data import flatten

VERBOSE = ("auto", 0, 1, 2)


def verbosity(value):
    """`value` if it is one of "auto", 0, 1 and 2 (or a bool); ArgumentError otherwise.

    >>> verbosity(2), verbosity("auto")
    (2, 'auto')
    """
    if isinstance(value, (str, int, np.integer)) and value in VERBOSE:
        return value
    raise ArgumentError(f"verbose: received {value!r}, expected 'auto', 0 (silent), 1 (progress bar) or 2 (one "
                        "line per epoch).")


def check_labels(model, y):
    """Labels of a sparse loss must be whole numbers in [0, classes); DataError names the first row that is not."""
    loss, shapes, targets = model._compile_loss, _output_shapes(model), flatten(y)
    for part in (loss.parts if loss is not None and loss.built else parts_of(loss)):
        index, function = getattr(part, "index", 0), getattr(part, "loss", part)
        if not is_sparse(function) or index >= len(targets):
            continue
        labels = targets[index]
        whole = labels == np.floor(labels) if labels.dtype.kind == "f" else None
        if whole is not None and not whole.all():
            row = _first_row(whole, labels)
            raise DataError(f"y holds the label {_bad(labels[row], ~whole[row])} in row {row}: a sparse loss expects "
                            "whole numbers, one class index per row. For probabilities or one-hot rows use "
                            "categorical_crossentropy.")
        if shapes is None or index >= len(shapes) or not shapes[index] or shapes[index][-1] is None:
            continue
        classes, ignored = shapes[index][-1], getattr(function, "ignore_class", None)
        low, high = labels.min(), labels.max()
        if ignored is None and not (low >= 0 and high < classes):           # a NaN is no class either
            row = _first_row((labels >= 0) & (labels < classes), labels)
            raise DataError(f"y holds labels from {low} to {high}, but the model has {classes} outputs: expected "
                            f"integers from 0 to {classes - 1}. The first bad label is in row {row}.")


def check_indices(inputs, x):
    """Data that go straight into an Embedding must be rows of its table; DataError names the first that is not.

    inputs: what `index_inputs` found for the model.
    """
    leaves = flatten(x) if inputs else ()
    for position, layer in inputs:
        if position >= len(leaves):
            continue
        values, rows = leaves[position], layer.index_range
        low, high = values.min(), values.max()
        if low > -1 and high < rows:                    # floats are truncated towards 0, as the layer does
            continue
        fine = (values > -1) & (values < rows)
        row = _first_row(fine, values)
        name = "x" if len(leaves) == 1 else f"x, array {position}"
        raise DataError(f"{name} holds the index {_bad(values[row], ~fine[row])} in row {row}, but layer "
                        f"'{layer.name}' ({type(layer).__name__}) has {rows} entries: expected integers from 0 to "
                        f"{rows - 1}. Make `input_dim` the largest index + 1, or replace the index.")


def index_inputs(model):
    """[(position of a flat input, layer)] for each layer with an `index_range` that is called on that input itself."""
    functional = model if "_map" in model.__dict__ else model.__dict__.get("_functional")
    if functional is None:
        return []
    positions = {(x.origin, x.index): i for i, x in enumerate(functional.inputs)}
    found = []
    for event in functional._map.events:
        into = [positions.get((x.origin, x.index)) if is_functional(x) else None for x in event.inputs]
        if all(i is None for i in into):
            continue
        if getattr(event.operation, "index_range", None) is not None:
            found.append((into[0], event.operation))
        elif hasattr(event.operation, "_tracker"):      # a model inside: its inputs are ours
            found += [(into[i], layer) for i, layer in index_inputs(event.operation)
                      if i < len(into) and into[i] is not None]
    return found


def is_sparse(loss):
    """Whether a loss takes integer labels (sparse categorical cross-entropy, as a class or as a function)."""
    from fastnn import losses
    function = getattr(loss, "fn", loss)
    return isinstance(loss, losses.SparseCategoricalCrossentropy) or function is losses.sparse_categorical_crossentropy


def takes_labels(identifier):
    """Whether a loss as a user writes it takes integer labels."""
    from fastnn.losses import get
    from fastnn.losses.compile_loss import by_shape
    return identifier is not None and not by_shape(identifier) and is_sparse(get(identifier))


def _first_row(fine, values):
    """The first row of `values` that is not fine everywhere."""
    return int(np.argmax(~fine)) // max(values[0].size, 1)


def _bad(row, wrong):
    """The first wrong value of a row."""
    return np.asarray(row)[wrong].flat[0] if np.ndim(row) else row


def parts_of(loss):
    """A not yet resolved loss as parts, as far as that is possible without shapes."""
    if loss is None:
        return []
    from fastnn.losses import get
    from fastnn.losses.compile_loss import by_shape
    found = loss.loss
    if isinstance(found, (list, tuple, dict)) or by_shape(found):
        return []
    return [get(found)]


def _output_shapes(model):
    shape = getattr(model, "output_shape", None) if getattr(model, "built", False) else None
    if shape is None:
        return None
    if isinstance(shape, dict):
        return [shape[key] for key in ordered_keys(shape)]
    return list(shape) if shape and isinstance(shape[0], (tuple, list)) else [shape]
