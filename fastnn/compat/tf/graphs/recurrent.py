"""`tf.nn.dynamic_rnn` and its kin: a cell of TensorFlow 1 along the steps of sequences, one Node for all of them."""

import contextlib

import numpy as np

from fastnn import ops
from fastnn.compat.tf.graphs.cells import each_size, tf
from fastnn.compat.tf.graphs.graph import Node, defer, waits
from fastnn.compat.tf.graphs.names import get_variable_scope, variable_scope
from fastnn.compat.tf.graphs.state import graph
from fastnn.compat.tf.values import operand
from fastnn.core import tree
from fastnn.core.errors import ArgumentError


@contextlib.contextmanager
def _again(scope):
    """A block of a scope whose variables are there."""
    here = graph()
    here.scopes.append(type(scope)(scope.name, True, scope.initializer, scope.regularizer))
    try:
        yield
    finally:
        here.scopes.pop()


def _steps(cell, scope, x, state, lengths):
    """(outputs by step, (steps, batch, ...), and the last state) of values."""
    outputs = []
    for t in range(x.shape[0]):
        with _again(scope):
            found, after = cell(x[t], state)
        if lengths is not None:
            runs = ops.expand_dims(ops.less(np.int32(t), lengths), -1)
            found = ops.where(runs, found, ops.zeros_like(found))
            after = _where(runs, after, state)
        state = after
        outputs.append(found)
    if not outputs:
        raise ArgumentError("dynamic_rnn: received sequences without steps.")
    return ops.stack(outputs, axis=0), state


def _where(runs, after, before):
    if isinstance(after, (list, tuple)):
        return tree.rebuild(after, [_where(runs, a, b) for a, b in zip(after, before)])
    return ops.where(runs, after, before)


def _flat(state):
    return [leaf for s in state for leaf in _flat(s)] if isinstance(state, (list, tuple)) else [state]


def _packed(like, leaves):
    if isinstance(like, (list, tuple)):
        return tree.rebuild(like, [_packed(part, leaves) for part in like])
    return next(leaves)


def dynamic_rnn(cell, inputs, sequence_length=None, initial_state=None, dtype=None, parallel_iterations=None,
                swap_memory=False, time_major=False, scope=None):  # fmt: skip
    """(outputs, the last state) of a cell along sequences.

    Args:
        cell: a cell, as of tf.nn.rnn_cell.
        inputs: (batch, steps, features).
        sequence_length: ints (batch,): behind them outputs are 0 and the state stays; None: all steps.
        initial_state: a state; None: zeros.
        dtype: of the zeros.
        parallel_iterations, swap_memory: of no effect.
        time_major: whether steps come first in inputs and outputs.
        scope: of the variables; None: "rnn".

    Raises ArgumentError where there is neither a state nor a dtype.
    """
    if initial_state is None and dtype is None:
        raise ArgumentError("If there is no initial_state, you must give a dtype.")
    with variable_scope(scope, "rnn") as inner:
        return _along(cell, inputs, sequence_length, initial_state, dtype, time_major, inner)


def _along(cell, inputs, sequence_length, initial_state, dtype, time_major, scope):
    inputs = inputs if isinstance(inputs, Node) else operand(inputs)
    batch_axis = int(time_major)
    rows = inputs.shape[batch_axis]
    size = int(rows) if rows is not None else tf("shape", inputs)[batch_axis]
    zeros = each_size(cell.state_size, lambda n: tf("zeros", [size, n], dtype or "float32"))
    if initial_state is None and hasattr(cell, "zero_state"):
        zeros = cell.zero_state(size, dtype)
    state = zeros if initial_state is None else initial_state
    first = inputs[0] if time_major else inputs[:, 0]
    found, _ = cell(first, zeros)  # its variables are made here, whatever the rows of a given state
    lengths, leaves = sequence_length, _flat(state)

    def run(x, lengths, *leaves):
        x = x if time_major else ops.moveaxis(x, 1, 0)
        lengths = None if lengths is None else ops.cast(operand(lengths), "int32")
        outputs, last = _steps(cell, scope, x, _packed(state, iter(leaves)), lengths)
        return [outputs if time_major else ops.moveaxis(outputs, 0, 1), *_flat(last)]

    if not waits([inputs, lengths, *leaves]) and not (graph().active and graph().values is None):
        outputs, *last = run(operand(inputs), lengths, *leaves)
        return outputs, _packed(state, iter(last))
    whole = defer(run, (inputs, lengths, *leaves), {})
    sizes, width, kind = tuple(inputs.shape), tuple(found.shape[1:]), str(found.dtype)
    one = defer(lambda all_: all_[0], (whole,), {}, sample=lambda n: _zeros((*sizes[:2], *width), n, kind))
    shapes = [(tuple(leaf.shape), str(leaf.dtype)) for leaf in leaves]
    after = [defer(lambda all_, k: all_[k], (whole, k + 1), {}, sample=lambda n, s=s: _zeros(s[0], n, s[1]))
             for k, s in enumerate(shapes)]  # fmt: skip
    return one, _packed(state, iter(after))


