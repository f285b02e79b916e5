"""MultiHeadAttention."""

import math
import string
from typing import Any

import numpy as np

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core import dtypes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.switches import is_flash_attention_enabled
from fastnn.graph.variable import auto_name
from fastnn.layers.activation import Softmax
from fastnn.layers.attention_names import AttentionNames
from fastnn.layers.config import placed
from fastnn.layers.dense import weight_config
from fastnn.layers.dropout import Dropout
from fastnn.layers.einsum_dense import EinsumDense
from fastnn.layers.heads import HeadLayout
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.ops.functions.operands import reserve

_HIDDEN = -1e30  # a score that no other one is below


class _Projection(EinsumDense):
    """x @ kernel + bias over the last `inner` axes of x, which has `rank`, onto new axes of sizes `outer`."""

    def __init__(self, outer: Any, inner: int, rank: int, owner: Any, name: str) -> None:
        left = string.ascii_lowercase[:rank]
        right = string.ascii_lowercase[rank : rank + len(outer)]
        super().__init__(
            f"{left},{left[rank - inner :]}{right}->{left[: rank - inner]}{right}",
            (*(None,) * (rank - inner - 1), *outer),
            bias_axes=right if owner.use_bias else None,
            name=name,
            **owner._get_common_kwargs_for_sublayer(),
        )
        self._outer, self._inner = tuple(outer), inner

    def call(self, inputs):
        if self._packing is not None:
            return super().call(inputs)
        shape = tuple(inputs.shape)
        depth = math.prod(shape[len(shape) - self._inner :])
        lead = shape[: len(shape) - self._inner]
        x = ops.reshape(inputs, (*lead, depth)) if self._inner > 1 else inputs
        x = ops.matmul(x, ops.reshape(self.kernel, (depth, math.prod(self._outer))))
        x = ops.reshape(x, (*lead, *self._outer))
        return x if self.bias is None else x + self.bias


