"""Plans for a device on simulated blocks of threads: every kernel as it would be launched, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import evaluate
import numpy as np
import strategies

from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import Options, placed
from fastnn.core import blocks, jit_cuda
from fastnn.kernels import cuda
from fastnn.kernels.cuda import (
    binary,
    conv,
    depthwise,
    movement,
    norms,
    pooling,
    products,
    reductions,
    scatter,
    tiles,
    trees,
)
from fastnn.ops.records import convolution_cuda, normalization_cuda, reduction
from fastnn.runtime import device
from fastnn.runtime.simulated import Simulated

cuda.load()
TILES = {"f32": (8, 8, 4, 4, 4), "f64": (8, 8, 4, 4, 4), "tf32": (16, 16, 8, 1, 1)}  # as small as tiles can be
SMALL = {t: {form: 1.0} for t, form in TILES.items()}
OTHERS = [binary, depthwise, movement, norms, pooling, reductions, scatter, trees]  # rows.py: see trees


def small_tiles() -> None:
    """Enter products and convolutions by tiles of four threads, so that small arrays have several, with edges."""
    makers = {"matmul": products.product, "correlate": conv.correlation, "correlate_grad_w": conv.gradient}
    for t, form in TILES.items():
        tile = (tiles.tensors if t == "tf32" else tiles.registers)(*form)
        F, suffix = (np.float64, "f64") if t == "f64" else (np.float32, "f32")
        for kernel, make in makers.items():
            source, threads = make(tile)
            name = f"{blocks.tile_name(kernel, t, form)}_{suffix}"
            jit_cuda.CUDA_KERNELS[name] = jit_cuda.CudaKernel(name, source, (F,), threads)


@contextmanager
def small_blocks() -> Iterator[None]:
    """Eight threads in the blocks of all other kernels, four lanes by two rows, as simulated ones are slow."""
    sizes = {"LANES": 4, "DEEP": 2, "ROW_THREADS": 8, "COLUMN_THREADS": 8, "THREADS": 8, "SQUARES": 8, "SUMS": 8}
    records = [convolution_cuda, normalization_cuda, reduction]
    with ExitStack() as stack:
        for module in (*OTHERS, products, *records):
            for name in set(sizes) & set(vars(module)):
                stack.enter_context(mock.patch.object(module, name, sizes[name]))
        names = {module.__name__ for module in OTHERS}
        fewer = {
            k.name: jit_cuda.CudaKernel(k.name, k.fn, k.types, 8)
            for k in jit_cuda.CUDA_KERNELS.values()
            if k.module in names or k.name.startswith("add_partials_")
        }
        stack.enter_context(mock.patch.dict(jit_cuda.CUDA_KERNELS, fewer))
        stack.enter_context(mock.patch.dict(blocks.TILES, SMALL))
        yield


class Noting(Simulated):
    """A simulated device that keeps the names of the kernels that it ran, and begins with the order that it is told."""

    def __init__(self, count: int, backward: bool) -> None:
        super().__init__(blocks=count)
        self.names: list[str] = []
        self._backward = not backward  # launches take turns

    def _run(self, work: Any) -> None:
        if work.row >= 0:  # else it is the tape's own
            self.names.append(work.name)
        super()._run(work)


def run(
    fn: Callable[..., Any], given: list[np.ndarray], count: int = 3, backward: bool = False
) -> tuple[list[np.ndarray], list[str]]:
    """fn on arrays as a plan for a device of `count` blocks; results, and the names of the kernels."""
    found = Noting(count, backward)
    with device.using(found), small_blocks():
        plan = EagerPlan(fn, [(a.shape, a.dtype.name) for a in given], options=placed(Options()))
        results = [np.array(y) for y in evaluate.as_list(plan(*given))]
    found.check()
    evaluate.PLANS.clear()  # made for small tiles
    return results, found.names


small_tiles()


def case_of(name: str, seed: int, dtype: str) -> tuple[Any, Any, list[Any]]:
    """(operation, a case of it, its arrays with None for an absent one)."""
    op = evaluate.load_registry()[name]
    case = op.cases(strategies.SeededDraw(seed))
    return op, case, strategies.arrays(case, np.random.default_rng(seed), dtype)


def check(name: str, seed: int, dtype: str, kernels: str) -> None:
    """A case of an operation on blocks in both orders: the float64 reference, equal bits, and which kernels it took."""
    op, case, full = case_of(name, seed, dtype)
    arrays = [a for a in full if a is not None]
    wide = [None if a is None else a.astype(np.float64) if a.dtype.kind == "f" else a for a in full]
    expected = evaluate.as_list(op.reference(*wide, **op.normalize(case.attrs)))
    results, used = run(evaluate.op_function(op, case), arrays)
    assert not used or any(k.startswith(kernels) for k in used), f"{name}: {used}"
    rtol = evaluate.tolerance(op, full, results, case.attrs, dtype, case.tolerance)
    for received, wanted in zip(results, expected, strict=True):
        evaluate.assert_close(received, wanted, rtol, f"{name} {case}")
    again, _ = run(evaluate.op_function(op, case), arrays, count=2, backward=True)
    evaluate.assert_same_bits(again, results, f"{name} {case}, other blocks in another order")
