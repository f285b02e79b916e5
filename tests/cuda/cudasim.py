"""A simulated device whose launches are numba.cuda's simulator's: a thread of Python for each thread of a block.

As a program, it runs drawn cases of records there and on the CPU, and prints what differs, as JSON:
NUMBA_ENABLE_CUDASIM=1 FASTNN_KERNELS=python python cudasim.py THREADS NAME...
No name: all records; "fit": a net is trained.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import evaluate
import numpy as np
from numba import cuda
from strategies import SeededDraw, arrays

from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import placed
from fastnn.core.jit import KERNELS
from fastnn.kernels import cpu
from fastnn.runtime import device
from fastnn.runtime.device_base import HEADER, Launch
from fastnn.runtime.simulated import Simulated


class CudaSim(Simulated):
    """Simulated, with threads and blocks as numba.cuda has them."""

    def _per_item(self, work: Launch) -> int:
        if work.name not in KERNELS:
            cpu.load()
        kernel = KERNELS[work.name]
        grain, stride = self._at(work.args - 8 * HEADER, 8 * HEADER).view(np.int64).tolist()
        found = np.zeros(1, np.int64)

        def body(args: int, lo: int, hi: int, status: Any) -> None:
            t = cuda.grid(1)
            mine, i = self._words(args + 8 * stride * t), lo + t * grain
            with np.errstate(all="ignore"):
                while i < hi:
                    code = kernel.fn(mine, i, min(i + grain, hi), *kernel.types)
                    if code != 0:
                        cuda.atomic.cas(status, 0, code)
                    i += cuda.gridsize(1) * grain

        blocks = min(-(-work.calls // self.threads), self.blocks)
        threads = min(self.threads, work.lanes or self.threads)
        if work.lanes:
            blocks = max(1, min(blocks, work.lanes // threads))
        cuda.jit(body)[blocks, threads](work.args, work.lo, work.hi, found)
        return int(found[0])

    def _in_blocks(self, kernel: Any, work: Launch) -> int:
        found = np.zeros(1, np.int64)

        def body(args: int, lo: int, hi: int, status: Any) -> None:
            with np.errstate(all="ignore"):
                code = kernel.fn(self._words(args), lo, hi, *kernel.types)
            if code != 0:
                cuda.atomic.cas(status, 0, code)

        blocks = min(work.hi - work.lo, self.blocks)
        cuda.jit(body)[blocks, kernel.threads](work.args, work.lo, work.hi, found)
        return int(found[0])


def records(threads: int, names: list[str]) -> dict[str, str]:
    """{record: how it differs} of drawn cases on the CPU's kernels, a call an item."""
    ops, wrong = evaluate.load_registry(), {}
    for name in names or [name for name, op in ops.items() if op.host is None]:
        case = ops[name].cases(SeededDraw(1))
        inputs = [a for a in arrays(case, np.random.default_rng(1)) if a is not None]
        function = evaluate.op_function(ops[name], case)
        wanted = evaluate.run(function, inputs)
        with device.using(CudaSim(threads=threads, blocks=2, own=False)) as found:
            plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in inputs], options=placed(None))
            received = evaluate.as_list(plan(*inputs))
        found.check()
        try:
            evaluate.assert_same_bits(received, wanted, name)
        except AssertionError as error:
            wrong[name] = str(error)
    return wrong


def fit(threads: int) -> dict[str, str]:
    """The same of a net that is trained for two batches, also by kernels written for devices."""
    import fastnn as keras

    def trained() -> list[np.ndarray]:
        keras.utils.set_random_seed(1)
        L = keras.layers
        model = keras.Sequential([keras.Input((5,)), L.Dense(4, "tanh"), L.Dropout(0.5), L.Dense(3, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        rng = np.random.default_rng(0)
        model.fit(rng.standard_normal((6, 5)).astype("float32"), rng.integers(0, 3, 6), batch_size=3, verbose=0)
        return model.get_weights()

    wanted, wrong = trained(), {}
    for own in (False, True):
        with device.using(CudaSim(threads=threads, blocks=2, own=own)) as found:
            received = trained()
        found.check()
        apart = max(float(np.abs(a - b).max()) for a, b in zip(received, wanted))
        if apart > (1e-5 if own else 0):
            wrong[f"own={own}"] = f"weights are {apart} apart"
    return wrong


if __name__ == "__main__":
    count, given = int(sys.argv[1]), sys.argv[2:]
    sys.stdout.write(json.dumps(fit(count) if given == ["fit"] else records(count, given)) + "\n")
