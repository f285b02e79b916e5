"""Cells of Keras 2: masks for each gate, and states of a dtype.

Cells that scripts and packages derived from Keras's ask for them.
"""

import functools
import weakref

from fastnn import ops
from fastnn.compat.backend import learning_phase
from fastnn.compat.keras1.recurrent import gates, states_of_inputs
from fastnn.graph import current
from fastnn.layers import GRUCell, LSTMCell, nest
from fastnn.layers.recurrent_cell import CellDropout, RecurrentCell
from fastnn.layers.rnn_cells import StackedRNNCells


def _mask_for_cell(rate, today):
    def mask_for_cell(self, inputs, training, count=1):
        """The mask that a step's values are multiplied by, the same at all steps of a call; None without dropout.

        Args:
            inputs: (batch, features), what is multiplied.
            training: whether values are dropped; None: as the call says.
            count: int: for more than one a list of as many, for a gate each.
        """
        if not getattr(self, rate):
            return None
        dropping = learning_phase() if training is None else training
        mask = getattr(self, today)(inputs) if dropping else ops.ones_like(inputs)
        return mask if count == 1 else [mask] * count

    return mask_for_cell


def states_of_dtype(get_today):
    """`get_initial_state` as Keras 2 had it, of inputs or of a number of rows, and of a dtype."""
    of_inputs = states_of_inputs(lambda self, rows: get_today(self, batch_size=rows))

    @functools.wraps(get_today)
    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Zeros for every state."""
        found = of_inputs(self, inputs, batch_size)
        return found if dtype is None else nest.map_structure(lambda state: ops.cast(state, dtype), found)

    return get_initial_state


def _carry_and_output(self, z, c_tm1):
    """The new carry and the output gate of an LSTM.

    Args:
        z: what goes into the gates i, f, c and o, four arrays (batch, units).
        c_tm1: the carry, (batch, units).
    """
    i, f, o = (self.recurrent_activation(z[k]) for k in (0, 1, 3))
    return f * c_tm1 + i * self.activation(z[2]), o


class ContextValueCache(weakref.WeakKeyDictionary):
    """A value for each graph in which one is asked for, made by a function (`keras.backend.ContextValueCache`).

    Args:
        default_factory: a function of the value, which may take keyword arguments.

    >>> cache = ContextValueCache(lambda x=1: [x])
    >>> cache[None] is cache[None], cache.setdefault(key=None, kwargs={"x": 3})
    (True, [1])
    """

    _outside = type("Outside", (), {})()  # the key where no graph is traced

    def __init__(self, default_factory):
        super().__init__()
        self.default_factory = default_factory

    def _key(self, key):
        return (current() or self._outside) if key is None else key

    def _found(self, key):
        """The value of a graph, or of one around it."""
        while key is not None:
            value = self.get(key)
            if value is not None:
                return value
            key = getattr(key, "parent", None)
        return None

    def __getitem__(self, key):
        value = self._found(self._key(key))
        if value is None:
            value = self[key] = self.default_factory()
        return value

    def __setitem__(self, key, value):
        super().__setitem__(self._key(key), value)

    def setdefault(self, key=None, default=None, kwargs=None):
        """The value, which is made with these arguments if there is none.

        Args:
            key: a graph; None: that which is traced now.
            default: the value if there is none and no kwargs are given.
            kwargs: a dict of arguments of the function.
        """
        value = self._found(self._key(key))
        if value is None:
            value = self[key] = default if default is not None else self.default_factory(**(kwargs or {}))
        return value


METHODS = {
    LSTMCell: {"_compute_carry_and_output_fused": _carry_and_output, **gates("ifco")},
    GRUCell: gates("zrh"),
    CellDropout: {
        "get_dropout_mask_for_cell": _mask_for_cell("dropout", "get_dropout_mask"),
        "get_recurrent_dropout_mask_for_cell": _mask_for_cell("recurrent_dropout", "get_recurrent_dropout_mask"),
    },
}
WRAPPED = {cls: {"get_initial_state": states_of_dtype} for cls in (RecurrentCell, StackedRNNCells)}
