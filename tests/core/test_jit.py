"""The language of kernels, in the mode that this run has."""

import numpy as np
import pytest

from fastnn.core import jit, memory
from fastnn.core.jit import MODE, at, bitcast, device, f64, kernel, sizeof
from fastnn.runtime import abi, pack, pyexec

sources = pytest.mark.skipif(MODE == "pack", reason="kernel sources are not compiled in mode pack")


@device
def half(x):
    return x * type(x)(0.5) if MODE == "python" else x * np.float32(0.5)


@kernel("f32")
def rt_axpb(a, lo, hi, F):
    """y = half(x) * c; args: x, y, c."""
    S = sizeof(F)
    x, y, c = at(F, a[0] + lo * S), at(F, a[1] + lo * S), F(f64(a[2]))
    for i in range(hi - lo):
        y[i] = half(x[i]) * c
    return 0


@kernel(("f32", "i32"))
def rt_bits(a, lo, hi, F, T):
    x, y = at(F, a[0] + lo * sizeof(F)), at(T, a[1] + lo * sizeof(T))
    for i in range(hi - lo):
        y[i] = bitcast(T, x[i])
    return 0


@kernel("f64")
def rt_past(a, lo, hi, F):
    x = at(F, a[0])
    x[hi] = F(1)
    return 0


@sources
def test_kernels_run_in_this_mode():
    x, y = np.arange(6, dtype=np.float32), np.zeros(6, np.float32)
    assert pack.call("rt_axpb_f32", [x, y, 3.0], 1, 5) == 0
    assert y.tolist() == [0, 1.5, 3, 4.5, 6, 0]
    z = np.zeros(6, np.int32)
    assert pack.call("rt_bits_f32_i32", [x, z], 0, 6) == 0
    assert (z == x.view(np.int32)).all()


@sources
def test_the_python_executor_runs_them():
    x, y = np.arange(100, dtype=np.float32), np.zeros(100, np.float32)
    for array in (x, y):
        memory.register_memory(array)
    fn = pack.address("rt_axpb_f32")
    code = np.zeros((2, 12), np.int64)
    code[0] = [fn, 0, 100, 30, 7, 2, 0, 0, 1, 2, 0, 0]
    code[1] = [fn, 3, 100, 30, 7, 2, 0, 1, 1, 2, 0, 0]
    three = int(np.float64(3).view(np.int64))
    words = np.array([x.ctypes.data, 0, three, 0, y.ctypes.data, three], np.int64)
    state = np.zeros(abi.STATE_WORDS, np.int64)
    tape = pyexec.Executor(code, words, np.array([[1, 0, 4, 0], [0, 0, 4, 0]]), [], 0, 64, state)
    for threads in (1, 3):
        y[:] = 0
        assert tape.run(2, 0, threads) == 2
        assert (y == x * np.float32(2.25)).all()


@pytest.mark.skipif(MODE != "python", reason="bounds are checked in mode python")
def test_an_access_outside_is_an_index_error():
    x = np.zeros(8)
    assert pack.call("rt_past_f64", [x], 0, 7) == 0
    with pytest.raises(IndexError, match="item 8 of a pointer to 8 items of float64"):
        pack.call("rt_past_f64", [x], 0, 8)


def test_checked_pointers():
    around = np.arange(-32, 32, dtype=np.int64)  # what lies beside x belongs to this test
    x = memory.register_memory(around[32:36])
    p = memory.at(np.int64, x.ctypes.data)
    p[3] = 9
    assert x.tolist() == [0, 1, 2, 9] and p[3] == 9
    for i in (-1, 4):
        with pytest.raises(IndexError, match=f"item {i} of a pointer to 4"):
            p[i]
    assert memory.at(np.float32, x.ctypes.data + 4)._items.size == 7
    with pytest.raises(ValueError, match="not a multiple of 8"):
        memory.at(np.float64, x.ctypes.data + 4)
    memory.at(np.int64, x.ctypes.data + 32)  # one past the end may be formed, not read
    far = memory.at(np.int64, x.ctypes.data - 80)
    assert far[13] == 9
    with pytest.raises(IndexError, match="outside all registered memory"):
        far[14]
    address = x.ctypes.data
    del x, p
    with pytest.raises(IndexError):
        memory.at(np.int64, address)[0]
    with pytest.raises(ValueError, match="C-contiguous"):
        memory.register_memory(np.zeros((4, 4))[:, 1])


def test_registering_kernels():
    assert jit.KERNELS["rt_bits_f32_i32"].types == (np.float32, np.int32)
    assert "rt_axpb_f64" not in jit.KERNELS
    with pytest.raises(ValueError, match="kernel type 'f31'"):
        kernel("f31")

    def rt_axpb(a, lo, hi, F):
        return 0

    rt_axpb.__module__ = "another.module"
    with pytest.raises(ValueError, match="already defined"):
        kernel("f32")(rt_axpb)
    assert jit.type_name(np.dtype("uint8")) == jit.type_name(bool) == "u8"
