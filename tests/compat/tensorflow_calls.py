"""Calls of TensorFlow's functions and what TensorFlow 2.21 answers: how the two files beside this one were made.

`tensorflow_values.json` holds {call: [[dtype, shape, numbers], ...]}, eight digits each; `tensorflow_signatures.json`
{name: arguments and defaults}.  The tests read them and need no TensorFlow.  For another call, add a line with an empty
answer and run this file in an environment that has TensorFlow and fastnn:

    python tests/compat/tensorflow_calls.py
"""

import base64
import inspect
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
# Pictures that Pillow wrote: two frames of 2x3 gray, and 2x2 colours.
GIF = "R0lGODdhAwACAIEAAAoKCgAAAAAAAAAAACwAAAAAAwACAAAIBgABCBwYEAAh+QQBAAABACwAAAAAAwACAIHIyMgAAAAAAAAAAAAIBgABCBwYEAA7"
BMP = "Qk1GAAAAAAAAADYAAAAoAAAAAgAAAAIAAAABABgAAAAAABAAAADEDgAAxA4AAAAAAAAAAAAACWfD8hXTAAB1L6z7Q8AAAA=="


def inputs():
    """The names that calls use."""
    rng = np.random.RandomState(7)
    return {
        "np": np, "x": np.arange(6, dtype="float32").reshape(3, 2), "d": np.linspace(-2, 2, 6).reshape(2, 3),
        "m": np.round(rng.randn(2, 3, 4), 3).astype("float32"), "i": np.array([[3, -1, 2], [0, 5, -4]], "int32"),
        "k": np.array([[2, 0], [1, 1]], "int32"), "b": np.array([[True, False, True], [False, False, True]]),
        "u": rng.randint(0, 256, (2, 4, 5, 3)).astype("uint8"),
        "f": np.round(rng.rand(2, 4, 5, 3), 3).astype("float32"),
        "s": np.array([[4.0, 1.0], [1.0, 3.0]], "float32"), "t": np.array([1.0, 2.0, 2.0, 0.0, -1.0], "float32"),
        "z": np.array([0.0, 2.0, 0.0, -3.0, 1.0], "float32"), "p": np.array([0.1, 0.5, 0.9], "float32"),
        "w2": np.round(rng.randn(2, 2, 3, 4), 2).astype("float32"),
        "w1": np.round(rng.randn(2, 4, 3), 2).astype("float32"),
        "wd": np.round(rng.randn(2, 2, 3, 2), 2).astype("float32"),
        "wt": np.round(rng.randn(2, 2, 4, 3), 2).astype("float32"),
        "g": np.round(rng.rand(1, 4, 4, 4), 2).astype("float32"), "big": np.arange(24, dtype="int64").reshape(2, 3, 4),
        "boxes": np.array([[0, 0, 1, 1], [0.1, 0, 1.1, 1], [0.2, 0.5, 0.9, 0.1], [2, 2, 3, 3]], "float32"),
        "marks": np.array([0.6, 0.9, 0.3, 0.5], "float32"), "gif": base64.b64decode(GIF), "bmp": base64.b64decode(BMP),
    }  # fmt: skip


def value(tf, call, names):
    """A call's results: [[dtype, shape, numbers], ...]."""
    words = "constant io audio signal sparse sets SparseTensor complex string".split()
    words += "uint8 uint16 int16 int32 float32 float64 complex64".split()
    found = eval(f"tf.{call}", {"tf": tf, **{n: getattr(tf, n) for n in words}, **names})
    parts = found if isinstance(found, (list, tuple)) else [found]
    return [described(np.asarray(part)) for part in parts]


def described(array):
    """[dtype, shape, numbers]; text as text."""
    if array.dtype.kind in "SOU":
        text = [v.decode() if isinstance(v, bytes) else str(v) for v in array.reshape(-1).tolist()]
        return ["string", list(array.shape), text]
    parts = array.reshape(-1, 1).view(array.real.dtype) if array.dtype.kind == "c" else array
    numbers = parts.reshape(-1).tolist()
    return [array.dtype.name, list(array.shape), [float(f"{v:.8g}") if isinstance(v, float) else v for v in numbers]]


def arguments(function, dtype=()):
    """The arguments of a function and their defaults, as text."""
    out = []
    for p in inspect.signature(function).parameters.values():
        default = p.default.name if isinstance(p.default, dtype) else p.default
        default = getattr(default, "__name__", default) if inspect.isfunction(default) else default
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        out.append(f"{star}{p.name}" if default is p.empty else f"{p.name}={default!r}")
    return ", ".join(out)


def main():
    """Answer every call of the first file, and write the arguments of every name that fastnn has into the second."""
    import tensorflow as tf

    from fastnn.compat.tf import names as tf_names

    calls = json.loads((HERE / "tensorflow_values.json").read_text(encoding="utf-8"))
    values, signatures = {call: value(tf, call, inputs()) for call in calls}, {}
    for name in sorted(tf_names.table()):
        function = tf
        for word in name.split("."):
            function = getattr(function, word)
        signatures[name] = arguments(function, tf.DType)
    for name, table in (("values", values), ("signatures", signatures)):
        rows = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in table.items())
        (HERE / f"tensorflow_{name}.json").write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
