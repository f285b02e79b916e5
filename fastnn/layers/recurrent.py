"""SimpleRNN, LSTM and GRU."""

from typing import Any

from fastnn import regularizers
from fastnn.core.errors import ArgumentError
from fastnn.layers.config import placed
from fastnn.layers.recurrent_cell import ShowsCell
from fastnn.layers.rnn import RNN
from fastnn.layers.rnn_cells import GRUCell, LSTMCell, SimpleRNNCell

_OUTER = frozenset(("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask",
                    "activity_regularizer"))  # fmt: skip


class _Recurrent(ShowsCell, RNN):
    """Base: a layer around one built-in cell, whose arguments it takes and shows as its own.

    Args:
        units: int >= 1, the size of the state and of the output.
        activation: of the candidate: a name ("tanh"), a function of an array, or None.
        recurrent_activation: of the gates, likewise.
        use_bias: whether a bias is added.
        dropout, recurrent_dropout: shares in [0, 1] of inputs and of states dropped while training, the same at all
            steps.
        seed: int: seed of the dropout; None: a random stream of its own.
        use_cudnn: "auto", True or False, kept as an attribute: there is one way to compute here.
    """

    cell_class: type = SimpleRNNCell
    cell_name = ""

    def _around(self, arguments):
        """Make the cell from the arguments of __init__ (its locals), and the layer around it."""
        kwargs = arguments.pop("kwargs")
        given = {k: v for k, v in arguments.items() if k not in ("self", "__class__")}
        fused = given.pop("use_cudnn", "auto")
        if fused not in ("auto", True, False):
            raise ArgumentError(
                "Invalid value received for argument `use_cudnn`. Expected one of 'auto', True, False. "
                f"Received: use_cudnn={fused}"
            )
        outer = {k: given.pop(k) for k in tuple(given) if k in _OUTER}
        both = {k: kwargs[k] for k in ("dtype", "trainable") if k in kwargs}
        RNN.__init__(self, self.cell_class(**given, **both, name=self.cell_name), **outer, **kwargs)
        if self.cell_class is not SimpleRNNCell:
            self.use_cudnn = fused  # noted: there is one way to compute here

    def get_config(self):
        config = {**self._loop_config(), **self.cell.own_config()}
        config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if "unit_forget_bias" in config:  # elsewhere than in the cell's
            config = placed(config, ("unit_forget_bias",), "kernel_regularizer")
        own = self.activity_regularizer is None  # else every layer's part of the config has it
        return placed(config, ("activity_regularizer",), "kernel_constraint") if own else config


class SimpleRNN(_Recurrent):
    """h = activation(x @ kernel + h @ recurrent_kernel + bias), step after step.

    Input: (batch, steps, features).  Output: (batch, units), or (batch, steps, units) with return_sequences.
    Weights: kernel (features, units), recurrent_kernel (units, units), bias (units,).

    >>> import numpy as np
    >>> SimpleRNN(4)(np.ones((2, 3, 5), "float32")).shape
    (2, 4)
    """

    cell_class, cell_name = SimpleRNNCell, "simple_rnn_cell"

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: Any = None,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        self._around(locals())

    def get_config(self):
        config = super().get_config()
        config.pop("seed")  # Keras does not write it for this layer
        return config


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), gates in the order i, f, c, o.

    ``c = σ(f) * c + σ(i) * tanh(g)`` and ``h = σ(o) * tanh(c)``, all from ``x @ kernel + h @ recurrent_kernel + bias``.

    Args:
        unit_forget_bias: whether the forget gate's bias starts at 1.

    With return_state the result is (output, h, c).
    Weights: kernel (features, 4 units), recurrent_kernel (units, 4 units), bias (4 units,).

    >>> import numpy as np
    >>> LSTM(4, return_sequences=True)(np.ones((2, 3, 5), "float32")).shape
    (2, 3, 4)
    """

    cell_class, cell_name = LSTMCell, "lstm_cell"

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        self._around(locals())


class GRU(_Recurrent):
    """Gated recurrent unit (Cho et al., 2014), gates in the order z, r, h.

    Args:
        reset_after: whether the reset gate acts after the product with recurrent_kernel (two rows of bias then).

    Weights: kernel (features, 3 units), recurrent_kernel (units, 3 units), bias (2, 3 units).

    >>> import numpy as np
    >>> GRU(4)(np.ones((2, 3, 5), "float32")).shape
    (2, 4)
    """

    cell_class, cell_name = GRUCell, "gru_cell"

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        self._around(locals())
