"""Rules for files of steps: products by an equation, attention, layers over time, images of another size."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.core.resampling import weights
from fastnn.export.rules_words import Rule, activation, array, last


def _einsum(layer, shapes, out, form):
    left, kernel, right, open_ = layer._parts
    free = [c for c in "zyxwvutsrqponmlkjihgfedcba" if c not in left + kernel + right]
    more = "".join(free[: len(shapes[0]) - len(left)])
    lead, trail = (more, "") if open_ == "left" else ("", more)
    yield "einsum", {"equation": f"{lead}{left}{trail},{kernel}->{lead}{right}{trail}", "weight": array(layer.kernel)}
    if layer.bias is not None:
        yield "binary", {"function": "add", "other": array(layer.bias), "swapped": False}
    yield from activation(layer.activation, layer, form)


def _unit_norm(layer, shapes, out, form):
    axes = layer.axis if isinstance(layer.axis, list) else [layer.axis]
    axes = tuple(sorted(a % len(shapes[0]) for a in axes))
    if 0 in axes:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} normalises rows too, axes {axes}.")
    yield "unary", {"function": "square"}
    yield "reduce", {"function": "sum", "axes": axes, "keepdims": True}
    yield "binary", {"function": "maximum", "other": np.float32(1e-12), "swapped": False}
    yield "unary", {"function": "rsqrt"}
    yield "multiply", {}, (-1, 3)


def _normalization(layer, shapes, out, form):
    mean, variance = (np.asarray(v, np.float64) for v in (layer.mean, layer.variance))
    root = np.maximum(np.sqrt(variance), 1e-7)
    scale, shift = (root, mean) if layer.invert else (1 / root, -mean / root)
    if mean.shape[:1] not in ((), (1,)):
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} has statistics for each row.")
    yield "affine", {"scale": scale.astype(np.float32), "shift": shift.astype(np.float32)}


def _dot(layer, shapes, out, form):
    ranks = [len(s) for s in shapes]
    axes = layer.axes if isinstance(layer.axes, (list, tuple)) else (layer.axes, layer.axes)
    axes = [a % r for a, r in zip(axes, ranks)]
    if layer.normalize or ranks != [3, 3] or 0 in axes:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} multiplies {ranks[0]} by {ranks[1]} dimensions, or normalises; "
            "expected two sequences as they are."
        )
    one, two = [["r", "a", "b"], ["r", "c", "d"]]
    two[axes[1]] = one[axes[0]]
    kept = [c for k, c in enumerate(one) if k != axes[0]] + [c for k, c in enumerate(two) if k not in (0, axes[1])]
    yield "einsum", {"equation": f"{''.join(one)},{''.join(two)}->{''.join(kept)}"}


def _attention(layer, shapes, out, form):
    if layer.score_mode != "dot" or [len(s) for s in shapes[:2]] != [3, 3]:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} has score_mode={layer.score_mode!r}; expected 'dot' of sequences."
        )
    yield "einsum", {"equation": "rtd,rsd->rts"}, (-1, -3 if len(shapes) > 2 else -2)
    scale = 1.0 if layer.scale is None else array(layer.scale)
    yield "binary", {"function": "multiply", "other": np.float32(scale), "swapped": False}
    yield "softmax", {"axis": -1}
    yield "matmul", {}, (2, -2)


def over_time(rules):
    """The rule for TimeDistributed, of the rules for what it runs."""

    def rule(layer, shapes, out, form):
        inner = rules.get(type(layer.layer).__name__)
        if inner is None or None in shapes[0][1:] or None in out[1:]:
            raise NotSupportedError(
                f"export to {form}: layer {layer.name!r} runs a {type(layer.layer).__name__} at each step, which "
                "there is no rule for, or sizes are not known."
            )
        one = (None, *shapes[0][2:])
        yield "reshape", {"shape": (-1, *one[1:])}
        for kind, options, *wanted in inner(layer.layer, [one], (None, *out[2:]), form):
            yield kind, options, *[tuple(k + 1 if k >= 0 else 0 for k in numbers) for numbers in wanted]
        yield "reshape", {"shape": (-1, *out[1:])}

    return rule


def resampled(layer, shapes, out, form):
    last(layer, form)
    if None in shapes[0][1:] or getattr(layer, "crop_to_aspect_ratio", False) or getattr(
        layer, "pad_to_aspect_ratio", False
    ):  # fmt: skip
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} needs known sizes and one scale for each axis."
        )
    how = layer.interpolation, getattr(layer, "antialias", False)
    for k, equation in ((1, "rhwc,nh->rnwc"), (2, "rhwc,nw->rhnc")):
        matrix = weights(shapes[0][k], out[k], *how).astype(np.float32)
        yield "einsum", {"equation": equation, "weight": matrix}


BLOCKS: dict[str, Rule] = {
    "EinsumDense": _einsum, "UnitNormalization": _unit_norm, "Normalization": _normalization, "Dot": _dot,
    "Attention": _attention, "Resizing": resampled,
}  # fmt: skip
