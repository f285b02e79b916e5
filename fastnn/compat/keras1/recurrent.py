"""Recurrent layers of the years before cells: `step`, `get_constants`, `preprocess_input`, `get_initial_state`.

`Recurrent` was the base of layers that users wrote; LSTM, GRU and SimpleRNN had the same methods, so classes derived
from them override `step`. All run as `keras.backend.rnn`, a loop of the plan.
"""

import functools
from typing import Any

import numpy as np

from fastnn import ops, random
from fastnn.compat.keras2 import constants as keras2_constants
from fastnn.compat.keras2.utils import has_arg
from fastnn.compat.keras_backend.sequences import rnn
from fastnn.core.errors import ArgumentError, CallOrderError
from fastnn.core.types import defined_in
from fastnn.graph import Variable
from fastnn.layers import GRU, LSTM, RNN, Bidirectional, InputSpec, Layer, SimpleRNN, nest

# Arguments of Keras 1 and 2 that said how to compute, or what other arguments say.
_OF_NO_EFFECT = {"unroll": False, "implementation": 0, "consume_less": "cpu"}  # attributes that a class may ask for


def time_distributed_dense(x, w, b=None, dropout=None, input_dim=None, output_dim=None, timesteps=None, training=None):
    """x @ w + b at each step.

    Args:
        x: (batch, steps, features).
        w: (features, units).
        b: (units,), or None.
        dropout: the share of features that is dropped in training, the same at all steps; or None.
        input_dim, output_dim, timesteps: of no effect: shapes are known.
        training: whether to drop.

    >>> import numpy as np
    >>> time_distributed_dense(np.ones((1, 2, 3), "float32"), np.ones((3, 4), "float32")).shape
    (1, 2, 4)
    """
    if dropout and training:
        x = random.dropout(x, dropout, noise_shape=(x.shape[0], 1, x.shape[2]))
    found = ops.matmul(x, w)
    return found if b is None else ops.add(found, b)


# ---- what the methods are where nobody overrides them ----------------------------------------------------------
def _constants(count):
    def get_constants(self, inputs=None, training=None):
        """What each step gets behind the states: Keras's dropout masks, of ones."""
        return [[1.0] * count, [1.0] * count]

    return get_constants


def _step(self, inputs, states):
    """(output, new states) of a step."""
    output, new = self.cell(inputs, list(states[: len(self.state_size)]))
    return output, list(new)


def preprocess_input(self, inputs, training=None):
    """What the steps get: the sequences as they are."""
    return inputs


def by_steps(call_today):
    """`call` of a recurrent layer, by `step` where a class says what that is; `constants` go to each step of a cell."""

    def call(self, sequences, initial_state=None, mask=None, training=False, constants=None):
        """The output at the last step, or at all."""
        given = isinstance(training, (list, tuple)) or isinstance(mask, bool)
        if given or "bool" in str(
            getattr(initial_state, "dtype", "")
        ):  # (mask, training, initial_state), as in Keras 2
            initial_state, mask, training = training or None, initial_state, mask
        if constants is not None:
            with keras2_constants.of_a_call(self, constants):
                return call_today(self, sequences, initial_state=initial_state, mask=mask, training=training)
        if getattr(type(self), "step", _step) is _step:
            return call_today(self, sequences, initial_state=initial_state, mask=mask, training=training)
        if initial_state is None:
            initial_state = _kept(self) or self.get_initial_state(sequences.shape[0])
        return _run(self, sequences, nest.flatten(initial_state), mask, training)

    return call


def states_of_inputs(get_today):
    """`get_initial_state` as Keras 2 had it, of the inputs, whose number of rows may be unknown."""

    @functools.wraps(get_today)
    def get_initial_state(self, inputs=None, batch_size=None):
        """Zeros for every state."""
        rows = inputs if batch_size is None else batch_size
        if not getattr(rows, "shape", ()):
            return get_today(self, rows)
        if rows.shape[0] is not None:
            return get_today(self, rows.shape[0])
        zero = ops.sum(ops.zeros_like(inputs), axis=tuple(range(1, len(inputs.shape))))
        return [
            ops.tile(ops.reshape(zero, (-1, *(1 for _ in size))), (1, *size))
            for size in ((s,) if isinstance(s, int) else tuple(s) for s in nest.flatten(self.state_size))
        ]

    return get_initial_state


