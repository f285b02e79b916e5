"""Cells of cells of TensorFlow 1: on top of each other, with dropout, with their inputs added; see cells."""

import numpy as np

from fastnn.compat.tf.graphs.cells import LSTMStateTuple, RNNCell, given, tf
from fastnn.compat.tf.graphs.graph import Node
from fastnn.compat.tf.graphs.names import variable_scope
from fastnn.core import tree
from fastnn.core.errors import ArgumentError


class MultiRNNCell(RNNCell):
    """Cells on top of each other.

    Args:
        cells: a list of them.
        state_is_tuple: False: the states beside each other in one array.
    """

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        if not cells:
            raise ArgumentError("Must specify at least one cell for MultiRNNCell.")
        self._cells, self._tuple = list(cells), state_is_tuple

    @property
    def state_size(self):
        """A tuple of the cells' sizes, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._tuple else sum(int(np.sum(n)) for n in sizes)

    output_size = property(lambda self: self._cells[-1].output_size, doc="That of the last cell.")
    variables = property(lambda self: [v for cell in self._cells for v in cell.variables], doc="Those of the cells.")

    def __call__(self, inputs, state, scope=None):
        """(output, state) of one step."""
        with variable_scope(scope, self.name):
            sizes = [cell.state_size for cell in self._cells]
            states, after = (state if self._tuple else tf("split", state, sizes, 1)), []
            for k, (cell, one) in enumerate(zip(self._cells, states)):
                with variable_scope(f"cell_{k}"):
                    inputs, new = cell(inputs, one)
                after.append(new)
        return inputs, (tuple(after) if self._tuple else tf("concat", after, 1))

    def zero_state(self, batch_size, dtype="float32"):
        """The states of the cells."""
        if not self._tuple:
            return super().zero_state(batch_size, dtype)
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)


class _Wrapper(RNNCell):
    """A cell around another one, whose variables it has.

    Args:
        cell: the cell.
        args, kwargs: of no effect.
    """

    def __init__(self, cell, *args, **kwargs):
        super().__init__()
        self._cell = self.cell = cell

    state_size = property(lambda self: self._cell.state_size, doc="That of the cell.")
    output_size = property(lambda self: self._cell.output_size, doc="That of the cell.")
    variables = property(lambda self: self._cell.variables, doc="Those of the cell.")

    def __call__(self, inputs, state, scope=None):
        """(output, state) of the cell."""
        return self._cell(inputs, state, scope=scope)

    def zero_state(self, batch_size, dtype="float32"):
        """That of the cell."""
        return self._cell.zero_state(batch_size, dtype)


class DeviceWrapper(_Wrapper):
    """A cell on a device, of which there is one.

    Args:
        cell: the cell.
        device: of no effect.
    """


class ResidualWrapper(_Wrapper):
    """A cell whose inputs are added to its outputs.

    Args:
        cell: the cell.
        residual_fn: a function (inputs, outputs), or None: their sum.
    """

    def __init__(self, cell, residual_fn=None, **kwargs):
        super().__init__(cell)
        self._join = residual_fn

    def __call__(self, inputs, state, scope=None):
        """(output, state)."""
        found, after = self._cell(inputs, state, scope=scope)
        return (self._join(inputs, found) if self._join else inputs + found), after


class DropoutWrapper(_Wrapper):
    """A cell with dropout of its inputs, outputs and states; the cell c of an LSTM's state stays.

    Args:
        cell: the cell.
        input_keep_prob, output_keep_prob, state_keep_prob: shares that stay: numbers or Nodes.
        variational_recurrent, input_size, dtype, seed, dropout_state_filter_visitor: of no effect: each step draws.
    """

    def __init__(self, cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0, *args, **kwargs):
        super().__init__(cell)
        self._keep = input_keep_prob, output_keep_prob, state_keep_prob

    def __call__(self, inputs, state, scope=None):
        """(output, state)."""
        found, after = self._cell(_dropped(inputs, self._keep[0]), state, scope=scope)
        if not (isinstance(self._keep[2], float) and self._keep[2] >= 1):
            after = _dropped_state(after, self._keep[2])
        return _dropped(found, self._keep[1]), after


def _dropped(x, keep):
    keep = given(keep)
    if isinstance(keep, (int, float)) and keep >= 1:
        return x
    return tf("nn.dropout", x, keep_prob=keep) if isinstance(keep, Node) else tf("nn.dropout", x, rate=1 - float(keep))


def _dropped_state(state, keep):
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(state.c, _dropped(state.h, keep))
    if isinstance(state, (list, tuple)):
        return tree.rebuild(state, [_dropped_state(s, keep) for s in state])
    return _dropped(state, keep)
