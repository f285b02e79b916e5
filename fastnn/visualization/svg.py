"""Charts as SVG text: lines over epochs and square matrices."""

import math
from html import escape

import numpy as np

from fastnn.visualization import png

_COLOURS = ("#2563eb", "#ea580c", "#059669", "#9333ea", "#64748b")
_WIDTH, _HEIGHT = 460, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 34, 40


def ticks(low, high, count=5):
    """Round numbers that cover [low, high], about `count` of them.

    >>> ticks(0.03, 0.97)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        high = low + (abs(low) or 1.0)
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(i * step, digits) for i in range(first, last + 1)]


def line_chart(series, title, x_label="epoch", y_label="", x_first=1, mark=None):
    """A chart of one or more lines over 1, 2, 3, ..., as SVG text.

    Args:
        series: {name: sequence of numbers}; NaN leaves a gap.
        title: str.
        x_label, y_label: str, of the axes.
        x_first: the number of the first point.
        mark: (x, text) of a vertical line, or None.

    >>> line_chart({"loss": [1.0, 0.5]}, "Loss").startswith("<svg")
    True
    """
    series = {name: [float(v) for v in values] for name, values in series.items() if len(values)}
    finite = [v for values in series.values() for v in values if math.isfinite(v)] or [0.0, 1.0]
    count = max((len(v) for v in series.values()), default=1)
    ys = ticks(min(finite), max(finite))
    xs = [
        x
        for x in ticks(x_first, x_first + max(count - 1, 1))
        if float(x).is_integer() and x_first <= x <= x_first + max(count - 1, 1)
    ]
    inner_w, inner_h = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x_of(i):
        return _LEFT + inner_w * (i - x_first) / max(count - 1, 1)

    def y_of(value):
        return _TOP + inner_h * (1 - (value - ys[0]) / (ys[-1] - ys[0]))

    out = [_open(_WIDTH, _HEIGHT, title), f'<text x="{_LEFT}" y="18" class="title">{escape(title)}</text>']
    out += [
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y_of(y):.1f}" y2="{y_of(y):.1f}" class="grid"/>'
        f'<text x="{_LEFT - 6}" y="{y_of(y) + 4:.1f}" text-anchor="end">{y:g}</text>'
        for y in ys
    ]
    out += [f'<text x="{x_of(x):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{x:g}</text>' for x in xs]
    out.append(f'<text x="{_LEFT + inner_w / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    if y_label:
        out.append(
            f'<text x="12" y="{_TOP + inner_h / 2}" text-anchor="middle" '
            f'transform="rotate(-90 12 {_TOP + inner_h / 2})">{escape(y_label)}</text>'
        )
    if mark is not None:
        x, words = x_of(mark[0]), escape(str(mark[1]))
        anchor = "end" if x > _LEFT + inner_w / 2 else "start"
        out.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#dc2626" '
            f'stroke-dasharray="4 3" class="mark"/><text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{_TOP + 10}" '
            f'text-anchor="{anchor}" fill="#dc2626">{words}</text>'
        )
    legend = _WIDTH - _RIGHT
    for number, values in enumerate(series.values()):
        colour = _COLOURS[number % len(_COLOURS)]
        for run in _runs(values):
            points = " ".join(f"{x_of(x_first + i):.1f},{y_of(v):.1f}" for i, v in run)
            out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            if len(run) == 1:
                x, y = points.split(",")
                out.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
    for number, name in reversed(list(enumerate(series))):
        out.append(
            f'<text x="{legend}" y="18" text-anchor="end" fill="{_COLOURS[number % len(_COLOURS)]}" '
            f'class="legend">{escape(name)}</text>'
        )
        legend -= 8 * len(name) + 14
    return "".join(out) + "</svg>"


def _runs(values):
    """Stretches of finite values as lists of (index, value)."""
    runs, run = [], []
    for i, value in enumerate(values):
        if math.isfinite(value):
            run.append((i, value))
        elif run:
            runs.append(run)
            run = []
    return runs + [run] if run else runs


def matrix_chart(matrix, title, x_label="predicted", y_label="true", labels=None):
    """A square matrix of counts, as SVG text: right ones on the diagonal in blue, mistakes in orange.

    Args:
        matrix: ints (k, k), rows are true classes.
        title: str.
        x_label, y_label: str, of the axes.
        labels: k names or None (0, 1, ...).

    >>> matrix_chart([[3, 1], [0, 4]], "Confusion").count("<rect")
    4
    """
    matrix = np.asarray(matrix)
    k = len(matrix)
    labels = [str(i) for i in range(k)] if labels is None else [str(v) for v in labels]
    cell = max(18, min(34, 340 // max(k, 1)))
    left, top = 58, 58
    width, height = left + k * cell + 10, top + k * cell + 10
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    out = [
        _open(width, height, title),
        f'<text x="{left}" y="18" class="title">{escape(title)}</text>',
        f'<text x="{left + k * cell / 2}" y="36" text-anchor="middle">{escape(x_label)}</text>',
        f'<text x="14" y="{top + k * cell / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {top + k * cell / 2})">{escape(y_label)}</text>',
    ]
    for i in range(k):
        name, middle = escape(labels[i]), (i + 0.5) * cell
        out.append(
            f'<text x="{left + middle}" y="{top - 6}" text-anchor="middle">{name}</text>'
            f'<text x="{left - 6}" y="{top + middle + 4}" text-anchor="end">{name}</text>'
        )
        for j in range(k):
            share = float(shares[i, j])
            colour = "37,99,235" if i == j else "234,88,12"
            shade = share if i == j else min(1.0, 4 * share)
            out.append(
                f'<rect x="{left + j * cell}" y="{top + i * cell}" width="{cell - 1}" height="{cell - 1}" '
                f'fill="rgba({colour},{max(shade, 0.04):.2f})"/>'
            )
            if matrix[i, j]:
                ink = "#fff" if shade > 0.55 else "currentColor"
                out.append(
                    f'<text x="{left + (j + 0.5) * cell}" y="{top + (i + 0.5) * cell + 4}" text-anchor="middle" '
                    f'fill="{ink}">{int(matrix[i, j])}</text>'
                )
    return "".join(out) + "</svg>"


def point_chart(points, groups, names, title):
    """Points of a plane in a colour for each group.

    Args:
        points: (n, 2) numbers.
        groups: (n,) ints, or None.
        names: of the groups, for the legend.
        title: str.

    Returns SVG text.

    >>> point_chart([[0, 0], [1, 1]], [0, 1], ["a", "b"], "Plane").count("<circle")
    4
    """
    points = np.asarray(points, np.float64)
    groups = np.zeros(len(points), int) if groups is None else np.asarray(groups, int)
    size, edge = 360, 34
    low, high = (points.min(0), points.max(0)) if len(points) else (np.zeros(2), np.ones(2))
    places = (points - low) / np.where(high > low, high - low, 1.0) * (size - 20) + 10
    width = size + 20 + (8 * max(map(len, names)) + 20 if len(names) else 0)
    out = [_open(width, size + edge, title), f'<text x="10" y="18" class="title">{escape(title)}</text>']
    out.append(f'<rect x="5" y="{edge - 5}" width="{size}" height="{size}" fill="none" class="grid" stroke="#888"/>')
    for (x, y), k in zip(places, groups):
        out.append(
            f'<circle cx="{x + 5:.1f}" cy="{edge - 5 + size - y:.1f}" r="2.5" fill="{colour_of(k)}" '
            'fill-opacity=".75"/>'
        )
    for k, name in enumerate(names):
        y = edge + 12 + 16 * k
        out.append(
            f'<circle cx="{size + 16}" cy="{y - 4}" r="4" fill="{colour_of(k)}"/>'
            f'<text x="{size + 24}" y="{y}">{escape(name)}</text>'
        )
    return "".join(out) + "</svg>"


def colour_of(k):
    """A colour for the number of a group: five by name, then round the circle of hues.

    >>> colour_of(0), colour_of(5)
    ('#2563eb', 'hsl(0 65% 45%)')
    """
    return _COLOURS[k] if k < len(_COLOURS) else f"hsl({(k - len(_COLOURS)) * 137 % 360} 65% 45%)"


def image_chart(images, captions, title, columns, scale):
    """Images with captions in rows and columns.

    Args:
        images: uint8, (height, width) or (height, width, 3) each.
        captions: a text for each, perhaps empty, or None.
        columns: how many side by side.
        scale: pixels drawn per pixel.
        title: str.

    Returns SVG text.

    >>> image_chart([np.zeros((2, 2), np.uint8)], ["nothing"], "One", 1, 4).count("<image")
    1
    """
    captions = [""] * len(images) if captions is None else [str(c) for c in captions]
    words = 15 if any(captions) else 0
    tall = max((i.shape[0] for i in images), default=1) * scale + 4 + words
    wide = max(max((i.shape[1] for i in images), default=1) * scale, 6 * max(map(len, captions), default=0)) + 4
    top, across = (28 if title else 4), min(columns, max(len(images), 1))
    width, height = max(across * wide + 4, 7 * len(title) + 8), top + -(-len(images) // across) * tall
    out = [_open(width, height, title), f'<text x="4" y="18" class="title">{escape(title)}</text>' if title else ""]
    for k, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = 4 + k % across * wide, top + k // across * tall
        out.append(
            f'<image x="{x}" y="{y}" width="{image.shape[1] * scale}" height="{image.shape[0] * scale}" '
            f'style="image-rendering:pixelated" href="{png.data_uri(image)}"/>'
        )
        if caption:
            out.append(f'<text x="{x}" y="{y + image.shape[0] * scale + 12}">{escape(caption)}</text>')
    return "".join(out) + "</svg>"


def _open(width, height, title):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}" font-family="system-ui, sans-serif" font-size="11" '
        'fill="currentColor"><style>.grid{stroke:currentColor;opacity:.15}.title{font-size:13px;font-weight:600}'
        ".legend{font-weight:600}</style>"
    )
