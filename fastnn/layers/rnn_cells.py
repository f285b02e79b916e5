"""The cells of SimpleRNN, LSTM and GRU, and stacks of cells."""

from typing import Any

from fastnn import activations, ops
from fastnn.core.errors import ArgumentError
from fastnn.core.settable import settable
from fastnn.layers import nest, signature
from fastnn.layers.config import placed
from fastnn.layers.layer import Layer
from fastnn.layers.recurrent_cell import RecurrentCell, build_cell, caller
from fastnn.ops.records.recurrent import gru_cell, lstm_cell
from fastnn.saving import identifiers as serial


class SimpleRNNCell(RecurrentCell):
    """h = activation(x @ kernel + h @ recurrent_kernel + bias): one step of a SimpleRNN.

    >>> import numpy as np
    >>> output, states = SimpleRNNCell(4)(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")])
    >>> output.shape, len(states)
    ((2, 4), 1)
    """

    def step(self, share, states):
        """One step, given the input's share: (output, new states).

        Args:
            share: what `project` gave for this step, (batch, columns of the kernel).
            states: list of the states, (batch, units) each.
        """
        h = self.activation(share + ops.matmul(self._state(states[0]), self.recurrent_kernel))
        return h, [h]


class LSTMCell(RecurrentCell):
    """One step of an LSTM; gates in the order i, f, c, o.

    Args:
        unit_forget_bias: whether the forget gate's bias starts at 1.

    >>> import numpy as np
    >>> output, states = LSTMCell(4)(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")] * 2)
    >>> output.shape, len(states)
    ((2, 4), 2)
    """

    gates = 4
    gated = True

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**signature.of(RecurrentCell.__init__).taken(locals()), **kwargs)
        self.recurrent_activation, self.unit_forget_bias = activations.get(recurrent_activation), unit_forget_bias

    @settable
    def state_size(self):
        """The sizes of the two states, h and c."""
        return [self.units, self.units]

    def build(self, input_shape):
        super().build(input_shape)
        if self.bias is not None and self.unit_forget_bias:
            bias = self.bias.numpy()
            bias[self.units : 2 * self.units] = 1.0
            self.bias.assign(bias)

    def step(self, share, states):
        """One step, given the input's share: (output, new states).

        Args:
            share: what `project` gave for this step, (batch, columns of the kernel).
            states: list of the states, (batch, units) each.
        """
        h, c = states
        r = ops.matmul(self._state(h), self.recurrent_kernel)
        if self._usual(share, r, c):
            h, c, _ = lstm_cell(share, r, c)
            return h, [h, c]
        z = share + r
        i, f, g, o = ops.split(z, 4, axis=1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]

    def own_config(self):
        config = {**super().own_config(), "unit_forget_bias": self.unit_forget_bias}
        return placed(config, ("unit_forget_bias",), "kernel_initializer")


class GRUCell(RecurrentCell):
    """One step of a GRU; gates in the order z, r, h.

    Args:
        reset_after: whether the reset gate acts after the product with recurrent_kernel (two rows of bias then).

    >>> import numpy as np
    >>> output, states = GRUCell(4)(np.ones((2, 3), "float32"), [np.zeros((2, 4), "float32")])
    >>> output.shape, len(states)
    ((2, 4), 1)
    """

    gates = 3
    gated = True

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**signature.of(RecurrentCell.__init__).taken(locals()), **kwargs)
        self.recurrent_activation, self.reset_after = activations.get(recurrent_activation), reset_after

    def _bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def project(self, inputs):
        if self._input_mask is not None:
            inputs = inputs * self._input_mask
        x = ops.matmul(inputs, self.kernel)
        if self.bias is None:
            return x
        return x + (self.bias[0] if self.reset_after else self.bias)

    def step(self, share, states):
        """One step, given the input's share: (output, new states).

        Args:
            share: what `project` gave for this step, (batch, columns of the kernel).
            states: list of the states, (batch, units) each.
        """
        h, n = states[0], self.units
        kept = self._state(h)
        if self.reset_after:
            inner = ops.matmul(kept, self.recurrent_kernel)
            if self.bias is not None:
                inner = inner + self.bias[1]
            if self._usual(share, inner, h):
                h, _ = gru_cell(share, inner, h)
                return h, [h]
            xz, xr, xh = ops.split(share, 3, axis=1)
            iz, ir, ih = ops.split(inner, 3, axis=1)
            z, r = self.recurrent_activation(xz + iz), self.recurrent_activation(xr + ir)
            new = self.activation(xh + r * ih)
        else:
            inner = ops.matmul(kept, self.recurrent_kernel[:, : 2 * n])
            z = self.recurrent_activation(share[:, :n] + inner[:, :n])
            r = self.recurrent_activation(share[:, n : 2 * n] + inner[:, n:])
            new = self.activation(share[:, 2 * n :] + ops.matmul(r * kept, self.recurrent_kernel[:, 2 * n :]))
        h = z * h + ops.subtract(1.0, z) * new
        return h, [h]

    def own_config(self):
        return placed({**super().own_config(), "reset_after": self.reset_after}, ("reset_after",), "seed")


