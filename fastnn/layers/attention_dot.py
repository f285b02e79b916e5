"""Attention by one product per pair of steps: Attention (dot product) and AdditiveAttention."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.layers.dropout import Dropout
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.operands import reserve

_FAR = 1e9  # how far hidden scores are moved


class Attention(Layer):
    """Dot-product attention (Luong et al., 2015): softmax(query @ key.T) @ value.

    Args:
        use_scale: whether the scores have a learned factor.
        score_mode: "dot", or "concat" (tanh of the sum, with a learned factor).
        dropout: share in [0, 1] of the attention weights that is dropped while training.
        seed: int: seed of the dropout; None: a random stream of its own.

    Called as layer([query, value]) or layer([query, value, key], mask=[query mask, value mask],
    return_attention_scores=False, use_causal_mask=False), with query (batch, t, d), value and key (batch, s, d).

    Weights: scale (), concat_score_weight (), where asked for.

    >>> x = np.ones((2, 4, 5), "float32")
    >>> Attention()([x, x]).shape
    (2, 4, 5)
    """

    supports_masking = True

    def __init__(
        self, use_scale: bool = False, score_mode: str = "dot", dropout: float = 0.0, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ArgumentError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. Received: "
                f"score_mode={score_mode}"
            )
        self.use_scale, self.score_mode, self.dropout, self.seed = use_scale, score_mode, dropout, seed
        self.scale = self.concat_score_weight = None
        self.dropout_layer = Dropout(dropout, seed=seed, dtype=self.dtype_policy, name="dropout") if dropout else None

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def _validate_inputs(self, inputs, mask=None):
        name = type(self).__name__
        if not isinstance(inputs, (list, tuple)) or any(x is None or isinstance(x, int) for x in inputs):
            raise ArgumentError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
                f"Received: inputs={inputs!r}."
            )
        if len(inputs) not in (2, 3):
            raise ArgumentError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. "
                f"Received length: {len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, (list, tuple)):
            raise ArgumentError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: mask={mask!r}."
            )
        if len(mask) not in (2, 3):
            raise ArgumentError(
                f"{name} layer accepts mask list of length 2 or 3. Received: inputs of length {len(inputs)}, mask of "
                f"length {len(mask)}."
            )

    def _calculate_scores(self, query, key):
        """Keras's name, as those of the next two methods: derived classes replace them."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else scores * self.scale
        total = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        total = total if self.scale is None else total * self.scale
        return self.concat_score_weight * ops.sum(ops.tanh(total), axis=-1)

    def _calculate_score_mask(self, scores, v_mask, use_causal_mask):
        seen = None
        if v_mask is not None:
            seen = ops.cast(v_mask, "bool")
            seen = ops.expand_dims(seen, -2) if len(seen.shape) == 2 else seen
        if not use_causal_mask:
            return seen
        reserve(scores.shape[-2] * scores.shape[-1], 1)
        causal = np.tril(np.ones((1, *scores.shape[-2:]), bool))
        return causal if seen is None else ops.logical_and(seen, causal)

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        if scores_mask is not None:
            if len(scores_mask.shape) == 2:
                scores_mask = ops.expand_dims(scores_mask, -2)
            scores = ops.where(scores_mask, scores, ops.subtract(scores, dtypes.far(_FAR, self.compute_dtype)))
        weights = ops.softmax(scores, axis=-1)
        if self.dropout_layer is not None:
            weights = self.dropout_layer(weights, training=training)
        return ops.matmul(weights, value), weights

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        """Attend: for each query the values, weighted by how well their keys fit.

        Args:
            inputs: [query, value] or [query, value, key]: (batch, t, d), (batch, s, d) and (batch, s, d).
            mask: [query mask, value mask], booleans (batch, t) and (batch, s) or None, False where a step is left out.
            training: whether weights are dropped.
            return_attention_scores: whether the weights (batch, t, s) come second.
            use_causal_mask: whether a query sees no key behind its own place.
        """
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        scores = self._calculate_scores(query=query, key=inputs[2] if len(inputs) > 2 else value)
        seen = self._calculate_score_mask(scores, mask[1] if mask and len(mask) > 1 else None, use_causal_mask)
        out, weights = self._apply_scores(scores=scores, value=value, scores_mask=seen, training=training)
        if mask is not None and mask[0] is not None:
            out = ops.where(ops.expand_dims(ops.cast(mask[0], "bool"), -1), out, 0.0)
        if self.compute_dtype in WIDE:  # numbers beside bfloat16 arrays make float32
            out, weights = ops.cast(out, self.compute_dtype), ops.cast(weights, self.compute_dtype)
        return (out, weights) if return_attention_scores else out

    def compute_mask(self, inputs, mask=None):
        """The mask of the output: that of the query.

        Args:
            inputs: [query, value] or [query, value, key].
            mask: [query mask, value mask], booleans or None.
        """
        self._validate_inputs(inputs, mask)
        return mask[0] if mask else None

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False
    ):
        """Shape and dtype of the output, and of the scores where they are asked for.

        Args:
            inputs, mask, training, return_attention_scores, use_causal_mask: as of `call`, symbols or KerasTensors for
                arrays.
        """
        self._validate_inputs(inputs)
        query, value = inputs[:2]
        out = symbol_like((*query.shape[:-1], value.shape[-1]), self.compute_dtype)
        scores = symbol_like((*query.shape[:-1], value.shape[-2]), self.compute_dtype)
        return (out, scores) if return_attention_scores else out

    def get_config(self):
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }


class AdditiveAttention(Attention):
    """Additive attention (Bahdanau et al., 2015): scores are sum(scale * tanh(query + key)).

    Args:
        use_scale: whether the terms have learned factors, one per feature.

    Weights: scale (d,), if asked for.

    >>> x = np.ones((2, 4, 5), "float32")
    >>> AdditiveAttention()([x, x]).shape
    (2, 4, 5)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform")

    def _calculate_scores(self, query, key):
        total = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(total if self.scale is None else total * self.scale, axis=-1)

    def get_config(self):
        config = super().get_config()
        del config["score_mode"]
        return config
