"""Rules for the nodes of ONNX files that work element by element, or along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import activations, layers, ops
from fastnn.importing.onnx_values import Call, Value

UNARY: dict[str, Callable[[Any], Any]] = {
    "Relu": activations.relu, "Sigmoid": activations.sigmoid, "Tanh": activations.tanh, "Selu": activations.selu,
    "Softplus": activations.softplus, "Softsign": activations.softsign, "Exp": ops.exp, "Log": ops.log,
    "Sqrt": ops.sqrt, "Abs": ops.abs, "Neg": ops.negative, "Erf": ops.erf, "Floor": ops.floor, "Ceil": ops.ceil,
    "Round": ops.round, "Reciprocal": ops.reciprocal, "Sin": ops.sin, "Cos": ops.cos, "Sign": ops.sign,
    "Not": ops.logical_not, "HardSwish": activations.hard_silu, "Mish": activations.mish,
    "Identity": lambda x: x, "Dropout": lambda x: x,
}  # fmt: skip
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": ops.add, "Sub": ops.subtract, "Mul": ops.multiply, "Div": ops.divide, "Pow": ops.power,
    "Sum": ops.add, "Max": ops.maximum, "Min": ops.minimum, "Equal": ops.equal, "Less": ops.less,
    "Greater": ops.greater, "LessOrEqual": ops.less_equal, "GreaterOrEqual": ops.greater_equal,
    "And": ops.logical_and, "Or": ops.logical_or,
}  # fmt: skip
REDUCE = {"ReduceMean": ops.mean, "ReduceMax": ops.max, "ReduceMin": ops.min, "ReduceSum": ops.sum,
          "ReduceProd": ops.prod}  # fmt: skip


def on(value: Value, function: Callable[[Any], Any]) -> Value:
    """A function of each element: where axes lie does not matter."""
    return Value(function(value.symbol), value.order)


def _unary(call: Call) -> Any:
    x = call.inputs[0]
    if not isinstance(x, Value):
        same = call.node.op_type in ("Identity", "Dropout")
        return np.asarray(x) if same else np.asarray(UNARY[call.node.op_type](call.array()))
    return on(x, UNARY[call.node.op_type])


def _with_alpha(function: Callable[..., Any], default: float) -> Callable[[Call], Value]:
    return lambda call: on(call.value(), lambda x: function(x, float(call.get("alpha", default))))


def _hard_sigmoid(call: Call) -> Value:
    a, b = float(call.get("alpha", 0.2)), float(call.get("beta", 0.5))
    if abs(a - 1 / 6) < 1e-6 and b == 0.5:
        return on(call.value(), activations.hard_sigmoid)
    return on(call.value(), lambda x: ops.clip(x * a + b, 0.0, 1.0))


def _gelu(call: Call) -> Value:
    approximate = call.get("approximate", "none") == "tanh"
    return on(call.value(), lambda x: activations.gelu(x, approximate))


def _clip(call: Call) -> Value:
    low, high = (call.constant(k, call.get(name)) for k, name in ((1, "min"), (2, "max")))
    low, high = (None if v is None else float(np.asarray(v).item()) for v in (low, high))

    def clipped(x: Any) -> Any:
        x = x if low is None else ops.maximum(x, low)
        return x if high is None else ops.minimum(x, high)

    return on(call.value(), clipped)


def _fold(call: Call) -> Any:
    """Two or more values, one after the other; in the order of the first where all have it or are numbers."""
    function = BINARY[call.node.op_type]
    inputs: list[Any] = call.inputs
    values = [x for x in inputs if isinstance(x, Value)]
    if not values:
        found = call.array()
        for k in range(1, len(inputs)):
            found = np.asarray(function(found, call.array(k)))
        return found
    order = values[0].order
    alike = all(
        x.order == order if isinstance(x, Value) else np.size(x) == 1 and np.ndim(x) <= len(order) for x in inputs
    )
    ready = (
        [x.symbol if isinstance(x, Value) else np.asarray(x).reshape(()) for x in inputs] if alike else call.symbols()
    )
    found = ready[0]
    for x in ready[1:]:
        found = function(found, x)
    return Value(found, order) if alike else Value(found)


def _mean(call: Call) -> Value:
    total = BINARY["Sum"]
    found = call.symbols()
    y = found[0]
    for x in found[1:]:
        y = total(y, x)
    return Value(y / float(len(found)))


def _where(call: Call) -> Value:
    return Value(ops.where(*call.symbols()))


def _softmax(call: Call) -> Value:
    x = call.value()
    axis = call.get("axis", -1)
    function = ops.softmax if call.node.op_type == "Softmax" else ops.log_softmax
    place = x.order[axis]
    if place is None:
        raise call.refuse(f"axis {axis} has one place")
    return on(x, lambda s: function(s, axis=place))


def _reduce(call: Call) -> Value:
    x = call.value()
    axes = call.numbers(1, "axes")
    axes = list(range(len(x.order))) if axes is None else axes
    return Value(REDUCE[call.node.op_type](x.made(), tuple(axes), keepdims=bool(call.get("keepdims", 1))))


def _cast(call: Call) -> Any:
    import onnx

    kind = onnx.helper.tensor_dtype_to_np_dtype(call.get("to"))
    x = call.inputs[0]
    if not isinstance(x, Value):
        return np.asarray(x).astype(kind)
    if x.symbol.dtype.startswith(("int", "uint")) and kind.kind in "iu":
        return x  # indices stay what they are
    return on(x, lambda s: ops.cast(s, kind.name))


def _einsum(call: Call) -> Value:
    return Value(ops.einsum(call.get("equation"), *call.symbols()))


def _prelu(call: Call) -> Value:
    slope = np.asarray(call.constant(1))
    x = call.value().made()
    return Value(ops.maximum(x, 0.0) + ops.minimum(x, 0.0) * slope)


def _constant(call: Call) -> Any:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if call.get(name) is not None:
            kind = np.float32 if "float" in name else np.int64
            found = call.get(name)
            return found if isinstance(found, np.ndarray) else np.asarray(found, kind)
    raise call.refuse("a constant of text or of sparse values")


ELEMENTS: dict[str, Callable[[Call], Any]] = {
    **dict.fromkeys(UNARY, _unary), **dict.fromkeys(BINARY, _fold), **dict.fromkeys(REDUCE, _reduce),
    "Mean": _mean, "Where": _where, "Softmax": _softmax, "LogSoftmax": _softmax, "Clip": _clip, "Cast": _cast,
    "LeakyRelu": lambda call: on(call.value(), layers.LeakyReLU(negative_slope=float(call.get("alpha", 0.01)))),
    "Elu": _with_alpha(activations.elu, 1.0), "HardSigmoid": _hard_sigmoid, "Gelu": _gelu, "PRelu": _prelu,
    "Constant": _constant, "Einsum": _einsum,
}  # fmt: skip
