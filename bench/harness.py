"""Runs engines in turn (A B A B), each workload in a fresh process with pinned threads, and gathers the records."""
from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.models import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ["fastnn", "torch", "torch-channels-last", "torch-compile", "torch-compile-channels-last", "keras-torch",
           "keras-jax", "keras-tensorflow"]
QUIET, FULL, LEAST = 0.15, 0.98, 3      # cores others kept busy, share of a core, blocks: what is quiet enough
MODULES = {"torch": "torch", "keras": "keras", "fastnn": "fastnn"}


def environment(engine: str, threads: int) -> dict[str, str]:
    """Every thread pool pinned to `threads`; caches of compiled code belong to one process only."""
    count = str(threads)
    out = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, MKL_NUM_THREADS=count,
               PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])))
    if engine.startswith("keras-"):
        out["KERAS_BACKEND"] = engine.removeprefix("keras-")
    return out


def pin(threads: int) -> Any:
    """A function that binds the process it runs in to the first `threads` cores it may use; None elsewhere."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    return lambda: os.sched_setaffinity(0, cores)


def spawn(python: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of one child process; one record with "error" where it failed."""
    engine, threads = request["engine"], request["threads"]
    with tempfile.TemporaryDirectory() as cache:
        env = {**environment(engine, threads), "TORCHINDUCTOR_CACHE_DIR": cache}
        env["BENCH_START"] = repr(time.perf_counter())
        done = subprocess.run([python, "-m", "bench.child", json.dumps(request)], capture_output=True, text=True,
                              env=env, preexec_fn=pin(threads), cwd=cache)
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        last = done.stderr.strip().splitlines()
        records.append({"engine": engine, "workload": request["workload"], "threads": threads,
                        "inference": request["inference"], "mode": "", "error": last[-1] if last else "no message"})
    return records


def run(engines: Iterable[str], workloads: Iterable[str], pythons: dict[str, str], *, threads: int = 1, rounds: int = 2,
        seconds: float = 3.0, inference: bool = False, say: Any = None) -> list[dict[str, Any]]:
    """Time every workload on every engine, engines in turn within each round.

    Args:
        engines: of ENGINES.  workloads: of WORKLOADS.  pythons: engine family ("torch", "keras") -> interpreter.
        threads: cores each process is pinned to.  rounds: processes per engine.  seconds: of timing per way, in
            all rounds together.
        inference: time one row through the trained form of the model instead of training steps.
        say: called with a line of progress.

    Returns:
        One summary per (workload, engine, mode), blocks of all rounds pooled.
    """
    engines, out = list(engines), []
    for name in workloads:
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for _ in range(rounds):
            for engine in engines:
                python = pythons.get(engine.split("-")[0], sys.executable)
                request = {"engine": engine, "workload": name, "threads": threads, "seconds": seconds / rounds,
                           "inference": inference}
                for record in spawn(python, request):
                    found.setdefault((engine, record["mode"]), []).append(record)
        for records in found.values():
            out.append(summary(records))
            if say:
                say(line(out[-1]))
    return out


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The records of one engine, workload and mode as one: medians, quartiles, best."""
    first = records[0]
    keep = {k: first[k] for k in ("engine", "workload", "mode", "threads", "inference", "version") if k in first}
    errors = [r["error"] for r in records if "error" in r]
    if errors:
        return {**keep, "error": errors[0]}
    for key in ("import_s", "first_step_s", "peak_rss_mb", "cpu_ms"):
        values = [r[key] for r in records if key in r]
        if values:
            keep[key] = round(statistics.median(values), 5)
    timed = [row for r in records for row in zip(r.get("blocks_ms", []), r.get("others", []), r.get("shares", []))]
    # where enough blocks ran undisturbed (nobody else was busy, or a single thread had its core all the time), only
    # those count
    quiet = [b for b, others, share in timed if others < QUIET or (first["threads"] == 1 and share > FULL)]
    blocks = quiet if len(quiet) >= LEAST else [b for b, _, _ in timed]
    if blocks:
        keep.update(quiet=blocks is quiet, others=round(statistics.mean(o for _, o, _ in timed), 2))
        low, middle, high = statistics.quantiles(blocks, n=4) if len(blocks) > 1 else blocks * 3
        work = WORKLOADS[first["workload"]]
        keep.update(ms=_round(middle), p25=_round(low), p75=_round(high), best=_round(min(blocks)), blocks=len(blocks))
        if not first["inference"]:
            speed = {"steps_per_s": _round(1e3 / middle), "gflop_per_s": _round(work.gflop / middle * 1e3)}
            keep.update(speed, batch=work.batch)
    return keep


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def line(s: dict[str, Any]) -> str:
    """A summary as one line of text."""
    head = f"{s['workload']:20s} {s['engine']:28s} {s['mode']:22s} "
    if "error" in s:
        return head + "error: " + s["error"][:120]
    text = f"{s['ms']:10.4g} ms [{s['p25']:.4g} .. {s['p75']:.4g}]" if "ms" in s else " " * 10
    if "gflop_per_s" in s:
        text += f"  {s['gflop_per_s']:7.4g} GFLOP/s"
    if "first_step_s" in s:
        text += f"  first step {s['first_step_s']:.2f} s"
    if not s.get("quiet", True):
        text += f"  (others kept {s['others']:.1f} cores busy; processor time {s['cpu_ms']:.4g} ms)"
    return head + text + f"  {s['peak_rss_mb']:.0f} MB"


def import_times(engines: Iterable[str], pythons: dict[str, str], count: int = 5) -> dict[str, float]:
    """Median seconds of `import <engine>` in fresh processes on one core (the interpreter's own start not counted)."""
    out = {}
    for engine in dict.fromkeys("torch" if e.startswith("torch") else e for e in engines):
        family = engine.split("-")[0]
        code = f"import time; t = time.perf_counter(); import {MODULES[family]}; print(time.perf_counter() - t)"
        times = []
        for _ in range(count):
            done = subprocess.run([pythons.get(family, sys.executable), "-c", code], capture_output=True, text=True,
                                  env=environment(engine, 1), preexec_fn=pin(1))
            if done.returncode == 0:
                times.append(float(done.stdout.split()[-1]))
        if times:
            out[engine] = round(statistics.median(times), 4)
    return out
