"""model.profile(): where the time of a step goes, per instruction, measured."""
import json

import numpy as np

from fastnn.models.report import PlanReport


class Profile:
    """Measured times of one plan.

    rows: one dict per instruction (kernel, op, layer, us, gflops, gbps, share), in tape order; us is thread 0's
    mean over `batches` runs after a warm-up.  table() is text, save_trace(path) a file for Chrome's trace viewer.
    """

    def __init__(self, model, batch_size, batches=20, training=None):
        report = PlanReport(model, batch_size, training)
        program = report.program
        feed_state = program.state.copy()
        times = np.zeros(max(len(report.instructions), 1), np.int64)
        saved = [(v, v.numpy()) for v in _state_of(model)]
        try:
            program.run(1, 0)
            program.run(batches, 0, profile=times)
        finally:
            for v, value in saved:
                v.assign(value)
            program.state[:] = feed_state
        us = times / batches / 1000
        total = max(us.sum(), 1e-9)
        self.batch_size, self.threads, self.total_us = batch_size, report.threads, float(total)
        self.rows = [dict(kernel=r["kernel"], op=r["op"], layer=r["layer"], us=float(t), share=float(t / total),
                          gflops=r["flops"] / max(t, 1e-9) / 1000, gbps=r["bytes"] / max(t, 1e-9) / 1000)
                     for r, t in zip(report.instructions, us)]

    def by(self, key):
        """{value of `key` ("op", "layer", "kernel"): us}, largest first."""
        out = {}
        for r in self.rows:
            out[r[key]] = out.get(r[key], 0.0) + r["us"]
        return dict(sorted(out.items(), key=lambda kv: -kv[1]))

    def table(self, most=40):
        """The slowest instructions as text."""
        lines = [f"{self.total_us:,.1f} us a step, batch {self.batch_size}, {self.threads} thread(s)",
                 f"{'us':>10} {'share':>6} {'GFLOP/s':>8} {'GB/s':>7}  {'kernel':32} layer"]
        for r in sorted(self.rows, key=lambda r: -r["us"])[:most]:
            speed = f"{r['gflops']:8.1f} {r['gbps']:7.1f}"
            lines.append(f"{r['us']:10.2f} {r['share']:6.1%} {speed}  {r['kernel']:32.32} {r['layer']}")
        return "\n".join(lines)

    __str__ = __repr__ = table

    def save_trace(self, path):
        """Write the step as a Chrome trace (chrome://tracing, Perfetto)."""
        events, at = [], 0.0
        for r in self.rows:
            events.append(dict(name=r["kernel"], cat=r["op"], ph="X", ts=at, dur=r["us"], pid=0, tid=0,
                               args=dict(layer=r["layer"], gflops=r["gflops"], gbps=r["gbps"])))
            at += r["us"]
        from fastnn.saving.files import write_file
        write_file(path, json.dumps({"traceEvents": events}).encode())


def _state_of(model):
    """Every variable that a step may change."""
    out = list(model.variables)
    if getattr(model, "compiled", False):
        out += list(model.optimizer.variables) + [v for m in model.metrics for v in m.variables]
    return out
