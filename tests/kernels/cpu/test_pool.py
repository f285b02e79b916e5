"""Max pooling of values with ties and NaN: the first largest wins, and NaN wins over all."""

import evaluate
import numpy as np
import pytest

from fastnn.ops.op import R


def expected(x, kh, kw, sh, sw):
    """Largest values and their taps, window by window."""
    n, h, w, c = x.shape
    oh, ow = (h - kh) // sh + 1, (w - kw) // sw + 1
    y, k = np.empty((n, oh, ow, c), x.dtype), np.empty((n, oh, ow, c), np.int64)
    for i, j in np.ndindex(oh, ow):
        window = x[:, i * sh : i * sh + kh, j * sw : j * sw + kw].reshape(n, kh * kw, c)
        taps = np.argmax(np.where(np.isnan(window), np.inf, window), axis=1)  # argmax: the first
        y[:, i, j], k[:, i, j] = np.take_along_axis(window, taps[:, None], 1)[:, 0], taps
    return y, k


@pytest.mark.parametrize("kw", range(1, 8))
@pytest.mark.parametrize("kh, sh, sw", [(1, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 3)])
@pytest.mark.parametrize("c", [1, 5, 16, 19])
def test_ties_and_nan(kh, kw, sh, sw, c):
    rng = np.random.default_rng(kw)
    x = rng.integers(0, 4, (2, 6, 9, c)).astype("float32")
    x[rng.random(x.shape) < 0.05] = np.nan
    y, k = evaluate.run(lambda v: R.max_pool2d(v, pool_size=(kh, kw), strides=(sh, sw), padding="valid"), [x])
    values, taps = expected(x, kh, kw, sh, sw)
    np.testing.assert_array_equal(y, values)
    np.testing.assert_array_equal(k, taps)
