"""Rules for files of steps: products by an equation, attention, layers over time, images of another size."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.core.resampling import weights
from fastnn.export.rules_words import Made, Rule, activation, array, either_format, kind_of, rule_of


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


def _adaptive(layer, shapes, out, form):
    if None in shapes[0][1:]:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} divides axes whose sizes are not known.")
    rank = len(shapes[0])
    made, value = Made(), -1
    for axis in range(1, rank - 1):
        n, parts = shapes[0][axis], out[axis]
        spans = [(i * n // parts, -(-(i + 1) * n // parts)) for i in range(parts)]
        if "Max" in kind_of(layer):
            ends = []
            for span in spans:
                starts, stops = [0] * (rank - 1), [None] * (rank - 1)
                starts[axis - 1], stops[axis - 1] = span
                window = made.add("slice", {"starts": tuple(starts), "ends": tuple(stops)}, value)
                ends.append(made.add("reduce", {"function": "max", "axes": (axis,), "keepdims": True}, window))
            value = made.add("concat", {"axis": axis}, *ends)
        else:
            shares = np.zeros((parts, n), np.float32)
            for i, (a, b) in enumerate(spans):
                shares[i, a:b] = 1 / (b - a)
            letters = "rabcde"[: rank - 1] + "z"
            new = letters.replace(letters[axis], "n")
            value = made.add("einsum", {"equation": f"{letters},n{letters[axis]}->{new}", "weight": shares}, value)
    return made


def _center_crop(layer, shapes, out, form):
    sizes = shapes[0][1:-1]
    if None in sizes or any(n < wanted for n, wanted in zip(sizes, out[1:])):
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} enlarges images of {sizes}, or any size.")
    starts = tuple((n - wanted) // 2 for n, wanted in zip(sizes, out[1:]))
    yield "slice", {"starts": (*starts, 0), "ends": (*(a + n for a, n in zip(starts, out[1:])), None)}


def inside(rules):
    """The rule for SpectralNormalization, which in inference is the layer inside."""

    def rule(layer, shapes, out, form):
        inner = rule_of(layer.layer, rules)
        if inner is None:
            raise NotSupportedError(
                f"export to {form}: layer {layer.name!r} holds a {kind_of(layer.layer)}, which there is no rule for."
            )
        return inner(layer.layer, shapes, out, form)

    return rule


def over_time(rules):
    """The rule for TimeDistributed, of the rules for what it runs."""

    def rule(layer, shapes, out, form):
        inner = rule_of(layer.layer, rules)
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
    "Resizing": either_format(resampled), "CenterCrop": either_format(_center_crop),
    **{f"Adaptive{kind}Pooling{n}D": either_format(_adaptive) for kind in ("Max", "Average") for n in (1, 2, 3)},
}  # fmt: skip
