"""Command line of the benchmarks.

    python -m bench run --threads 1,2 --torch-python PYTHON --out bench/results/speed.json
    python -m bench run --engines fastnn --workloads cifar_cnn --seconds 5
    python -m bench kernels              # single kernels beside the core's measured peak and bandwidth
    python -m bench loops                # long and short recurrences, plans and binding
    python -m bench eager                # loops of one's own beside fit and PyTorch's, operations, second derivatives
    python -m bench resume               # what a checkpoint a second costs ResNet-20
    python -m bench playground           # steps and frames a second of the playground's server
    python -m bench many                 # fit_many beside one model after the other
    python -m bench distributed          # two processes beside two threads, and their exchange by itself
    python -m bench vision               # HOG and local binary patterns beside scikit-image, sizes of images
    python -m bench courses              # networks of courses beside Keras on TensorFlow and on JAX
    python -m bench ragged               # batches of changing length: time, a change of length, resident set
    python -m bench table                # README.md, docs/speed.md and the chart again, from bench/results/
    python -m bench gate                 # exit status 1 where a kernel is slower than recorded
    python -m bench compare OLD NEW      # ratio of each workload; exit status 1 where NEW is slower than allowed
    python -m bench merge A B --out C    # what two runs measured in one file, B's where both have it
    python -m bench list                 # workloads and engines

A run joins what the file given with --out has: it can be split by workloads, threads and engines, and one that was
broken off goes on with --missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench import (
    compare,
    courses,
    distributed,
    eager,
    gate,
    harness,
    kernels,
    loops,
    machine,
    many,
    playground,
    ragged,
    results,
    resume,
    table,
    vision,
)
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


def interpreters(a: argparse.Namespace) -> dict[str, str]:
    """Family of engines -> the interpreter that has it; scikit-learn is looked for in all of them."""
    found = {"torch": a.torch_python, "jax": a.jax_python, "tensorflow": a.tensorflow_python}
    found = {family: str(Path(python).absolute()) for family, python in found.items() if python}
    for python in (a.sklearn_python, *found.values(), sys.executable):
        if python and harness.has(python, "sklearn"):
            found["sklearn"] = str(Path(python).absolute())
            break
    return found


def run(a: argparse.Namespace) -> int:
    """Time the engines and write the records."""
    pythons = interpreters(a)
    engines = choose(
        a.engines,
        harness.ENGINES,
        ["fastnn"]
        if len(pythons) == 1 and "sklearn" in pythons
        else ["fastnn"] + [e for e in harness.PEERS if harness.family(e) in pythons],
    )
    standard = [w.name for w in WORKLOADS.values() if not w.extra]
    extra = [w.name for w in WORKLOADS.values() if w.extra]
    workloads = choose(a.workloads, list(WORKLOADS), extra if a.extra else standard)
    counts = [int(n) for n in a.threads.split(",")]
    about, begin = machine.describe(), time.perf_counter()
    say(
        f"{about['cpu']}; FMA peak {about.get('peak_gflops', '?')} GFLOP/s a core, "
        f"stream {about.get('stream_gb_per_s', '?')} GB/s"
    )
    result: dict[str, Any] = {"machine": about, "import_s": {}, "runs": []}
    before = results.read(a.out) if a.out else None
    done = {results.unit(r) for r in before["runs"]} if before and a.missing else set()
    if a.imports:
        result["import_s"] = harness.import_times(engines, pythons)
        for engine, seconds in result["import_s"].items():
            say(f"import {harness.NAMES[engine]}: {seconds:.3f} s")
    todo = [] if a.only_inference else [(w, False) for w in workloads]
    if a.inference or a.only_inference:
        todo += [(w, True) for w in workloads if w in INFERENCE]
    for workload, inference in todo:
        for threads in counts:
            left = [e for e in engines if (workload, inference, threads, e) not in done]
            found = harness.run(
                left,
                workload,
                pythons,
                threads=threads,
                inference=inference,
                rounds=a.rounds,
                seconds=a.seconds,
                say=say,
            )
            result["runs"] += [{**r, "date": about["date"], "commit": about["commit"]} for r in found]
            if a.out:  # after each, so that a run that is broken off has not been in vain
                results.write(a.out, results.merge(before, result))
    for key, value in machine.measure().items():  # once more: what a core can do at most is the larger of both
        about[key] = max(about.get(key, 0), value)
    if a.out:
        results.write(a.out, results.merge(before, result))
    shown = [*table.training(result), *table.training(result, extra=True), *table.inference(result)]
    for row in [table.head(result), *shown, *table.notes(result), f"{time.perf_counter() - begin:.0f} s"]:
        say(row)
    return 1 if any("error" in r for r in result["runs"] if r["engine"] == "fastnn") else 0


def merge(a: argparse.Namespace) -> int:
    """Several result files as one."""
    out = None
    for path in a.files:
        found = results.read(path)
        if found is None:
            sys.exit(f"no file {path}")
        out = results.merge(out, found)
    results.write(a.out, out or {})
    return 0


def single(a: argparse.Namespace) -> int:
    """Single kernels."""
    result = {"machine": machine.describe(), **kernels.run(a.groups, a.seconds, say)}
    result["machine"].update(result.pop("limits"))
    if a.out:
        Path(a.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    p = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = p.add_subparsers(dest="command", required=True)
    r = commands.add_parser("run", help="time whole training steps")
    r.add_argument("--engines", default="", help=f"comma list or all, of: {', '.join(harness.ENGINES)}")
    r.add_argument("--workloads", default="", help=f"comma list or all, of: {', '.join(WORKLOADS)}")
    r.add_argument("--extra", action="store_true", help="the workloads that nobody tuned for")
    r.add_argument("--threads", default="1", help="comma list: 1,2")
    r.add_argument("--rounds", type=int, default=2, help="processes per engine, in turn")
    r.add_argument("--seconds", type=float, default=4.0, help="timing per engine, workload and way")
    r.add_argument("--inference", action="store_true", help="one row through the model, too")
    r.add_argument("--only-inference", action="store_true")
    r.add_argument("--imports", action="store_true", help="import times, too")
    r.add_argument("--missing", action="store_true", help="only what the file does not have yet")
    for name, what in (
        ("torch", "PyTorch"),
        ("jax", "Keras and JAX"),
        ("tensorflow", "TensorFlow"),
        ("sklearn", "scikit-learn, if none of the others has it"),
    ):
        r.add_argument(f"--{name}-python", default="", metavar="PYTHON", help=f"an interpreter that has {what}")
    r.add_argument("--out", default="", help="JSON file to write, or to join")
    k = commands.add_parser("kernels", help="time single kernels")
    k.add_argument("groups", nargs="*", help=f"of: {', '.join(kernels.GROUPS)}; all if none is given")
    k.add_argument("--seconds", type=float, default=0.25, help="timing per case")
    k.add_argument("--out", default="", help="JSON file to write")
    loops.arguments(commands.add_parser("loops", help="recurrences beside PyTorch's, plans and binding"))
    eager.arguments(commands.add_parser("eager", help="training loops of one's own, beside fit and PyTorch's"))
    many.arguments(commands.add_parser("many", help="fit_many beside one model after the other"))
    vision.arguments(commands.add_parser("vision", help="descriptors of images, beside scikit-image's"))
    distributed.arguments(commands.add_parser("distributed", help="two processes beside two threads"))
    resume.arguments(commands.add_parser("resume", help="what checkpoints cost a training"))
    playground.arguments(commands.add_parser("playground", help="the playground's steps and frames a second"))
    ragged.arguments(commands.add_parser("ragged", help="batches of changing length, beside PyTorch's eager loop"))
    courses.arguments(commands.add_parser("courses", help="networks of courses, beside Keras's on other backends"))
    t = commands.add_parser("table", aliases=["chart"], help="write README.md's and docs/speed.md's tables, the chart")
    t.add_argument("--check", action="store_true", help="change nothing; exit status 1 if it would change")
    g = commands.add_parser("gate", help="compare kernels with the recorded ratios to NumPy")
    g.add_argument("cases", nargs="*", help=f"of: {', '.join(gate.CASES)}; all if none is given")
    g.add_argument("--record", action="store_true", help="write the ratios as the new ones for this CPU")
    g.add_argument("--self-test", action="store_true", help="20 %% more work must fail, the usual work must not")
    c = commands.add_parser("compare", help="two result files")
    c.add_argument("old")
    c.add_argument("new")
    c.add_argument("--allow", type=float, default=1.1, help="ratio up to which slower is let pass")
    m = commands.add_parser("merge", help="result files as one")
    m.add_argument("files", nargs="+")
    m.add_argument("--out", required=True)
    commands.add_parser("list", help="workloads and engines")
    return p


def main() -> int:
    """Parse the command line and do it."""
    a = parser().parse_args()
    if a.command in ("table", "chart"):
        return table.write(check=a.check)
    if a.command == "compare":
        return compare.main(a.old, a.new, a.allow, say)
    if a.command == "loops":
        return loops.main(a, say)
    if a.command == "eager":
        return eager.main(a, say)
    if a.command == "many":
        return many.main(a, say)
    if a.command == "vision":
        return vision.main(a, say)
    if a.command == "distributed":
        return distributed.main(a, say)
    if a.command == "resume":
        return resume.main(a, say)
    if a.command == "playground":
        return playground.main(a, say)
    if a.command == "ragged":
        return ragged.main(a, say)
    if a.command == "courses":
        return courses.main(a, say)
    if a.command == "gate":
        return gate.main(a.cases, record=a.record, self_test=a.self_test, say=say)
    if a.command == "list":
        for w in WORKLOADS.values():
            say(f"{w.name:22s} batch {w.batch:4d}  {w.gflop:8.4g} GFLOP a step  {w.build.__doc__}")
        say("engines: " + ", ".join(harness.ENGINES))
        return 0
    return {"run": run, "merge": merge, "kernels": single}[a.command](a)


if __name__ == "__main__":
    sys.exit(main())
