"""A model as a drawing: one box per layer, lines from where its inputs come."""

import os
from html import escape

from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.extras import missing
from fastnn.visualization import png
from fastnn.visualization.raster import Canvas

_BOX, _LINE, _GAP = 190, 16, 34
_EDGE, _FILL = (100, 116, 139), (241, 245, 249)  # as in the SVG
# rankdir -> sides of a box where a line leaves, and where it comes in
_DOORS = {
    "TB": ((0, 1), (0, -1)), "BT": ((0, -1), (0, 1)), "LR": ((1, 0), (-1, 0)), "RL": ((-1, 0), (1, 0)),
}  # fmt: skip


def _text_of(
    event,
    inside="",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=True,
    show_layer_activations=False,
    show_trainable=False,
):
    layer = event.operation
    kind = getattr(layer, "kind", type(layer).__name__)
    lines = [f"{inside}{layer.name} ({kind})" if show_layer_names else f"{inside}{kind}"]
    if show_layer_activations and getattr(layer, "activation", None) is not None:
        lines.append(f"activation: {getattr(layer.activation, '__name__', layer.activation)}")
    if show_shapes:
        lines.append("output: " + ", ".join(str(tuple(s.shape)) for s in event.specs))
    if show_dtype:
        lines.append("dtype: " + ", ".join(s.dtype for s in event.specs))
    if show_trainable and hasattr(layer, "trainable"):
        lines.append("trainable" if layer.trainable else "frozen")
    return lines


def _nodes(model, expand, into="", above=(), given=None):
    """The boxes and lines of a model's graph, and {event: the boxes that its results come out of}.

    A box is (calls of the models that it is inside of..., its event), with the names of these models in `boxes`.
    expand: whether models inside the model are drawn as their own layers.  given: {event of an input: boxes that the
    input comes out of}, where this is a model inside another one; its inputs then have no box.
    """
    boxes, lines, ends = {}, [], dict(given or {})
    for event in _map_of(model).events:
        if event in ends:
            continue
        sources = [ends.get(x.origin, []) for x in event.inputs]
        inner = event.operation
        if expand and _map_of(inner) is not None:
            door = dict(zip([x.origin for x in inner.inputs], sources))
            inside, between, out = _nodes(inner, expand, f"{into}{inner.name}/", (*above, event), door)
            boxes.update(inside)
            lines += between
            ends[event] = [box for x in inner.outputs for box in out[x.origin]]
        else:
            box = (*above, event)
            boxes[box] = into
            lines += [(source, box) for several in sources for source in several]
            ends[event] = [box]
    return boxes, lines, ends


class _Drawing:
    """Where the boxes and lines of a model's calls are, and what the boxes say.

    rankdir: "TB" has inputs on top, "BT" below, "LR" left, "RL" right.
    """

    def __init__(self, boxes, lines, texts, rankdir):
        rank, into = {}, {box: [] for box in boxes}
        for source, box in lines:
            into[box].append(source)
        for box in boxes:
            rank[box] = 1 + max((rank[source] for source in into[box]), default=-1)
        rows = [[e for e in boxes if rank[e] == r] for r in range(max(rank.values()) + 1)]
        self.wide = max(_BOX, *(7 * len(line) + 16 for lines in texts.values() for line in lines))
        self.tall = _LINE * max(map(len, texts.values())) + 12
        most, deep = max(map(len, rows)), len(rows)
        if rankdir in ("TB", "BT"):
            self.width, self.height = most * (self.wide + 20) + 20, 20 + deep * (self.tall + _GAP) - _GAP
        else:
            self.width, self.height = 20 + deep * (self.wide + _GAP) - _GAP, most * (self.tall + 20) + 20
        place = {}
        for r, row in enumerate(rows):
            for i, event in enumerate(row):
                share = (i + 0.5) / len(row)
                if rankdir in ("TB", "BT"):
                    x, y = share * self.width, 10 + r * (self.tall + _GAP)
                else:
                    x, y = 10 + self.wide / 2 + r * (self.wide + _GAP), share * self.height - self.tall / 2
                x = self.width - x if rankdir == "RL" else x
                y = self.height - y - self.tall if rankdir == "BT" else y
                place[event] = x, y
        out, into = _DOORS[rankdir]
        w, h = self.wide / 2, self.tall / 2
        self.lines = [
            (
                place[a][0] + out[0] * w,
                place[a][1] + h + out[1] * h,
                place[b][0] + into[0] * w,
                place[b][1] + h + into[1] * h,
            )
            for a, b in lines
        ]
        self.boxes = [(x, y, texts[event]) for event, (x, y) in place.items()]

    def svg(self, label):
        """As SVG text."""
        wide, tall = self.wide, self.tall
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" height="{self.height:.0f}" '
            f'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{escape(label, quote=True)}">'
            '<rect width="100%" height="100%" fill="#fff"/>'
        ]
        for x1, y1, x2, y2 in self.lines:
            out.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#64748b"/>')
        for x, y, text in self.boxes:
            out.append(
                f'<rect x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide}" height="{tall}" rx="4" fill="#f1f5f9" '
                'stroke="#64748b"/>'
            )
            out += [
                f'<text x="{x:.1f}" y="{y + 6 + _LINE * (i + 0.75):.1f}" text-anchor="middle">{escape(line)}</text>'
                for i, line in enumerate(text)
            ]
        return "".join(out) + "</svg>"

    def pixels(self, scale):
        """As an array (height, width, 3) uint8, `scale` pixels to a unit."""
        canvas, pen = Canvas(self.width * scale, self.height * scale), max(1, round(scale))
        for ends in self.lines:
            canvas.line(*(v * scale for v in ends), _EDGE, pen)
        for x, y, text in self.boxes:
            edges = (x - self.wide / 2, y, x + self.wide / 2, y + self.tall)
            canvas.box(*(v * scale for v in edges), _FILL, _EDGE, pen)
            for i, line in enumerate(text):
                canvas.text(x * scale, (y + 6 + _LINE * (i + 0.5)) * scale, line, 12 * scale)
        return canvas.pixels


