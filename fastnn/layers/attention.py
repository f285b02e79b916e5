"""MultiHeadAttention."""

import math
from typing import Any

import numpy as np

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core.errors import NotSupportedError, ShapeError
from fastnn.layers import context
from fastnn.layers.activation import Softmax
from fastnn.layers.conv_base import positive
from fastnn.layers.dense import weight_config
from fastnn.layers.dropout import Dropout
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.ops.functions.operands import reserve

_HIDDEN = -1e30  # a score that no other one is below


class _Projection(Layer):
    """x @ kernel + bias over the last `inner` axes of x, onto `outer` new axes."""

    def __init__(self, outer: Any, inner: Any, owner: Any, name: str | None) -> None:
        super().__init__(name=name, dtype=owner.dtype)
        self.outer, self.inner, self.use_bias = tuple(outer), inner, owner.use_bias
        for word in ("kernel", "bias"):
            for kind in ("initializer", "regularizer", "constraint"):
                given = getattr(owner, f"{word}_{kind}")
                # every projection draws weights of its own
                setattr(self, f"{word}_{kind}", given.clone() if hasattr(given, "clone") else given)

    def build(self, input_shape):
        shape = (*input_shape[len(input_shape) - self.inner :], *self.outer)
        inner, outer = range(self.inner), range(self.inner, len(shape))
        self.kernel = self.add_weight(
            name="kernel",
            shape=shape,
            regularizer=self.kernel_regularizer,
            initializer=initializers.for_axes(self.kernel_initializer, inner, outer),
            constraint=self.kernel_constraint,
        )
        self.bias = (
            self.add_weight(
                name="bias",
                shape=self.outer,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            if self.use_bias
            else None
        )

    def call(self, inputs):
        shape = tuple(inputs.shape)
        depth = math.prod(shape[len(shape) - self.inner :])
        lead = shape[: len(shape) - self.inner]
        x = ops.reshape(inputs, (*lead, depth)) if self.inner > 1 else inputs
        x = ops.matmul(x, ops.reshape(self.kernel, (depth, math.prod(self.outer))))
        x = ops.reshape(x, (*lead, *self.outer))
        return x if self.bias is None else x + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[: len(input_shape) - self.inner], *self.outer)


