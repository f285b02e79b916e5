"""What recurrent layers of Keras 2 gave to every step besides its input and states: `constants`."""

import contextlib
import functools

from fastnn.compat.keras2.utils import has_arg
from fastnn.layers import RNN, Bidirectional, nest


def split(layer, sequences, initial_state, constants):
    """(input, states, constants) of a call that may have all three in one list, as Keras 2 wrote it.

    layer: a layer that knows by `_num_constants` how many constants a call before, or its config, had.
    """
    count = layer.__dict__.get("_num_constants") or 0
    if constants is None and initial_state is None and count and isinstance(sequences, (list, tuple)):
        first, *states = sequences
        if len(states) >= count:
            return first, states[:-count] or None, states[-count:]
    return sequences, initial_state, constants


def called_with_constants(call_today):
    """`__call__` with `constants`: cells are built with the shapes of both, as [input, *constants]."""

    @functools.wraps(call_today)
    def __call__(self, sequences, initial_state=None, constants=None, **kwargs):
        sequences, initial_state, constants = split(self, sequences, initial_state, constants)
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        if constants is None:
            return call_today(self, sequences, **kwargs)
        constants = nest.flatten(constants)
        object.__setattr__(self, "_num_constants", len(constants))
        shape = tuple(sequences.shape)
        for cell in _cells(self):
            if not cell.built:
                cell.build([(shape[0], *shape[2:]), *(tuple(x.shape) for x in constants)])
                cell.built = True
        return call_today(self, sequences, constants=constants, **kwargs)

    return __call__


def _layers(layer):
    return (layer.forward_layer, layer.backward_layer) if isinstance(layer, Bidirectional) else (layer,)


def _cells(layer):
    return [one.cell for one in _layers(layer) if isinstance(one, RNN)]


@contextlib.contextmanager
def of_a_call(layer, constants):
    """While the steps are made, the layer's cells get these constants."""
    layers = _layers(layer)
    for one in layers:
        object.__setattr__(one, "_constants", nest.flatten(constants))
    try:
        yield
    finally:
        for one in layers:
            object.__delattr__(one, "_constants")


def both_with_constants(call_today):
    """`call` of Bidirectional with `constants`, which both its layers get."""

    def call(self, sequences, initial_state=None, mask=None, training=None, constants=None):
        """The outputs of both layers, merged."""  # its own signature counts, so no functools.wraps
        if constants is None:
            return call_today(self, sequences, initial_state=initial_state, mask=mask, training=training)
        with of_a_call(self, constants):
            return call_today(self, sequences, initial_state=initial_state, mask=mask, training=training)

    return call


def step_with_constants(stepper_today):
    """`_stepper`, of a cell that gets constants."""

    @functools.wraps(stepper_today)
    def _stepper(self, batch, training):
        constants = self.__dict__.get("_constants")
        if constants is None:
            return stepper_today(self, batch, training)
        more = {"training": training} if has_arg(self.cell.call, "training") else {}
        return lambda row, states: self.cell(row, states, constants=constants, **more), None

    return _stepper


def config_with_constants(config_today):
    """`get_config`, which says how many constants there were: `num_constants`, as Keras 2 wrote it."""

    @functools.wraps(config_today)
    def get_config(self):
        count = self.__dict__.get("_num_constants")
        return config_today(self) if count is None else {**config_today(self), "num_constants": count}

    return get_config


def made_with_constants(init_today):
    """`__init__`, which takes the number of constants that a config says."""

    @functools.wraps(init_today)
    def __init__(self, *args, num_constants=None, **kwargs):
        init_today(self, *args, **kwargs)
        if num_constants is not None:
            object.__setattr__(self, "_num_constants", num_constants)

    return __init__


_BOTH = {"__call__": called_with_constants, "get_config": config_with_constants, "__init__": made_with_constants}
WRAPPED = {RNN: {**_BOTH, "_stepper": step_with_constants}, Bidirectional: {**_BOTH, "call": both_with_constants}}