def reset_states(self, states=None):
    """Set the states that a stateful layer keeps to zero, or to values.

    Args:
        states: an array, or a list with one for each state.

    Raises CallOrderError before there are states, ArgumentError for another number of them.
    """
    if states is None:
        self.reset_state()
        return
    if not self.states:
        raise CallOrderError(f"Layer {self.name} keeps no states: it is not stateful, or not built yet.")
    given = list(states) if isinstance(states, (list, tuple)) else [states]
    if len(given) != len(self.states):
        raise ArgumentError(
            f"Layer {self.name} expects {len(self.states)} states, but it received {len(given)} state values."
        )
    for variable, value in zip(self.states, given):
        variable.assign(value)


def _told(method, *args, training):
    """A method called with `training`, if it takes that."""
    return method(*args, training=training) if has_arg(method, "training") else method(*args)


def _kept(layer):
    """The states that a stateful layer keeps, as values; None where it keeps none."""
    states = getattr(layer, "states", None) if layer.stateful else None
    return [v.value for v in states] if states and all(isinstance(v, Variable) for v in states) else None


def _run(layer, sequences, states, mask, training):
    constants = _told(layer.get_constants, sequences, training=training)
    last, outputs, states = rnn(
        layer.step,
        _told(layer.preprocess_input, sequences, training=training),
        states,
        go_backwards=layer.go_backwards,
        mask=mask,
        constants=constants,
    )
    found = outputs if layer.return_sequences else last
    if _kept(layer) is not None:
        for variable, state in zip(layer.states, states):
            variable.assign(state)
    return [found, *states] if layer.return_state else found


class Recurrent(Layer):
    """The base of recurrent layers with a `step` of their own, as Keras 1 and 2.0 had it.

    A class derived from it has `step(inputs, states)`, which gives (output, new states); in `build` it sets `states` to
    a list with one entry per state. The size of states and output is its `units` or `output_dim`.

    Args:
        return_sequences: whether the output of every step is given.
        return_state: whether the last states are given, too.
        go_backwards: from the last step to the first.
        stateful: whether each batch goes on with the states that the one before left: in `states`, variables that
            its `reset_states` makes in `build`, else zeros of the batch size at first.
        kwargs: those of Layer; unroll, implementation and consume_less, of no effect.

    Input: (batch, steps, features).
    """

    def __init__(
        self,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        said = {name: kwargs.pop(name, default) for name, default in _OF_NO_EFFECT.items()}
        width = kwargs.pop("input_dim", None)
        if width is not None:
            kwargs["input_shape"] = (kwargs.pop("input_length", None), width)
        super().__init__(**kwargs)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful = go_backwards, stateful
        for name, value in said.items():
            setattr(self, name, value)
        self.input_spec = [InputSpec(ndim=3)]
        self.supports_masking = True

    @property
    def _size(self):
        return self.units if hasattr(self, "units") else self.output_dim

    def compute_output_shape(self, input_shape):
        """The output's shape for that of the sequences."""
        shape = input_shape if nest.is_shape(input_shape) else input_shape[0]
        output = (*shape[:2], self._size) if self.return_sequences else (shape[0], self._size)
        return [output] + [(shape[0], self._size)] * len(self.states) if self.return_state else output

    def compute_mask(self, inputs, mask):
        mask = mask[0] if isinstance(mask, list) else mask
        output = mask if self.return_sequences else None
        return [output] + [None] * len(self.states) if self.return_state else output

    get_constants = lambda self, inputs=None, training=None: []
    preprocess_input = preprocess_input

    def step(self, inputs, states):
        """(output, new states) of a step; a class says it."""
        raise NotImplementedError(f"{type(self).__name__} has no step(inputs, states).")

    def get_initial_state(self, inputs):
        """The first states: zeros.

        Args:
            inputs: (batch, steps, features).
        """
        return [ops.zeros((inputs.shape[0], self._size), inputs.dtype) for _ in self.states]

    def get_initial_states(self, x):
        """Keras 1's name of get_initial_state."""
        return self.get_initial_state(x)

    def __call__(self, inputs, initial_state=None, **kwargs):
        if isinstance(inputs, (list, tuple)) and initial_state is None and len(inputs) > 1:
            inputs, initial_state = inputs[0], list(inputs[1:])
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        return super().__call__(inputs, **kwargs)

    def call(self, inputs, mask=None, training=None, initial_state=None):
        """The output at the last step, or at all.

        Args:
            inputs: (batch, steps, features).
            mask: booleans (batch, steps).
            training: whether it is training.
            initial_state: the first states, or None.
        """
        if initial_state is None and self.stateful and _kept(self) is None:
            zeros = self.get_initial_states(inputs)
            kept = [Variable(np.zeros(z.shape), dtype=z.dtype, trainable=False, name="state") for z in zeros]
            object.__setattr__(self, "states", kept)  # no weights of its own
        if initial_state is None:
            initial_state = _kept(self) or self.get_initial_states(inputs)
        mask = mask[0] if isinstance(mask, list) else mask
        return _run(self, inputs, nest.flatten(initial_state), mask, training)

    def reset_states(self, states=None):
        """Set the states that it keeps to zero, or to values.

        Args:
            states: a list with one for each state, or None.
        """
        kept = _kept(self) and self.states
        for variable, value in zip(kept or (), states or [0.0 * v.numpy() for v in kept or ()]):
            variable.assign(value)

    def reset_state(self):
        """What a model calls: reset_states, which may be a class's own."""
        self.reset_states()

    def get_config(self):
        names = "return_sequences", "return_state", "go_backwards", "stateful"
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}


