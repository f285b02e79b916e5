"""ONNX files as models: each node as a layer or an operation."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np

from fastnn.core.errors import FastnnError, FileFormatError, NotSupportedError
from fastnn.core.extras import missing
from fastnn.core.types import Array
from fastnn.importing.onnx_rules import RULES
from fastnn.importing.onnx_values import Call, Value, checked_array, said
from fastnn.layers import Input
from fastnn.models import Model
from fastnn.saving.files import regular

NEWEST = 22  # opset whose nodes the rules have been read against


def load_onnx(path: str | os.PathLike[str]) -> Any:
    """Read an ONNX file as a functional model.

    Args:
        path: str or path of the file, which holds all weights itself.

    The batch is of any size. Products with constant matrices become Dense layers, convolutions, normalisations,
    embeddings and recurrent nodes the layers of that name, with the file's weights, so that the model can be trained
    on; the rest are operations. Images stay channels first at the model's inputs and outputs, as the file has them;
    inside they are channels last. Nothing in a file is executed. Needs the extra `onnx`.

    Returns a Model.

    Raises:
        MissingFileError, FileFormatError (ValueErrors): for no file, and for a damaged one.
        NotSupportedError: for a node that there is no rule for, named.

    >>> import fastnn
    >>> fastnn.utils.load_onnx("no.onnx")
    Traceback (most recent call last):
    ...
    fastnn.core.errors.MissingFileError: File not found: filepath=no.onnx. Expected an .onnx file. ...
    """
    name = regular(path, "an .onnx file")
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise missing("load_onnx", "onnx") from error
    with open(name, "rb") as file:
        data = file.read()
    try:
        proto = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise FileFormatError(f"load_onnx: {name!r} is no whole ONNX file: {error}.") from error
    if not proto.graph.node and not proto.graph.output:
        raise FileFormatError(f"load_onnx: {name!r} is no ONNX file: it holds no graph.")
    for opset in proto.opset_import:
        if opset.domain in ("", "ai.onnx") and opset.version > NEWEST:
            raise NotSupportedError(
                f"load_onnx: {name!r} is of opset {opset.version}; expected at most {NEWEST}. Convert it with "
                "onnx.version_converter."
            )
    reader = _Reader(proto.graph, onnx, name)
    try:
        onnx.checker.check_model(proto)
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:
        raise FileFormatError(f"load_onnx: {name!r} is no valid ONNX model: {error}") from error
    return reader.model()


class _Reader:
    """The values of a graph by their names, as its nodes are gone through."""

    def __init__(self, graph: Any, onnx: Any, path: str) -> None:
        self.graph, self.onnx, self.path = graph, onnx, path
        named = [x.name for x in (*graph.input, *graph.output, *graph.initializer)]
        named += [text for n in graph.node for text in (n.name, n.op_type, n.domain, *n.input, *n.output)]
        if not all(isinstance(text, str) for text in named):  # protobuf gives bytes where they are no UTF-8
            raise FileFormatError(f"load_onnx: {path!r} has names that are no text; it is damaged.")
        for node in graph.node:
            if node.op_type not in RULES or node.domain not in ("", "ai.onnx"):
                raise NotSupportedError(
                    f"load_onnx: {said(node)}, has no rule. Rules are there for {', '.join(sorted(RULES))}."
                )
        self.values: dict[str, Value | Array] = {t.name: checked_array(t, onnx.numpy_helper) for t in graph.initializer}
        self.uses = Counter(name for node in graph.node for name in node.input if name)
        self.uses.update(output.name for output in graph.output)
        self.readers = {name: node for node in graph.node for name in node.input}

    def model(self) -> Any:
        """The model."""
        inputs = [self._input(x) for x in self.graph.input if x.name not in self.values]
        if not inputs:
            raise FileFormatError(f"load_onnx: {self.path!r} has no inputs.")
        for node in self.graph.node:
            self._node(node)
        outputs = []
        for output in self.graph.output:
            found = self.values.get(output.name)
            if not isinstance(found, Value):
                raise FileFormatError(f"load_onnx: no node computes the output {output.name!r} from the inputs.")
            outputs.append(found.made())
        return Model(inputs if len(inputs) > 1 else inputs[0], outputs if len(outputs) > 1 else outputs[0])

    def _input(self, given: Any) -> Any:
        kind = given.type.tensor_type
        dtype = self.onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name if kind.elem_type else "float32"
        sizes = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in kind.shape.dim]
        if not sizes:
            raise NotSupportedError(f"load_onnx: the input {given.name!r} has no shape; expected (batch, ...).")
        symbol = Input(tuple(sizes[1:]), dtype=dtype, name=_name(given.name))
        self.values[given.name] = Value(symbol)
        return symbol

    def _node(self, node: Any) -> None:
        if node.output and node.output[0] in self.values:
            return  # made with a node before it
        missing = [name for name in node.input if name and name not in self.values]
        if missing:
            raise FileFormatError(f"load_onnx: {said(node)}: nothing before it makes its input {missing[0]!r}.")
        attributes = {}
        for a in node.attribute:
            value = self.onnx.helper.get_attribute_value(a)
            attributes[a.name] = (
                checked_array(value, self.onnx.numpy_helper) if a.type == a.TENSOR
                else value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            )  # fmt: skip
        inputs = [self.values[name] if name else None for name in node.input]
        call = Call(node, inputs, attributes, {k for k, name in enumerate(node.output) if self.uses.get(name)})
        if node.op_type in ("MatMul", "Gemm"):
            self._bias(node, call)
        try:
            made = RULES[node.op_type](call)
        except (NotSupportedError, FileFormatError):
            raise
        except (FastnnError, ValueError, TypeError, IndexError) as error:
            raise FileFormatError(f"load_onnx: {said(node)}: {error}") from error
        for name, value in zip(node.output, made if isinstance(made, list) else [made]):
            if name and value is not None:
                self.values[name] = value

    def _bias(self, node: Any, call: Call) -> None:
        """Let a product take the constant that is added to it, and to nothing else, as the bias of its layer."""
        weight = call.inputs[1] if len(call.inputs) > 1 else None
        after = self.readers.get(node.output[0])
        if not isinstance(weight, np.ndarray) or weight.ndim != 2 or after is None or after.op_type != "Add":
            return
        if self.uses[node.output[0]] != 1 or node.op_type != "MatMul" or not isinstance(call.inputs[0], Value):
            return
        other = [self.values.get(name) for name in after.input if name != node.output[0]]
        if len(other) == 1 and isinstance(other[0], np.ndarray) and other[0].shape == weight.shape[1:]:
            call.attributes["bias"], call.attributes["added"] = other[0], after.output[0]
            call.node.output.append(after.output[0])


def _name(text: str) -> str | None:
    """A name that a layer may have."""
    found = "".join(c if c.isalnum() or c in "_-." else "_" for c in text)
    return found or None
