"""What the cells of SimpleRNN, LSTM and GRU share: arguments, weights, dropout."""

import contextlib
from typing import Any

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.core.settable import settable
from fastnn.layers import nest, signature
from fastnn.layers.dense import weight_config
from fastnn.layers.inference import infer
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.layers.rnn_nested import zeros
from fastnn.ops.functions.random import dropout
from fastnn.random import SeedGenerator

WEIGHTS = ("kernel", "recurrent", "bias")


class CellDropout:
    """Dropout masks of a cell: one for the inputs, one for the states, the same for all steps of a call."""

    def _set_dropout(self, rate, recurrent_rate, seed):
        for name, value in (("dropout", rate), ("recurrent_dropout", recurrent_rate)):
            if not 0 <= value <= 1:
                raise ArgumentError(f"`{name}` must lie in [0, 1]. Received: {name}={value}")
        self.dropout, self.recurrent_dropout, self.seed = rate, recurrent_rate, seed
        generator = SeedGenerator(seed) if rate or recurrent_rate or seed is not None else None  # it checks the seed
        self.seed_generator = generator if rate or recurrent_rate else None
        self._input_mask = self._state_mask = None
        self._held = False

    def start(self, batch, training):
        """Draw the masks of a new call.

        Args:
            batch: int, the number of rows.
            training: whether anything is dropped.
        """
        self._input_mask = self._mask(self.dropout, (batch, self.kernel.shape[0])) if training else None
        self._state_mask = self._mask(self.recurrent_dropout, (batch, self.units)) if training else None

    @contextlib.contextmanager
    def held(self, batch, training):
        """Draw masks that all calls inside of the block share.

        Args:
            batch: int, the number of rows.
            training: whether anything is dropped.
        """
        self.start(batch, training)
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self._input_mask = self._state_mask = None

    @property
    def projects(self):
        """Whether `project` and `step` are what `call` does: not where a derived class has a `call` of its own."""
        order = type(self).__mro__
        first = {name: next(k for k, c in enumerate(order) if name in vars(c)) for name in ("call", "project", "step")}
        return first["call"] >= min(first["project"], first["step"])

    def get_dropout_mask(self, step_input):
        """The mask of the inputs, the same at all steps of a call; None without dropout.

        Args:
            step_input: (batch, features), one step of the inputs.
        """
        if self._input_mask is None:
            self._input_mask = self._mask(self.dropout, step_input.shape)
        return self._input_mask

    def get_recurrent_dropout_mask(self, step_input):
        """The mask of the states, the same at all steps of a call; None without dropout.

        Args:
            step_input: (batch, units), the state of a step.
        """
        if self._state_mask is None:
            self._state_mask = self._mask(self.recurrent_dropout, step_input.shape)
        return self._state_mask

    def reset_dropout_mask(self):
        """Forget the mask of the inputs."""
        self._input_mask = None

    def reset_recurrent_dropout_mask(self):
        """Forget the mask of the states."""
        self._state_mask = None

    def _mask(self, rate, shape):
        if not rate:
            return None
        key = dict(zip(("seed", "stream", "call"), self.seed_generator.draw()))
        return dropout(ops.ones(shape, dtype=self.compute_dtype), rate, **key)


def caller(cell):
    """What makes a step of a cell: the cell itself, or its `call` where it is no layer."""
    return cell if callable(cell) else cell.call


def build_cell(cell, input_shape):
    """Build a cell that is not built: by its own `build`, else by calling it in a throw-away trace, which builds the
    layers inside."""
    if getattr(cell, "built", True):
        return
    if type(cell).build is not Layer.build:
        cell.build(input_shape)
        return
    batch = nest.flatten_shapes(input_shape)[0][0] or 2

    def call(x):
        own = getattr(cell, "get_initial_state", None)
        states = zeros(cell.state_size, batch, cell.compute_dtype) if own is None else own(batch_size=batch)
        if isinstance(states, dict) or hasattr(states, "_fields"):
            return cell(x, states)
        return cell(x, list(states) if isinstance(states, (list, tuple)) else [states])

    infer(call, (nest.map_shapes(lambda s: symbol_like((batch, *s[1:]), cell.compute_dtype), input_shape),), {})


class ShowsCell:
    """Base of layers around a built-in cell: what the cell was made with are attributes of the layer, too."""

    def __getattr__(self, name):
        cell = self.__dict__.get("cell")
        if cell is not None and name in signature.of(type(cell).__init__).names:
            return getattr(cell, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


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

    @settable
    def state_size(self):
        """The size of the state."""
        return self.units

    @settable
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
        """One step: (output, new states), a list of states for a list, else one.

        Args:
            inputs: (batch, features).
            states: the state, or the list of them, (batch, units) each.
            training: whether dropout drops.
        """
        if not self._held:
            self.start(inputs.shape[0], training)
        listed = isinstance(states, (list, tuple))
        output, new = self.step(self.project(inputs), states if listed else [states])
        return output, new if listed or len(new) > 1 else new[0]

    def compute_output_spec(self, inputs, states, training=False):
        """Shapes and dtypes of the output and the states.

        Args:
            inputs, states, training: as of `call`, symbols or KerasTensors for arrays.
        """
        batch = inputs.shape[0]
        sizes = nest.flatten(self.state_size)
        new = [symbol_like((batch, s), self.compute_dtype) for s in sizes]
        listed = isinstance(states, (list, tuple)) or len(new) > 1
        return symbol_like((batch, self.units), self.compute_dtype), new if listed else new[0]

    def own_config(self):
        """The entries of the config that a layer shares with its cell."""
        gated = {"recurrent_activation": activations.serialize(self.recurrent_activation)} if self.gated else {}
        return {"units": self.units, "activation": activations.serialize(self.activation), **gated,
                "use_bias": self.use_bias, **weight_config(self, WEIGHTS, activity=False), "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout, "seed": self.seed}  # fmt: skip

    def get_config(self):
        return {**super().get_config(), **self.own_config()}
