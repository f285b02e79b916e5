"""How keras_GROUP.npz were made: what Keras 3.15.1 returns at the edges of layers, losses and metrics.

    KERAS_BACKEND=jax python make_keras_edges.py losses metrics
    KERAS_BACKEND=tensorflow python make_keras_edges.py lookups layers attention       (TensorFlow 2.21)

A group is a module edges_GROUP.py whose `cases(K)` yields (name, function) for K = keras or fastnn; a function returns
an array, or a list or dict of things.  Stored is a JSON text: for each name the dtype and values of each array, a text
for a text, or that there was an error.  Floats are stored in 7 digits.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

ERROR = "an error"


def plain(value):
    """A result as JSON."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items(), key=lambda item: str(item[0]))}
    if value is None or isinstance(value, str):
        return value
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    if array.dtype.kind in "OSU":
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in array.reshape(-1).tolist()]
        return {"texts": texts, "shape": list(array.shape)}
    values = array.reshape(-1).tolist()
    if array.dtype.kind == "f":
        values = [float(f"{v:.7g}") for v in values]
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def outcome(function):
    """What a case returns, as JSON, or ERROR."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(function())
        except Exception as error:  # which error it is differs between the two; that there is one must not
            return f"{ERROR}: {type(error).__name__}: {str(error)[:120]}"


def modules(group):
    return importlib.import_module(f"edges_{group}")


def read(group):
    """{name: what Keras returned}."""
    return json.loads(np.load(Path(__file__).with_name(f"keras_{group}.npz"))["text"].tobytes())


def main(groups):
    import keras

    for group in groups:
        found = {name: outcome(function) for name, function in modules(group).cases(keras)}
        found = {name: ERROR if str(value).startswith(ERROR) else value for name, value in found.items()}
        text = json.dumps(found, separators=(",", ":")).encode()
        path = Path(__file__).with_name(f"keras_{group}.npz")
        np.savez_compressed(path, text=np.frombuffer(text, np.uint8))
        errors = [name for name, value in found.items() if value == ERROR]
        sys.stdout.write(f"{group}: {len(found)} cases, {len(errors)} errors, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(sys.argv[1:])
