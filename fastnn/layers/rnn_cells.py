"""The cells of SimpleRNN, LSTM and GRU, and stacks of cells."""

from typing import Any

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.graph import Trace
from fastnn.graph.lifetime import passing
from fastnn.layers import nest, signature
from fastnn.layers.dense import weight_config
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.ops.functions.random import dropout
from fastnn.ops.records.recurrent import gru_cell, lstm_cell
from fastnn.random import SeedGenerator
from fastnn.saving import identifiers as serial

WEIGHTS = ("kernel", "recurrent", "bias")


class CellDropout:
    """Dropout masks of a cell: one for the inputs, one for the states, the same for all steps of a call."""

    def _set_dropout(self, rate, recurrent_rate, seed):
        for name, value in (("dropout", rate), ("recurrent_dropout", recurrent_rate)):
            if not 0 <= value <= 1:
                raise ArgumentError(f"`{name}` must lie in [0, 1]. Received: {name}={value}")
        self.dropout, self.recurrent_dropout, self.seed = rate, recurrent_rate, seed
        self.seed_generator = SeedGenerator(seed) if rate or recurrent_rate else None
        self._input_mask = self._state_mask = None

    def start(self, batch, training):
        """Draw the masks of a new call.

        Args:
            batch: int, the number of rows.
            training: whether anything is dropped.
        """
        self._input_mask = self._mask(self.dropout, (batch, self.kernel.shape[0])) if training else None
        self._state_mask = self._mask(self.recurrent_dropout, (batch, self.units)) if training else None

    def _mask(self, rate, shape):
        if not rate:
            return None
        key = dict(zip(("seed", "stream", "call"), self.seed_generator.draw()))
        return dropout(ops.ones(shape, dtype=self.compute_dtype), rate, **key)


def build_cell(cell, input_shape):
    """Build a cell that is not built: by its own `build`, else by calling it in a throw-away trace, which builds the
    layers inside."""
    if getattr(cell, "built", True):
        return
    if type(cell).build is not Layer.build:
        cell.build(input_shape)
        return
    with passing(), Trace(building=True) as trace:
        batch = input_shape[0] or 2
        own = getattr(cell, "get_initial_state", None)
        size = cell.state_size
        size = [size] if isinstance(size, int) else list(size)
        states = (
            nest.map_structure(lambda s: ops.zeros((batch, s), dtype=cell.compute_dtype), size)
            if own is None
            else own(batch_size=batch)
        )
        cell(
            trace.input((batch, *input_shape[1:]), cell.compute_dtype),
            list(states) if isinstance(states, (list, tuple)) else [states],
        )