def _shown(path):
    """A property for what is at a path of names, unless an object has something of its own under the property's."""
    key = f"own {path}"

    def get(self):
        return self.__dict__[key] if key in self.__dict__ else functools.reduce(getattr, path.split("."), self)

    return property(get, lambda self, value: self.__dict__.__setitem__(key, value), doc=f"Keras 1's name of {path}.")


def _gate(path, number):
    """A property for the part of a weight that is a gate's, unless an object has something of its own."""
    key = f"own gate {path} {number}"

    def get(self):
        if key in self.__dict__:
            return self.__dict__[key]
        weight = functools.reduce(getattr, path.split("."), self)
        return None if weight is None else weight[..., number * self.units : (number + 1) * self.units]

    return property(get, lambda self, value: self.__dict__.__setitem__(key, value), doc=f"A gate's part of {path}.")


def gates(letters, inside=""):
    """Properties for the parts of a layer's or a cell's weights that its gates have, by their letters."""
    names = "kernel", "recurrent_kernel", "bias"
    return {f"{n}_{letter}": _gate(inside + n, k) for k, letter in enumerate(letters) for n in names}


_NAMES = {"output_dim": "units", "inner_init": "recurrent_initializer", "init": "kernel_initializer",
          "W": "cell.kernel", "U": "cell.recurrent_kernel", "b": "cell.bias"}  # fmt: skip


def _own(name):
    """A property: what an object sets under the name, None before that."""
    return property(lambda self: self.__dict__.get(name), lambda self, value: self.__dict__.__setitem__(name, value))


def _states(self):
    """Those of a stateful layer; else None, or a list of None where a class has a `call` of its own."""
    found = self.__dict__.get("states")
    own = not defined_in(type(self), "call").startswith("fastnn.")
    return [None] * len(nest.flatten(self.state_size)) if found is None and own and not self.stateful else found


METHODS: dict[type, dict[str, Any]] = {
    RNN: {
        "reset_states": reset_states,
        **{name: _own(name) for name in ("_num_constants", "state_spec", "constants_spec")},
        "states": property(_states, lambda self, value: self.__dict__.__setitem__("states", value)),
    },
    Bidirectional: {"layer": property(lambda self: self.forward_layer, doc="The layer that goes forward.")},
} | {
    cls: {
        "step": _step,
        "get_constants": _constants(count),
        "preprocess_input": preprocess_input,
        **{old: _shown(path) for old, path in _NAMES.items()},
        **gates(letters, "cell."),
    }
    for cls, count, letters in ((LSTM, 4, "ifco"), (GRU, 3, "zrh"), (SimpleRNN, 1, ""))
}
WRAPPED = {
    **keras2_constants.WRAPPED,
    RNN: {**keras2_constants.WRAPPED[RNN], "call": by_steps, "get_initial_state": states_of_inputs},
}
