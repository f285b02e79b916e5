"""The README's table, made from the result files."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
START, END = "<!-- bench:start -->", "<!-- bench:end -->"
WINOGRAD = {"conv_bn_sigmoid", "cifar_cnn", "resnet20", "siamese"}
PEERS = {"PyTorch": ("torch",), "PyTorch channels_last": ("torch-channels-last",),
         "torch.compile": ("torch-compile", "torch-compile-channels-last"),
         "Keras": ("keras-torch", "keras-jax", "keras-tensorflow")}


def best(runs: list[dict[str, Any]], workload: str, engines: tuple[str, ...], inference: bool) -> dict[str, Any] | None:
    """The fastest way of running a workload on any of some engines."""
    ways = [r for r in runs if r["workload"] == workload and r["engine"] in engines and "ms" in r
            and r["inference"] == inference]
    return min(ways, key=lambda r: r["ms"]) if ways else None


def duration(ms: float) -> str:
    """Milliseconds as text with three digits and a unit that fits."""
    return f"{ms * 1e3:.3g} µs" if ms < 1 else f"{ms:.3g} ms" if ms < 1000 else f"{ms / 1e3:.3g} s"


def spread(r: dict[str, Any]) -> str:
    """Half the distance between the quartiles, in per cent of the median."""
    return f"±{50 * (r['p75'] - r['p25']) / r['ms']:.0f} %"


def rows(result: dict[str, Any]) -> list[str]:
    """A Markdown table of one result file."""
    runs, about = result["runs"], result["machine"]
    threads = result["threads"]
    head = f"{about['cpu']}; {threads} thread{'s' if threads > 1 else ''}; {about['date']}; commit {about['commit']}"
    if "peak_gflops" in about:
        head += f"; measured FMA peak {about['peak_gflops']} GFLOP/s a core"
    out = [head, ""]
    for inference in (False, True):
        part = [r for r in runs if r["inference"] == inference and "ms" in r]
        if not part:
            continue
        peers = [p for p, names in PEERS.items() if any(r["engine"] in names for r in part)]
        columns = ["one row" if inference else "training step", "fastnn", "spread"]
        columns += [] if inference else ["GFLOP/s", "% of peak", "first step", "memory"]
        columns += [f"{p}" for p in peers] + (["faster than the best of them"] if peers else [])
        out += ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
        for workload in dict.fromkeys(r["workload"] for r in part):
            ours = best(part, workload, ("fastnn",), inference)
            cells = [workload, duration(ours["ms"]) if ours else "–", spread(ours) if ours else "–"]
            if not inference:
                peak = about.get("peak_gflops", 0) * threads
                cells += [f"{ours['gflop_per_s']:.3g}", f"{100 * ours['gflop_per_s'] / peak:.0f} %" if peak else "–",
                          f"{ours['first_step_s']:.2f} s", f"{ours['peak_rss_mb']:.0f} MB"] if ours else ["–"] * 4
            theirs = [best(part, workload, PEERS[p], inference) for p in peers]
            cells += [duration(t["ms"]) if t else "–" for t in theirs]
            if peers:
                fastest = min((t["ms"] for t in theirs if t), default=None)
                cells.append(f"{fastest / ours['ms']:.2f}×" if ours and fastest else "–")
            out.append("| " + " | ".join(cells) + " |")
        out.append("")
        if not inference and any(r["workload"] in WINOGRAD for r in part):
            out += ["GFLOP/s counts the operations of the direct convolution; Winograd's form does with fewer.", ""]
        if any(not r.get("quiet", True) for r in part):
            out += ["Other processes were busy on this machine during some of the timings; medians of wall time.", ""]
    versions = sorted({r["version"] for r in runs if r.get("version")})
    imports = "; ".join(f"import {k} {v:.2f} s" for k, v in result.get("import_s", {}).items())
    out.append("; ".join(filter(None, [", ".join(versions), imports])) + ".")
    return out


def latest() -> list[dict[str, Any]]:
    """The newest result file of each number of threads and kind of workload."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if "runs" not in result:
            continue
        kind = (result["threads"], *sorted({r["workload"] for r in result["runs"]}))
        if kind not in found or found[kind]["machine"]["date"] <= result["machine"]["date"]:
            found[kind] = result
    return [found[k] for k in sorted(found)]


def write(check: bool = False, readme: Path = ROOT / "README.md") -> int:
    """Put the tables between the markers of the README; with `check`, only say (status 1) whether that changes it."""
    text = readme.read_text(encoding="utf-8")
    if START not in text or END not in text:
        raise SystemExit(f"{readme.name} has no {START} ... {END}: add the markers where the table shall stand")
    before, rest = text.split(START, 1)
    after = rest.split(END, 1)[1]
    body = "\n\n".join("\n".join(rows(result)) for result in latest())
    new = f"{before}{START}\n{body}\n{END}{after}"
    if check:
        return int(new != text)
    readme.write_text(new, encoding="utf-8")
    return 0
