"""GroupQueryAttention: fewer heads of keys and values than of queries."""

import operator
from typing import Any

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.graph.variable import auto_name
from fastnn.layers.attention import MultiHeadAttention
from fastnn.layers.config import placed


class GroupQueryAttention(MultiHeadAttention):
    """Attention in which groups of heads of the query share a head of keys and values (Ainslie et al., 2023).

    Args:
        head_dim: int >= 1, the size of each head.
        num_query_heads: int >= 1, the number of heads of the query.
        num_key_value_heads: number of heads of keys and values; it divides num_query_heads.

    Called as MultiHeadAttention.

    Raises ArgumentError where the heads do not divide.

    >>> import numpy as np
    >>> x = np.ones((2, 4, 5), "float32")
    >>> GroupQueryAttention(3, 4, 2)(x, x).shape
    (2, 4, 5)
    """

    _kept_as, _class_in_files = "_", "GroupedQueryAttention"
    query_dense, key_dense, value_dense, gate_dense, output_dense = (
        property(operator.attrgetter(f"_{which}_dense")) for which in ("query", "key", "value", "gate", "output")
    )

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        heads = count("num_query_heads", num_query_heads), count("num_key_value_heads", num_key_value_heads)
        if heads[0] % heads[1]:
            raise ArgumentError(
                "`num_query_heads` must be divisible by `num_key_value_heads`. Received: "
                f"num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}"
            )
        super().__init__(
            num_query_heads,
            head_dim,
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
            **{"name": auto_name("grouped_query_attention"), **kwargs},
        )
        self.head_dim, self.num_query_heads, self.num_key_value_heads = head_dim, num_query_heads, num_key_value_heads
        self.repeats = num_query_heads // num_key_value_heads

    def _check(self, query_shape, value_shape, key_shape):
        if query_shape[-1] != value_shape[-1]:
            raise ShapeError(
                f"The last dimension of `query_shape` and `value_shape` must be equal, but are {query_shape[-1]}, "
                f"{value_shape[-1]}. Received: query_shape={tuple(query_shape)}, value_shape={tuple(value_shape)}"
            )
        super()._check(query_shape, value_shape, key_shape)

    def get_config(self):
        config = super().get_config()
        for name in ("num_heads", "key_dim", "value_dim", "output_shape", "attention_axes"):
            del config[name]
        sizes = {n: getattr(self, n) for n in ("head_dim", "num_query_heads", "num_key_value_heads")}
        config = placed({**config, **sizes}, ("dropout",), "kernel_initializer")
        config = placed(config, tuple(sizes), "use_bias")
        own = self.activity_regularizer is None  # else every layer's part of the config has it
        return config if own else placed(config, ("activity_regularizer",), "head_dim")
