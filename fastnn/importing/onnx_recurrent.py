"""Rules for the recurrent nodes of ONNX files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import layers, ops
from fastnn.core.types import Array
from fastnn.importing.onnx_values import Call, Value

ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (0, 1, 2), "RNN": (0,)}  # Keras's gates in terms of ONNX's
FUNCTIONS = {"tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu", "softsign": "softsign", "softplus": "softplus",
             "elu": "elu", "hardsigmoid": "hard_sigmoid"}  # fmt: skip
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def _functions(call: Call, kind: str, directions: int) -> list[str]:
    """Names of the activations of one direction."""
    given = call.get("activations")
    names = [v.decode() if isinstance(v, bytes) else v for v in given] if given else USUAL[kind] * directions
    each = len(USUAL[kind])
    alphas, betas = call.get("activation_alpha", []), call.get("activation_beta", [])
    found = [FUNCTIONS.get(name.lower()) for name in names]
    if None in found or len(found) != each * directions or found[:each] * directions != found:
        raise call.refuse(f"activations={names}; expected {each} of {', '.join(FUNCTIONS)}, alike in both directions")
    hard = found.count("hard_sigmoid")
    numbers = [
        a for a, name in zip(alphas, [f for f in found if f in ("hard_sigmoid", "elu")]) if name == "hard_sigmoid"
    ]
    if hard and (len(numbers) != hard or any(abs(a - 1 / 6) > 1e-6 for a in numbers) or any(b != 0.5 for b in betas)):
        raise call.refuse("a HardSigmoid of another slope; expected alpha=1/6, beta=0.5")
    if kind == "LSTM" and found[1] != found[2]:
        raise call.refuse(f"activations={names}; expected one for cell and output")
    return [name for name in found[:each] if name is not None]


def _weights(call: Call, kind: str, k: int, after: bool) -> list[Array]:
    """Kernel, recurrent kernel and bias of direction number k."""
    turned = lambda a: np.concatenate([np.split(a, len(ORDERS[kind]), -1)[j] for j in ORDERS[kind]], -1)
    w, r = (turned(np.asarray(call.constant(i))[k].T) for i in (1, 2))
    given = call.constant(3)
    b = np.zeros(2 * w.shape[1], np.float32) if given is None else np.asarray(given)[k]
    both = np.stack([turned(part) for part in np.split(b, 2)])
    return [w, r, both if kind == "GRU" and after else both.sum(0)]


def _recurrent(call: Call) -> list[Value | None]:
    kind = call.node.op_type
    after = bool(call.get("linear_before_reset", 0))
    direction = call.get("direction", "forward")
    directions = 2 if direction == "bidirectional" else 1
    if call.get("layout", 0) or call.get("clip") is not None or call.get("input_forget", 0):
        raise call.refuse("layout=1, clip or input_forget; expected none of them")
    for k in range(4, len(call.inputs)):
        given = call.inputs[k]
        if given is not None and (isinstance(given, Value) or k == 4 or np.any(given)):
            raise call.refuse("lengths, first states or peepholes; expected sequences of one length that start at 0")
    functions = _functions(call, kind, directions)
    units = int(np.asarray(call.constant(2)).shape[-1])
    if call.get("hidden_size", units) != units:
        raise call.refuse(f"hidden_size={call.get('hidden_size')}, while its weights are of {units} units")
    options: dict[str, Any] = {"activation": functions[-1], "return_sequences": 0 in call.read}
    if kind != "RNN":
        options["recurrent_activation"] = functions[0]
    if kind == "GRU":
        options["reset_after"] = after
    if call.read - {0, 1} or (directions == 2 and {0, 1} <= call.read):
        raise call.refuse("the last cell state, or both results of two directions are read; expected one result")
    both = {0, 1} <= call.read  # sequences, and the last of them
    make = getattr(layers, "SimpleRNN" if kind == "RNN" else kind)
    weights = [w for k in range(directions) for w in _weights(call, kind, k, after)]
    x = call.value().transposed((1, 0, 2)).made()
    layer = make(units, go_backwards=direction == "reverse", **options)
    if directions == 2:
        layer = layers.Bidirectional(layer)
    y = layer(x)
    layer.set_weights(weights)
    if 0 not in call.read:
        parts = layers.Reshape((directions, units))(y) if directions == 2 else y
        return [None, Value(parts, (1, 0, 2)) if directions == 2 else Value(parts, (None, 0, 1))]
    last = Value(y[:, -1], (None, 0, 1)) if both else None
    if direction == "reverse":
        y = ops.flip(y, axis=1)
    if directions == 1:
        return [Value(y, (1, None, 0, 2)), last]
    steps = -1 if y.shape[1] is None else y.shape[1]
    return [Value(layers.Reshape((steps, 2, units))(y), (1, 2, 0, 3)), last]


RECURRENT: dict[str, Callable[[Call], Any]] = dict.fromkeys(ORDERS, _recurrent)