class RecurrentCell(CellDropout, Layer):
    """Arguments and weights of the built-in cells; `gates` blocks of `units` columns each.

    Args:
        units: int >= 1, the size of the state and of the output.
        activation: of the candidate: a name ("tanh"), a function of an array, or None.
        recurrent_activation: of the gates, likewise.
        use_bias: whether a bias is added.
        dropout, recurrent_dropout: shares in [0, 1] of inputs and of states dropped while training.
        seed: int: seed of the dropout; None: a random stream of its own.
    """

    gates = 1
    gated = False

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("implementation", None)
        super().__init__(**kwargs)
        if (whole(units) or 0) < 1:
            raise ArgumentError(
                f"Received an invalid value for argument `units`, expected a positive integer, got {units!r}."
            )
        self.units, self.use_bias = int(units), use_bias
        self.activation = activations.get(activation)
        for name, i, r, c in zip(
            WEIGHTS,
            (kernel_initializer, recurrent_initializer, bias_initializer),
            (kernel_regularizer, recurrent_regularizer, bias_regularizer),
            (kernel_constraint, recurrent_constraint, bias_constraint),
        ):
            setattr(self, f"{name}_initializer", initializers.get(i))
            setattr(self, f"{name}_regularizer", regularizers.get(r))
            setattr(self, f"{name}_constraint", constraints.get(c))
        self._set_dropout(min(1.0, max(0.0, dropout)), min(1.0, max(0.0, recurrent_dropout)), seed)

    @property
    def state_size(self):
        """The size of the state."""
        return self.units

    @property
    def output_size(self):
        """The size of the output."""
        return self.units

    def build(self, input_shape):
        width = self.gates * self.units
        self.kernel = self._add("kernel", (input_shape[-1], width), "kernel")
        self.recurrent_kernel = self._add("recurrent", (self.units, width), "recurrent_kernel")
        self.bias = self._add("bias", self._bias_shape(), "bias") if self.use_bias else None

    def _bias_shape(self):
        return (self.gates * self.units,)

    def _add(self, which, shape, name):
        return self.add_weight(
            shape=shape,
            name=name,
            initializer=getattr(self, f"{which}_initializer"),
            regularizer=getattr(self, f"{which}_regularizer"),
            constraint=getattr(self, f"{which}_constraint"),
        )

    def get_initial_state(self, batch_size=None):
        """Zeros.

        Args:
            batch_size: int, the number of rows.
        """
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in nest.flatten(self.state_size)]

    def project(self, inputs):
        """The input's share of the gates: inputs @ kernel + bias, for one step or for all steps at once.

        Args:
            inputs: (batch, features), or (steps, batch, features).
        """
        if self._input_mask is not None:
            inputs = inputs * self._input_mask
        x = ops.matmul(inputs, self.kernel)
        return x if self.bias is None else x + self.bias

    def _usual(self, *values):
        """Whether a step has a kernel of its own: with the usual activations, on floats of one dtype."""
        return (
            self.activation is activations.tanh
            and self.recurrent_activation is activations.sigmoid
            and values[0].dtype in ("float32", "float64")
            and len({str(v.dtype) for v in values}) == 1
        )

    def _state(self, h):
        return h if self._state_mask is None else h * self._state_mask

    def call(self, inputs, states, training=False):
        """One step: (output, new states).

        Args:
            inputs: (batch, features).
            states: the state, or the list of them, (batch, units) each.
            training: whether dropout drops.
        """
        self.start(inputs.shape[0], training)
        return self.step(self.project(inputs), states if isinstance(states, (list, tuple)) else [states])

    def compute_output_spec(self, inputs, states, training=False):
        """Shapes and dtypes of the output and the states.

        Args:
            inputs, states, training: as of `call`, symbols or KerasTensors for arrays.
        """
        batch = inputs.shape[0]
        sizes = nest.flatten(self.state_size)
        return symbol_like((batch, self.units), self.compute_dtype), [
            symbol_like((batch, s), self.compute_dtype) for s in sizes
        ]

    def own_config(self):
        """The entries of the config that a layer shares with its cell."""
        gated = {"recurrent_activation": activations.serialize(self.recurrent_activation)} if self.gated else {}
        return {"units": self.units, "activation": activations.serialize(self.activation), **gated,
                "use_bias": self.use_bias, **weight_config(self, WEIGHTS, activity=False), "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout, "seed": self.seed}  # fmt: skip

    def get_config(self):
        return {**super().get_config(), **self.own_config()}


class SimpleRNNCell(RecurrentCell):
    """h = activation(x @ kernel + h @ recurrent_kernel + bias): one step of a SimpleRNN."""

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

    @property
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
        return {**super().own_config(), "unit_forget_bias": self.unit_forget_bias}


class GRUCell(RecurrentCell):
    """One step of a GRU; gates in the order z, r, h.

    Args:
        reset_after: whether the reset gate acts after the product with recurrent_kernel (two rows of bias then).
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
        return {**super().own_config(), "reset_after": self.reset_after}


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

    @property
    def state_size(self):
        """The state sizes of all cells."""
        return [cell.state_size for cell in self.cells]

    @property
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
        return all(hasattr(cell, "project") for cell in self.cells)

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
            inputs, after = cell(inputs, [state] if single else list(state), training=training)
            new.append(after[0] if single and isinstance(after, (list, tuple)) else after)
        return inputs, new

    def get_config(self):
        return {**super().get_config(), "cells": [serial.serialize(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["cells"] = [serial.deserialize(c, "layers", custom_objects) for c in config["cells"]]
        return super().from_config(config)
