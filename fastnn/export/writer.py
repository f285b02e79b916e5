"""Model.export: the file of a format, written whole or not at all, and how far its outputs are from the model's."""

from __future__ import annotations

import base64
import io
import os
import pathlib
import tempfile
from typing import Any

import numpy as np

from fastnn.core import tree
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.types import Array
from fastnn.export import c_file, onnx_file, plain
from fastnn.export.steps import Steps, steps_of
from fastnn.saving import safetensors_file

FORMATS = ("onnx", "npz", "py", "c", "safetensors")
ROWS = 3  # of random inputs that outputs are compared on
PLACES = 8  # for an axis of unknown size
NUMBERS = 10  # of whole inputs that no table bounds


def export(
    model: Any, path: Any, form: str, batch_size: int | None = None, input_signature: Any = None
) -> float | None:
    """Write the file; return the largest difference of its outputs to predict's, relative to the largest of these.

    form: one of FORMATS.  batch_size, input_signature: see `Model.export`; of "c" alone.  None for files that hold
    weights alone, for "onnx" without onnxruntime, and for "c", which its own main compares.
    """
    path = pathlib.Path(os.fspath(path))
    if not path.parent.is_dir():
        raise ArgumentError(f"export: no folder {str(path.parent)!r} for {path.name!r}; make it first.")
    if form != "c" and batch_size is not None:
        raise ArgumentError(f"export: batch_size={batch_size!r} for a .{form} file; expected it for .c files alone.")
    if form in WRITERS:
        data = WRITERS[form](model, path, batch_size, input_signature)
        _replace(path, lambda name: pathlib.Path(name).write_bytes(data))
        return None
    steps = steps_of(model, form)
    x = _example(steps)
    expected = tree.flatten(model.predict(_given(model, x.values()), verbose=0))
    if form == "py":
        text = python_text(steps, model.name)
        namespace: dict[str, Any] = {"__name__": "exported"}
        exec(compile(text, str(path), "exec"), namespace)  # our own text: it is tried before it is written
        found = tree.flatten(namespace["predict"](*x.values()))
        _replace(path, lambda name: pathlib.Path(name).write_text(text, encoding="utf-8"))
    else:
        _replace(path, lambda name: onnx_file.write(steps, name, model.name))
        found = _in_onnxruntime(path, x)
    return None if found is None else max(_apart(a, b) for a, b in zip(found, expected))


# ------------------------------------------------------------------ files that are made whole: bytes of a model
def _npz(model: Any, path: pathlib.Path, *_: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{v.path: v.numpy() for v in model.weights})
    return buffer.getvalue()


def _c(model: Any, path: pathlib.Path, batch_size: int | None, input_signature: Any) -> bytes:
    if getattr(model, "_door", None) is not None:
        raise NotSupportedError(
            f"export to c: {model.name!r} has layers that work on text or on arrays before a step; expected a model "
            "from the numbers on that they give."
        )
    inputs = getattr(model, "inputs", None) or []
    shapes = [_shape_of(s) for s in _signature(input_signature)] if input_signature is not None else None
    if not inputs and shapes is None:
        raise ArgumentError(
            f"export to c: {type(model).__name__} {model.name!r} has no inputs of known shapes; pass input_signature, "
            "shapes as (rows, ...)."
        )
    if shapes is not None and inputs and len(shapes) != len(inputs):
        raise ArgumentError(f"export to c: {len(shapes)} shapes in input_signature for {len(inputs)} inputs.")
    rows = batch_size
    if rows is None:
        rows = (shapes[0][0] if shapes and shapes[0] and shapes[0][0] is not None else None) or 1
    sizes = c_file.check_sizes(shapes or [x.shape for x in inputs], rows)
    x = _drawn(model, sizes, [x.dtype for x in inputs] if inputs else ["float32"] * len(sizes))
    expected = tree.flatten(model.predict(_given(model, x), batch_size=rows, verbose=0))
    compute = lambda symbols: tree.flatten(model(_given(model, symbols), training=False))
    return c_file.c_text(compute, model.name, c_file.identifier(path.stem), x, expected).encode()


def _signature(given: Any) -> list[Any]:
    """The shapes, symbols or arrays of an input_signature, one for each input."""
    if isinstance(given, dict):
        return list(given.values())
    many = isinstance(given, (list, tuple)) and not all(d is None or isinstance(d, int) for d in given)
    return list(given) if many else [given]


def _shape_of(spec: Any) -> tuple[int | None, ...]:
    shape = getattr(spec, "shape", spec)
    if not isinstance(shape, (tuple, list)):
        raise ArgumentError(f"export: input_signature holds {spec!r}; expected an InputSpec, a symbol or an array.")
    return tuple(shape)


