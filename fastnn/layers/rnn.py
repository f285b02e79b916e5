"""RNN: a cell applied step after step."""

import contextlib
from typing import Any

from fastnn import ops
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.settable import settable
from fastnn.core.types import defined_in
from fastnn.graph import Variable
from fastnn.layers import nest, rnn_nested, signature
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.layers.recurrent_cell import CellDropout, build_cell, caller
from fastnn.layers.rnn_cells import StackedRNNCells
from fastnn.layers.rnn_nested import where
from fastnn.layers.steps import over_steps, steps_first
from fastnn.saving import identifiers as serial


class RNN(Layer):
    """A cell applied to the steps of a sequence.

    Args:
        cell: a layer whose call(inputs, states) returns (output, new states), with `state_size` (an int or a list) and,
            if it differs from the first state's, `output_size`; or a list of cells that are stacked.
        return_sequences: the outputs of all steps instead of the last one.
        return_state: also the last states.
        go_backwards: from the last step to the first; outputs stay in that order.
        stateful: the last states are the first ones of the next batch.
        unroll: changes nothing: steps are a loop of the plan, as fast as when they are written out. Files keep it.
        zero_output_for_mask: output 0 at masked steps instead of repeating the one before.

    Input: (batch, steps, features); steps may be unknown in an Input, and differ from batch to batch.

    Raises:
        ShapeError (a ValueError): for sequences without a step, states of another number than the cell's.

    >>> import numpy as np
    >>> from fastnn.layers import GRUCell
    >>> RNN(GRUCell(4))(np.ones((2, 3, 5), "float32")).shape
    (2, 4)
    """

    supports_masking = True
    _inputs_nested = False  # whether it was called on a structure of sequences
    KWARGS = (*Layer.KWARGS, "implementation", "use_cudnn", "time_major", "unroll")

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("implementation", None)
        kwargs.pop("use_cudnn", None)
        if kwargs.pop("time_major", False):
            raise ArgumentError("RNN: time_major=True is not supported; inputs are (batch, steps, features).")
        super().__init__(**kwargs)
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not hasattr(cell, "call"):
            raise ArgumentError(f"Argument `cell` should have a `call` method. Received: cell={cell!r}")
        if not hasattr(cell, "state_size"):
            raise ArgumentError(
                "The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer "
                f"per RNN state). Received: cell={cell!r}"
            )
        self.cell = cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = InputSpec(ndim=3) if type(self) is not RNN else None
        object.__setattr__(self, "states", None)

    # ---- shapes ---------------------------------------------------------------------------------------

    @settable
    def state_size(self):
        """The sizes of the states as a list."""
        size = self.cell.state_size
        if rnn_nested.is_nested(size):
            return [size] if rnn_nested.is_size(size) else size
        return [size] if isinstance(size, int) else list(size)

    def _is_nested(self):
        """Whether the cell takes or gives structures, or states of several axes."""
        size, out = self.cell.state_size, getattr(self.cell, "output_size", None)
        cells = hasattr(self.cell, "cells")  # stacked ones nest their sizes, and flatten them
        return self._inputs_nested or (not cells and (rnn_nested.is_nested(size) or rnn_nested.is_nested(out or 1)))

    def _output_size(self):
        size = getattr(self.cell, "output_size", None)
        return nest.flatten(self.state_size, is_leaf=rnn_nested.is_size)[0] if size is None else size

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The output shape for an input shape.

        Args:
            sequences_shape: (batch, steps, features), None for sizes that vary.
            initial_state_shape: shapes of the first states, which do not count.
        """
        if sequences_shape and not nest.is_shape(sequences_shape):
            sequences_shape = nest.flatten_shapes(sequences_shape)[0]
        batch, steps = sequences_shape[:2]
        size = self._output_size()
        if self._is_nested():
            output = rnn_nested.shapes(size, (batch, steps) if self.return_sequences else (batch,))
            states = rnn_nested.shapes(self.state_size, (batch,))
            if not self.return_state:
                return output
            return (output, *states) if isinstance(states, (list, tuple)) else (output, states)
        output = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        return (output, *nest.map_structure(lambda s: (batch, s), self.state_size))

    def compute_mask(self, inputs, previous_mask):
        mask = nest.flatten(previous_mask)[0]
        output = mask if self.return_sequences else None
        if self._is_nested():
            return None  # of several outputs: a mask that is wanted is passed
        return [output] + [None] * len(self.state_size) if self.return_state else output

    def build(self, sequences_shape, initial_state_shape=None):
        """Build the cell, and make the states of a stateful layer.

        Args:
            sequences_shape: (batch, steps, features); the batch has to be known where the layer is stateful.
            initial_state_shape: shapes of the first states, which do not count.
        """
        if not nest.is_shape(sequences_shape):
            of_cell = rnn_nested.rows_of(sequences_shape) if self._inputs_nested else None
            sequences_shape = nest.flatten_shapes(sequences_shape)[0]
        else:
            of_cell = None
        build_cell(self.cell, of_cell or (sequences_shape[0], *sequences_shape[2:]))
        if self.stateful and self.states is None:
            if sequences_shape[0] is None:
                raise ShapeError(
                    "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic "
                    f"batch size: sequence.shape={tuple(sequences_shape)}. Give it with "
                    "Input(batch_shape=...)."
                )
            object.__setattr__(
                self,
                "states",
                [
                    Variable(s, dtype=self.dtype, trainable=False, name="rnn_state")
                    for s in nest.flatten(self.get_initial_state(sequences_shape[0]))
                ],
            )

    # ---- running --------------------------------------------------------------------------------------

    def __call__(self, sequences, initial_state=None, *others, **kwargs):
        kwargs.update(zip(("mask", "training"), others))
        own = type(self.cell).__module__.startswith("fastnn.")
        if isinstance(sequences, dict) or (isinstance(sequences, tuple) and len(sequences) > 1 and not own):
            object.__setattr__(self, "_inputs_nested", True)
        elif (
            isinstance(sequences, (list, tuple))
            and initial_state is None
            and len(sequences) > 1
            and all(hasattr(x, "shape") for x in sequences)
        ):
            sequences, initial_state = sequences[0], list(sequences[1:])  # Keras 1 and 2 passed [x, *states]
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        return super().__call__(sequences, **kwargs)

    def get_initial_state(self, batch_size):
        """Zeros for every state, or what the cell says.

        Args:
            batch_size: int, the number of rows.
        """
        own = getattr(self.cell, "get_initial_state", None)
        if own is not None:
            states = own(batch_size=batch_size)
            if self._is_nested() and isinstance(states, (list, tuple, dict)):
                return states
            return list(states) if isinstance(states, (list, tuple)) else [states]
        if self._is_nested():
            return rnn_nested.zeros(self.state_size, batch_size, self.compute_dtype)
        return nest.map_structure(lambda s: ops.zeros((batch_size, s), dtype=self.compute_dtype), self.state_size)

    def _rows_apart(self, training):
        return not self.stateful and super()._rows_apart(training)

    def reset_state(self):
        """Set the states that a stateful layer kept back to zero."""
        for v in self.states or ():
            v.assign(0.0 * v.numpy())

    reset_states = reset_state

    def _kept_states(self, batch):
        """The states that the call before left."""
        known = self.states[0].shape[0]
        if batch != known:
            raise ShapeError(
                f"Layer '{self.name}' is stateful and was built for a batch size of {known}: each batch must have it, "
                f"as row i goes on where row i of the batch before ended. Received: batch size {batch}. Choose a "
                "number of samples that it divides, or stateful=False."
            )
        return nest.pack(self.state_size, [v.value for v in self.states], is_leaf=rnn_nested.is_size)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """The cell's output at the last step, or at all.

        Args:
            sequences: (batch, steps, features).
            initial_state: the first states, one of (batch, units) for each of the cell; None: zeros, or those that a
                stateful layer kept.
            mask: booleans (batch, steps); where False the states stay as they are.
            training: whether the cell's dropout drops.
        """
        batch, steps = nest.flatten(sequences)[0].shape[:2]
        if steps == 0:
            raise ShapeError(
                f"Layer {self.name} expects sequences of one step or more. Received: shape "
                f"{tuple(nest.flatten(sequences)[0].shape)}. Leave empty sequences out."
            )
        if initial_state is None:
            states = self._kept_states(batch) if self.stateful else self.get_initial_state(batch)
        elif self._is_nested() and isinstance(initial_state, (list, tuple, dict)):
            states = initial_state
        else:
            states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        if len(states) != len(self.state_size):
            raise ShapeError(
                f"Layer {self.name} expects {len(self.state_size)} state(s), but it received "
                f"{len(states)} initial state(s)."
            )
        mask = nest.flatten(mask)[0] if mask is not None else None
        own = defined_in(type(self.cell), "get_initial_state")
        zero_start = initial_state is None and not self.stateful and (not own or own.startswith("fastnn."))
        if self._is_nested():
            outputs, last, states = rnn_nested.run(self, sequences, states, mask, training)
        elif type(self).inner_loop is RNN.inner_loop:
            outputs, last, states = self._loop(sequences, states, mask, training, steps, zero_start)
        else:
            last, outputs, states = self.inner_loop(sequences, states, mask, training=training)
        if self.stateful:
            for variable, state in zip(self.states, nest.flatten(states)):
                variable.assign(state)
        output = outputs if self.return_sequences else last
        # the cells may have another policy
        output, states = nest.map_structure(lambda y: ops.cast(y, self.compute_dtype), (output, states))
        if not self.return_state:
            return output
        return (output, states) if isinstance(states, dict) else (output, *states)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """The steps of a call, for derived classes that do something before or after: (last output, outputs, states).

        The outputs are those of all steps, whatever `return_sequences` says.

        Args:
            sequences, mask, training: as of `call`.
            initial_state: list of the first states.
        """
        outputs, last, states = self._loop(sequences, initial_state, mask, training, sequences.shape[1], False, True)
        return last, outputs, states

    def _loop(self, sequences, states, mask, training, steps, zero_start, every=False):
        """(outputs of all steps or None, the last output, the last states).

        zero_start: the states begin as zeros.  every: whether all outputs are asked for without return_sequences.
        """
        every = every or self.return_sequences
        step, project = self._stepper(sequences.shape[0], training)
        kept = {}

        def body(flat, slices, memory):
            output, new = step(slices[0], nest.pack(states, flat))
            new = nest.flatten(list(new) if isinstance(new, (list, tuple)) else [new])
            mine = next((k for k, s in enumerate(new) if s is output), None)  # the state that is the output, too
            if mask is not None:
                use, raw = slices[1], output
                new = [where(use, a, b) for a, b in zip(new, flat)]
                if mine is not None and zero_start and not self.zero_output_for_mask:
                    output = new[mine]
                else:
                    old = ops.zeros_like(raw) if self.zero_output_for_mask else memory.before("output", raw)
                    output, mine = where(use, raw, old), None
                    memory.remember("output", output)
            if mine is None and not every:
                memory.remember("output", output)
            kept["mine"] = mine
            return new, [output] if every else []

        with contextlib.ExitStack() as masks:
            for cell in () if project else getattr(self.cell, "cells", (self.cell,)):
                if isinstance(cell, CellDropout):
                    masks.enter_context(cell.held(sequences.shape[0], training))
            flat, stacked, after = over_steps(
                body,
                nest.flatten(states),
                [steps_first(s) for s in (sequences, mask) if s is not None],
                steps,
                self.go_backwards,
                name=f"Layer '{self.name}'",
                prepare=project and (lambda slices: [project(slices[0]), *slices[1:]]),
            )
        last = flat[kept["mine"]] if kept.get("mine") is not None else after.get("output")
        states = nest.pack(states, flat)
        if not every:
            return None, last, states
        outputs = ops.swapaxes(stacked[0], 0, 1)
        return ops.flip(outputs, axis=1) if self.go_backwards else outputs, last, states

    def _stepper(self, batch, training):
        """(step(row, states) -> (output, new states), inputs of many steps -> their rows, or None).

        A cell that can makes the inputs' share of many steps at once.
        """
        if getattr(self.cell, "projects", False) is True:
            self.cell.start(batch, training)
            return self.cell.step, self.cell.project
        takes = signature.of(type(self.cell).call).takes("training")
        run = caller(self.cell)
        extra = {"training": training} if takes else {}
        single = isinstance(self.cell.state_size, int) and not hasattr(self.cell, "cells")

        def step(row, states):
            output, new = run(row, states, **extra)
            return output, [new] if single and not isinstance(new, (list, tuple)) else new

        return step, None

    # ---- configuration --------------------------------------------------------------------------------

    def _loop_config(self):
        return {**super().get_config(), "return_sequences": self.return_sequences, "return_state": self.return_state,
                "go_backwards": self.go_backwards, "stateful": self.stateful, "unroll": self.unroll,
                "zero_output_for_mask": self.zero_output_for_mask}  # fmt: skip

    def get_config(self):
        return {**self._loop_config(), "cell": serial.serialize(self.cell)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        config = dict(config)
        if isinstance(config.get("cell"), dict):
            config["cell"] = serial.deserialize(config["cell"], "layers", custom_objects)
        return super().from_config(config)
