"""Windows and kernels of Fourier transforms, and the initializer that is made of them."""

import numpy as np
import pytest

from fastnn import initializers
from fastnn.core import windows


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name, numpys", [("hann", np.hanning), ("hamming", np.hamming), ("blackman", np.blackman)])
def test_of_numpy(name, numpys, periodic):
    wanted = numpys(9)[:8] if periodic else numpys(8)
    np.testing.assert_allclose(windows.window(name, 8, periodic), wanted, atol=1e-12)
    assert windows.window(name, 1, periodic).tolist() == [1.0]


def test_weights_are_taken_as_they_are_and_names_are_checked():
    assert windows.window([1, 2], 2).tolist() == [1, 2]
    with pytest.raises(ValueError, match="shape of `window` must be equal"):
        windows.window([1, 2], 3)
    with pytest.raises((ValueError, NotImplementedError)):
        windows.window("no such window", 4)


@pytest.mark.parametrize("side", ["real", "imag"])
def test_the_kernels_are_a_fourier_transform(side):
    signal = np.random.default_rng(0).normal(size=16)
    kernel = initializers.STFT(side, "hann", None, True)((16, 1, 9), "float64")[:, 0]
    transform = np.fft.rfft(signal * windows.window("hann", 16))
    np.testing.assert_allclose(signal @ kernel, getattr(transform, side), atol=1e-12)


@pytest.mark.parametrize("scaling, norm", [("density", lambda w: np.sqrt((w**2).sum())), ("spectrum", np.sum)])
def test_scaling(scaling, norm):
    plain, scaled = (initializers.STFT("real", "hamming", s)((8, 1, 5)) for s in (None, scaling))
    np.testing.assert_allclose(scaled * norm(np.hamming(8)), plain, atol=1e-6)
    made = initializers.get("stft")
    assert initializers.deserialize(initializers.serialize(made)).get_config() == made.get_config()


@pytest.mark.parametrize("arguments", [{"side": "left"}, {"scaling": "loud"}])
def test_arguments_that_are_none(arguments):
    with pytest.raises(ValueError, match=r"side should be|Scaling is invalid"):
        initializers.STFT(**arguments)
