"""`fastnn bench`: training steps of the standard workloads, and where their time goes, on this machine."""

import json
import statistics
import time

import fastnn
from fastnn.cli.facts import version
from fastnn.cli.terminal import say, table
from fastnn.cli.workloads import STANDARD
from fastnn.core import config
from fastnn.core.errors import ArgumentError
from fastnn.runtime import pack
from fastnn.saving.files import write_file

BLOCK = 0.2  # seconds of a timed block, at least
FEWEST = 3  # blocks, however long one takes


def run(names=(), threads=None, seconds=2.0, path=None, most=6):
    """Time workloads and print them, with the kernels that take longest.

    names: str of workloads, all if empty.  threads: int, as fastnn would choose if None.  seconds: of timing per
    workload.  path: a JSON file to write, or None.  most: kernels shown per workload.  Returns the results as a dict.

    Raises ArgumentError: for an unknown workload, fewer than one thread, or no time.

    >>> [w["name"] for w in run(["playground"], threads=1, seconds=0.1, most=0)["workloads"]][-1:]  # doctest: +ELLIPSIS
    playground, batch 10, 1 thread(s): ...
    ['playground']
    """
    unknown = [n for n in names if n not in STANDARD]
    if unknown:
        raise ArgumentError(
            f"bench: received workload {unknown[0]!r}, expected some of {', '.join(STANDARD)}. The "
            "comparison with other engines is in the source repository: python -m bench."
        )
    if not seconds > 0:
        raise ArgumentError(f"bench: received seconds={seconds}, expected a number above 0.")
    before = config.num_threads()
    if threads is not None:
        config.set_num_threads(threads)
    try:
        found = []
        for name in names or STANDARD:
            found.append(_time(STANDARD[name], seconds))
            _show(found[-1], most)
    finally:
        config.set_num_threads(before)
    result = {**_machine(), "workloads": found}
    if path is not None:
        write_file(path, (json.dumps(result, indent=1) + "\n").encode())
    return result


def _machine():
    about = pack.describe()
    return {"version": version(), "kernels": about["mode"], "level": about["level"]}


def _time(work, seconds):
    """One workload: the first step, the median step, and the profile of a step."""
    begin = time.perf_counter()
    model = work.build(fastnn)
    work.compile(fastnn, model)
    xs, ys = work.data()

    def fit(rows, epochs):
        x, y = ([v[:rows] for v in part] for part in (xs, ys))
        model.fit(x if len(x) > 1 else x[0], y if len(y) > 1 else y[0], batch_size=work.batch, epochs=epochs, verbose=0)

    fit(work.batch, 1)
    first = time.perf_counter() - begin
    steps = work.samples // work.batch
    start = time.perf_counter()
    fit(steps * work.batch, 1)
    epochs = max(1, round(BLOCK / max(time.perf_counter() - start, 1e-6)))
    blocks, begin = [], time.perf_counter()
    while len(blocks) < FEWEST or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        fit(steps * work.batch, epochs)
        blocks.append((time.perf_counter() - start) / steps / epochs * 1e3)
    low, middle, high = statistics.quantiles(blocks, n=4)
    profile = model.profile(work.batch, batches=max(1, min(200, round(500 / middle))))
    peak = profile.peak_gflops and profile.peak_gflops * profile.threads
    gflops = work.gflop / middle * 1e3
    return {"name": work.name, "batch": work.batch, "threads": profile.threads, "first_step_s": first, "ms": middle,
            "p25": low, "p75": high, "gflops": gflops, "peak_gflops": peak, "stream_gb_per_s": profile.stream_gb_per_s,
            "share_of_peak": gflops / peak if peak else None, "kernels": _kernels(profile)}  # fmt: skip


def _kernels(profile):
    """Rows of a profile summed by kernel and layer, the slowest first."""
    sums = {}
    for row in profile.rows:
        into = sums.setdefault((row["kernel"], row["layer"]), dict.fromkeys(("us", "share", "flop", "byte"), 0.0))
        into["us"] += row["us"]
        into["share"] += row["share"]
        into["flop"] += row["gflops"] * row["us"]
        into["byte"] += row["gbps"] * row["us"]
    peak, stream = (profile.peak_gflops or float("inf")) * profile.threads, profile.stream_gb_per_s
    out = []
    for (kernel, layer), s in sorted(sums.items(), key=lambda item: -item[1]["us"]):
        us = max(s["us"], 1e-9)
        out.append(
            {
                "kernel": kernel,
                "layer": layer,
                "us": s["us"],
                "share": s["share"],
                "share_of_peak": s["flop"] / us / peak,
                "share_of_stream": s["byte"] / us / stream,
            }
        )
    return out


def _show(r, most):
    peak = f", {100 * r['share_of_peak']:.0f} % of the FMA peak" if r["share_of_peak"] is not None else ""
    say(
        f"{r['name']}, batch {r['batch']}, {r['threads']} thread(s): {r['ms']:.4g} ms a step "
        f"[{r['p25']:.4g} .. {r['p75']:.4g}], {r['gflops']:.3g} GFLOP/s{peak}; first step {r['first_step_s']:.2f} s"
    )
    if not most:
        return
    rows = [("", "us", "share", "% of peak", "% of stream", "kernel", "layer")]
    rows += [
        (
            "",
            f"{k['us']:.1f}",
            f"{k['share']:.0%}",
            f"{100 * k['share_of_peak']:.0f}",
            f"{100 * k['share_of_stream']:.0f}",
            k["kernel"],
            k["layer"],
        )
        for k in r["kernels"][:most]
    ]
    say(table(rows) + "\n")
