"""tf.signal in a model, and there and back; the numbers are in tensorflow_values.json."""

import numpy as np

import fastnn
from fastnn.compat import tf_names
from fastnn.compat.tensorflow import Tensor

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
