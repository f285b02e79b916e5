"""tf.signal in a model, and there and back; the numbers are in tensorflow_values.json."""

import numpy as np
import pytest

import fastnn
from fastnn.compat import tf_names
from fastnn.compat.tensorflow import Tensor
from fastnn.core.errors import ArgumentError, DTypeError

tf = tf_names.table()
SOUND = np.random.default_rng(0).normal(size=(2, 40)).astype("float32")


def test_what_is_framed_in_a_model_is_framed_alike():
    x = fastnn.Input((40,))
    frame, back = tf["signal.frame"], tf["signal.overlap_and_add"]
    model = fastnn.Model(x, fastnn.layers.Lambda(lambda v: back(frame(v, 8, 4), 4))(x))
    np.testing.assert_allclose(model.predict(SOUND, verbose=0), back(frame(SOUND, 8, 4), 4), rtol=1e-6)


def test_a_spectrum_and_back():
    spectrum = tf["signal.stft"](SOUND, 8, 4, window_fn=None)
    assert spectrum.dtype == "complex64" and spectrum.shape == (2, 9, 5)
    sound = tf["signal.inverse_stft"](spectrum, 8, 4, window_fn=None)
    np.testing.assert_allclose(sound[:, 4:-4] / 2, SOUND[:, 4:-4], rtol=1e-4, atol=1e-5)
    wide = tf["signal.rfft"](SOUND.astype("float64").view(Tensor))
    assert wide.dtype == "complex128" and tf["signal.irfft"](wide).dtype == "float64"


@pytest.mark.parametrize(("name", "given", "words"), [
    ("stft", (np.arange(32), 8, 4), "floating point"), ("dct", (np.arange(4),), "floating point"),
    ("hann_window", (4, True, "int32"), "floating point"), ("dct", (SOUND, 2, None, -1, "foo"), "'ortho'"),
    ("hann_window", (-1,), "window_length"), ("overlap_and_add", (SOUND, 0), "frame_step"),
    ("linear_to_mel_weight_matrix", (0, 5), "num_mel_bins"),
    ("linear_to_mel_weight_matrix", (3, 5, 8000, 200.0, 100.0), "upper_edge_hertz"),
    ("linear_to_mel_weight_matrix", (3, 5, 8000, 100.0, 5000.0), "upper_edge_hertz"),
    ("linear_to_mel_weight_matrix", (3, 5, 8000, -1.0), "lower_edge_hertz"),
])  # fmt: skip
def test_what_has_no_answer(name, given, words):
    with pytest.raises((ArgumentError, DTypeError), match=words):
        tf[f"signal.{name}"](*given)
