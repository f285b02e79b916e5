"""Rules for files of steps: recurrent layers, attention, transposed convolutions."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.export.rules_words import Rule, activation, array, last
from fastnn.ops.functions.volumes import transposed_axis

KINDS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}  # gates
GATES = ("tanh", "sigmoid", "relu", "softsign", "softplus", "hard_sigmoid", "elu")  # what gates may be


def _gate(function, layer, form):
    name = getattr(function, "__name__", str(function))
    if name not in GATES:
        raise NotSupportedError(
            f"export to {form}: activation {name!r} of layer {layer.name!r}; of a recurrent layer expected one of "
            f"{', '.join(GATES)}."
        )
    return name


def _options(layer, form):
    """Options of the step of a recurrent layer: weights, biases of input and state, activations."""
    cell, kind = layer.cell, type(layer).__name__
    if layer.stateful or layer.return_state:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} is stateful or returns its state.")
    size = layer.units * KINDS[kind]
    bias = np.zeros((2, size), np.float32)
    if layer.use_bias:
        given = array(cell.bias)
        bias[: given.ndim] = given  # a GRU with reset_after has two of them
    return {
        "cell": {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}[kind], "kernel": array(cell.kernel),
        "recurrent": array(cell.recurrent_kernel), "bias": bias,
        "functions": (_gate(layer.activation, layer, form),
                      *([] if kind == "SimpleRNN" else [_gate(layer.recurrent_activation, layer, form)])),
        "reset_after": bool(getattr(layer, "reset_after", False)), "sequences": bool(layer.return_sequences),
    }  # fmt: skip


def _recurrent(layer, shapes, out, form):
    if len(shapes) > 1:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} is called with states.")
    if layer.go_backwards:
        yield "flip", {"axis": 1}
    yield "recurrent", _options(layer, form)


def _bidirectional(layer, shapes, out, form):
    merges = {"concat": ("concat", {"axis": -1}), "sum": ("add", {}), "mul": ("multiply", {}), "ave": ("average", {})}
    ways = layer.forward_layer, layer.backward_layer
    for way in ways:
        if type(way).__name__ not in KINDS:
            raise NotSupportedError(f"export to {form}: layer {layer.name!r} runs a {type(way).__name__} both ways.")
    if layer.merge_mode not in merges or len(shapes) > 1:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} has merge_mode={layer.merge_mode!r} or states."
        )
    count, ends = 0, []
    for way in ways:
        source = -1
        if way.go_backwards:
            yield "flip", {"axis": 1}, (source,)
            source, count = count, count + 1
        yield "recurrent", _options(way, form), (source,)
        source, count = count, count + 1
        if way is layer.backward_layer and layer.return_sequences:
            yield "flip", {"axis": 1}, (source,)
            source, count = count, count + 1
        ends.append(source)
    yield *merges[layer.merge_mode], tuple(ends)


def _conv_transpose(layer, shapes, out, form):
    last(layer, form)
    strides, dilation = tuple(layer.strides), tuple(layer.dilation_rate)
    extra = layer.output_padding or (None,) * len(strides)
    # pads do not depend on the size, so any stands for one that is not known
    axes = [
        transposed_axis(8 if n is None else n, k, s, d, layer.padding, o)
        for n, k, s, d, o in zip(shapes[0][1:-1], layer.kernel_size, strides, dilation, extra)
    ]
    reach = [(k - 1) * d + 1 for k, d in zip(layer.kernel_size, dilation)]
    ends = [
        (8 if n is None else n) * s - s + r - before - size
        for n, s, r, (size, (before, _)) in zip(shapes[0][1:-1], strides, reach, axes)
    ]
    bias = array(layer.bias) if layer.use_bias else None
    yield "conv_transpose", {"weight": array(layer.kernel), "bias": bias, "strides": strides, "dilations": dilation,
                             "pads": tuple((before, end) for (_, (before, _)), end in zip(axes, ends))}  # fmt: skip
    yield from activation(layer.activation, layer, form)


def _attention(layer, shapes, out, form):
    ranks = [len(s) for s in shapes]
    if set(ranks) != {3} or list(layer.attention_axes) != [1] or layer.sliding_window is not None or layer.use_gate:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} attends over axes {layer.attention_axes} of {ranks[0]} "
            "dimensions, in a window or with a gate; expected sequences, axis 1."
        )
    heads = layer.num_heads
    key = -3 if len(shapes) > 2 else -2 if len(shapes) > 1 else -1
    ends = []
    for k, (part, source) in enumerate(
        ((layer.query_dense, -1), (layer.key_dense, key), (layer.value_dense, -2 if len(shapes) > 1 else -1))
    ):
        kernel = array(part.kernel)
        flat = kernel.reshape(kernel.shape[0], -1)
        scale = np.float32(layer.key_dim**-0.5 if k == 0 else 1.0)
        bias = np.zeros(flat.shape[1], np.float32) if part.bias is None else array(part.bias).reshape(-1)
        yield "dense", {"weight": flat * scale, "bias": bias * scale}, (source,)
        yield "reshape", {"shape": (0, -1, heads, kernel.shape[-1])}
        yield "transpose", {"order": (0, 2, 3, 1) if k == 1 else (0, 2, 1, 3)}
        ends.append(3 * k + 2)
    yield "matmul", {}, tuple(ends[:2])
    yield "softmax", {"axis": -1}
    yield "matmul", {}, (10, ends[2])
    yield "transpose", {"order": (0, 2, 1, 3)}
    kernel = array(layer.output_dense.kernel)
    bias = layer.output_dense.bias
    yield "reshape", {"shape": (0, -1, kernel.shape[0] * kernel.shape[1])}
    flat = kernel.reshape(kernel.shape[0] * kernel.shape[1], -1)
    yield "dense", {"weight": flat, "bias": np.zeros(flat.shape[1], np.float32) if bias is None else array(bias)}


SEQUENCES: dict[str, Rule] = {
    **dict.fromkeys(KINDS, _recurrent), "Bidirectional": _bidirectional,
    **{f"Conv{n}DTranspose": _conv_transpose for n in (1, 2, 3)}, "MultiHeadAttention": _attention,
}  # fmt: skip
