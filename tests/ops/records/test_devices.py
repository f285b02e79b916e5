"""Each operation and its gradient on a simulated device, a call of the CPU's kernel an item: the CPU's bits."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import evaluate
import numpy as np
import pytest
from strategies import SeededDraw, arrays, kernels_mode

from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import Options, placed
from fastnn.graph import gradients
from fastnn.runtime import device, pack
from fastnn.runtime.simulated import Simulated

OPS = evaluate.load_registry()
# Kernels that are written for devices, which add in another order, are in tests/kernels/cuda and tests/system.
SEEDS = range(2 if kernels_mode() == "python" else 4)


def both(op, case, inputs):
    """The case's results, and the gradients of their sum, as a function of the present inputs."""
    fn = evaluate.op_function(op, case)

    def run(*symbols):
        outs = evaluate.as_list(fn(*symbols))
        if op.nondiff or (op.vjp is None and op.compose is None):
            return outs
        ys = [y for y in outs if hasattr(y, "spec") and y.dtype == "float32"]
        xs = [s for s, a in zip(symbols, inputs) if a.dtype == np.float32]
        return [*outs, *(g for g in (gradients(ys, xs) if ys and xs else ()) if g is not None)]

    return run


def on(found, function, inputs, **options):
    """Results on a device; twice, so that what one run leaves behind would show."""
    with device.using(found):
        plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in inputs], options=placed(Options(**options)))
        first = [np.array(y) for y in evaluate.as_list(plan(*inputs))]
        evaluate.assert_same_bits(evaluate.as_list(plan(*inputs)), first, "run to run")
    found.check()
    return first


@pytest.mark.parametrize("name", OPS)
def test_devices_agree_with_the_cpu(name):
    op = OPS[name]
    for seed in SEEDS:
        case = op.cases(SeededDraw(seed))
        inputs = [a for a in arrays(case, np.random.default_rng(seed), "float32") if a is not None]
        function = both(op, case, inputs)
        wanted = [np.array(y) for y in evaluate.run(function, inputs, threads=1)]
        received = on(Simulated(threads=(10, 33)[seed % 2], blocks=2, cut=True, own=False), function, inputs)
        evaluate.assert_same_bits(received, wanted, name)


def test_every_kernel_of_a_plan_for_devices_is_compiled_for_them():
    """What the pack's build leaves out of the CPU's kernels is named by no lowering rule for devices."""
    code = "import json\nfrom fastnn.kernels import ptx\nprint(json.dumps(sorted(ptx.all_kernels())))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FASTNN_KERNELS": "python", "PYTHONPATH": str(pack.FOLDER.parents[2])},
        capture_output=True,
        text=True,
    )
    compiled, used = set(json.loads(done.stdout)), set()
    for op in OPS.values():
        for seed in range(4):
            case = op.cases(SeededDraw(seed))
            for dtype in ("float32", "float64"):
                inputs = [a for a in arrays(case, np.random.default_rng(seed), dtype) if a is not None]
                with device.using(Simulated()):
                    shapes = [(a.shape, a.dtype.name) for a in inputs]
                    plan = EagerPlan(both(op, case, inputs), shapes, options=placed(Options()))
                    used |= set(plan.program.plan.kernels)
    assert len(used) > 150 and used <= compiled, used - compiled
