"""Calls of Hashing and HashedCrossing, as functions of keras.layers: what Keras 3.15.1 gives is in hashing_values.json.

python tests/layers/hashing_calls.py writes the file with the installed Keras on TensorFlow.
"""

import numpy as np

WORDS = np.array([[w] for w in ("A", "bb", "", "a longer text of words", "grüße", "x" * 70)])
NUMBERS = np.array([[0, 3], [-5, 12345678901], [7, 7]])
CALLS = {
    "words": lambda layers: layers.Hashing(97)(WORDS),
    "int32": lambda layers: layers.Hashing(97, dtype="int32")(WORDS),
    "masked": lambda layers: layers.Hashing(5, mask_value="")(WORDS),
    "salt": lambda layers: layers.Hashing(97, salt=133)(WORDS),
    "salts": lambda layers: layers.Hashing(97, salt=(133, 2**40))(WORDS),
    "numbers": lambda layers: layers.Hashing(31)(NUMBERS),
    "floats": lambda layers: layers.Hashing(31)(NUMBERS[:1] + 0.75),
    "masked numbers": lambda layers: layers.Hashing(31, mask_value=7)(NUMBERS),
    "one bin": lambda layers: layers.Hashing(1, mask_value=7)(NUMBERS),
    "one hot": lambda layers: layers.Hashing(3, output_mode="one_hot")(WORDS),
    "one hot pairs": lambda layers: layers.Hashing(3, output_mode="one_hot")(NUMBERS),
    "multi hot": lambda layers: layers.Hashing(4, output_mode="multi_hot")(NUMBERS),
    "count": lambda layers: layers.Hashing(4, output_mode="count")(NUMBERS),
    "count of a row": lambda layers: layers.Hashing(4, output_mode="count")(NUMBERS[0]),
    "crossed": lambda layers: layers.HashedCrossing(1000)([WORDS, np.arange(6)[:, None]]),
    "crossed vectors": lambda layers: layers.HashedCrossing(1000)([np.arange(6), -np.arange(6)]),
    "three": lambda layers: layers.HashedCrossing(1000)([WORDS, WORDS[::-1], np.arange(6)[:, None]]),
    "crossed rows": lambda layers: layers.HashedCrossing(4, output_mode="one_hot")([WORDS, np.arange(6)[:, None]]),
}


def results(layers):
    out = {}
    for name, call in CALLS.items():
        array = np.asarray(call(layers))
        out[name] = [array.dtype.name, list(array.shape), array.reshape(-1).tolist()]
    return out


if __name__ == "__main__":
    import json
    import pathlib

    import keras

    lines = ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in results(keras.layers).items())
    (pathlib.Path(__file__).parent / "hashing_values.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
