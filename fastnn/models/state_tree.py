"""The variables of a model as nested dicts, by their paths; and what models of other frameworks are made from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.utils.interactive import is_interactive_logging_enabled, say

if TYPE_CHECKING:
    from fastnn.graph import Variable

FORMATS = ("tf_saved_model", "onnx", "openvino", "litert", "torch")
VALUES = {"backend_tensor": lambda v: v.value, "numpy_array": lambda v: v.numpy()}


class StateTree:
    """`get_state_tree`, `set_state_tree` and `export` of models."""

    trainable_variables: list[Variable]
    non_trainable_variables: list[Variable]
    metrics_variables: list[Variable]

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables, as nested dicts by the parts of their paths.

        Args:
            value_format: "backend_tensor", or "numpy_array".

        Returns {"trainable_variables": {layer: {variable: value}}, "non_trainable_variables": ...,
        "optimizer_variables": ..., "metrics_variables": ...}.
        Raises ArgumentError for another format, and where two variables have one path.

        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1, name="out")], name="net")
        >>> model.get_state_tree("numpy_array")["trainable_variables"]["net"]["out"]["kernel"].shape
        (2, 1)
        """
        if value_format not in VALUES:
            raise ArgumentError(
                "Invalid `value_format` argument. Expected one of {'numpy_array', 'backend_tensor'}. "
                f"Received: value_format={value_format}"
            )
        return {group: _nested(variables, VALUES[value_format]) for group, variables in _groups(self).items()}

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Set variables to the values of a tree; what it does not name stays.

        Args:
            state_tree: such as `get_state_tree` gives.

        Raises ArgumentError for a group that does not exist, ShapeError for a value of another shape. A path that no
        variable has is passed over, with a warning.

        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Dense(1, name="out")], name="net")
        >>> model.set_state_tree({"trainable_variables": {"net": {"out": {"bias": [3.0]}}}})
        >>> model.get_weights()[1]
        array([3.], dtype=float32)
        """
        groups, changes, strange = _groups(self), [], []
        for group, values in state_tree.items():
            if group not in groups:
                raise ArgumentError(f"Unknown variable name: {group}. Expected one of {', '.join(groups)}.")
            by_path = {v.path: v for v in groups[group]}
            for path, value in _flat(values):
                if path in by_path:
                    changes.append((by_path[path], value))
                else:
                    strange.append(f"{group}: {path}")
        if strange:
            warnings.warn(f"set_state_tree: the model has no variables {', '.join(strange[:8])}.", stacklevel=2)
        for variable, value in changes:
            variable.assign(value)

    def export(
        self,
        filepath: str | PathLike[str],
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write what predict computes into a file that needs no fastnn.

        Args:
            filepath: its ending chooses the format where `format` does not: .onnx (opset 17; any batch size; needs the
                extra `onnx`, and onnxruntime to be checked), .py (NumPy alone; `predict(*inputs)`; run as a script it
                tests itself), .c (C99 without dependencies, for a batch of one size; it tests itself:
                `cc -O2 m.c -lm && ./a.out`), .npz (the weights by their paths), .safetensors (likewise, with the
                config of the model: load_weights and load_model read it; needs the extra `safetensors`).
            format: one of these endings without its dot; Keras's other formats are not written.
            verbose: True to say how far the file's outputs are from predict's; by default as interactive logging is.
            input_signature: for .c: shapes (rows, ...) in place of the inputs' own, where these have unknown sizes;
                arrays, symbols or InputSpecs. Other formats take the inputs as they are.
            kwargs: batch_size, for .c: how many rows a call takes (1).

        Raises NotSupportedError for a layer or operation that there is no rule for, named, before anything is written,
        and for Keras's other formats; ArgumentError for a format that Keras does not know either.

        >>> import os, tempfile, fastnn
        >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.export(os.path.join(folder, "model.py"), verbose=False)
        """
        from fastnn.export import writer

        ending = os.fspath(filepath).rpartition(".")[2]
        form = ending if format == "tf_saved_model" and ending in writer.FORMATS else format
        if form in writer.FORMATS:
            batch_size = kwargs.pop("batch_size", None)
            if kwargs:
                raise ArgumentError(
                    f"export: unknown arguments {sorted(kwargs)} for a .{form} file; see its docstring."
                )
            apart = writer.export(self, filepath, form, batch_size, input_signature)
            if is_interactive_logging_enabled() if verbose is None else verbose:
                how = "" if apart is None else f"; largest difference to predict, relative: {apart:.1e}"
                if form == "c":
                    how = f"; to test it: cc -O2 {os.path.basename(os.fspath(filepath))} -lm && ./a.out"
                say(f"Wrote {os.fspath(filepath)}{how}\n")
            return
        if form not in FORMATS:
            known = f"{list(writer.FORMATS)}; Keras's are {list(FORMATS)}"
            raise ArgumentError(f"Unrecognized format={format}. Supported formats are: {known}")
        raise NotSupportedError(
            f"export({os.fspath(filepath)!r}, format={format!r}): a path that ends in "
            f"{', '.join('.' + known for known in writer.FORMATS)} is written; `export_saved_model` only currently "
            "supports the tensorflow, jax and torch backends. For one of Keras's formats write the model with "
            "save('model.keras') and export it from Keras: keras.models.load_model('model.keras').export(...)."
        )


def _groups(model: Any) -> dict[str, list[Variable]]:
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": [] if optimizer is None else list(optimizer.variables),
        "metrics_variables": model.metrics_variables,
    }


def _nested(variables: list[Variable], value: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    seen = set()
    for v in variables:
        if v.path in seen:
            raise ArgumentError(
                f"The following variable path is found twice in the model: '{v.path}'. `get_state_tree()` can only be "
                "called when all variable paths are unique. Make sure to give unique names to your layers (and other "
                "objects)."
            )
        seen.add(v.path)
        *parents, last = v.path.split("/")
        inner = tree
        for part in parents:
            inner = inner.setdefault(part, {})
        inner[last] = value(v)
    return tree


def _flat(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value
