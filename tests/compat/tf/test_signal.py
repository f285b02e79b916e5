"""tf.signal in a model, and there and back; the numbers are in tensorflow_values.json."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, DTypeError

tf = tf_names.table()
SOUND = np.random.default_rng(0).normal(size=(2, 40)).astype("float32")


def test_what_is_framed_in_a_model_is_framed_alike():
    x = fastnn.Input((40,))
    frame, back = tf["signal.frame"], tf["signal.overlap_and_add"]
    model = fastnn.Model(x, fastnn.layers.Lambda(lambda v: back(frame(v, 8, 4), 4))(x))
    np.testing.assert_allclose(model.predict(SOUND, verbose=0), back(frame(SOUND, 8, 4), 4), rtol=1e-6)


@pytest.mark.parametrize("length", [40, None])
@pytest.mark.parametrize("pad_end", [False, True])
def test_spectra_in_a_model_are_those_of_arrays(length, pad_end):
    def spectrum(v):
        return tf["math.abs"](tf["signal.stft"](v, 8, 4, fft_length=16, pad_end=pad_end))

    def there_and_back(v):
        return tf["signal.inverse_stft"](tf["signal.stft"](v, 8, 4), 8, 4)

    x = fastnn.Input((length,))
    model = fastnn.Model(x, [fastnn.layers.Lambda(f)(x) for f in (spectrum, there_and_back)])
    for found, of in zip(model.predict(SOUND, verbose=0), (spectrum, there_and_back)):
        np.testing.assert_allclose(found, of(SOUND), rtol=1e-5, atol=1e-5)


def test_a_tape_sees_spectra():
    sound = fastnn.Variable(SOUND)
    with fastnn.GradientTape() as tape:
        loss = tf["reduce_sum"](tf["math.abs"](tf["signal.stft"](sound, 8, 4)) ** 2)
    found, step = np.asarray(tape.gradient(loss, sound)), np.zeros_like(SOUND)
    step[1, 17] = 0.01
    loss_of = lambda v: float((np.abs(np.asarray(tf["signal.stft"](v.astype("float32"), 8, 4))) ** 2).sum())
    slope = (loss_of(SOUND + step) - loss_of(SOUND - step)) / 0.02
    np.testing.assert_allclose(found[1, 17], slope, rtol=2e-2)


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
