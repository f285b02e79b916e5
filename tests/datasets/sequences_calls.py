"""Files in the form of Keras's, and calls of imdb.load_data and reuters.load_data on them.

What Keras 3.15.1 gives is in sequences_values.json.

python tests/datasets/sequences_calls.py writes the file with the installed Keras.
"""

import json

import numpy as np

OPTIONS = [
    {}, {"num_words": 20}, {"skip_top": 5, "num_words": 30}, {"maxlen": 6}, {"oov_char": None, "num_words": 9},
    {"start_char": None}, {"start_char": None, "index_from": 0}, {"seed": 7},
]  # fmt: skip


def column(rows):
    out = np.empty(len(rows), object)
    out[:] = rows
    return out


def keras_files(folder):
    """imdb.npz, reuters.npz and word lists."""
    x = column([[k % 40 + 1] * (3 + k % 5) + [k + 1] for k in range(40)])
    y = np.arange(40)
    np.savez(folder / "imdb.npz", x_train=x, y_train=y % 2, x_test=x[:9], y_test=y[:9])
    np.savez(folder / "reuters.npz", x=x, y=y)
    for name in ("imdb", "reuters"):
        (folder / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "a": 2}), encoding="utf-8")


def summary(loaded):
    """For each part: a sum of all words by their places, and the labels."""
    return [
        [sum((k + 1) * sum((i + 1) * int(w) for i, w in enumerate(row)) for k, row in enumerate(x)), y.tolist()]
        for x, y in loaded
    ]


if __name__ == "__main__":
    import pathlib
    import tempfile

    import keras

    folder = pathlib.Path(tempfile.mkdtemp())
    keras_files(folder)
    found = {}
    for name in ("imdb", "reuters"):
        load = getattr(keras.datasets, name).load_data
        load.__globals__["get_file"] = lambda fname=None, *args, **kwargs: str(folder / fname)
        for options in OPTIONS:
            found[f"{name} {json.dumps(options)}"] = summary(load(path=f"{name}.npz", **options))
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    (pathlib.Path(__file__).parent / "sequences_values.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
