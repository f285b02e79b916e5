"""Lines over a scale with marks on it, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import numpy as np

from fastnn.core.types import Array

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 620, 320, 60, 20, 40, 46
COLOURS = ("#2563eb", "#ea580c", "#059669", "#9333ea")
STYLE = """
svg.lines { background: #fff; font: 11px sans-serif; fill: #111; }
.lines polyline { fill: none; stroke-width: 1.6; }
.lines .axis { stroke: #999; } .lines .mark { stroke: #999; stroke-dasharray: 4 3; }
.lines .title { font-weight: bold; font-size: 13px; }
@media (prefers-color-scheme: dark) { svg.lines { background: #111; fill: #eee; } }
"""


def chart(
    lines: Mapping[str, tuple[Array, Array]], title: str, x_label: str, marks: Mapping[float, str], log_x: bool = False
) -> str:
    """Lines {name: (x, y)}, with upright marks {x: words}; what is not finite leaves a gap.

    >>> svg = chart({"loss": (np.arange(3), np.array([3.0, 2.0, 1.0]))}, "Loss", "epoch", {1.5: "rate"})
    >>> svg.count("<polyline"), "rate" in svg
    (1, True)
    """
    scale = np.log10 if log_x else np.asarray
    points = [(scale(np.asarray(x, float)), np.asarray(y, float)) for x, y in lines.values()]
    xs = np.concatenate([x for x, _ in points])
    ys = np.concatenate([y for _, y in points])
    ys = ys[np.isfinite(ys)] if np.isfinite(ys).any() else np.array([0.0, 1.0])
    low, high, left, right = float(ys.min()), float(ys.max()), float(xs.min()), float(xs.max())
    high, right = high if high > low else low + 1.0, right if right > left else left + 1.0

    def x_of(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (x - left) / (right - left)

    def y_of(y: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (y - low) / (high - low))

    floor, width = HEIGHT - BOTTOM, WIDTH - RIGHT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lines" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<text x="{LEFT}" y="18" class="title">{escape(title)}</text>',
        f'<line class="axis" x1="{LEFT}" x2="{width}" y1="{floor}" y2="{floor}"/>',
        f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{floor}"/>',
        f'<text x="{(LEFT + width) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>',
    ]
    for value in np.linspace(low, high, 5):
        out.append(f'<text x="{LEFT - 6}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for value in np.linspace(left, right, 6):
        said = 10.0**value if log_x else value
        out.append(f'<text x="{x_of(value):.1f}" y="{floor + 15}" text-anchor="middle">{said:.3g}</text>')
    for k, (name, (x, y)) in enumerate(zip(lines, points, strict=True)):
        colour, pieces = COLOURS[k % len(COLOURS)], [[]]
        for a, b in zip(x, y, strict=True):
            if math.isfinite(b):
                pieces[-1].append(f"{x_of(a):.1f},{y_of(b):.1f}")
            elif pieces[-1]:
                pieces.append([])
        out += [f'<polyline style="stroke:{colour}" points="{" ".join(p)}"/>' for p in pieces if p]
        out.append(f'<text x="{width}" y="{TOP + 14 * k}" text-anchor="end" fill="{colour}">{escape(name)}</text>')
    for k, (at, words) in enumerate(marks.items()):
        x = x_of(float(scale(np.asarray(at))))
        out.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor}"/>')
        out.append(f'<text x="{x + 4:.1f}" y="{TOP + 12 + 13 * (k % 8)}">{escape(words)}</text>')
    return "\n".join([*out, "</svg>"])
