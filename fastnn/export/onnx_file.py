"""ONNX files: each step as nodes of the standard operators, opset 17, a batch of any size."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core.extras import missing
from fastnn.export.onnx_graph import Graph, activation
from fastnn.export.onnx_recurrent import recurrent
from fastnn.export.steps import Steps

OPSET, IR = 17, 8
ONE_TO_ONE = {"add": "Sum", "subtract": "Sub", "maximum": "Max", "minimum": "Min", "average": "Mean"}
TWO = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow", "maximum": "Max",
       "minimum": "Min"}  # fmt: skip
ONE = {"exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "negative": "Neg", "sin": "Sin", "cos": "Cos",
       "floor": "Floor", "ceil": "Ceil", "sign": "Sign", "reciprocal": "Reciprocal"}  # fmt: skip
END = np.iinfo(np.int64).max


def write(steps: Steps, path: str, name: str) -> None:
    """Write an ONNX file.

    Raises MissingPackageError where the package `onnx` is not installed.
    """
    try:
        import onnx
        from onnx import helper, numpy_helper
    except ImportError as error:
        raise missing("export to ONNX", "onnx") from error
    g = Graph(helper, numpy_helper)
    for step in steps.steps:
        ADD[step.kind](g, step.inputs, step.output, **step.options)
    tensor = lambda label, shape, dtype: helper.make_tensor_value_info(
        label, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), ["batch" if i == 0 else d for i, d in enumerate(shape)]
    )
    shapes = {s.output: s.shape for s in steps.steps}
    inputs = [tensor(label, shape, dtype) for label, (shape, dtype) in steps.inputs.items()]
    outputs = []
    for value, label in steps.outputs:
        outputs.append(
            tensor(g.node("Identity", [value], label), shapes.get(value) or steps.inputs[value][0], "float32")
        )
    graph = helper.make_graph(g.nodes, name, inputs, outputs, g.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="fastnn")
    model.ir_version = IR
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


# ------------------------------------------------------------------ a step -> nodes
def _dense(g, inputs, output, weight, bias):
    g.node("Add", [g.node("MatMul", [inputs[0], g.weight(weight)]), g.weight(bias)], output)


def _conv(g, inputs, output, weight, bias, groups, strides, dilations, pads):
    rank = weight.ndim - 2
    order = (rank + 1, rank, *range(rank))  # filters, channels, places
    given = [g.channels_first(inputs[0], rank), g.weight(weight.transpose(order))]
    given += [] if bias is None else [g.weight(bias)]
    y = g.node("Conv", given, group=groups, strides=strides, dilations=dilations, pads=_ends(pads))
    g.channels_last(y, rank, output)


def _conv_transpose(g, inputs, output, weight, bias, strides, dilations, pads):
    rank = weight.ndim - 2
    given = [g.channels_first(inputs[0], rank), g.weight(weight.transpose((rank + 1, rank, *range(rank))))]
    given += [] if bias is None else [g.weight(bias)]
    more = [max(-end, 0) for _, end in pads]
    pads = [(before, max(end, 0)) for before, end in pads]
    y = g.node("ConvTranspose", given, strides=strides, dilations=dilations, pads=_ends(pads), output_padding=more)
    g.channels_last(y, rank, output)


def _ends(pads):
    return [p[0] for p in pads] + [p[1] for p in pads]


def _pool(g, inputs, output, function, size, strides, pads):
    rank = len(size)
    kind = "MaxPool" if function == "max" else "AveragePool"
    x = g.channels_first(inputs[0], rank)
    g.channels_last(g.node(kind, [x], kernel_shape=size, strides=strides, pads=_ends(pads)), rank, output)


def _reduce(g, inputs, output, function, axes, keepdims):
    if function == "sum":  # the one whose axes are an input in this opset
        g.node("ReduceSum", [inputs[0], g.weight(axes, np.int64)], output, keepdims=int(keepdims))
        return
    kind = {"max": "ReduceMax", "min": "ReduceMin", "mean": "ReduceMean"}[function]
    g.node(kind, inputs, output, axes=list(axes), keepdims=int(keepdims))


def _binary(g, inputs, output, function, other, swapped):
    given = [inputs[0], g.weight(other)]
    g.node(TWO[function], given[::-1] if swapped else given, output)


def _unary(g, inputs, output, function):
    x = inputs[0]
    if function == "square":
        g.node("Mul", [x, x], output)
    elif function == "rsqrt":
        g.node("Reciprocal", [g.node("Sqrt", [x])], output)
    else:
        g.node(ONE[function], [x], output)


def _einsum(g, inputs, output, equation, weight=None):
    more = [] if weight is None else [g.weight(weight)]
    g.node("Einsum", [*inputs, *more], output, equation=equation)


def _reshape(g, inputs, output, shape):
    g.node("Reshape", [inputs[0], g.weight(shape, np.int64)], output)


def _affine(g, inputs, output, scale, shift):
    g.node("Add", [g.node("Mul", [inputs[0], g.weight(scale)]), g.weight(shift)], output)


def _layer_norm(g, inputs, output, scale, shift, epsilon):
    g.node("LayerNormalization", [inputs[0], g.weight(scale), g.weight(shift)], output, axis=-1, epsilon=epsilon)


def _rms_norm(g, inputs, output, scale, epsilon):
    x = inputs[0]
    mean = g.node("ReduceMean", [g.node("Mul", [x, x])], axes=[-1], keepdims=1)
    root = g.node("Sqrt", [g.node("Add", [mean, g.weight(epsilon)])])
    g.node("Mul", [g.node("Div", [x, root]), g.weight(scale)], output)


def _flip(g, inputs, output, axis):
    numbers = [g.weight(v, np.int64) for v in ([-1], [-END], [axis], [-1])]
    g.node("Slice", [inputs[0], *numbers], output)


def _slice(g, inputs, output, starts, ends):
    axes = range(1, len(starts) + 1)
    numbers = [g.weight(v, np.int64) for v in (starts, [END if e is None else e for e in ends], axes)]
    g.node("Slice", [inputs[0], *numbers], output)


def _differs(g, inputs, output, other):
    same = g.node("Equal", [inputs[0], g.weight(other, other.dtype)])
    g.node("Cast", [g.node("Not", [same])], output, to=1)  # float32


def _hide(g, inputs, output, far, moved, fixed=None):
    x, *seen = [*inputs, *([] if fixed is None else [g.weight(fixed)])]
    shown = seen[0]
    for one in seen[1:]:
        shown = g.node("Mul", [shown, one])
    other = g.node("Add", [x, g.weight(far)]) if moved else g.weight(far)
    g.node("Where", [g.node("Cast", [shown], to=9), x, other], output)  # bool


def _pad(g, inputs, output, pads):
    g.node("Pad", [inputs[0], g.weight(_ends(pads), np.int64)], output)


def _repeat(g, inputs, output, factors):
    scales = g.weight(factors)
    g.node("Resize", [inputs[0], "", scales], output, mode="nearest", coordinate_transformation_mode="asymmetric",
           nearest_mode="floor")  # fmt: skip


def _gather(g, inputs, output, weight):
    numbers = g.node("Cast", [inputs[0]], to=7)  # int64
    g.node("Gather", [g.weight(weight), numbers], output, axis=0)


def _multiply(g, inputs, output):
    x = inputs[0]
    for k, other in enumerate(inputs[1:], 1):
        x = g.node("Mul", [x, other], output if k == len(inputs) - 1 else None)


def _one(kind: str) -> Any:
    return lambda g, inputs, output, **options: g.node(kind, inputs, output, **options)


ADD = {
    "dense": _dense, "conv": _conv, "pool": _pool, "reduce": _reduce, "reshape": _reshape, "affine": _affine,
    "layer_norm": _layer_norm, "activation": activation, "softmax": _one("Softmax"),
    "log_softmax": _one("LogSoftmax"), "conv_transpose": _conv_transpose, "rms_norm": _rms_norm,
    "recurrent": recurrent, "differs": _differs, "hide": _hide, "flip": _flip, "slice": _slice,
    "matmul": _one("MatMul"),
    "prelu": lambda g, inputs, output, weight: g.node("PRelu", [inputs[0], g.weight(weight)], output),
    "pad": _pad, "repeat": _repeat, "binary": _binary, "unary": _unary, "einsum": _einsum, "divide": _one("Div"),
    "power": _one("Pow"), "clip": lambda g, inputs, output, low, high: g.node(
        "Clip", [inputs[0], g.weight(low), g.weight(high)], output),
    "expand": lambda g, inputs, output, axes: g.node("Unsqueeze", [inputs[0], g.weight(axes, np.int64)], output),
    "squeeze": lambda g, inputs, output, axes: g.node("Squeeze", [inputs[0], g.weight(axes, np.int64)], output),
    "gather": _gather, "multiply": _multiply, "concat": _one("Concat"),
    "transpose": lambda g, inputs, output, order: g.node("Transpose", inputs, output, perm=list(order)),
    **{kind: _one(name) for kind, name in ONE_TO_ONE.items()},
}  # fmt: skip
