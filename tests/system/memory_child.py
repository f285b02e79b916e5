"""Trains a workload; prints the bytes that its plan says, and by how many the resident set grew.

python memory_child.py WORKLOAD BATCH
"""

import json
import sys

import numpy as np

import fastnn
from fastnn.cli.workloads import STANDARD


def kilobytes(field):
    """A field of the process's status."""
    with open("/proc/self/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(f"{field}:"))


def main():
    """One JSON object."""
    work, batch = STANDARD[sys.argv[1]], int(sys.argv[2])
    xs, ys = work.data()
    one = lambda values: values if len(values) > 1 else values[0]

    def trained(rows):
        x, y = (one([v[:rows] for v in part]) for part in (xs, ys))
        model = work.build(fastnn)
        work.compile(fastnn, model)
        model.fit(x, y, batch_size=min(batch, rows), verbose=0)
        return model

    xs, ys = ([np.resize(v, (2 * batch, *v.shape[1:])) for v in part] for part in (xs, ys))
    small = trained(1)  # the code that is loaded on first use is not the plan's
    with open("/proc/self/clear_refs", "w", encoding="ascii") as f:
        f.write("5")  # the peak is counted from here
    before = kilobytes("VmRSS")
    model = trained(2 * batch)
    grown = kilobytes("VmHWM") - before
    del small
    plan = model.plan(batch)
    sys.stdout.write(
        json.dumps(
            dict(
                grown=1024 * grown,
                plan=plan.peak_bytes,
                arena=plan.arena_bytes,
                state=plan.state_bytes,
                workspace=plan.workspace_bytes,
            )
        )
    )


if __name__ == "__main__":
    main()