def _drawn(model: Any, sizes: list[tuple[int, ...]], dtypes: list[str]) -> list[Array]:
    """Random inputs; whole numbers that an embedding takes lie in its range."""
    draw, bounds = np.random.default_rng(0), dict(model._index_inputs())
    found = []
    for k, (size, dtype) in enumerate(zip(sizes, dtypes)):
        whole = k in bounds or not dtype.startswith("float")
        below = bounds[k].index_range if k in bounds else 2 if dtype == "bool" else NUMBERS
        found.append((draw.integers(0, below, size) if whole else draw.normal(size=size)).astype(dtype))
    return found


WRITERS = {"npz": _npz, "c": _c, "safetensors": lambda model, path, *_: safetensors_file.dump(model)}


def _replace(path, write):
    """Call write(name) with the name of a new file in the same folder, which then takes the place of `path`."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        write(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        pathlib.Path(name).unlink(missing_ok=True)


def _given(model: Any, values: Any) -> Any:
    """Values of the inputs in the structure that the model takes."""
    values = list(values)
    struct = getattr(model, "input", None)
    if struct is not None:
        return tree.pack(struct, values)
    return values if len(values) > 1 else values[0]


def _apart(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / max(1e-30, np.abs(b).max()))


def _example(steps: Steps) -> dict[str, Array]:
    draw = np.random.default_rng(0)
    tables = {name: s.options["weight"] for s in steps.steps if s.kind == "gather" for name in s.inputs}
    out = {}
    for name, (shape, dtype) in steps.inputs.items():
        size = (ROWS, *(PLACES if d is None else d for d in shape[1:]))
        values = draw.integers(0, len(tables[name]), size) if name in tables else draw.normal(size=size)
        out[name] = values.astype(dtype)
    return out


def _in_onnxruntime(path, x):
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, x)


def python_text(steps: Steps, name: str) -> str:
    """The text of a Python file that needs NumPy alone: `predict(*inputs)`, and a test when it is run."""
    weights: dict[str, Any] = {}
    lines = []
    for step in steps.steps:
        options = []
        for key, value in step.options.items():
            if isinstance(value, np.ndarray):
                weights[f"{step.output}_{key}"] = value
                options.append(f"{key!r}: WEIGHTS['{step.output}_{key}']")
            else:
                options.append(f"{key!r}: {value!r}")
        lines.append(f"    ({step.kind!r}, {step.inputs!r}, {step.output!r}, {{{', '.join(options)}}}),  # {step.name}")
    x = _example(steps)
    buffer = io.BytesIO()
    values = [(s.kind, s.inputs, s.output, s.options) for s in steps.steps]
    outputs = [value for value, _ in steps.outputs]
    expected = plain.run(values, outputs, dict(x))
    given: dict[str, Any] = {
        **{f"x{k}": v for k, v in enumerate(x.values())},
        **{f"y{k}": v for k, v in enumerate(expected)},
    }
    np.savez_compressed(buffer, **weights, **given)
    packed = base64.b85encode(buffer.getvalue()).decode("ascii")
    pieces = "\n".join(f'    "{packed[i : i + 110]}"' for i in range(0, len(packed), 110))
    source = pathlib.Path(plain.__file__).read_text(encoding="utf-8").split('"""', 2)[2]
    return f'''"""The model {name!r}, exported by fastnn: predict(*inputs) with NumPy alone; run it to test it."""
import base64
import io
{source}

WEIGHTS = np.load(io.BytesIO(base64.b85decode(
{pieces}
)))
WEIGHTS = {{name: WEIGHTS[name] for name in WEIGHTS.files}}
STEPS = [
{chr(10).join(lines)}
]
INPUTS, OUTPUTS = {list(steps.inputs)!r}, {outputs!r}
DTYPES = {[dtype for _, dtype in steps.inputs.values()]!r}


def predict(*inputs):
    """The outputs for inputs of (rows, ...): one array, or a list."""
    found = run(STEPS, OUTPUTS, {{n: np.asarray(x, d) for n, x, d in zip(INPUTS, inputs, DTYPES)}})
    return found[0] if len(found) == 1 else found


if __name__ == "__main__":
    found = predict(*(WEIGHTS[f"x{{k}}"] for k in range(len(INPUTS))))
    found = found if isinstance(found, list) else [found]
    apart = max(float(abs(a - WEIGHTS[f"y{{k}}"]).max()) for k, a in enumerate(found))
    print("largest difference to the outputs of the export:", apart)
    raise SystemExit(apart > 1e-4)
'''
