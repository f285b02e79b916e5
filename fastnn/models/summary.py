"""The table that model.summary() prints, in the form Keras 3 prints it."""

import re
import shutil

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.layers import nest
from fastnn.layers.events import live_events
from fastnn.utils.interactive import write


def count_params(weights):
    """How many numbers a list of weights holds."""
    return int(sum(w.size for w in weights))


def memory_size(weights):
    """Bytes of a list of weights, each counted once."""
    return sum(w.size * dtypes.itemsize(w.dtype) for w in {id(w): w for w in weights}.values())


def readable_size(size):
    """Bytes as text.

    >>> readable_size(1536)
    '1.50 KB'
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _shape_text(layer):
    events = live_events(layer)
    if events:
        shapes = [_dims(s.shape) for s in nest.flatten(events[-1].output)]
    else:
        try:
            shape = getattr(layer, "output_shape", None)
        except AttributeError:
            shape = None
        if shape is None:
            if not layer._build_shapes:
                return "?"
            try:
                shape = layer.compute_output_shape(*layer._build_shapes.values())
            except (NotImplementedError, TypeError, ValueError, AttributeError):
                return "?"
        shapes = nest.map_shapes(_dims, shape)
    flat = nest.flatten(shapes)
    return flat[0] if len(flat) == 1 else str(shapes).replace("'", "")


def _dims(shape):
    return f"({', '.join(map(str, shape))})"


def _columns(positions, line_length):
    """Widths of the cells with their padding, for a table of `line_length` characters."""
    widths, at = [], 0
    for position in positions:
        width = int(position * line_length) - at
        if width < 4:
            raise ArgumentError("Insufficient console width to print summary.")
        widths.append(width + 2)
        at += width
    excess, out = sum(widths) - (line_length - len(widths) - 1), []
    for i, width in enumerate(widths):
        take = min(width, round(excess / (len(widths) - i)))
        out.append(width - take)
        excess -= take
    return out


def _wrap(text, width):
    """Lines of at most `width` characters, broken at spaces; a longer word is cut with an ellipsis."""
    lines = []
    for part in text.split("\n"):
        line = ""
        for word in re.findall(r"\s*\S+\s*", part) or [""]:
            if line and len((line + word).rstrip()) > width:
                lines.append(line)
                line = word
            else:
                line += word
        lines.append(line)
    lines = [line.rstrip() for line in lines]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]


_ALIGN = {"left": str.ljust, "right": str.rjust, "center": str.center}


def _row(cells, widths, aligns, bar):
    wrapped = [_wrap(cell, width - 2) for cell, width in zip(cells, widths)]
    lines = []
    for i in range(max(map(len, wrapped))):
        parts = [
            _ALIGN[align](cell[i] if i < len(cell) else "", width - 2)
            for cell, width, align in zip(wrapped, widths, aligns)
        ]
        lines.append(bar + bar.join(f" {part} " for part in parts) + bar)
    return lines


def table(header, rows, widths, aligns):
    """A boxed table as a list of lines."""
    lines = [
        "┏" + "┳".join("━" * w for w in widths) + "┓",
        *_row(header, widths, aligns, "┃"),
        "┡" + "╇".join("━" * w for w in widths) + "┩",
    ]
    for i, row in enumerate(rows):
        if i:
            lines.append("├" + "┼".join("─" * w for w in widths) + "┤")
        lines += _row(row, widths, aligns, "│")
    return lines + ["└" + "┴".join("─" * w for w in widths) + "┘"]


def _is_stack(model):
    """Whether a functional model is a plain stack: one call per depth, one input each, no shared layer."""
    seen = set()
    for events in model._map.by_depth.values():
        if len(events) > 1 or len(events[0].inputs) > 1:
            return False
        if events[0].operation in seen:
            return False
        seen.add(events[0].operation)
    return True


def _connections(operation, inside):
    found = [
        f"{x.origin.operation.name}[{x.origin.index}][{x.index}]"
        for event in live_events(operation)
        if event in inside
        for x in event.inputs
    ]
    return ", ".join(found) or "-"


def _chosen(layers, layer_range):
    """The layers from the first that matches layer_range[0] to the last that matches layer_range[1]."""
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ArgumentError(f"layer_range must be a list or tuple of two strings. Received: layer_range={layer_range}")
    first, last = ([i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not first or not last:
        raise ArgumentError(f"Passed layer_names do not match the layer names in the model. Received: {layer_range}")
    if min(first) > max(last):
        return layers[min(last) : max(first) + 1]
    return layers[min(first) : max(last) + 1]


def summary_text(model, line_length=None, positions=None, expand_nested=False, show_trainable=False, layer_range=None):
    """The whole summary as text; arguments as those of Model.summary."""
    graph = model.__dict__.get("_map")
    stack = graph is None or _is_stack(model)
    layers = model.layers if graph is None else graph.operations
    if stack:
        default, positions = 88, positions or [0.45, 0.80, 1.0]
        header, aligns = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    else:
        default, positions = 108, positions or [0.3, 0.56, 0.74, 1.0]
        header = ["Layer (type)", "Output Shape", "Param #", "Connected to"]
        aligns = ["left", "left", "right", "left"]
    if show_trainable:
        default += 12
        positions = [p * 0.90 for p in positions] + [1.0]
        header.append("Trainable")
        aligns.append("center")
    line_length = line_length or min(default, shutil.get_terminal_size().columns - 4)
    inside = set(graph.events) if graph is not None else set()

    def fields(layer, prefix=""):
        is_layer = hasattr(layer, "built")
        kind = vars(type(layer)).get("_class_in_files", type(layer).__name__) if is_layer else layer.kind
        params = "0" if not is_layer else f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        row = [f"{prefix}{layer.name} ({kind})", _shape_text(layer), params]
        if not stack:
            row.append(_connections(layer, inside))
        if show_trainable:
            row.append(("Y" if layer.trainable else "N") if is_layer and layer.weights else "-")
        return row

    def rows_of(layer, level=0):
        rows = [fields(layer, "   " * level + "└ " if level else "")]
        if expand_nested:
            for inner in getattr(layer, "layers", ()) or ():
                rows += rows_of(inner, level + 1)
        return rows

    rows = [row for layer in _chosen(layers, layer_range) for row in rows_of(layer)]
    lines = [f'Model: "{model.name}"', *table(header, rows, _columns(positions, line_length), aligns)]
    groups = [("Trainable", model.trainable_weights), ("Non-trainable", model.non_trainable_weights)]
    optimizer = getattr(model, "optimizer", None)
    if getattr(model, "compiled", False) and optimizer is not None and getattr(optimizer, "built", False):
        groups.append(("Optimizer", list(optimizer.variables)))
    total, size = (sum(f(w) for _, w in groups) for f in (count_params, memory_size))
    lines.append(f" Total params: {total:,} ({readable_size(size)})")
    lines += [f" {word} params: {count_params(w):,} ({readable_size(memory_size(w))})" for word, w in groups]
    return "\n".join(lines) + "\n"


def print_summary(model, print_fn=None, **kwargs):
    """Write the summary to standard output, or hand it to `print_fn`."""
    (print_fn or write)(summary_text(model, **kwargs))
