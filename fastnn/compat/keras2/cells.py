"""Cells of Keras 2: masks for each gate, and states of a dtype.

Cells that scripts and packages derived from Keras's ask for them.
"""

import functools

from fastnn import ops
from fastnn.compat.backend import learning_phase
from fastnn.compat.keras1.recurrent import gates, states_of_inputs
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


METHODS = {
    LSTMCell: {"_compute_carry_and_output_fused": _carry_and_output, **gates("ifco")},
    GRUCell: gates("zrh"),
    CellDropout: {
        "get_dropout_mask_for_cell": _mask_for_cell("dropout", "get_dropout_mask"),
        "get_recurrent_dropout_mask_for_cell": _mask_for_cell("recurrent_dropout", "get_recurrent_dropout_mask"),
    },
}
WRAPPED = {cls: {"get_initial_state": states_of_dtype} for cls in (RecurrentCell, StackedRNNCells)}
