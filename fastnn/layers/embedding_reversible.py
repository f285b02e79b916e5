"""ReversibleEmbedding: an Embedding that also projects back onto its vocabulary."""

from typing import Any

from fastnn import ops
from fastnn.layers.embedding import Embedding
from fastnn.layers.leaf import symbol_like


class ReversibleEmbedding(Embedding):
    """An Embedding that is called with reverse=True to make logits of hidden states (Press and Wolf, 2016).

    Args:
        input_dim, output_dim, embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as of
            Embedding.
        tie_weights: whether the way back uses the transposed table, else a weight of its own.
        reverse_dtype: dtype of the way back; the layer's own if None.
        logit_soft_cap: a bound c of the logits: tanh(logits / c) * c, or None.

    Input: integers (batch, ...), with reverse=True floats (batch, ..., output_dim).
    Output: (batch, ..., output_dim), with reverse=True (batch, ..., input_dim).
    Weights: embeddings (input_dim, output_dim), without tie_weights also reverse_embeddings (output_dim, input_dim).

    >>> import numpy as np
    >>> layer = ReversibleEmbedding(5, 2)
    >>> layer(layer(np.array([[1, 4]])), reverse=True).shape
    (1, 2, 5)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        # Before the base's, which builds a layer that is given its first weights.
        self.tie_weights, self.reverse_dtype, self.logit_soft_cap = tie_weights, reverse_dtype, logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def call(self, inputs, reverse=False):
        if not reverse:
            return super().call(inputs)
        dtype = self.reverse_dtype or self.compute_dtype
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        logits = ops.matmul(ops.cast(inputs, dtype), ops.cast(kernel, dtype))
        cap = self.logit_soft_cap
        return logits if cap is None else ops.tanh(logits / cap) * cap

    def _resolve_mask(self, call, args, kwargs, first):
        return None if call.named(args, kwargs).get("reverse") else super()._resolve_mask(call, args, kwargs, first)

    def compute_output_shape(self, input_shape, reverse=False):
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, reverse=False):
        dtype = self.reverse_dtype if reverse and self.reverse_dtype else self.compute_dtype
        return symbol_like(self.compute_output_shape(inputs.shape, reverse), dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }
