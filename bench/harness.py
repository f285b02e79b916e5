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

from bench.models import WORKLOADS, Workload

ROOT = Path(__file__).resolve().parent.parent
# engine: what it is called in tables, whose interpreter it needs
NAMES = {"fastnn": "fastnn", "torch": "PyTorch", "torch-channels-last": "PyTorch channels_last",
         "torch-compile": "torch.compile", "torch-compile-channels-last": "torch.compile channels_last",
         "keras-jax": "Keras on JAX", "keras-tensorflow": "TensorFlow", "keras-tensorflow-xla": "TensorFlow XLA",
         "keras-torch": "Keras on PyTorch", "sklearn": "scikit-learn"}  # fmt: skip
ENGINES = list(NAMES)
PEERS = [e for e in ENGINES if e not in ("fastnn", "keras-torch")]  # timed unless others are asked for
QUIET, FULL, LEAST = 0.15, 0.98, 3  # cores others kept busy, share of a core, blocks: what is quiet enough
MODULES = {
    "torch": "torch",
    "jax": "keras",
    "tensorflow": "tensorflow",
    "sklearn": "sklearn.neural_network",
    "fastnn": "fastnn",
}


def family(engine: str) -> str:
    """Whose interpreter an engine needs: "torch", "jax", "tensorflow", "sklearn" or "fastnn".

    >>> family("keras-tensorflow-xla"), family("torch-compile")
    ('tensorflow', 'torch')
    """
    return engine.removeprefix("keras-").split("-")[0]


def has(python: str, module: str) -> bool:
    """Whether an interpreter can import a module."""
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], capture_output=True).returncode == 0


def applies(engine: str, work: Workload, inference: bool) -> bool:
    """Whether timing an engine on a workload says something that another engine does not say."""
    if engine == "sklearn":
        return work.name in ("playground", "mnist_mlp")
    if "channels-last" in engine:
        return len(work.shape) == 3
    return True


def environment(engine: str, threads: int) -> dict[str, str]:
    """Every thread pool pinned to `threads`; caches of compiled code belong to one process only.

    Python's own byte code is cached, as it is for an installed package.
    """
    count = str(threads)
    out = dict(
        os.environ,
        OMP_NUM_THREADS=count,
        OPENBLAS_NUM_THREADS=count,
        MKL_NUM_THREADS=count,
        PYTHONPATH=os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    )
    out.pop("PYTHONDONTWRITEBYTECODE", None)
    if engine.startswith("keras-"):
        out["KERAS_BACKEND"] = family(engine)
    if engine == "keras-jax":
        out["JAX_PLATFORMS"] = "cpu"
        if threads == 1:
            out["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    out["TF_CPP_MIN_LOG_LEVEL"] = "3"
    return out


def pin(threads: int) -> Any:
    """A function that binds the process it runs in to the first `threads` cores it may use; None elsewhere."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    return lambda: os.sched_setaffinity(0, cores)


def spawn(python: str, request: dict[str, Any], cache: str) -> list[dict[str, Any]]:
    """The records of one child process, which keeps compiled code in folder `cache`; one has "error" if it failed."""
    engine, threads = request["engine"], request["threads"]
    env = {
        **environment(engine, threads),
        "TORCHINDUCTOR_CACHE_DIR": cache,
        "TORCHINDUCTOR_FREEZING": str(int(request["inference"])),
    }
    env["BENCH_START"] = repr(time.perf_counter())
    done = subprocess.run([python, "-m", "bench.child", json.dumps(request)], capture_output=True, text=True,
                          env=env, preexec_fn=pin(threads), cwd=cache)  # fmt: skip
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        last = done.stderr.strip().splitlines()
        records.append(
            {
                "engine": engine,
                "workload": request["workload"],
                "threads": threads,
                "inference": request["inference"],
                "mode": "",
                "error": last[-1] if last else "no message",
            }
        )
    return records


def run(
    engines: Iterable[str],
    workload: str,
    pythons: dict[str, str],
    *,
    threads: int = 1,
    rounds: int = 2,
    seconds: float = 3.0,
    inference: bool = False,
    say: Any = None,
) -> list[dict[str, Any]]:
    """Time one workload on every engine, engines in turn within each round.

    Args:
        engines: of ENGINES.  workload: of WORKLOADS.  pythons: family of engines -> interpreter.
        threads: cores each process is pinned to.  rounds: processes per engine.  seconds: of timing per way, in
            all rounds together.
        inference: time one row through the trained form of the model instead of training steps.
        say: called with a line of progress.

    Returns:
        One summary per (engine, mode), blocks of all rounds pooled.
    """
    work, out = WORKLOADS[workload], []
    engines = [e for e in engines if applies(e, work, inference)]
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            for engine in engines:
                cache = os.path.join(folder, engine)
                os.makedirs(cache, exist_ok=True)
                request = {
                    "engine": engine,
                    "workload": workload,
                    "threads": threads,
                    "seconds": seconds / rounds,
                    "inference": inference,
                }
                for record in spawn(pythons.get(family(engine), sys.executable), request, cache):
                    if turn and "compile" in engine:
                        record.pop("first_step_s", None)  # the first process has compiled for this one
                    found.setdefault((engine, record["mode"]), []).append(record)
        if "fastnn" in engines and not inference:
            found.setdefault(("fastnn", "fit"), []).extend(_first_steps(workload, threads, folder))
    for records in found.values():
        out.append(summary(records))
        if say:
            say(line(out[-1]))
    return out


def _first_steps(workload: str, threads: int, folder: str, count: int = 3) -> list[dict[str, Any]]:
    """Processes that end after their first step: times and memory of it only."""
    request = {"engine": "fastnn", "workload": workload, "threads": threads, "seconds": 0, "inference": False,
               "first_only": True}  # fmt: skip
    records = [r for _ in range(count) for r in spawn(sys.executable, request, folder)]
    return [{k: v for k, v in r.items() if k != "peak_rss_mb"} for r in records]


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The records of one engine, workload and mode as one: medians, quartiles, best."""
    first = next((r for r in records if "blocks_ms" in r), records[0])
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
    """Median seconds of an import in fresh processes on one core (the interpreter's own start not counted), by name of
    the engine that needs nothing else."""
    out = {}
    for engine in {family(e): e for e in reversed(list(engines))}.values():
        code = f"import time; t = time.perf_counter(); import {MODULES[family(engine)]}; print(time.perf_counter() - t)"
        times = []
        for _ in range(count):
            done = subprocess.run(
                [pythons.get(family(engine), sys.executable), "-c", code],
                capture_output=True,
                text=True,
                env=environment(engine, 1),
                preexec_fn=pin(1),
            )
            if done.returncode == 0:
                times.append(float(done.stdout.split()[-1]))
        if times:
            out[engine] = round(statistics.median(times), 4)
    return out