class StackedRNNCells(Layer):
    """Cells one above the other, as one cell.

    Args:
        cells: list of cells, the first nearest to the inputs.

    >>> StackedRNNCells([GRUCell(3), GRUCell(4)]).state_size
    [3, 4]
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
                raise ArgumentError(
                    f"All cells must have a `call` method and a `state_size`. Received cell without: {cell!r}"
                )
        self.cells = list(cells)

    @settable
    def state_size(self):
        """The state sizes of all cells."""
        return [cell.state_size for cell in self.cells]

    @settable
    def output_size(self):
        """The output size of the last cell."""
        last = self.cells[-1]
        return getattr(last, "output_size", None) or nest.flatten(last.state_size)[0]

    def build(self, input_shape):
        for cell in self.cells:
            build_cell(cell, input_shape)
            input_shape = (input_shape[0], getattr(cell, "output_size", None) or nest.flatten(cell.state_size)[0])

    def get_initial_state(self, batch_size=None):
        """The initial states of all cells.

        Args:
            batch_size: int, the number of rows.
        """
        return [
            nest.map_structure(lambda s: ops.zeros((batch_size, s), dtype=self.compute_dtype), cell.state_size)
            for cell in self.cells
        ]

    @property
    def projects(self):
        """Whether the inputs' share of all steps can be calculated at once: all cells are of the library's kind."""
        own = type(self).call is StackedRNNCells.call
        return own and all(getattr(cell, "projects", False) is True for cell in self.cells)

    def start(self, batch, training):
        """Draw the dropout masks of a new call, the same for all steps.

        Args:
            batch: int, the number of rows.
            training: whether anything is dropped.
        """
        for cell in self.cells:
            cell.start(batch, training)

    def project(self, inputs):
        """The input's share of the first cell.

        Args:
            inputs: (batch, features), or (steps, batch, features).
        """
        return self.cells[0].project(inputs)

    def step(self, share, states):
        """One step, given the input's share of the first cell.

        Args:
            share: what `project` gave for this step.
            states: list of the cells' states.
        """
        new = []
        for k, (cell, state) in enumerate(zip(self.cells, states)):
            single = not isinstance(state, (list, tuple))
            share, after = cell.step(cell.project(share) if k else share, [state] if single else list(state))
            new.append(after[0] if single else after)
        return share, new

    def call(self, inputs, states, training=False):
        """One step through all cells: (output, new states).

        Args:
            inputs: (batch, features).
            states: list with the state, or list of states, of each cell.
            training: whether dropout drops.
        """
        new = []
        for cell, state in zip(self.cells, states):
            single = not isinstance(state, (list, tuple))
            extra = {"training": training} if callable(cell) else {}
            inputs, after = caller(cell)(inputs, [state] if single else list(state), **extra)
            new.append(after[0] if single and isinstance(after, (list, tuple)) else after)
        return inputs, new

    def get_config(self):
        return {**super().get_config(), "cells": [serial.serialize(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Stacked cells with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        config = dict(config)
        config["cells"] = [serial.deserialize(c, "layers", custom_objects) for c in config["cells"]]
        return super().from_config(config)
