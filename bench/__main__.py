"""Command line of the benchmarks.

    python -m bench run --threads 1 --torch-python /path/to/python --out bench/results/NAME.json
    python -m bench run --engines fastnn --workloads cifar_cnn --seconds 5
    python -m bench table                # README.md's table again, from bench/results/*.json
    python -m bench compare OLD NEW      # ratio of each workload; exit status 1 where NEW is slower than allowed
    python -m bench list                 # workloads and engines
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench import compare, harness, machine, table
from bench.models import INFERENCE, WORKLOADS


def say(text: str) -> None:
    """One line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def choose(text: str, names: list[str], default: list[str]) -> list[str]:
    """A comma list of names, checked; "all" is every name."""
    chosen = default if not text else names if text == "all" else text.split(",")
    for name in chosen:
        if name not in names:
            sys.exit(f"unknown name {name!r}; expected some of {', '.join(names)}, or all")
    return chosen


def run(a: argparse.Namespace) -> int:
    """Time the engines and write the records."""
    pythons = {"torch": a.torch_python or sys.executable, "keras": a.keras_python or a.torch_python or sys.executable}
    default = ["fastnn"] + (["torch", "torch-channels-last"] if a.torch_python else [])
    engines = choose(a.engines, harness.ENGINES, default)
    standard = [w.name for w in WORKLOADS.values() if not w.extra]
    extra = [w.name for w in WORKLOADS.values() if w.extra]
    workloads = choose(a.workloads, list(WORKLOADS), extra if a.extra else standard)
    about = machine.describe()
    say(f"{about['cpu']}; FMA peak {about.get('peak_gflops', '?')} GFLOP/s a core, "
        f"triad {about.get('triad_gb_per_s', '?')} GB/s; {a.threads} thread(s)")
    options = {"threads": a.threads, "rounds": a.rounds, "seconds": a.seconds, "say": say}
    result: dict[str, Any] = {"machine": about, "threads": a.threads, "import_s": {}, "runs": []}
    runs = result["runs"]
    if a.imports:
        result["import_s"] = harness.import_times(engines, pythons)
        for engine, seconds in result["import_s"].items():
            say(f"import {engine}: {seconds:.3f} s")
    todo = [] if a.only_inference else [(w, False) for w in workloads]
    if a.inference or a.only_inference:
        todo += [(w, True) for w in workloads if w in INFERENCE]
    for workload, inference in todo:
        runs += harness.run(engines, [workload], pythons, inference=inference, **options)
        if a.out:                                   # after each, so that a run that is broken off has not been in vain
            Path(a.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for key, value in machine.measure().items():        # once more: what a core can do at most is the larger of both
        about[key] = max(about.get(key, 0), value)
    if a.out:
        Path(a.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for row in table.rows(result):
        say(row)
    return 1 if any("error" in r for r in runs if r["engine"] == "fastnn") else 0


def main() -> int:
    """Parse the command line and do it."""
    p = argparse.ArgumentParser(prog="python -m bench", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = p.add_subparsers(dest="command", required=True)
    r = commands.add_parser("run", help="time whole training steps")
    r.add_argument("--engines", default="", help=f"comma list or all, of: {', '.join(harness.ENGINES)}")
    r.add_argument("--workloads", default="", help=f"comma list or all, of: {', '.join(WORKLOADS)}")
    r.add_argument("--extra", action="store_true", help="the workloads that nobody tuned for")
    r.add_argument("--threads", type=int, default=1)
    r.add_argument("--rounds", type=int, default=2, help="processes per engine, in turn")
    r.add_argument("--seconds", type=float, default=4.0, help="timing per engine, workload and way")
    r.add_argument("--inference", action="store_true", help="one row through the model, too")
    r.add_argument("--only-inference", action="store_true")
    r.add_argument("--imports", action="store_true", help="import times, too")
    r.add_argument("--torch-python", default="", help="an interpreter that has PyTorch; it is timed beside fastnn")
    r.add_argument("--keras-python", default="", help="an interpreter that has Keras and its backend")
    r.add_argument("--out", default="", help="JSON file to write")
    t = commands.add_parser("table", help="write the table between the markers of README.md")
    t.add_argument("--check", action="store_true", help="change nothing; exit status 1 if it would change")
    c = commands.add_parser("compare", help="two result files")
    c.add_argument("old")
    c.add_argument("new")
    c.add_argument("--allow", type=float, default=1.1, help="ratio up to which slower is let pass")
    commands.add_parser("list", help="workloads and engines")
    a = p.parse_args()
    if a.command == "run":
        return run(a)
    if a.command == "table":
        return table.write(check=a.check)
    if a.command == "compare":
        return compare.main(a.old, a.new, a.allow, say)
    for w in WORKLOADS.values():
        say(f"{w.name:20s} batch {w.batch:4d}  {w.gflop:8.4g} GFLOP a step  {w.build.__doc__}")
    say("engines: " + ", ".join(harness.ENGINES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
