"""float16 and bfloat16 as NumPy and ml_dtypes round them, bit for bit, for every pattern of two bytes."""

import ml_dtypes
import numpy as np
import pytest

from fastnn.core.jit import MODE
from fastnn.runtime import pack

KINDS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16}
STEP = 1 if MODE != "python" else 257
EDGES = np.array([0, -0.0, 65504, 65519.996, 65520, 65536, 2**-14, 2**-24, 2**-25, 2**-25 * 1.01, 3e38], np.float32)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_casts(name):
    halves = np.arange(0, 65536, STEP, dtype=np.uint16)
    wide = np.empty(halves.size, np.float32)
    pack.call(f"cast_f32_{name}", [halves, wide], 0, wide.size)
    expected = halves.view(KINDS[name]).astype(np.float32)
    np.testing.assert_array_equal(wide, expected)
    finite = expected[np.isfinite(expected)]
    drawn = np.random.default_rng(0).integers(0, 1 << 32, halves.size, dtype=np.uint32).view(np.float32)
    x = np.concatenate([expected, np.nextafter(finite, np.float32(1)), (finite[1:] + finite[:-1]) / 2, drawn, EDGES])
    narrow = np.empty(x.size, np.uint16)
    pack.call(f"cast_{name}_f32", [x, narrow], 0, x.size)
    np.testing.assert_array_equal(narrow, x.astype(KINDS[name]).view(np.uint16))
