"""A model as a drawing: one box per layer, lines from where its inputs come."""

import os
import warnings
from html import escape

from fastnn.core.errors import NotBuiltError

_BOX, _LINE, _GAP = 190, 16, 34


def _text_of(event, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable):
    layer = event.operation
    kind = getattr(layer, "kind", type(layer).__name__)
    lines = [f"{layer.name} ({kind})" if show_layer_names else kind]
    if show_layer_activations and getattr(layer, "activation", None) is not None:
        lines.append(f"activation: {getattr(layer.activation, '__name__', layer.activation)}")
    if show_shapes:
        lines.append("output: " + ", ".join(str(tuple(s.shape)) for s in event.specs))
    if show_dtype:
        lines.append("dtype: " + ", ".join(s.dtype for s in event.specs))
    if show_trainable and hasattr(layer, "trainable"):
        lines.append("trainable" if layer.trainable else "frozen")
    return lines


def model_svg(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    show_layer_activations=False,
    show_trainable=False,
):
    """The calls of a functional or built sequential model as SVG text, inputs on top.

    Raises NotBuiltError for a model whose graph is not known: a subclassed one, or one without input shape.

    >>> from fastnn import Input, Sequential, layers
    >>> model_svg(Sequential([Input((4,)), layers.Dense(2)])).startswith("<svg")
    True
    """
    map_ = model.__dict__.get("_map") or getattr(model.__dict__.get("_functional"), "_map", None)
    if map_ is None:
        raise NotBuiltError(
            f"plot_model: the layers of model '{model.name}' are not connected by symbols, so there is "
            "no graph to draw. Give a Sequential model an Input; draw the functional models inside a "
            "subclassed one."
        )
    rank = {}
    for event in map_.events:
        rank[event] = 1 + max((rank[x.origin] for x in event.inputs if x.origin in rank), default=-1)
    rows = [[e for e in map_.events if rank[e] == r] for r in range(max(rank.values()) + 1)]
    texts = {
        e: _text_of(e, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
        for e in map_.events
    }
    wide = max(_BOX, *(7 * len(line) + 16 for lines in texts.values() for line in lines))
    tall = _LINE * max(map(len, texts.values())) + 12
    width = max(map(len, rows)) * (wide + 20) + 20
    place = {
        e: ((i + 0.5) * width / len(row), 10 + r * (tall + _GAP))
        for r, row in enumerate(rows)
        for i, e in enumerate(row)
    }
    height = 20 + len(rows) * (tall + _GAP) - _GAP
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-family="system-ui, '
        f'sans-serif" font-size="12" role="img" aria-label="{escape(model.name, quote=True)}">'
        '<rect width="100%" height="100%" fill="#fff"/>'
    ]
    for event in map_.events:
        for x in event.inputs:
            if x.origin in place:
                (x1, y1), (x2, y2) = place[x.origin], place[event]
                out.append(f'<line x1="{x1:.1f}" y1="{y1 + tall}" x2="{x2:.1f}" y2="{y2}" stroke="#64748b"/>')
    for event, (x, y) in place.items():
        out.append(
            f'<rect x="{x - wide / 2:.1f}" y="{y}" width="{wide}" height="{tall}" rx="4" fill="#f1f5f9" '
            'stroke="#64748b"/>'
        )
        out += [
            f'<text x="{x:.1f}" y="{y + 6 + _LINE * (i + 0.75):.1f}" text-anchor="middle">{escape(line)}</text>'
            for i, line in enumerate(texts[event])
        ]
    return "".join(out) + "</svg>"


def plot_model(
    model,
    to_file="model.svg",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    splines="ortho",
    **kwargs,
):
    """Draw a model into an SVG file; returns its path.

    to_file: path; another ending than .svg is replaced, with a warning, because no other format is written.
    show_...: what the boxes say.  rankdir, expand_nested, dpi and splines are accepted as Keras's.

    Raises NotBuiltError as `model_svg` does.
    """
    text = model_svg(model, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    root, ending = os.path.splitext(os.fspath(to_file))
    if ending.lower() != ".svg":
        warnings.warn(f"plot_model draws SVG: {root}.svg is written instead of {os.fspath(to_file)}.", stacklevel=2)
    with open(f"{root}.svg", "w", encoding="utf-8") as file:
        file.write(text)
    return f"{root}.svg"