def _map_of(model):
    """The graph of a functional or built sequential model, or None."""
    own = getattr(model, "__dict__", {})
    return own.get("_map") or getattr(own.get("_functional"), "_map", None)


def _drawing(model, rankdir="TB", expand_nested=False, show_layer_names=True, **shown):
    if _map_of(model) is None:
        raise NotBuiltError(
            f"plot_model: the layers of model '{model.name}' are not connected by symbols, so there is "
            "no graph to draw. Give a Sequential model an Input; draw the functional models inside a "
            "subclassed one."
        )
    if rankdir not in _DOORS:
        raise ArgumentError(f"plot_model: received rankdir={rankdir!r}, expected one of {', '.join(_DOORS)}.")
    boxes, lines, _ = _nodes(model, expand_nested)
    texts = {box: _text_of(box[-1], where, show_layer_names=show_layer_names, **shown) for box, where in boxes.items()}
    return _Drawing(list(boxes), lines, texts, rankdir)


def model_svg(model, **shown):
    """The calls of a functional or built sequential model as SVG text, inputs on top.

    Args:
        model: the model.
        shown: what the boxes say (show_shapes, show_dtype, show_layer_names, ...), rankdir and expand_nested, as
            `plot_model` takes them.

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

    Args:
        model: a functional or built sequential model.
        to_file: path; .svg and .png are written by fastnn itself, others (.jpg, .pdf, ...) by Pillow.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what the boxes say besides
            the layer's class.
        rankdir: where the inputs are: "TB" on top, "BT" below, "LR" left, "RL" right.
        expand_nested: whether models inside the model are drawn as their layers.
        dpi: 96 draws a pixel for each unit of the SVG.
        splines: Keras's argument, of no effect.
        kwargs: layer_range: None, as Keras's.

    Raises NotBuiltError as `model_svg` does, ArgumentError for another rankdir and for arguments that do not exist,
    NotSupportedError for what needs Pillow where it is not installed; then no file is written.

    >>> import os, tempfile
    >>> from fastnn import Input, Sequential, layers
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = plot_model(Sequential([Input((4,)), layers.Dense(2)]), os.path.join(folder, "model.svg"))
    ...     os.path.getsize(path) > 100
    True
    """
    if kwargs.pop("layer_range", None) is not None:
        raise ArgumentError("Argument `layer_range` is no longer supported. Draw a model of these layers.")
    if kwargs:
        raise ArgumentError(f"Unrecognized keyword arguments: {kwargs}.{near(kwargs, plot_model)}")
    drawing = _drawing(
        model,
        rankdir,
        expand_nested,
        show_layer_names,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    path, text = os.fspath(to_file), drawing.svg(model.name)
    root, ending = os.path.splitext(path)
    if ending.lower() in (".svg", ".png"):
        data = text.encode() if ending.lower() == ".svg" else png.encode(drawing.pixels(dpi / 96))
        with open(path, "wb") as file:
            file.write(data)
        return _drawn(path, text)
    try:
        from PIL import Image
    except ImportError:
        raise missing(
            f"plot_model to {ending or 'a file without an ending'}", "images", f"Or write {root}.svg or {root}.png."
        ) from None
    Image.fromarray(drawing.pixels(dpi / 96)).save(path)
    return _drawn(path, text)
