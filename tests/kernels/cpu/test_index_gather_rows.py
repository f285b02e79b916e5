"""The kernels that read batches: every pair of types, rows in any order, indices checked."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import kernels_mode

from fastnn.core.memory import register_memory

SOURCES = {"u8": "u1", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "f16": "f2", "f32": "f4", "f64": "f8"}
TARGETS = {"f32": "f4", "f64": "f8", "i32": "i4", "i64": "i8"}


def call(name, args, n):
    """Run one kernel over n items; returns its status."""
    args = register_memory(np.array(args, np.int64))
    if kernels_mode() == "python":
        from fastnn.core.jit import KERNELS, entry
        from fastnn.kernels import cpu

        cpu.load()
        return entry(KERNELS[name])(args, 0, n)
    import ctypes

    from fastnn.runtime import pack

    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    return kind(pack.address(name))(args.ctypes.data, 0, n)


def gather(target, source, x, order, row0, rows):
    x, out = register_memory(x), register_memory(np.zeros((rows, x.shape[1]), TARGETS[target]))
    io = register_memory(np.array([x.ctypes.data, x.strides[0], len(x)], np.int64))
    index = register_memory(np.array([0 if order is None else order.ctypes.data], np.int64))
    state = register_memory(np.zeros(16, np.int64))
    state[1] = row0
    status = call(
        f"gather_rows_{target}_{source}",
        [io.ctypes.data, index.ctypes.data, out.ctypes.data, x.shape[1], state.ctypes.data],
        rows,
    )
    return status, out


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", TARGETS)
def test_values(target, source):
    x = np.array([[0, 1, 2], [100, 7, 3], [5, 90, 120], [9, 8, 7]]).astype(SOURCES[source])
    if source not in ("u8",):
        x[1] = -x[1]
    order = register_memory(np.array([3, 0, 1, 1, 2], np.int64))
    status, out = gather(target, source, x, order, 1, 3)
    assert status == 0
    np.testing.assert_array_equal(out, x[[0, 1, 1]].astype(TARGETS[target]))
    status, out = gather(target, source, x, None, 2, 2)
    assert status == 0
    np.testing.assert_array_equal(out, x[2:].astype(TARGETS[target]))


def test_half_precision_is_exact():
    x = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    status, out = gather("f32", "f16", x, None, 0, 256)
    assert status == 0
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(out, x.astype(np.float32))


def test_bfloat16_is_the_upper_half_of_a_float32():
    x = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    status, out = gather("f32", "bf16", x, None, 0, 256)
    assert status == 0
    np.testing.assert_array_equal(out, (x.astype(np.uint32) << 16).view(np.float32))


@pytest.mark.parametrize("wrong", [-1, 4])
def test_a_row_that_does_not_exist(wrong):
    x = np.ones((4, 2), np.float32)
    order = register_memory(np.array([0, wrong], np.int64))
    assert gather("f32", "f32", x, order, 0, 2)[0] == 1
    assert gather("f32", "f32", x, None, 3, 2)[0] == 1
