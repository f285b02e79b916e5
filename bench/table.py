"""The tables of README.md and docs/speed.md, and the chart, made from the result files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import chart, results
from bench.harness import NAMES
from bench.models import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent
README, DETAILS, CHART = "README.md", "docs/speed.md", "docs/speed.svg"
PEERS = tuple(name for name in NAMES if name != "fastnn")
WINOGRAD = {"conv_bn_sigmoid", "cifar_cnn", "resnet20", "siamese"}
# How many times faster than the fastest peer the project wants to be, by what a core can do at most.
GOALS = {"playground": 60, "mnist_mlp": 1.4, "conv_bn_sigmoid": 2.5, "cifar_cnn": 2.2, "resnet20": 2, "siamese": 2}
Run = dict[str, Any]


def select(runs: list[Run], **wanted: Any) -> list[Run]:
    """The records that were timed and have these values."""
    return [r for r in runs if "ms" in r and all(r[k] == v for k, v in wanted.items())]


def best(runs: list[Run], engines: tuple[str, ...] = PEERS) -> Run | None:
    """The fastest way of some engines among records of one workload."""
    return min((r for r in runs if r["engine"] in engines), key=lambda r: r["ms"], default=None)


def duration(ms: float) -> str:
    """Milliseconds as text with three digits and a unit that fits."""
    return f"{ms * 1e3:.3g} µs" if ms < 1 else f"{ms:.3g} ms" if ms < 1000 else f"{ms / 1e3:.3g} s"


def spread(r: Run) -> str:
    """Half the distance between the quartiles, in per cent of the median."""
    return f"±{50 * (r['p75'] - r['p25']) / r['ms']:.0f} %"


def times(ratio: float) -> str:
    """A ratio as text: "2.13×", "312×"."""
    return f"{ratio:.2f}×" if ratio < 10 else f"{ratio:.0f}×"


def grid(columns: list[str], body: list[list[str]]) -> list[str]:
    """A Markdown table."""
    return ["| " + " | ".join(row) + " |" for row in (columns, ["---"] * len(columns), *body)]


def cells(runs: list[Run], inference: bool, extra: bool) -> list[tuple[str, int, list[Run]]]:
    """(workload, threads, its records) in the order of the list of workloads."""
    out = []
    for name, work in WORKLOADS.items():
        for threads in sorted({r["threads"] for r in runs}):
            part = select(runs, workload=name, inference=inference, threads=threads)
            if part and work.extra == extra:
                out.append((name, threads, part))
    return out


def head(result: dict[str, Any]) -> str:
    """The machine in a line."""
    about = result["machine"]
    text = f"{about['cpu']}; {about['date']}; commit {about['commit']}"
    if "peak_gflops" in about:
        text += f"; measured FMA peak {about['peak_gflops']} GFLOP/s a core"
    if "stream_gb_per_s" in about:
        text += f", stream {about['stream_gb_per_s']} GB/s a core"
    return text + "."


def training(result: dict[str, Any], extra: bool = False, goals: bool = False) -> list[str]:
    """A row for each workload and number of threads: fastnn, and the fastest peer in its best mode."""
    body, peak = [], result["machine"].get("peak_gflops", 0)
    for name, threads, part in cells(result["runs"], False, extra):
        ours, theirs = best(part, ("fastnn",)), best(part)
        row = [name, str(threads)]
        if ours:
            share = f"{100 * ours['gflop_per_s'] / peak / threads:.0f} %" if peak else "–"
            row += [duration(ours["ms"]), spread(ours), f"{ours['gflop_per_s']:.3g}", share]
            row += [f"{ours['first_step_s']:.2f} s", f"{ours['peak_rss_mb']:.0f} MB"]
        else:
            row += ["–"] * 6
        row.append(
            "–"
            if not theirs
            else f"{NAMES[theirs['engine']]}: {duration(theirs['ms'])}, {theirs['peak_rss_mb']:.0f} MB"
        )
        row.append(times(theirs["ms"] / ours["ms"]) if ours and theirs else "–")
        body.append(row + ([times(GOALS[name]) if name in GOALS else "–"] if goals else []))
    columns = ["training step", "threads", "fastnn", "spread", "GFLOP/s", "% of peak", "first step", "memory",
               "fastest peer", "faster"] + (["goal"] if goals else [])  # fmt: skip
    return grid(columns, body) if body else []


def inference(result: dict[str, Any]) -> list[str]:
    """A row for each workload and number of threads: one row of input, in and out as NumPy."""
    body = []
    for name, threads, part in cells(result["runs"], True, False):
        theirs = best(part)
        row = [name, str(threads)]
        for mode in ("predict", "call"):
            found = [r for r in part if r["engine"] == "fastnn" and r["mode"] == mode]
            row.append(duration(found[0]["ms"]) if found else "–")
            row.append(times(theirs["ms"] / found[0]["ms"]) if found and theirs else "–")
        row.append(f"{NAMES[theirs['engine']]} ({theirs['mode']}): {duration(theirs['ms'])}" if theirs else "–")
        body.append(row)
    columns = ["one row", "threads", "`predict`", "faster", "`model(x)`", "faster", "fastest peer"]
    return grid(columns, body) if body else []


def engines(result: dict[str, Any], inference: bool = False, extra: bool = False) -> list[str]:
    """A row for each workload and number of threads, a column for each engine in its best mode."""
    found = cells(result["runs"], inference, extra)
    names = [e for e in NAMES if any(r["engine"] == e for _, _, part in found for r in part)]
    body = []
    for name, threads, part in found:
        ways = [best(part, (e,)) for e in names]
        body.append([name, str(threads)] + [f"{duration(r['ms'])} {spread(r)}" if r else "–" for r in ways])
    what = "one row" if inference else "training step"
    return grid([what, "threads", *(NAMES[e] for e in names)], body) if body else []


def notes(result: dict[str, Any]) -> list[str]:
    """What has to be known beside the numbers."""
    runs, out = result["runs"], []
    if any(r["workload"] in WINOGRAD for r in runs):
        out.append("GFLOP/s counts the operations of the direct convolution; Winograd's form does with fewer.")
    if any(not r.get("quiet", True) for r in runs):
        out.append("Other processes were busy on this machine during some of the timings; medians of wall time.")
    errors = sorted({f"{NAMES[r['engine']]} on {r['workload']}: {r['error'][:100]}" for r in runs if "error" in r})
    out += [f"Not timed: {'; '.join(errors)}."] if errors else []
    versions = ", ".join(sorted({r["version"] for r in runs if r.get("version")}))
    imports = "; ".join(f"import {NAMES[k]} {v:.2f} s" for k, v in result.get("import_s", {}).items())
    return [*([" ".join(out), ""] if out else []), "; ".join(filter(None, [versions, imports])) + "."]


def kernels(result: dict[str, Any]) -> list[str]:
    """Per kernel: rate, and the share of what the core can do that was measured in the same run."""
    body = [
        [r["group"], r["what"], duration(r["us"] / 1e3), f"{r['rate']:.3g} {r['unit']}", f"{100 * r['share']:.0f} %"]
        for r in result["kernels"]
    ]
    return [head(result), "", *grid(["kernel", "case", "time", "rate", "of the limit"], body)]


def summary(result: dict[str, Any]) -> str:
    """What the README shows."""
    parts = [[head(result)], training(result), inference(result), notes(result)]
    return "\n\n".join("\n".join(p) for p in parts if any(p))


def details() -> dict[str, str]:
    """The sections of docs/speed.md by the name of their markers; a section without results is left as it is."""
    out, speed, single = {}, results.read(results.SPEED), results.read(results.KERNELS)
    sections: dict[str, Callable[[dict[str, Any]], list[str]]] = {
        "goals": lambda r: training(r, goals=True),
        "engines": engines,
        "inference": lambda r: engines(r, inference=True),
        "extra": lambda r: training(r, extra=True),
    }
    for name, make in sections.items():
        lines = make(speed) if speed else []
        if lines:
            out[name] = "\n".join(lines)
    if single:
        out["kernels"] = "\n".join(kernels(single))
    return out


def fill(text: str, name: str, body: str) -> str:
    """`text` with what stands between two markers replaced.

    >>> fill("a <!-- bench:x:start -->old<!-- bench:x:end --> b", "x", "new").split()
    ['a', '<!--', 'bench:x:start', '-->', 'new', '<!--', 'bench:x:end', '-->', 'b']
    """
    start, end = f"<!-- bench:{name}:start -->", f"<!-- bench:{name}:end -->"
    if start not in text or end not in text:
        raise SystemExit(f"there is no {start} ... {end}: add the markers where the table shall stand")
    before, rest = text.split(start, 1)
    return f"{before}{start}\n{body}\n{end}{rest.split(end, 1)[1]}"


def pages(root: Path = ROOT) -> dict[Path, str]:
    """What the files that show results should contain."""
    speed = results.read(results.SPEED)
    if speed is None:
        raise SystemExit(f"no {results.SPEED}: run python -m bench run --out {results.SPEED}")
    page = (root / DETAILS).read_text(encoding="utf-8")
    for name, body in details().items():
        page = fill(page, name, body)
    readme = fill((root / README).read_text(encoding="utf-8"), "summary", summary(speed))
    return {root / README: readme, root / DETAILS: page, root / CHART: chart.draw(speed)}


def write(check: bool = False, root: Path = ROOT) -> int:
    """Bring README.md, docs/speed.md and the chart up to date; with `check`, only say (status 1) whether it would."""
    for path, text in pages(root).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            if check:
                return 1
            path.write_text(text, encoding="utf-8")
    return 0
