"""Kernels that are written for a device, as plain Python: their helpers, their names, and what they may not do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from fastnn.core import jit, jit_cuda
from fastnn.core.jit import at, words
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, fma, launch, load4, local, shared, store4, thread
from fastnn.core.memory import register_memory
from fastnn.kernels import cuda

SOURCES = sorted(Path(cuda.__file__).parent.glob("*.py"))
THREADS = 8


@pytest.fixture
def kernels(monkeypatch):
    """A table of kernels of this test's own."""
    monkeypatch.setattr(jit_cuda, "CUDA_KERNELS", {})
    return jit_cuda.CUDA_KERNELS


def sum_rows(a, lo, hi, F):
    """y[i] = the sum of row i: a part by each thread, then all parts by one, in order."""
    xs, ys, n = words(a, 3)
    part, t = shared(F, THREADS), thread()
    for i in range(lo + block(), hi, blocks()):
        x, s = at(F, xs + i * n * np.dtype(F).itemsize), F(0)
        for j in range(t, n, THREADS):
            s = fma(F, x[j], F(1), s)
        part[t] = s
        barrier()
        if t == 0:
            total = F(0)
            for k in range(THREADS):
                total += part[k]
            at(F, ys)[i] = total
        barrier()
    return 0


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("blocks", [1, 2, 5])
@pytest.mark.parametrize("F", [np.float32, np.float64])
def test_a_block_works_on_an_item_together(kernels, F, blocks, backward):
    cuda_kernel("f32", "f64", threads=THREADS)(sum_rows)
    x = register_memory(np.arange(33, dtype=F).reshape(3, 11))
    y = register_memory(np.zeros(3, F))
    found = kernels[f"sum_rows_{jit.type_name(F)}"]
    assert found.threads == THREADS
    assert launch(found, [x.ctypes.data, y.ctypes.data, 11], 0, 3, blocks, backward) == 0
    assert y.tolist() == x.sum(1).tolist()


def test_loads_and_stores_of_four(kernels):
    @cuda_kernel("f32", threads=2)
    def reverse(a, lo, hi, F):
        x, y, t = at(F, a[0]), at(F, a[1]), thread()
        mine = local(F, 4)
        mine[0], mine[1], mine[2], mine[3] = load4(x, 4 * t)
        store4(y, 4 * (1 - t), (mine[3], mine[2], mine[1], mine[0]))
        return 0

    raw = register_memory(np.zeros(96, np.uint8))
    raw = raw[-raw.ctypes.data % 16 :]
    x, y = raw[:32].view(np.float32), raw[32:64].view(np.float32)
    x[:] = range(8)
    assert launch(kernels["reverse_f32"], [x.ctypes.data, y.ctypes.data], 0, 1, 1) == 0
    assert y.tolist() == [7, 6, 5, 4, 3, 2, 1, 0]
    with pytest.raises(IndexError, match="not a multiple of 16 bytes"):
        launch(kernels["reverse_f32"], [x.ctypes.data + 4, y.ctypes.data], 0, 1, 1)


def test_names_and_sizes_are_checked(kernels):
    with pytest.raises(ValueError, match="a block of 2048 threads; expected 1 to 1024"):
        cuda_kernel("f32", threads=2048)
    with pytest.raises(ValueError, match="kernel type 'f8'"):
        cuda_kernel("f8")
    cuda_kernel("f32", threads=THREADS)(sum_rows)

    def other(a, lo, hi, F):
        return 0

    other.__name__, other.__module__ = "sum_rows", "elsewhere"
    with pytest.raises(ValueError, match="already defined in"):
        cuda_kernel("f32")(other)


ATOMIC = {"atomic", "atomicrmw", "atomic_rmw", "cmpxchg", "atomic_add"}
IN_PTX = re.compile(r"\b(atom|red)\.\w|\batomicrmw\b")


def atomics(text):
    """Names and texts in a source that make a sum depend on the order in which threads come."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in ATOMIC:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and node.id in ATOMIC:
            yield node.lineno, node.id
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[-1] in ATOMIC)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((node.lineno, found.group()) for found in IN_PTX.finditer(node.value))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_kernels_have_no_atomics(path):
    """Every sum has a fixed order; the status, an integer, is written by the entry point alone (core/jit_cuda.py)."""
    assert not list(atomics(path.read_text(encoding="utf-8"))), path.name


def test_an_atomic_is_found():
    text = 'from numba.cuda import atomic\ncuda.atomic.add(x, 0, s)\nasm("red.global.add.f32")\nb.atomic_rmw("fadd")'
    assert sorted({line for line, _ in atomics(text)}) == [1, 2, 3, 4]
