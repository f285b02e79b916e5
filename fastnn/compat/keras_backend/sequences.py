"""The part of `keras.backend` that goes along sequences: CTC, and a function applied step after step."""

from typing import Any, NamedTuple

import numpy as np

from fastnn import ops
from fastnn.core.config import epsilon
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.graph import Symbol
from fastnn.layers import nest
from fastnn.layers.steps import over_steps, steps_first


class SparseValues(NamedTuple):
    """The entries of a sparse matrix, as TensorFlow names them: places (n, 2), values (n,), and its shape."""

    indices: Any
    values: Any
    dense_shape: Any


# ---- CTC -----------------------------------------------------------------------------------------------
def _scores(y_pred):
    """Probabilities as the logits that ops.ctc_loss takes."""
    return ops.log(ops.add(y_pred, epsilon()))


def _lengths(name, given):
    """(batch,) from the (batch, 1) in which models carry lengths."""
    if len(given.shape) != 2 or given.shape[1] != 1:
        raise ShapeError(f"ctc_batch_cost: {name} has shape {tuple(given.shape)}; expected (batch, 1).")
    return ops.cast(ops.squeeze(given, axis=-1), "int32")


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """The CTC loss of each row; the last class is the blank.

    Args:
        y_true: labels (batch, most); what is behind label_length does not count, nor the blank's number and larger
            ones, with which rows are filled up.
        y_pred: probabilities (batch, steps, classes), as a softmax gives them.
        input_length: how many of the steps count, (batch, 1).
        label_length: how many of the labels count, (batch, 1).

    Returns (batch, 1) losses.

    Raises ShapeError for lengths of another shape.

    >>> y = np.full((1, 2, 3), 1 / 3, "float32")
    >>> ctc_batch_cost(np.array([[1]]), y, np.array([[2]]), np.array([[1]])).round(4)  # log 9 - log 3
    array([[1.0986]], dtype=float32)
    """
    y_true, y_pred, input_length, label_length = (
        x if hasattr(x, "shape") else np.asarray(x) for x in (y_true, y_pred, input_length, label_length)
    )
    steps, labels = _lengths("input_length", input_length), _lengths("label_length", label_length)
    y_true = ops.cast(y_true, "int32")
    named = ops.less(y_true, np.int32(y_pred.shape[-1] - 1))
    labels = ops.minimum(ops.cast(labels, "int32"), ops.sum(ops.cast(named, "int32"), axis=1))
    y_true = ops.where(named, y_true, np.int32(0))
    return ops.expand_dims(ops.ctc_loss(y_true, _scores(y_pred), labels, steps, mask_index=-1), 1)


def _merged(labels):
    """Rows of labels (..., steps) without repetitions of the label before; -1 behind."""
    out = np.full_like(labels, -1)
    for place in np.ndindex(*labels.shape[:-1]):
        row = labels[place]
        kept = row[(row >= 0) & (row != np.concatenate([[-1], row[:-1]]))]
        out[place][: len(kept)] = kept
    return out


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """What probabilities read as; the last class is the blank.

    Args:
        y_pred: probabilities (batch, steps, classes), as a softmax gives them.
        input_length: how many of the steps count, (batch,).
        greedy: whether the most probable class of each step is taken; else a beam search.
        beam_width, top_paths: how many readings the search keeps, and returns.

    Returns ([labels (batch, steps), -1 behind, one for each path], scores): minus the sum of the logarithms of the
    greedy way (batch, 1), or the log probabilities of the paths (batch, paths).  A label that follows itself with a
    blank between them is once in the paths of a search, as in TensorFlow.

    >>> y = np.eye(3, dtype="float32")[None, [1, 1, 2, 0]]
    >>> ctc_decode(y, np.array([4]))[0][0].tolist()
    [[1, 0, -1, -1]]
    """
    how = {"strategy": "greedy"} if greedy else {"strategy": "beam_search", "beam_width": beam_width}
    paths = 1 if greedy else int(top_paths)
    labels, scores = ops.ctc_decode(_scores(y_pred), input_length, top_paths=paths, mask_index=-1, **how)
    if not greedy and not isinstance(labels, Symbol):
        labels = _merged(np.asarray(labels))
    return [ops.cast(labels[k], "int64") for k in range(paths)], scores


def ctc_label_dense_to_sparse(labels, label_lengths):
    """The labels that count, as the entries of a sparse matrix.

    Args:
        labels: an array (batch, most).
        label_lengths: how many of them count, an array (batch,).

    Returns (indices (n, 2), values (n,), dense_shape (2,)).

    Raises ArgumentError for symbols: how many labels there are is not known while a graph is made.

    >>> ctc_label_dense_to_sparse(np.array([[5, 6], [7, 0]]), np.array([2, 1])).values.tolist()
    [5, 6, 7]
    """
    if any(isinstance(x, Symbol) for x in (labels, label_lengths)):
        raise ArgumentError(
            "ctc_label_dense_to_sparse: received symbols, expected arrays: how many labels count is not known while a "
            "graph is made. Give the labels and their lengths to ctc_batch_cost."
        )
    labels, lengths = np.asarray(labels), np.asarray(label_lengths)
    places = np.argwhere(np.arange(labels.shape[1]) < lengths[:, None])
    return SparseValues(places, labels[tuple(places.T)], np.array(labels.shape, "int64"))


