"""What layers that people derive from MultiHeadAttention call Keras's private parts."""

import math
import string
from typing import Any

from fastnn import ops
from fastnn.layers.activation import Softmax
from fastnn.layers.dropout import Dropout

_SAME = ("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "attention_axes", "sliding_window", "use_gate",
         "query_dense", "key_dense", "value_dense", "gate_dense", "output_dense", "activity_regularizer",
         *(f"{word}_{kind}" for word in ("kernel", "bias") for kind in ("initializer", "regularizer", "constraint")),
         )  # fmt: skip


def _equations(layer):
    """How scores, and what they find, are computed of projected operands, for ops.einsum."""
    query = string.ascii_lowercase[: layer._rank + 1]
    other = dict(zip(layer.attention_axes, string.ascii_uppercase, strict=False))
    key = "".join(other.get(at, letter) for at, letter in enumerate(query))
    free = "".join(letter for at, letter in enumerate(query[:-1]) if at not in other)
    scores = free + "".join(query[at] for at in other) + "".join(other.values())
    return f"{key},{query}->{scores}", f"{scores},{key}->{query}"


_MADE = {
    "_inverse_sqrt_key_dim": lambda layer: 1.0 / math.sqrt(layer.key_dim),
    "_softmax": lambda layer: Softmax(tuple(range(-len(layer.attention_axes), 0)), dtype=layer.dtype_policy),
    "_output_shape": lambda layer: layer._output,
    "_dropout_layer": lambda layer: layer.dropout_layer or Dropout(0.0, dtype=layer.dtype_policy),
    "_dot_product_equation": lambda layer: _equations(layer)[0],
    "_combine_equation": lambda layer: _equations(layer)[1],
}  # fmt: skip


class AttentionNames:
    """Base: `_query_dense` is query_dense, and so on, either way; only where a layer has no attribute of that name."""

    attention_axes: Any
    dtype_policy: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name[1:] in _SAME:
            return object.__getattribute__(self, name[1:])
        if name in _SAME:
            return object.__getattribute__(self, f"_{name}")
        if name in _MADE:
            return _MADE[name](self)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _masked_softmax(self, attention_scores, attention_mask=None):
        """Scores (batch, heads, t, s) as weights; a mask over (batch, t, s) gets the axes that it lacks."""
        if attention_mask is not None:
            for _ in range(len(attention_scores.shape) - len(attention_mask.shape)):
                attention_mask = ops.expand_dims(attention_mask, -2 * len(self.attention_axes) - 1)
        return self._softmax(attention_scores, mask=attention_mask)

    def _get_common_kwargs_for_sublayer(self):
        """The arguments that all projections share."""
        shared = {"dtype": self.dtype_policy}
        for word in ("kernel", "bias"):
            for kind in ("initializer", "regularizer", "constraint"):
                given = getattr(self, f"{word}_{kind}")
                shared[f"{word}_{kind}"] = given.clone() if hasattr(given, "clone") else given
        return shared
