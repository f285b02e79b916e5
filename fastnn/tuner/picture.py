"""A search as a picture: parallel coordinates, and the objective against each hyperparameter on its scale."""

from __future__ import annotations

import math
import os
from html import escape
from typing import Any

from fastnn.core.errors import SearchError
from fastnn.saving.files import write_file
from fastnn.tuner.kinds import HyperParameter
from fastnn.tuner.table import brief
from fastnn.tuner.trial import Trial

CELL, HEIGHT, LEFT, TOP, BOTTOM = 190, 230, 60, 46, 40
STYLE = """
svg.search { background: #fff; font: 11px sans-serif; fill: #111; }
.search line, .search polyline { fill: none; stroke: #ccc; }
.search .trial { stroke-width: 1.3; opacity: .75; }
.search .title { font-weight: bold; font-size: 13px; }
@media (prefers-color-scheme: dark) { svg.search { background: #111; fill: #eee; } .search line { stroke: #555; } }
"""


def _scores(trials: list[Trial], direction: str) -> dict[str, float]:
    """{trial id: place of its score, 0 for the worst and 1 for the best}; by factors where all are above zero."""
    scores = [float(t.score or 0.0) for t in trials]
    wide = min(scores) > 0 and max(scores) / min(scores) > 20
    shown = [math.log(s) if wide else s for s in scores]
    low, high = min(shown), max(shown)
    places = [0.5 if high == low else (s - low) / (high - low) for s in shown]
    return {t.trial_id: p if direction == "max" else 1 - p for t, p in zip(trials, places, strict=True)}


def _colour(place: float) -> str:
    """From blue for the worst to orange for the best.

    >>> _colour(0.0), _colour(1.0)
    ('rgb(59,91,165)', 'rgb(232,112,30)')
    """
    low, high = (59, 91, 165), (232, 112, 30)
    return f"rgb({','.join(str(round(a + (b - a) * place)) for a, b in zip(low, high, strict=True))})"


def _ends(hp: HyperParameter) -> tuple[str, str]:
    values = hp.values
    return brief(getattr(hp, "min_value", values[0])), brief(getattr(hp, "max_value", values[-1]))


def _place(hp: HyperParameter, trial: Trial) -> float | None:
    """Where the trial's value is on the scale of a hyperparameter; None where it has none in that range."""
    value = trial.hyperparameters.values.get(hp.name)
    if value is None or not trial.hyperparameters.is_active(hp):
        return None
    try:
        return min(max(hp.value_to_prob(value), 0.0), 1.0)
    except ValueError:  # a choice that a narrower space does not have
        return None


def _text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def plot(oracle: Any, path: Any = None) -> str:
    """See Tuner.plot."""
    trials = [t for t in oracle.get_best_trials(len(oracle.trials)) if t.score is not None and math.isfinite(t.score)]
    if not trials:
        raise SearchError("plot: no trial is complete; call search() before.")
    named: dict[str, HyperParameter] = {}
    for hp in [h for t in reversed(trials) for h in t.hyperparameters.space]:
        wider = named.get(hp.name)
        if wider is None or len(hp.values) > len(wider.values):
            named[hp.name] = hp
    searched = [hp for hp in named.values() if len(hp.values) > 1]
    places = _scores(trials, oracle.objective.direction)
    width = LEFT + CELL * (len(searched) + 1)
    height = 2 * (TOP + HEIGHT + BOTTOM)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="search" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{len(trials)} trials of a search">',
        f"<style>{STYLE}</style>",
        _text(8, 18, f"{len(trials)} trials, {oracle.objective.name} ({oracle.objective.direction})", "start", "title"),
    ]

    def y_of(place: float, row: int = 0) -> float:
        return row * (TOP + HEIGHT + BOTTOM) + TOP + HEIGHT * (1 - place)

    axes = [(hp.name, *_ends(hp)) for hp in searched]
    worst, best = (brief(trials[k].score) for k in (-1, 0))
    for k, (name, low, high) in enumerate([*axes, (oracle.objective.name, worst, best)]):
        x = LEFT + CELL * k
        out.append(f'<line x1="{x}" x2="{x}" y1="{y_of(0):.1f}" y2="{y_of(1):.1f}"/>')
        out += [_text(x, y_of(1) - 8, high), _text(x, y_of(0) + 14, low), _text(x, y_of(0) + 28, name, kind="title")]
    for trial in reversed(trials):
        points = [(k, _place(hp, trial)) for k, hp in enumerate(searched)]
        line = [(k, p) for k, p in points if p is not None] + [(len(searched), places[trial.trial_id])]
        said = escape(f"trial {trial.trial_id}: {trial.score:.6g} {trial.hyperparameters.values}")
        drawn = " ".join(f"{LEFT + CELL * k:.1f},{y_of(p):.1f}" for k, p in line)
        colour = _colour(places[trial.trial_id])
        out.append(f'<polyline class="trial" style="stroke:{colour}" points="{drawn}"><title>{said}</title></polyline>')
        for k, p in points:
            if p is not None:
                x = LEFT + CELL * k + (CELL - 50) * p
                out.append(
                    f'<circle cx="{x:.1f}" cy="{y_of(places[trial.trial_id], 1):.1f}" r="3.5" fill="{colour}">'
                    f"<title>{said}</title></circle>"
                )
    for k, (name, low, high) in enumerate(axes):
        x = LEFT + CELL * k
        out.append(f'<line x1="{x}" x2="{x + CELL - 50}" y1="{y_of(0, 1):.1f}" y2="{y_of(0, 1):.1f}"/>')
        out += [_text(x, y_of(0, 1) + 14, low), _text(x + CELL - 50, y_of(0, 1) + 14, high)]
        out.append(_text(x + (CELL - 50) / 2, y_of(0, 1) + 28, name, kind="title"))
    svg = "\n".join([*out, "</svg>"])
    if path is not None:
        write_file(os.fspath(path), svg.encode())
    return svg
