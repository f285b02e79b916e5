"""Rules for files of steps: attention of a sequence to another one, with heads or without, and its masks."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.export.rules_words import Made, Rule, array

# what a hidden score becomes: below all others in layers with heads, moved by so much in those without
BELOW, FAR = -1e30, -1e9


def _seen(made, layer, shapes, form, masks, axes, causal):
    """Options and sources of "hide": which keys a query sees, by the masks of inputs and by places.

    masks: the inputs that have one.  axes: for each of them those that its steps lack beside the scores.
    """
    count = len(shapes)
    sources = [made.add("expand", {"axes": axes[k]}, -1 - count - i) for i, k in enumerate(masks) if k in axes]
    window = getattr(layer, "sliding_window", None)
    if not causal and window is None:
        return {"fixed": None}, sources
    t, s = shapes[0][1], shapes[1][1]
    if t is None or s is None:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} hides places of sequences of unknown length.")
    fixed = np.tril(np.ones((t, s), np.float32)) if causal else np.ones((t, s), np.float32)
    if window is not None:
        fixed = fixed * (abs(np.arange(t)[:, None] - np.arange(s)) < window)
    return {"fixed": fixed.astype(np.float32)}, sources


def _hide(made, scores, seen, far, moved=False):
    options, sources = seen
    if options["fixed"] is None and not sources:
        return scores
    return made.add("hide", {**options, "far": far, "moved": moved}, scores, *sources)


def _heads(layer, shapes, out, form, masks=(), use_causal_mask=False):
    ranks = [len(s) for s in shapes]
    if set(ranks) != {3} or list(layer.attention_axes) != [1] or layer.use_gate:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} attends over axes {layer.attention_axes} of {ranks[0]} "
            "dimensions, or with a gate; expected sequences, axis 1."
        )
    made, ends = Made(), []
    sources = ((layer.query_dense, -1), (layer.key_dense, -len(shapes)), (layer.value_dense, -2))
    for k, (part, source) in enumerate(sources):
        kernel = array(part.kernel)
        flat = kernel.reshape(kernel.shape[0], -1)
        scale = np.float32(layer.key_dim**-0.5 if k == 0 else 1.0)
        bias = np.zeros(flat.shape[1], np.float32) if part.bias is None else array(part.bias).reshape(-1)
        value = made.add("dense", {"weight": flat * scale, "bias": bias * scale}, source)
        value = made.add("reshape", {"shape": (0, -1, *kernel.shape[1:])}, value)
        value = made.add("transpose", {"order": (0, 2, 3, 1) if k == 1 else (0, 2, 1, 3)}, value)
        if k and layer.repeats > 1:
            value = made.add("repeat", {"factors": (1, layer.repeats, 1, 1)}, value)
        ends.append(value)
    scores = made.add("matmul", {}, *ends[:2])
    seen = _seen(made, layer, shapes, form, masks, {0: (1, 3), 1: (1, 2), 2: (1, 2)}, use_causal_mask)
    scores = _hide(made, scores, seen, FAR if layer.dropout else BELOW)
    scores = made.add("softmax", {"axis": -1}, scores)
    if layer.dropout:  # the Softmax layer, which gives zeros where all is hidden
        scores = _hide(made, scores, seen, 0.0)
    value = made.add("transpose", {"order": (0, 2, 1, 3)}, made.add("matmul", {}, scores, ends[2]))
    kernel, bias = array(layer.output_dense.kernel), layer.output_dense.bias
    value = made.add("reshape", {"shape": (0, -1, kernel.shape[0] * kernel.shape[1])}, value)
    flat = kernel.reshape(kernel.shape[0] * kernel.shape[1], -1)
    bias = np.zeros(flat.shape[1], np.float32) if bias is None else array(bias)
    made.add("dense", {"weight": flat, "bias": bias}, value)
    return made


def _plain(layer, shapes, out, form, masks=(), use_causal_mask=False):
    if [len(s) for s in shapes[:2]] != [3, 3]:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} attends over {shapes}; expected sequences.")
    made, key = Made(), -len(shapes)
    additive = type(layer).__name__ == "AdditiveAttention"
    scale = None if layer.scale is None else {"function": "multiply", "other": array(layer.scale), "swapped": False}
    if not additive and layer.score_mode == "dot":
        scores = made.add("einsum", {"equation": "rtd,rsd->rts"}, -1, key)
        scores = scores if scale is None else made.add("binary", scale, scores)
    else:
        pairs = made.add("expand", {"axes": (2,)}, -1), made.add("expand", {"axes": (1,)}, key)
        total = made.add("add", {}, *pairs)
        total = made.add("binary", scale, total) if scale and not additive else total
        total = made.add("activation", {"function": "tanh", "slope": 0.0}, total)
        total = made.add("binary", scale, total) if scale and additive else total
        scores = made.add("reduce", {"function": "sum", "axes": (3,), "keepdims": False}, total)
        if not additive:
            weight = array(layer.concat_score_weight)
            scores = made.add("binary", {"function": "multiply", "other": weight, "swapped": False}, scores)
    seen = _seen(made, layer, shapes, form, masks, {1: (1,)}, use_causal_mask)
    scores = made.add("softmax", {"axis": -1}, _hide(made, scores, seen, FAR, moved=True))
    value = made.add("matmul", {}, scores, -2)
    if 0 in masks:
        made.add("multiply", {}, value, made.add("expand", {"axes": (2,)}, -1 - len(shapes) - masks.index(0)))
    return made


ATTENTION: dict[str, Rule] = {
    "MultiHeadAttention": _heads, "GroupQueryAttention": _heads, "Attention": _plain, "AdditiveAttention": _plain,
}  # fmt: skip
