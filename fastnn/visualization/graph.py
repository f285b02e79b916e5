"""A model as a drawing: one box per layer, lines from where its inputs come."""

import importlib.util
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


class _Drawing:
    """Where the boxes and lines of a model's calls are, inputs on top, and what the boxes say."""

    def __init__(self, map_, texts):
        rank = {}
        for event in map_.events:
            rank[event] = 1 + max((rank[x.origin] for x in event.inputs if x.origin in rank), default=-1)
        rows = [[e for e in map_.events if rank[e] == r] for r in range(max(rank.values()) + 1)]
        self.wide = max(_BOX, *(7 * len(line) + 16 for lines in texts.values() for line in lines))
        self.tall = _LINE * max(map(len, texts.values())) + 12
        self.width = max(map(len, rows)) * (self.wide + 20) + 20
        self.height = 20 + len(rows) * (self.tall + _GAP) - _GAP
        place = {
            e: ((i + 0.5) * self.width / len(row), 10 + r * (self.tall + _GAP))
            for r, row in enumerate(rows)
            for i, e in enumerate(row)
        }
        self.lines = [
            (*place[x.origin], *place[event]) for event in map_.events for x in event.inputs if x.origin in place
        ]
        self.boxes = [(x, y, texts[event]) for event, (x, y) in place.items()]

    def svg(self, label):
        """As SVG text."""
        wide, tall = self.wide, self.tall
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" height="{self.height}" '
            f'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{escape(label, quote=True)}">'
            '<rect width="100%" height="100%" fill="#fff"/>'
        ]
        for x1, y1, x2, y2 in self.lines:
            out.append(f'<line x1="{x1:.1f}" y1="{y1 + tall}" x2="{x2:.1f}" y2="{y2}" stroke="#64748b"/>')
        for x, y, text in self.boxes:
            out.append(
                f'<rect x="{x - wide / 2:.1f}" y="{y}" width="{wide}" height="{tall}" rx="4" fill="#f1f5f9" '
                'stroke="#64748b"/>'
            )
            out += [
                f'<text x="{x:.1f}" y="{y + 6 + _LINE * (i + 0.75):.1f}" text-anchor="middle">{escape(line)}</text>'
                for i, line in enumerate(text)
            ]
        return "".join(out) + "</svg>"

    def image(self, scale):
        """As an image of Pillow, `scale` pixels to a unit."""
        from PIL import Image, ImageDraw, ImageFont

        def at(*numbers):
            return [round(n * scale) for n in numbers]

        picture = Image.new("RGB", at(self.width, self.height), "#fff")
        draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=12 * scale)
        for x1, y1, x2, y2 in self.lines:
            draw.line(at(x1, y1 + self.tall, x2, y2), fill="#64748b", width=max(1, round(scale)))
        for x, y, text in self.boxes:
            edge = at(x - self.wide / 2, y, x + self.wide / 2, y + self.tall)
            draw.rounded_rectangle(edge, round(4 * scale), fill="#f1f5f9", outline="#64748b")
            for i, line in enumerate(text):
                draw.text(at(x, y + 6 + _LINE * (i + 0.5)), line, fill="#000", font=font, anchor="mm")
        return picture


def _drawing(
    model,
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    show_layer_activations=False,
    show_trainable=False,
):
    map_ = model.__dict__.get("_map") or getattr(model.__dict__.get("_functional"), "_map", None)
    if map_ is None:
        raise NotBuiltError(
            f"plot_model: the layers of model '{model.name}' are not connected by symbols, so there is "
            "no graph to draw. Give a Sequential model an Input; draw the functional models inside a "
            "subclassed one."
        )
    return _Drawing(
        map_,
        {
            e: _text_of(e, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
            for e in map_.events
        },
    )


def model_svg(model, **shown):
    """The calls of a functional or built sequential model as SVG text, inputs on top.

    shown: what the boxes say (show_shapes, show_dtype, show_layer_names, ...), as `plot_model` takes it.

    Raises NotBuiltError for a model whose graph is not known: a subclassed one, or one without input shape.

    >>> from fastnn import Input, Sequential, layers
    >>> model_svg(Sequential([Input((4,)), layers.Dense(2)])).startswith("<svg")
    True
    """
    return _drawing(model, **shown).svg(model.name)


class Drawn(str):
    """The path of a drawing that was written; a notebook shows the drawing itself."""

    drawing: str

    def _repr_svg_(self):
        return self.drawing


def _drawn(path, svg):
    found = Drawn(path)
    found.drawing = svg
    return found


def _has_pillow():
    try:
        return importlib.util.find_spec("PIL") is not None
    except ValueError:  # sys.modules says that there is none
        return False


def plot_model(
    model,
    to_file="model.png",
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
    """Draw a model into a file; returns its path, which a notebook shows as the drawing.

    to_file: path; one that ends in .svg is written by fastnn itself, others (.png, .jpg, .pdf) by Pillow.  Without
    Pillow an SVG file is written beside the name, with a warning.
    show_...: what the boxes say.  dpi: 96 draws a pixel for each unit of the SVG.  rankdir, expand_nested and
    splines are accepted as Keras's.

    Raises NotBuiltError as `model_svg` does.
    """
    drawing = _drawing(model, show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    path = os.fspath(to_file)
    root, ending = os.path.splitext(path)
    if ending.lower() != ".svg":
        if _has_pillow():
            drawing.image(dpi / 96).save(path)
            return _drawn(path, drawing.svg(model.name))
        warnings.warn(
            f"plot_model draws SVG without Pillow: {root}.svg is written instead of {path}. "
            "Run `pip install pillow` for other formats.",
            stacklevel=2,
        )
    with open(f"{root}.svg", "w", encoding="utf-8") as file:
        file.write(drawing.svg(model.name))
    return _drawn(f"{root}.svg", drawing.svg(model.name))