class MultiHeadAttention(AttentionNames, Layer):
    """Attention of queries to values by several heads (Vaswani et al., 2017).

    Args:
        num_heads: int >= 1, the number of heads.
        key_dim, value_dim: size of each head's queries and keys, and of its values (key_dim if None).
        dropout: share in [0, 1] of the attention weights that is dropped while training.
        use_bias: whether the projections have biases.
        output_shape: shape of an output vector; that of a query if None.
        attention_axes: the axes that are attended over, all but the first and last if None.
        sliding_window: None, or how far: a query at i sees keys at i - sliding_window + 1 to i + sliding_window - 1.
        flash_attention: taken for Keras's sake; there is one way to compute here.
        use_gate: whether sigmoid(projection of the query) scales what is attended to, before the output projection.
        seed: int: seed of the dropout; None: a random stream of its own.

    Called as layer(query, value, key=None, attention_mask=None, use_causal_mask=False, return_attention_scores=False),
    with query (batch, t, d), value and key (batch, s, d), attention_mask (batch, t, s), True = attend.

    >>> import numpy as np
    >>> x = np.ones((2, 4, 5), "float32")
    >>> MultiHeadAttention(2, 3)(x, x).shape
    (2, 4, 5)
    """

    supports_masking = True
    _kept_as = ""  # how the attributes of the projections begin: files name weights after them
    repeats = 1  # how many heads of the query share one of the keys

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        for name, value in (("num_heads", num_heads), ("key_dim", key_dim), ("value_dim", value_dim)):
            if (whole(value) or 0) < 1 and (name, value) != ("value_dim", None):
                raise ArgumentError(
                    f"Received an invalid value for argument `{name}`, expected a positive integer. "
                    f"Received: {name}={value!r}"
                )
        if sliding_window is not None and (whole(sliding_window) or 0) < 1:
            raise ArgumentError(
                f"`sliding_window` must be `None` or a positive integer. Received: sliding_window={sliding_window!r}"
            )
        self._flash_attention = flash_attention or is_flash_attention_enabled()
        if self._flash_attention and dropout > 0:
            raise ArgumentError(
                "Dropout is not supported when flash attention is enabled. Please set dropout to 0.0 to use flash "
                "attention."
            )
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias, self.seed = dropout, use_bias, seed
        self.sliding_window, self.use_gate = sliding_window, use_gate
        if output_shape is not None and not hasattr(output_shape, "__iter__") and whole(output_shape) is None:
            raise ArgumentError(
                f"Invalid `output_shape`: {output_shape}. When specified, the `output_shape` should be of type tuple, "
                "list, or int."
            )
        self._output = (
            None if output_shape is None else (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        )
        if attention_axes is not None and not isinstance(attention_axes, (int, list, tuple)):
            raise ArgumentError(
                f"`attention_axes` must be an int, list, or tuple. Received: attention_axes={attention_axes}"
            )
        axes = [attention_axes] if isinstance(attention_axes, int) else attention_axes
        self.attention_axes = None if axes is None else list(axes)
        self.kernel_initializer, self.bias_initializer = map(initializers.get, (kernel_initializer, bias_initializer))
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))

    def _check(self, query_shape, value_shape, key_shape):
        value_shape, key_shape = tuple(value_shape), tuple(key_shape)
        if value_shape[1:-1] != key_shape[1:-1]:
            raise ShapeError(
                "All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                f"value_shape={value_shape} and key_shape={key_shape}"
            )

    def build(self, query_shape, value_shape, key_shape=None):
        """Make the projections.

        Args:
            query_shape, value_shape: shapes of query and value, None for sizes that vary.
            key_shape: shape of the key; that of the value if None.
        """
        key_shape = value_shape if key_shape is None else key_shape
        self._check(query_shape, value_shape, key_shape)
        fewer, kept_as = self.num_heads // self.repeats, self._kept_as
        parts = [("query", self.num_heads, self.key_dim, query_shape), ("key", fewer, self.key_dim, key_shape)]
        parts += [("gate", self.num_heads, self.value_dim, query_shape)] if self.use_gate else []
        for which, heads, size, shape in [*parts, ("value", fewer, self.value_dim, value_shape)]:
            projection = _Projection((heads, size), 1, len(shape), self, which)
            setattr(self, f"{kept_as}{which}_dense", projection)
            projection.build(shape)
        rank = len(query_shape)
        projection = _Projection(self._output or (query_shape[-1],), 2, rank + 1, self, "attention_output")
        setattr(self, f"{kept_as}output_dense", projection)
        self._build_attention(rank + 1)
        self.output_dense.build((*query_shape[:-1], self.num_heads, self.value_dim))

    def _build_attention(self, rank):
        """What lies between projections that have a rank; layers that make projections of their own call it."""
        rank = self._rank = rank - 1
        axes = range(1, rank - 1) if self.attention_axes is None else self.attention_axes
        self.attention_axes = [a if a >= 0 else rank + a for a in axes]
        self.softmax = Softmax(dtype=self.dtype_policy)
        name = auto_name("dropout")  # counted even where nothing is dropped, as in Keras
        options = {"seed": self.seed, "dtype": self.dtype_policy, "name": name}
        self.dropout_layer = Dropout(self.dropout, **options) if self.dropout else None

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
        """Attend: for each query the values, weighted by how well their keys fit.

        Args:
            query: (batch, t, d).
            value: (batch, s, d).
            key: (batch, s, d); the values if None.
            query_mask, value_mask, key_mask: booleans (batch, t) and (batch, s), False where a step is left out; found
                with the inputs if None.
            attention_mask: booleans that broadcast to (batch, t, s), True where a query may see a key.
            return_attention_scores: whether the weights (batch, heads, t, s) come second.
            training: whether weights are dropped; None: what the call around it says.
            use_causal_mask: whether a query sees no key behind its own place.
        """
        if self._flash_attention and return_attention_scores:
            raise ArgumentError(
                "Returning attention scores is not supported when flash attention is enabled. Please disable flash "
                "attention to access attention scores."
            )
        key = value if key is None else key
        mask = self._compute_attention_mask(
            query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        )
        gate = ops.sigmoid(self.gate_dense(query)) if self.use_gate else None
        out, scores = self._compute_attention(
            self.query_dense(query),
            self._shared(self.key_dense(key)),
            self._shared(self.value_dense(value)),
            attention_mask=mask,
            training=training,
            **({"return_attention_scores": True} if return_attention_scores else {}),  # older overrides lack it
        )
        out = self.output_dense(out if gate is None else out * gate)
        return (out, scores) if return_attention_scores else out

    def _compute_attention(
        self,
        query,
        key,
        value,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        """The values that projected queries find, and the scores where they are asked for; subclasses may say it anew.

        Args:
            query: (batch, t, heads, key_dim).
            key: (batch, s, heads, key_dim).
            value: (batch, s, heads, value_dim).
            attention_mask: booleans that broadcast to (batch, t, s).
            training, return_attention_scores, use_causal_mask: as of `call`.
        """
        if use_causal_mask:
            attention_mask = self._compute_attention_mask(query, value, None, None, None, attention_mask, True)
        whole = self.dropout or return_attention_scores  # Keras takes its fused attention elsewhere
        if whole and type(self)._masked_softmax is not AttentionNames._masked_softmax:
            scores = ops.einsum(self._dot_product_equation, key, query * self._inverse_sqrt_key_dim)
            scores = self._masked_softmax(scores, attention_mask)
            kept = self.dropout_layer(scores, training=training) if self.dropout else scores
            return ops.einsum(self._combine_equation, kept, value), scores
        layout = HeadLayout(len(query.shape) - 1, self.attention_axes)
        q, k, v = map(layout.split, (query, key, value))
        scores = ops.matmul(q * (1.0 / math.sqrt(self.key_dim)), ops.swapaxes(k, -1, -2))
        mask = None if attention_mask is None else layout.mask(attention_mask, query.shape, value.shape)
        if whole:
            scores = self.softmax(scores, mask=mask)
        else:
            # Fused, a query that may see no key sees the mean of all, where the Softmax layer of the other way gives
            # zeros.  Gradients of hidden scores are zero in both.
            hidden = dtypes.far(_HIDDEN, self.compute_dtype)
            scores = ops.softmax(scores if mask is None else ops.where(mask, scores, hidden), axis=-1)
        kept = self.dropout_layer(scores, training=training) if self.dropout else scores
        out = layout.join(ops.matmul(kept, v), query.shape)
        return out, layout.scores(scores, query.shape, value.shape) if return_attention_scores else None

    def _shared(self, x):
        """Keys or values with a head for each of the query's."""
        return x if self.repeats == 1 else ops.repeat(x, self.repeats, axis=-2)

    def _compute_attention_mask(
        self, query, value, query_mask=None, value_mask=None, key_mask=None, attention_mask=None, use_causal_mask=False
    ):
        """All masks as one that broadcasts to (batch, t, s), or None."""
        found = [] if attention_mask is None else [ops.cast(attention_mask, "bool")]
        for mask, axis in ((query_mask, -1), (value_mask, -2), (key_mask, -2)):
            if mask is not None:
                found.append(ops.expand_dims(ops.cast(mask, "bool"), axis))
        if use_causal_mask or self.sliding_window is not None:
            t, s = query.shape[1], value.shape[1]
            reserve(t * s, 1)
            if use_causal_mask:
                found.append(np.tril(np.ones((1, t, s), bool)))
            if self.sliding_window is not None:
                found.append(abs(np.arange(t)[None, :, None] - np.arange(s)[None, None]) < self.sliding_window)
        out = None
        for mask in found:
            out = mask if out is None else ops.logical_and(out, mask)
        return out

    def compute_output_shape(self, query_shape, value_shape=None, key_shape=None):
        """The shape of the output, that of the query with output_shape in place of its features.

        Args:
            query_shape, value_shape: shapes of query and value, None for sizes that vary.
            key_shape: shape of the key; that of the value if None.
        """
        if value_shape is not None:
            self._check(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self._output or (query_shape[-1],)))

    def compute_output_spec(self, query, value, key=None, return_attention_scores=False, **kwargs):
        """Shape and dtype of the output, and of the scores where they are asked for.

        Args:
            query, value, key: symbols or KerasTensors; the value is the key if that is None.
            return_attention_scores: whether the scores come second.
            **kwargs: the other arguments of `call`, which do not count.
        """
        out = symbol_like(self.compute_output_shape(query.shape), self.compute_dtype)
        if not return_attention_scores:
            return out
        layout = HeadLayout(len(query.shape), self.attention_axes)
        scores = layout.scores_shape(self.num_heads, query.shape, value.shape)
        return out, symbol_like(scores, self.compute_dtype)

    def get_config(self):
        config = {**super().get_config(), "num_heads": self.num_heads, "key_dim": self.key_dim,
                "value_dim": self.value_dim, "dropout": self.dropout, "use_bias": self.use_bias,
                "use_gate": self.use_gate, "output_shape": self._output, "attention_axes": self.attention_axes,
                "sliding_window": self.sliding_window,
                **weight_config(self, ("kernel", "bias")), "seed": self.seed}  # fmt: skip
        return placed(config, ("activity_regularizer",), "kernel_constraint")