def _zeros(shape, size, dtype):
    return operand(np.zeros([size if n is None else n for n in shape], dtype))


def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """(a list of outputs, the last state) of a cell along a list of inputs.

    Args:
        cell: a cell.
        inputs: a list of (batch, features).
        initial_state, dtype, sequence_length, scope: as of dynamic_rnn.
    """
    inputs = list(inputs)
    if not inputs:
        raise ArgumentError("inputs must not be empty.")
    outputs, state = dynamic_rnn(cell, tf("stack", inputs, 0), sequence_length, initial_state, dtype,
                                 time_major=True, scope=scope)  # fmt: skip
    return [outputs[t] for t in range(len(inputs))], state


def bidirectional_dynamic_rnn(cell_fw, cell_bw, inputs, sequence_length=None, initial_state_fw=None,
                              initial_state_bw=None, dtype=None, parallel_iterations=None, swap_memory=False,
                              time_major=False, scope=None):  # fmt: skip
    """((outputs forward, backward), (states forward, backward)).

    Args:
        cell_fw, cell_bw: cells.
        initial_state_fw, initial_state_bw: their states, or None: zeros.
        inputs, sequence_length, dtype, parallel_iterations, swap_memory, time_major, scope: as of dynamic_rnn.
    """
    axis = 0 if time_major else 1

    def turned(x):
        if sequence_length is None:
            return tf("reverse", x, axis=[axis])
        return tf("reverse_sequence", x, sequence_length, seq_axis=axis, batch_axis=1 - axis)

    with variable_scope(scope, "bidirectional_rnn"):
        with variable_scope("fw"):
            forward = dynamic_rnn(cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major=time_major,
                                  scope=get_variable_scope())  # fmt: skip
        with variable_scope("bw"):
            backward = dynamic_rnn(cell_bw, turned(inputs), sequence_length, initial_state_bw, dtype,
                                   time_major=time_major, scope=get_variable_scope())  # fmt: skip
    return (forward[0], turned(backward[0])), (forward[1], backward[1])


def static_bidirectional_rnn(cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, dtype=None,
                             sequence_length=None, scope=None):  # fmt: skip
    """(a list of outputs forward and backward beside each other, state forward, state backward).

    Args:
        cell_fw, cell_bw: cells.
        inputs: a list of (batch, features).
        initial_state_fw, initial_state_bw, dtype, sequence_length, scope: as of bidirectional_dynamic_rnn.
    """
    outputs, states = bidirectional_dynamic_rnn(
        cell_fw, cell_bw, tf("stack", list(inputs), 0), sequence_length, initial_state_fw, initial_state_bw, dtype,
        time_major=True, scope=scope)  # fmt: skip
    both, inputs = tf("concat", list(outputs), 2), list(inputs)
    return [both[t] for t in range(len(inputs))], *states


def stack_bidirectional_dynamic_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None, initial_states_bw=None,
                                    dtype=None, sequence_length=None, parallel_iterations=None, time_major=False,
                                    scope=None, swap_memory=False):  # fmt: skip
    """(outputs, states forward, states backward) of layers of both directions on top of each other.

    Args:
        cells_fw, cells_bw: lists of cells.
        initial_states_fw, initial_states_bw: lists of states, or None.
        inputs, dtype, sequence_length, parallel_iterations, time_major, scope, swap_memory: as of
            bidirectional_dynamic_rnn.
    """
    forward, backward = [], []
    with variable_scope(scope, "stack_bidirectional_rnn"):
        for k, (one, other) in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{k}"):
                outputs, states = bidirectional_dynamic_rnn(
                    one, other, inputs, sequence_length, initial_states_fw and initial_states_fw[k],
                    initial_states_bw and initial_states_bw[k], dtype, time_major=time_major)  # fmt: skip
            inputs = tf("concat", list(outputs), 2)
            forward.append(states[0])
            backward.append(states[1])
    return inputs, tuple(forward), tuple(backward)
