"""Rules for files of steps: layers that leave out what a mask hides.

Such a rule is called with `masks`, the numbers of the inputs that have a mask. The masks, 0 or 1, come behind the
inputs: that of `masks[k]` is number -1 - len(shapes) - k.
"""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.export.rules_attention import ATTENTION
from fastnn.export.rules_sequences import RECURRENT
from fastnn.export.rules_words import Made, Rule


def _mean(layer, shapes, out, form, masks):
    if layer.data_format == "channels_first":
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} has a mask and data_format='channels_first'.")
    made, keep = Made(), {"function": "sum", "axes": (1,), "keepdims": bool(layer.keepdims)}
    weight = made.add("expand", {"axes": (2,)}, -2)
    total = made.add("reduce", keep, made.add("multiply", {}, -1, weight))
    made.add("divide", {}, total, made.add("reduce", keep, weight))
    return made


def _softmax(layer, shapes, out, form, masks):
    if len(shapes[0]) != 2:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} has a mask, and {len(shapes[0])} dimensions.")
    made, hide = Made(), {"fixed": None, "moved": False}
    scores = made.add("softmax", {"axis": layer.axis}, made.add("hide", {**hide, "far": -1e9}, -1, -2))
    made.add("hide", {**hide, "far": 0.0}, scores, -2)
    return made


def _product(layer, shapes, out, form, masks):
    if len({len(s) for s in shapes}) > 1:  # as layers that merge: masks of other ranks are not looked at
        return [("multiply", {}, tuple(range(-1, -1 - len(shapes), -1)))]
    made, hide, ends = Made(), {"fixed": None, "moved": False}, list(range(-1, -1 - len(shapes), -1))
    axes = {"axes": tuple(range(2, len(shapes[0])))}
    seen = {k: made.add("expand", axes, -1 - len(shapes) - i) for i, k in enumerate(masks)}
    for k, mask in seen.items():
        ends[k] = made.add("hide", {**hide, "far": 1.0}, ends[k], mask)
    value = made.add("multiply", {}, *ends)
    if len(seen) == len(shapes):
        made.add("hide", {**hide, "far": 0.0}, value, made.add("maximum", {}, *seen.values()))
    return made


def used(layer, shapes, out, form):
    """The rule for Masking: zeros where a step is left out."""
    made = Made()
    differs = made.add("differs", {"other": np.float32(layer.mask_value)}, -1)
    seen = made.add("reduce", {"function": "max", "axes": (len(shapes[0]) - 1,), "keepdims": True}, differs)
    made.add("multiply", {}, -1, seen)
    return made


MASKED: dict[str, Rule] = {**RECURRENT, **ATTENTION, "GlobalAveragePooling1D": _mean, "Softmax": _softmax,
                           "Multiply": _product}  # fmt: skip
