"""Result files: what one run measured joins what others did, so that a run can be split and broken off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
SPEED, KERNELS = FOLDER / "speed.json", FOLDER / "kernels.json"
PEAKS = ("peak_gflops", "stream_gb_per_s")


def unit(r: dict[str, Any]) -> tuple[Any, ...]:
    """What is timed at once, on one engine."""
    return r["workload"], r["inference"], r["threads"], r["engine"]


def merge(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """`old` with the engines that `new` has timed taken from `new`, peaks the larger of both.

    Raises SystemExit: when they are of different CPUs, since their times cannot stand in one table.
    """
    if not old:
        return new
    if old["machine"]["cpu"] != new["machine"]["cpu"]:
        raise SystemExit(f"{old['machine']['cpu']} and {new['machine']['cpu']} are two machines: use another file")
    fresh = {unit(r) for r in new["runs"]}
    machine = {**old["machine"], **new["machine"]}
    for key in PEAKS:
        values = [r["machine"][key] for r in (old, new) if key in r["machine"]]
        if values:
            machine[key] = max(values)
    runs = [r for r in old["runs"] if unit(r) not in fresh] + new["runs"]
    return {"machine": machine, "import_s": {**old.get("import_s", {}), **new.get("import_s", {})}, "runs": runs}


def read(path: str | Path) -> dict[str, Any] | None:
    """A result file, or None where there is none."""
    path = Path(path)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(path: str | Path, result: dict[str, Any]) -> None:
    """Replace a result file."""
    path = Path(path)
    beside = path.with_suffix(".part")  # a run that is broken off while writing loses nothing
    beside.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
