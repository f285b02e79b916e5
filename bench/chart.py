"""The chart: time of a training step of every engine relative to fastnn's, on a logarithmic scale."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from bench.harness import NAMES
from bench.models import WORKLOADS

# Engines of one family share a colour; a family's faster form is what is drawn.
FAMILIES = {
    "PyTorch": (("torch", "torch-channels-last"), "#ea580c"),
    "torch.compile": (("torch-compile", "torch-compile-channels-last"), "#9333ea"),
    "Keras on JAX": (("keras-jax",), "#059669"),
    "TensorFlow": (("keras-tensorflow", "keras-tensorflow-xla"), "#ca8a04"),
    "Keras on PyTorch": (("keras-torch",), "#be185d"),
    "scikit-learn": (("sklearn",), "#64748b"),
}
OURS = "#2563eb"
WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 720, 168, 28, 22, 62, 34


def relative(runs: list[dict[str, Any]]) -> list[tuple[str, dict[str, float]]]:
    """(label, {family: its time / fastnn's}) of the standard workloads, one row per number of threads."""
    out = []
    for name, work in WORKLOADS.items():
        for threads in sorted({r["threads"] for r in runs}):
            part = [
                r
                for r in runs
                if r["workload"] == name and r["threads"] == threads and "ms" in r and not r["inference"]
            ]
            ours = min((r["ms"] for r in part if r["engine"] == "fastnn"), default=None)
            if work.extra or ours is None:
                continue
            found = {
                f: min((r["ms"] / ours for r in part if r["engine"] in engines), default=None)
                for f, (engines, _) in FAMILIES.items()
            }
            label = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
            out.append((label, {f: v for f, v in found.items() if v is not None}))
    return out


def draw(result: dict[str, Any]) -> str:
    """The chart of a result file as SVG text."""
    assert all(e in NAMES for engines, _ in FAMILIES.values() for e in engines)
    rows = relative(result["runs"])
    values = [v for _, found in rows for v in found.values()] + [1.0]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)) + 1e-9)
    height, inner = TOP + ROW * len(rows) + BOTTOM, WIDTH - LEFT - RIGHT

    def x_of(value: float) -> float:
        return LEFT + inner * math.log(value / low) / math.log(high / low)

    title = "Time of a training step, as a multiple of fastnn's"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" '
        f'fill="#1f2937"><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="12" y="20" font-size="14" font-weight="600">{escape(title)} (right is slower than fastnn)</text>'
    ]
    at = 12.0
    for family, colour in [
        ("fastnn", OURS),
        *((f, c) for f, (_, c) in FAMILIES.items() if any(f in found for _, found in rows)),
    ]:
        out.append(
            f'<circle cx="{at + 5:g}" cy="40" r="5" fill="{colour}"/><text x="{at + 15:g}" y="44">{family}</text>'
        )
        at += 34 + 6.8 * len(family)
    bottom = TOP + ROW * len(rows)
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        for digit in (1, 2, 5):
            value = digit * 10.0**power
            if low <= value <= high:
                x = x_of(value)
                out.append(
                    f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}" stroke="#1f2937" '
                    f'opacity="{0.6 if value == 1 else 0.12}"/><text x="{x:.1f}" y="{bottom + 18}" '
                    f'text-anchor="middle">{value:g}×</text>'
                )
    for number, (label, found) in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        reach = [1.0, *found.values()]
        out.append(
            f'<text x="{LEFT - 12}" y="{y + 4:g}" text-anchor="end">{escape(label)}</text>'
            f'<line x1="{x_of(min(reach)):.1f}" x2="{x_of(max(reach)):.1f}" y1="{y:g}" y2="{y:g}" '
            f'stroke="#9ca3af"/><circle cx="{x_of(1):.1f}" cy="{y:g}" r="5" fill="{OURS}"/>'
        )
        for family, value in found.items():
            out.append(
                f'<circle cx="{x_of(value):.1f}" cy="{y:g}" r="5" fill="{FAMILIES[family][1]}">'
                f"<title>{escape(f'{family}: {value:.2f} times')}</title></circle>"
            )
    return "\n".join(out) + "\n</svg>\n"
