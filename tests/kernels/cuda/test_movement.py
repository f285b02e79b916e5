"""Rows that are moved by blocks of threads: every bit where the CPU's kernels put it."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.core import jit_cuda
from fastnn.core.errors import KernelError
from fastnn.core.memory import register_memory
from fastnn.kernels.cpu.index import GATHERS
from fastnn.ops.op import REGISTRY
from fastnn.runtime import pack

RNG = np.random.default_rng(0)
OPS = {"transpose": ("transpose_", "copy"), "strided_slice": ("copy",), "pad": ("copy", "fill"), "take": ("take_",),
       "table_rows": ("take_",), "broadcast_to": ("copy", "spread"), "concatenate": ("concatenate_", "copy"),
       "split": ("split_", "copy")}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", OPS)
def test_cases(name, seed):
    op, case, full = on_blocks.case_of(name, seed, "float32")
    arrays = [a for a in full if a is not None]
    for back in (False, True):
        results, used = on_blocks.run(evaluate.op_function(op, case), arrays, backward=back)
        evaluate.assert_same_bits(results, evaluate.run(evaluate.op_function(op, case), arrays), f"{name} {case}")
        assert not used or any(k.startswith(OPS[name]) for k in used), used


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape, axes", [((40, 35), (1, 0)), ((2, 17, 33), (0, 2, 1)), ((3, 5, 20), (2, 1, 0))])
def test_transposes(shape, axes, dtype):
    x = RNG.integers(0, 100, shape).astype(dtype)
    results, used = on_blocks.run(lambda s: REGISTRY["transpose"](s, axes=axes), [x])
    assert used[0].startswith("transpose_")
    np.testing.assert_array_equal(results[0], x.transpose(axes))


@pytest.mark.parametrize("form", GATHERS, ids=lambda form: form[0])
def test_rows_of_a_batch(form):
    """In the order of an epoch, converted; the CPU's bits."""
    name, D, S, _ = form
    rows = register_memory(RNG.integers(0, 256, (6, 5 * np.dtype(S).itemsize)).astype(np.uint8))
    if S is np.uint16:  # no infinite halves, which are no integers
        rows = register_memory(rows.view(S) & np.uint16(0xBFFF))
    if np.dtype(S).kind == "f":
        rows = register_memory(RNG.standard_normal((6, 5)).astype(S))
    order = register_memory(np.array([3, 0, 5, 1, 2, 4, 6]))
    io, index = np.array([rows.ctypes.data, rows.strides[0], 6]), np.array([order.ctypes.data])
    state = np.zeros(8, np.int64)
    state[1] = 2
    for array in (io, index, state):
        register_memory(array)
    made = []
    for call in (pack.call, launch):
        out = np.zeros((3, 5), D)
        with np.errstate(all="ignore"):
            assert call(name, [io, index, out, 5, state], 0, 3) == 0
        made.append(out)
    evaluate.assert_same_bits(made[1:], made[:1], name)
    state[1] = 4
    assert launch(name, [io, index, np.zeros((3, 5), D), 5, state], 0, 3) == 1  # there is no row 6


def launch(name: str, args: list, lo: int, hi: int) -> int:
    """One launch on blocks."""
    words = [register_memory(a).ctypes.data if isinstance(a, np.ndarray) else a for a in args]
    return jit_cuda.launch(jit_cuda.CUDA_KERNELS[name], words, lo, hi, 2)


def test_an_index_outside_is_an_error():
    x, index = np.ones((3, 2), np.float32), np.array([0, 3])
    with pytest.raises(KernelError):
        on_blocks.run(lambda *s: REGISTRY["take"](*s, axis=0), [x, index])