# ---- loops ---------------------------------------------------------------------------------------------
def _where(rows, a, b):
    """a in the rows that are so marked, else b."""
    for _ in range(len(a.shape) - len(rows.shape)):
        rows = ops.expand_dims(rows, -1)
    return ops.where(rows, a, b)


def _mask_of(mask, input_length, count):
    """Which steps count, booleans with the steps first; None where all do.  input_length: of every row, or None."""
    if mask is None and getattr(input_length, "shape", ()) != ():
        return ops.less(np.arange(count, dtype="int32")[:, None], ops.cast(input_length, "int32"))
    return None if mask is None else ops.cast(mask, "bool")


def rnn(
    step_function,
    inputs,
    initial_states,
    go_backwards=False,
    mask=None,
    constants=None,
    unroll=False,
    input_length=None,
    time_major=False,
    zero_output_for_mask=False,
    return_all_outputs=True,
):
    """A function applied to the steps of sequences.

    Args:
        step_function: (input of a step, (*states, *constants)) -> (output, new states).
        inputs: (batch, steps, ...), or a structure of such.
        initial_states: a list of arrays or symbols.
        go_backwards: from the last step to the first; outputs are in the order in which they were made.
        mask: booleans (batch, steps); where False the states and the output are those of the step before.
        constants: a list of what each step gets besides.
        unroll: changes nothing: steps are a loop of the plan, as fast as when they are written out.
        input_length: the number of steps of each row, (batch,), in the place of a mask; a number says nothing.
        time_major: inputs, mask and outputs are (steps, batch, ...).
        zero_output_for_mask: output 0 where the mask is False.
        return_all_outputs: the outputs of all steps, or of the last one alone, (batch, 1, ...).

    Returns (last output, outputs, new states).

    Raises ShapeError for a number of steps that is not known.

    >>> step = lambda x, states: (x + states[0], [x + states[0]])
    >>> rnn(step, np.ones((1, 3, 2), "float32"), [np.zeros((1, 2), "float32")])[1].tolist()
    [[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]]
    """
    turn = (lambda x: x) if time_major else steps_first
    sliced = [turn(x) for x in nest.flatten(inputs)]
    count = sliced[0].shape[0]
    if not count:
        raise ShapeError(
            f"rnn: received {count or 'an unknown number of'} steps, expected one or more; give Input a shape with the "
            "number of steps, or call rnn in the `call` of a layer."
        )
    mask = _mask_of(mask if mask is None else turn(mask), input_length, count)
    width, constants = len(sliced), tuple(constants or ())

    def body(flat, slices, memory):
        states = tuple(nest.pack(list(initial_states), flat))
        output, new = step_function(nest.pack(inputs, slices[:width]), (*states, *constants))
        new, outputs = nest.flatten(list(new)), nest.flatten(output)
        shape["output"] = output
        if mask is not None:
            use = slices[width]
            new = [_where(use, a, b) for a, b in zip(new, flat)]
            old = [
                ops.zeros_like(y) if zero_output_for_mask else memory.before(f"output {k}", y)
                for k, y in enumerate(outputs)
            ]
            outputs = [_where(use, a, b) for a, b in zip(outputs, old)]
        for k, y in enumerate(outputs):
            memory.remember(f"output {k}", y)
        return new, outputs if return_all_outputs else []

    shape: dict[str, Any] = {}
    flat, stacked, after = over_steps(
        body, nest.flatten(list(initial_states)), sliced + [mask] * (mask is not None), count, go_backwards, name="rnn"
    )
    last = [after[f"output {k}"] for k in range(len(nest.flatten(shape["output"])))]
    outputs = [ops.flip(y, axis=0) if go_backwards else y for y in stacked] or [ops.expand_dims(y, 0) for y in last]
    last, outputs = (nest.pack(shape["output"], ys) for ys in (last, [turn(y) for y in outputs]))
    return last, outputs, nest.pack(list(initial_states), flat)


def map_fn(fn, elems, name=None, dtype=None):
    """A function applied to each element along the first axis; what it gives is stacked.

    Args:
        fn: element -> value.
        elems: an array or a symbol, or a structure of such.
        name: of no effect.
        dtype: of the result; that of the values if None.

    >>> map_fn(lambda x: x * 2, np.array([[1.0], [3.0]])).tolist()
    [[2.0], [6.0]]
    """
    found = ops.vectorized_map(fn, elems)
    return found if dtype is None else nest.map_structure(lambda x: ops.cast(x, dtype), found)


def foldl(fn, elems, initializer=None, name=None):
    """A function of what has come out so far and the next element, from the first to the last.

    Args:
        fn: (accumulator, element) -> accumulator.
        elems: an array or a symbol, (n, ...).
        initializer: the first accumulator; the first element if None.
        name: of no effect.

    >>> float(foldl(lambda a, x: a * 10 + x, np.array([1.0, 2.0, 3.0])))
    123.0
    """
    if initializer is None:
        initializer, elems = elems[0], elems[1:]
    return ops.scan(lambda a, x: (fn(a, x), None), initializer, elems)[0]


def foldr(fn, elems, initializer=None, name=None):
    """`foldl` from the last element to the first.

    Args:
        fn: (accumulator, element) -> accumulator.
        elems: an array or a symbol, (n, ...).
        initializer: the first accumulator; the last element if None.
        name: of no effect.

    >>> float(foldr(lambda a, x: a * 10 + x, np.array([1.0, 2.0, 3.0])))
    321.0
    """
    return foldl(fn, ops.flip(elems, axis=0), initializer)
