"""model.profile(): where the time of a step goes, per instruction, measured."""

import json

import numpy as np

from fastnn.models.report import PlanReport
from fastnn.runtime import limits
from fastnn.saving.files import write_file


class Profile:
    """Measured times of one plan.

    Args:
        model: a built model.
        batch_size: rows of the step.
        batches: steps that are timed, after one that is not.
        training: whether it is a training step; if None, whether the model is compiled.

    rows: one dict per instruction, in tape order: kernel, op, layer (its path), line ("file:line" of the user's program
    where that layer was made, "" if there is none), us (thread 0's mean), share of the step, gflops, gbps, peak (share
    of the FMA peak of the threads at work), limit (share of the speed that peak and bandwidth together allow, above 1
    where data come from a cache).  peak_gflops, stream_gb_per_s: of one core, measured before and after the steps.
    table() is text, by(key) sums, save_trace(path) a file for Chrome's trace viewer.

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(1)])
    >>> profile = model.profile(8, batches=2)
    >>> sum(row["share"] for row in profile.rows) > 0.99
    True
    """

    def __init__(self, model, batch_size, batches=20, training=None):
        report = PlanReport(model, batch_size, training)
        program = report.program
        feed_state = program.state.copy()
        times = np.zeros(max(len(report.instructions), 1), np.int64)
        saved = [(v, v.numpy()) for v in _state_of(model)]
        before = _limits()
        try:
            program.run(1, 0)
            program.run(batches, 0, profile=times)
        finally:
            for v, value in saved:
                v.assign(value)
            program.state[:] = feed_state
        self.peak_gflops, self.stream_gb_per_s = (max(pair, default=None) for pair in zip(before, _limits()))
        us = times / batches / 1000
        total = max(float(us.sum()), 1e-9)
        self.batch_size, self.threads, self.total_us = batch_size, report.threads, total
        places = {}
        for layer in model._flatten_layers():
            places.setdefault(layer.name, []).append(((layer.path or layer.name).split("/"), layer._user_line))
        self.rows = [
            self._row(r, t, t / total, _line(places, r["layer"])) for r, t in zip(report.instructions, us.tolist())
        ]

    def _row(self, r, us, share, line):
        gflops, gbps = r["flops"] / max(us, 1e-9) / 1000, r["bytes"] / max(us, 1e-9) / 1000
        peak, stream = (self.peak_gflops or np.inf) * self.threads, self.stream_gb_per_s
        return dict(
            kernel=r["kernel"],
            op=r["op"],
            layer=r["layer"],
            line=line,
            us=us,
            share=share,
            gflops=gflops,
            gbps=gbps,
            peak=gflops / peak,
            limit=max(gflops / peak, gbps / stream),
        )

    def by(self, key):
        """{value of `key` ("op", "layer", "kernel", "line"): us}, largest first."""
        out = {}
        for r in self.rows:
            out[r[key]] = out.get(r[key], 0.0) + r["us"]
        return dict(sorted(out.items(), key=lambda kv: -kv[1]))

    def table(self, most=40):
        """The slowest instructions as text.

        Args:
            most: how many at most, an int.
        """
        peak = f"FMA peak {self.peak_gflops:.0f} GFLOP/s, " if self.peak_gflops else ""
        lines = [
            f"{self.total_us:,.1f} us a step, batch {self.batch_size}, {self.threads} thread(s); "
            f"{peak}stream {self.stream_gb_per_s:.1f} GB/s a core",
            f"{'us':>10} {'share':>6} {'GFLOP/s':>8} {'% peak':>6} {'GB/s':>7}  {'kernel':28} {'layer':28} line",
        ]
        for r in sorted(self.rows, key=lambda r: -r["us"])[:most]:
            speed = f"{r['gflops']:8.1f} {100 * r['peak']:6.1f} {r['gbps']:7.1f}"
            place = f"{r['kernel']:28.28} {r['layer']:28.28} {r['line']}"
            lines.append(f"{r['us']:10.2f} {r['share']:6.1%} {speed}  {place}")
        return "\n".join(lines)

    __str__ = __repr__ = table

    def save_trace(self, path):
        """Write the step as a Chrome trace (chrome://tracing, Perfetto).

        Args:
            path: of the file, JSON.
        """
        events, at = [], 0.0
        for r in self.rows:
            events.append(
                dict(
                    name=r["kernel"],
                    cat=r["op"],
                    ph="X",
                    ts=at,
                    dur=r["us"],
                    pid=0,
                    tid=0,
                    args={k: r[k] for k in ("layer", "line", "gflops", "gbps", "peak", "limit")},
                )
            )
            at += r["us"]
        write_file(path, json.dumps({"traceEvents": events}).encode())


def _limits():
    """(FMA peak, stream bandwidth) of one core now; the peak is 0 where kernels are plain Python."""
    return limits.peak_gflops() or 0.0, limits.stream_gb_per_s()


def _line(places, scope):
    """Where the innermost layer of a scope was made; of layers with one name, the one whose path fits best."""
    names = scope.split("/")
    for end in range(len(names), 0, -1):
        found = places.get(names[end - 1], ())
        if found:
            return max(found, key=lambda place: _common(place[0], names[:end]))[1]
    return ""


def _common(path, names):
    """How many of their last names are equal."""
    count = 0
    for a, b in zip(reversed(path), reversed(names)):
        if a != b:
            break
        count += 1
    return count


def _state_of(model):
    """Every variable that a step may change."""
    out = list(model.variables)
    if getattr(model, "compiled", False):
        out += list(model.optimizer.variables) + [v for m in model.metrics for v in m.variables]
    return out