class MultiHeadAttention(Layer):
    """Attention of queries to values by several heads (Vaswani et al., 2017).

    Args:
        num_heads: number of heads.
        key_dim, value_dim: size of each head's queries and keys, and of its values (key_dim if None).
        dropout: share of attention weights dropped while training.
        use_bias: whether the projections have biases.
        output_shape: shape of an output vector; that of a query if None.
        kernel_initializer, bias_initializer, ..._regularizer, ..._constraint: of the projections.
        seed: of the dropout.

    Called as layer(query, value, key=None, attention_mask=None, use_causal_mask=False, return_attention_scores=False),
    with query (batch, t, d), value and key (batch, s, d), attention_mask (batch, t, s), True = attend.

    >>> import numpy as np
    >>> x = np.ones((2, 4, 5), "float32")
    >>> MultiHeadAttention(2, 3)(x, x).shape
    (2, 4, 5)
    """

    supports_masking = True

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        for name in ("sliding_window", "flash_attention", "use_gate"):
            if kwargs.pop(name, None):
                raise NotSupportedError(f"MultiHeadAttention: `{name}` is not supported.")
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if attention_axes not in (None, (1,), [1], 1):
            raise NotSupportedError(
                "MultiHeadAttention: only attention over axis 1 of (batch, steps, features) is "
                f"supported. Received: attention_axes={attention_axes}"
            )
        self.num_heads, self.key_dim = positive("num_heads", num_heads), positive("key_dim", key_dim)
        self.value_dim = self.key_dim if value_dim is None else positive("value_dim", value_dim)
        self.dropout, self.use_bias, self.seed = dropout, use_bias, seed
        self._output = (
            None if output_shape is None else (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        )
        self.attention_axes = None if attention_axes is None else [1]
        self.kernel_initializer, self.bias_initializer = map(initializers.get, (kernel_initializer, bias_initializer))
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        if len(query_shape) != 3 or len(value_shape) != 3:
            raise ShapeError(
                "MultiHeadAttention expects (batch, steps, features). Received: "
                f"query_shape={tuple(query_shape)}, value_shape={tuple(value_shape)}"
            )
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ShapeError(
                "All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                f"value_shape={tuple(value_shape)} and key_shape={tuple(key_shape)}"
            )
        for which, size, shape in (
            ("query", self.key_dim, query_shape),
            ("key", self.key_dim, key_shape),
            ("value", self.value_dim, value_shape),
        ):
            setattr(self, f"{which}_dense", _Projection((self.num_heads, size), 1, self, which))
            getattr(self, f"{which}_dense").build(shape)
        self.attention_axes = [1]
        self.output_dense = _Projection(self._output or (query_shape[-1],), 2, self, "attention_output")
        self.softmax = Softmax(dtype=self.dtype)
        self.dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype)
        self.output_dense.build((*query_shape[:-1], self.num_heads, self.value_dim))

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        key = value if key is None else key
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        q, k, v = (
            ops.transpose(dense(x), (0, 2, 1, 3))
            for dense, x in ((self.query_dense, query), (self.key_dense, key), (self.value_dense, value))
        )
        scores = ops.matmul(q * (1.0 / math.sqrt(self.key_dim)), ops.swapaxes(k, -1, -2))
        mask = None if mask is None else ops.expand_dims(mask, 1)
        if self.dropout or return_attention_scores:
            scores = self.softmax(scores, mask=mask)
        else:
            # Keras takes its fused attention here: a query that may see no key sees the mean of all, where the Softmax
            # layer of the other way gives zeros.  Gradients of hidden scores are zero in both.
            scores = ops.softmax(scores if mask is None else ops.where(mask, scores, _HIDDEN), axis=-1)
        kept = self.dropout_layer(scores, training=training) if self.dropout else scores
        out = self.output_dense(ops.transpose(ops.matmul(kept, v), (0, 2, 1, 3)))
        return (out, scores) if return_attention_scores else out

    def _mask(self, query, value, query_mask, value_mask, key_mask, attention_mask, causal):
        """All masks as one that broadcasts to (batch, t, s), or None."""
        found = [] if attention_mask is None else [ops.cast(attention_mask, "bool")]
        for mask, axis in ((query_mask, -1), (value_mask, -2), (key_mask, -2)):
            if mask is not None:
                found.append(ops.expand_dims(ops.cast(mask, "bool"), axis))
        if causal:
            reserve(query.shape[1] * value.shape[1], 1)
            found.append(np.tril(np.ones((1, query.shape[1], value.shape[1]), bool)))
        out = None
        for mask in found:
            out = mask if out is None else ops.logical_and(out, mask)
        return out

    def _resolve_mask(self, call, args, kwargs, first):
        """Masks of query, value and key go to the arguments of their names; the output has the query's."""
        named = call.named(args, kwargs)
        for name in ("query", "value", "key"):
            if named.get(name) is not None and named.get(f"{name}_mask") is None:
                mask = context.get_mask(named[name])
                if mask is not None:
                    kwargs[f"{name}_mask"] = mask
        return kwargs.get("query_mask")

    def compute_output_shape(self, query_shape, value_shape=None, key_shape=None):
        return (*query_shape[:-1], *(self._output or (query_shape[-1],)))

    def compute_output_spec(self, query, value, key=None, return_attention_scores=False, **kwargs):
        out = symbol_like(self.compute_output_shape(query.shape), self.compute_dtype)
        if not return_attention_scores:
            return out
        return out, symbol_like((query.shape[0], self.num_heads, query.shape[1], value.shape[1]), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads, "key_dim": self.key_dim,
                "value_dim": self.value_dim, "dropout": self.dropout, "use_bias": self.use_bias,
                "output_shape": self._output, "attention_axes": self.attention_axes,
                **weight_config(self, ("kernel", "bias")), "seed": self.seed}  # fmt: skip
