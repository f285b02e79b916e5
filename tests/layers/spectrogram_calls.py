"""Calls of MelSpectrogram and STFTSpectrogram, as functions of keras.layers; what Keras 3.15.1 gives is in
spectrogram_values.json.

python tests/layers/spectrogram_calls.py writes the file with the installed Keras.
"""

import numpy as np

T = np.arange(72) / 16
SOUND = np.stack([np.sin(9 * T), np.sin(31 * T) + 0.1, 0 * T]).astype("float32")
STEREO = np.stack([SOUND[:2, :40], SOUND[1:, :40]], -1)
SMALL = {"fft_length": 16, "sequence_stride": 8, "num_mel_bins": 4, "sampling_rate": 100, "min_freq": 1.0}
MEL = {
    "decibels": {}, "power": {"power_to_db": False}, "magnitude": {"power_to_db": False, "mag_exp": 1.0},
    "short": {"sequence_length": 12}, "top": {"top_db": 10.0, "ref_power": 2.0},
    "band": {"max_freq": 30, "window": "hamming"},
    "flat": {"window": None},
}  # fmt: skip
STFT = {
    **{mode: {"mode": mode} for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")},
    "step": {"frame_step": 3, "mode": "magnitude"}, "same": {"padding": "same", "mode": "psd"},
    "wide": {"fft_length": 16, "mode": "psd"}, "apart": {"expand_dims": True, "mode": "psd"},
    "spectrum": {"scaling": "spectrum", "mode": "psd"}, "plain": {"scaling": None, "window": None, "mode": "psd"},
    "periodic": {"periodic": True, "window": "hamming", "mode": "psd"},
}  # fmt: skip


def results(layers, table):
    out = {}
    for name, options in (MEL if table == "mel" else STFT).items():
        if table == "mel":
            layer, x = layers.MelSpectrogram(**{**SMALL, **options}), SOUND
        else:
            layer, x = layers.STFTSpectrogram(**{"frame_length": 8, **options}), STEREO
        found = np.asarray(layer(x))
        out[name] = [list(found.shape), np.round(found.astype("float64"), 4).reshape(-1)[:60].tolist()]
    return out


if __name__ == "__main__":
    import json
    import pathlib

    import keras

    found = {table: results(keras.layers, table) for table in ("mel", "stft")}
    lines = ",\n".join(f'"{t} {k}": {json.dumps(v)}' for t in found for k, v in found[t].items())
    (pathlib.Path(__file__).parent / "spectrogram_values.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
