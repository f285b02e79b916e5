"""Plans for a device on simulated blocks of threads: every kernel as it would be launched, in plain Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import evaluate
import numpy as np
import strategies

from fastnn.compiler.target import CPU
from fastnn.core import blocks, jit_cuda
from fastnn.kernels import cuda
from fastnn.kernels.cuda import conv, products, tiles
from fastnn.runtime import pack

cuda.load()
FIRST = 1 << 60  # numbers of kernels for a device, in place of addresses
CUDA = replace(CPU, name="cuda", most_chunks=1)
TILES = {"f32": (8, 8, 4, 4, 4), "f64": (8, 8, 4, 4, 4), "tf32": (16, 16, 8, 1, 1)}  # as small as tiles can be
SMALL = {t: {form: 1.0} for t, form in TILES.items()}


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
def device(count: int = 3, backward: bool = False) -> Iterator[list[str]]:
    """Kernels that are written for a device run on `count` blocks inside; the others item by item. Yields their names."""
    known, used = sorted(jit_cuda.CUDA_KERNELS), []
    address, function = pack.address, pack.function

    def words_of(args: Any) -> Any:
        return ctypes.cast(args, ctypes.POINTER(ctypes.c_int64)) if isinstance(args, int) else args

    def address_of(name: str) -> int:
        used.append(name)
        return FIRST + known.index(name) if name in known else address(name)

    def function_of(number: int) -> Callable[..., int]:
        if number < FIRST:
            one = function(number)

            def each(args: Any, lo: int, hi: int) -> int:
                return next((status for status in (one(args, i, i + 1) for i in range(lo, hi)) if status), 0)

            return each
        kernel = jit_cuda.CUDA_KERNELS[known[number - FIRST]]

        def launched(args: Any, lo: int, hi: int) -> int:
            with np.errstate(all="ignore"):
                return jit_cuda.launch(kernel, words_of(args), lo, hi, min(count, hi - lo), backward)

        return launched

    with (
        mock.patch.object(pack, "address", address_of),
        mock.patch.object(pack, "function", function_of),
        mock.patch.dict(blocks.TILES, SMALL),
    ):
        yield used


def run(fn: Callable[..., Any], arrays: list[np.ndarray], **how: Any) -> tuple[list[np.ndarray], list[str]]:
    """fn on arrays as a plan for a device; results, and the names of the kernels."""
    with device(**how) as used:
        call = evaluate.plan(
            fn, arrays, executor="python", fuse=False, threads=1, target={"name": "cuda", "most_chunks": 1}
        )
        results = [np.array(y) for y in evaluate.as_list(call(*arrays))]
    evaluate.PLANS.clear()  # made for small tiles
    return results, used


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
