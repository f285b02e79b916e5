"""FeatureSpaces, as functions of keras.utils.FeatureSpace and keras.layers; what Keras 3.15.1 gives is in
feature_space_values.json.

python tests/layers/feature_space_calls.py writes the file with the installed Keras on TensorFlow.
"""

import numpy as np

TABLE = {
    "f": [0.0, 0.1, 0.25, 0.3, 1.4, 0.5, 0.6, 7.7],
    "g": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0],
    "i": [0, 1, 2, 3, 0, 1, 2, 7],
    "s": ["a", "b", "a", "c", "a", "b", "dd", "e f"],
}
NEW = {"f": [0.2, 9.0], "g": [2.0, 7.0], "i": [1, 99], "s": ["b", "new"]}
ONE = {"f": 0.2, "g": 2.0, "i": 1, "s": "b"}
SPACES = {
    "names": lambda F, L: F({"f": "float_normalized", "g": "float_rescaled", "i": "integer_categorical",
                             "s": "string_categorical"}),
    "binned": lambda F, L: F({"f": F.float_discretized(3), "g": F.float_discretized(2, output_mode="one_hot")}),
    "hashed": lambda F, L: F({"i": "integer_hashed", "s": F.string_hashed(5)}, hashing_dim=4),
    "crossed": lambda F, L: F({"i": "integer_categorical", "s": "string_categorical", "f": "float"},
                              crosses=[("i", "s"), F.cross(("s", "i"), 3)], crossing_dim=6),
    "dict": lambda F, L: F({"f": "float", "i": F.integer_categorical(output_mode="int"),
                            "s": F.string_categorical(max_tokens=3)},
                           output_mode="dict", crosses=[F.cross(("i", "s"), 4, output_mode="int")]),
    "own": lambda F, L: F({"s": F.feature("string", L.TextVectorization(output_mode="multi_hot"), "float")}),
}  # fmt: skip


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return np.round(np.asarray(value, "float64"), 5).tolist()


def results(space_class, layers):
    out = {}
    for name, make in SPACES.items():
        space = make(space_class, layers)
        columns = list(space.features)
        space.adapt({k: TABLE[k] for k in columns})
        out[name] = [plain(space({k: data[k] for k in columns})) for data in (TABLE, NEW, ONE)]
    return out


if __name__ == "__main__":
    import json
    import pathlib

    import keras

    lines = ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in results(keras.utils.FeatureSpace, keras.layers).items())
    (pathlib.Path(__file__).parent / "feature_space_values.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
