"""Attention by scaled products."""

import math
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, divide, multiply
from fastnn.ops.functions.comparison import logical_and, where
from fastnn.ops.functions.elementwise import abs, affine
from fastnn.ops.functions.layout import expand_dims, reshape, swapaxes, transpose
from fastnn.ops.functions.matmul import matmul
from fastnn.ops.functions.operands import cast_to, dtype_of, is_number, operand, reserve
from fastnn.ops.functions.softmax import softmax

__all__ = ["dot_product_attention"]

_HIDDEN = -1e30  # a score that no other one is below


def _four(x, heads):
    """A mask or bias with the dimensions (batch, heads, to, from); one of three has no heads, or no place to."""
    while len(x.shape) < 4:
        x = expand_dims(x, 2 if len(x.shape) == 3 and x.shape[1] == heads else 1 if len(x.shape) == 3 else 0)
    return x


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Tensor:
    """softmax(scale query key^T + bias) value, for several heads (Vaswani et al., 2017).

    Args:
        query: (batch, t, heads, depth).
        key, value: (batch, s, key heads, depth), (batch, s, key heads, value depth); heads is a multiple of key heads,
            and so many neighbouring heads of queries share one of keys.
        bias: added to the scores, broadcast to (batch, heads, t, s).
        mask: the same shape; False hides. Where nothing may be seen, the mean of all values is.
        scale: of the scores; 1 / sqrt(depth) by default.
        is_causal: whether a query sees keys up to its own place only.
        flash_attention: None or False; attention is calculated on the CPU.
        attn_logits_soft_cap: c, if scores s become s / (1 + |s| / c).

    Returns (batch, t, heads, value depth).

    >>> import numpy as np
    >>> x = np.ones((1, 3, 2, 4), "float32")
    >>> dot_product_attention(x, x, x).shape
    (1, 3, 2, 4)
    """
    if flash_attention:
        raise NotSupportedError("dot_product_attention: flash attention needs a GPU; leave `flash_attention` out.")
    q, k, v = (operand(x) for x in (query, key, value))
    if any(len(x.shape) != 4 for x in (q, k, v)):
        raise ShapeError(
            f"`dot_product_attention` only supports 4D inputs. Received: query.shape={tuple(q.shape)}, "
            f"key.shape={tuple(k.shape)}, value.shape={tuple(v.shape)}."
        )
    kind = dtypes.promote(*(dtype_of(x) for x in (q, k, v)))
    kind = kind if dtypes.is_float(kind) else dtypes.standardize(None)
    wide = WIDE.get(kind, kind)
    q, k, v = (transpose(cast_to(x, wide), (0, 2, 1, 3)) for x in (q, k, v))
    heads, steps, depth, own = q.shape[1], q.shape[2], q.shape[3], k.shape[1]
    if k.shape[1] != v.shape[1] or not own or heads % own or k.shape[3] != depth or k.shape[2] != v.shape[2]:
        raise ShapeError(
            "dot_product_attention: expected (batch, t, heads, depth), (batch, s, key heads, depth) and (batch, s, key "
            f"heads, value depth), heads a multiple of key heads. Received: {tuple(query.shape)}, {tuple(key.shape)}, "
            f"{tuple(value.shape)}."
        )
    group = heads // own
    scale = 1.0 / math.sqrt(depth) if scale is None else scale
    q = affine(q, float(scale)) if is_number(scale) else multiply(q, cast_to(scale, wide))
    if group > 1:  # the queries of a group are more queries of one head
        q = reshape(q, (-1, own, group * steps, depth))
    scores = matmul(q, swapaxes(k, -1, -2))
    if group > 1:
        scores = reshape(scores, (-1, heads, steps, k.shape[2]))
    if attn_logits_soft_cap is not None:
        if not attn_logits_soft_cap > 0:
            raise ArgumentError(f"attn_logits_soft_cap: received {attn_logits_soft_cap!r}, expected a positive number.")
        scores = divide(scores, affine(abs(scores), 1.0 / float(attn_logits_soft_cap), 1.0))
    if bias is not None:
        scores = add(scores, cast_to(_four(operand(bias), heads), wide))
    seen = None if mask is None else cast_to(_four(operand(mask), heads), "bool")
    if is_causal:
        reserve(steps * k.shape[2], 1)
        causal = np.tril(np.ones((1, 1, steps, k.shape[2]), bool))
        seen = causal if seen is None else logical_and(seen, causal)
    if seen is not None:
        scores = where(seen, scores, np.array(_HIDDEN, dtypes.numpy_type(wide)))
    shares = softmax(scores, axis=-1)
    if group > 1:
        shares = reshape(shares, (-1, own, group * steps, k.shape[2]))
    out = matmul(shares, v)
    if group > 1:
        out = reshape(out, (-1, heads, steps, v.shape[3]))
    return cast_to(transpose(out, (0, 2, 1, 3)), kind)
