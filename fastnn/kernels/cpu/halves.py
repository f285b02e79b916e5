"""Kernels between float32 and the floats of two bytes, which lie as uint16: exact one way, else rounded to even."""

import numpy as np

from fastnn.core.jit import at, bitcast, device, kernel
from fastnn.kernels.cpu.index import brain, half


@device
def _to_half(x):
    """float32 as float16.  A NaN keeps the upper bits of its payload, as NumPy's conversion leaves them."""
    bits = bitcast(np.uint32, x)
    sign, m = np.uint32((bits >> np.uint32(16)) & np.uint32(0x8000)), np.uint32(bits & np.uint32(0x7FFFFFFF))
    odd = np.uint32((m >> np.uint32(13)) & np.uint32(1))
    h = np.uint32(np.uint32(m + np.uint32(0xC8000FFF) + odd) >> np.uint32(13))  # with the exponent's other zero
    small = np.float32(bitcast(np.float32, m) + np.float32(0.5))  # the last bit of the sum is worth the least float16
    h = np.uint32(bitcast(np.uint32, small) - np.uint32(0x3F000000)) if m < np.uint32(0x38800000) else h
    h = np.uint32(0x7C00) if m >= np.uint32(0x47800000) else h
    payload = np.uint32((m & np.uint32(0x7FFFFF)) >> np.uint32(13))
    payload = payload if payload != np.uint32(0) else np.uint32(1)
    h = np.uint32(np.uint32(0x7C00) + payload) if m > np.uint32(0x7F800000) else h
    return np.uint16(h | sign)


@device
def _to_brain(x):
    """float32 as bfloat16; a NaN is the quiet one of its sign."""
    bits = bitcast(np.uint32, x)
    odd = np.uint32((bits >> np.uint32(16)) & np.uint32(1))
    rounded = np.uint32(np.uint32(bits + np.uint32(0x7FFF) + odd) >> np.uint32(16))
    quiet = np.uint32(((bits >> np.uint32(16)) & np.uint32(0x8000)) | np.uint32(0x7FC0))
    return np.uint16(quiet if np.uint32(bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000) else rounded)


def _narrow(name, convert):
    """Register y = x rounded. args: x (f32), y."""

    def run(a, lo, hi):
        x, y = at(np.float32, a[0] + lo * 4), at(np.uint16, a[1] + lo * 2)
        for i in range(hi - lo):
            y[i] = convert(x[i])
        return 0

    run.__name__ = f"cast_{name}_f32"
    return kernel()(run)


def _widen(name, convert):
    """Register y = x. args: x, y (f32)."""

    def run(a, lo, hi):
        x, y = at(np.uint16, a[0] + lo * 2), at(np.float32, a[1] + lo * 4)
        for i in range(hi - lo):
            y[i] = convert(np.float32, x[i])
        return 0

    run.__name__ = f"cast_f32_{name}"
    return kernel()(run)


for _name, _there, _back in (("f16", _to_half, half), ("bf16", _to_brain, brain)):
    _narrow(_name, _there)
    _widen(_name, _back)
