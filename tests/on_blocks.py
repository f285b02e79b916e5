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

from fastnn.compiler.target import CPU
from fastnn.core import blocks, jit_cuda
from fastnn.kernels import cuda
from fastnn.runtime import pack

cuda.load()
FIRST = 1 << 60  # numbers of kernels for a device, in place of addresses
CUDA = replace(CPU, name="cuda", most_chunks=1)
TILE = {(8, 8, 4, 4, 4): 1.0}  # of products: as small as a tile can be


def small_tiles() -> None:
    """Enter products and convolutions by tiles of four threads, so that small arrays have several, with edges."""
    from fastnn.kernels.cuda import conv, products

    for kernel, make in (("matmul", products.product), ("correlate", conv.correlation), ("correlate_grad_w", conv.gradient)):
        source, threads = make(*next(iter(TILE)))
        for t, F in (("f32", np.float32), ("f64", np.float64)):
            name = f"{blocks.tile_name(kernel, next(iter(TILE)))}_{t}"
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
        mock.patch.dict(blocks.TILES, {"f32": TILE, "f64": TILE}),
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
