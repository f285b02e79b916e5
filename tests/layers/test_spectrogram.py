"""Spectrograms against Keras; shapes in models; gradients of kernels; errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers.spectrogram_calls import MEL, SMALL, SOUND, STEREO, STFT, results

import fastnn
from fastnn import layers

STORED = json.loads((Path(__file__).parent / "spectrogram_values.json").read_text(encoding="utf-8"))
TABLES = {"mel": MEL, "stft": STFT}


@pytest.fixture(scope="module")
def found():
    return {table: results(layers, table) for table in TABLES}


@pytest.mark.parametrize(("table", "name"), [(t, n) for t in TABLES for n in TABLES[t]])
def test_as_keras(table, name, found):
    (shape, values), (wanted, stored) = found[table][name], STORED[f"{table} {name}"]
    assert shape == wanted
    if name == "angle":  # where both parts are 0 but for rounding, the angle is any
        values, stored = np.sin(values[:4]), np.sin(stored[:4])
    np.testing.assert_allclose(values, stored, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize(
    "options", [{}, {"expand_dims": True}, {"mode": "stft"}, {"padding": "same"}, {"frame_step": 3}]
)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_stft_in_a_model(options, data_format):
    layer = layers.STFTSpectrogram(frame_length=8, data_format=data_format, **options)
    x = STEREO if data_format == "channels_last" else STEREO.transpose(0, 2, 1)
    model = fastnn.Sequential([fastnn.Input(x.shape[1:]), layer])
    assert model.output_shape[1:] == layer(x).shape[1:] == layer.compute_output_shape(x.shape)[1:]
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-5, atol=1e-6)
    again = layers.STFTSpectrogram.from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), layer(x))
    before = layer.get_weights()
    model.compile("sgd", "mse")
    model.fit(x, 0 * layer(x), verbose=0)
    assert any(np.abs(a - b).max() > 0 for a, b in zip(before, layer.get_weights()))


def test_mel_in_a_model():
    layer = layers.MelSpectrogram(**SMALL)
    model = fastnn.Sequential([fastnn.Input((72,)), layer])
    assert model.output_shape == (None, 4, 10)
    np.testing.assert_allclose(model.predict(SOUND, verbose=0), layer(SOUND), rtol=1e-5)
    assert layer(SOUND[0]).shape == layer.compute_output_shape((72,)) == (4, 10)
    assert layers.MelSpectrogram.from_config(layer.get_config()).get_config() == layer.get_config()
    matrix = layer.linear_to_mel_weight_matrix()
    assert matrix.shape == (129, 20) and matrix.min() == 0 and (matrix[0] == 0).all() and 0.5 < matrix.max() <= 1


WRONG = [
    (lambda: layers.MelSpectrogram(fft_length=8, sequence_length=9), "greater than or equal"),
    (lambda: layers.STFTSpectrogram(frame_step=300), "`frame_step`"),
    (lambda: layers.STFTSpectrogram(frame_step=0), "`frame_step`"),
    (lambda: layers.STFTSpectrogram(fft_length=8), "`fft_length`"),
    (lambda: layers.STFTSpectrogram("power"), "mode is invalid"),
    (lambda: layers.STFTSpectrogram(scaling="x"), "Scaling is invalid"),
    (lambda: layers.STFTSpectrogram(padding="full"), "Padding is invalid"),
    (lambda: layers.STFTSpectrogram(window="house"), "window"),
]


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    with pytest.raises(TypeError):
        layers.STFTSpectrogram(frame_length=8)(np.ones((1, 32, 1), "int32"))
    with pytest.warns(UserWarning, match="power of two"):
        layers.STFTSpectrogram(frame_length=8, fft_length=12)
