"""Two result files side by side.

Where both files timed a peer, the workload's time is taken relative to that peer's in the same file, so that a slower
or busier machine is not mistaken for slower code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.table import best, select

PEER = ("torch", "torch-channels-last")


def ratios(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, float, bool]]:
    """(workload, time in new / time in old, whether it is relative to a peer) for what both files have."""
    out = []
    units = dict.fromkeys((r["workload"], r["inference"], r["threads"]) for r in select(new["runs"]))
    for workload, inference, threads in units:
        parts = [select(f["runs"], workload=workload, inference=inference, threads=threads) for f in (old, new)]
        ours, theirs = ([best(part, engines) for part in parts] for engines in (("fastnn",), PEER))
        if not all(ours):
            continue
        ratio = ours[1]["ms"] / ours[0]["ms"]
        if all(theirs):
            ratio /= theirs[1]["ms"] / theirs[0]["ms"]
        name = f"{workload}{' (one row)' if inference else ''}, {threads} thread{'s' if threads > 1 else ''}"
        out.append((name, ratio, all(theirs)))
    return out


def main(old: str, new: str, allow: float, say: Callable[[str], None]) -> int:
    """Print each ratio; 1 where one is above `allow`."""
    files = [json.loads(Path(p).read_text(encoding="utf-8")) for p in (old, new)]
    status = 0
    for name, ratio, relative in ratios(*files):
        slow = ratio > allow
        status |= slow
        against = "relative to PyTorch" if relative else "wall clock"
        say(f"{name:40s} {ratio:6.3f} {against:20s}{' SLOWER' if slow else ''}")
    return int(status)
