"""Rules for files of steps: recurrent layers, attention, transposed convolutions."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.export.rules_words import Made, Rule, activation, array, either_format
from fastnn.ops.functions.volumes import transposed_axis

KINDS = ("LSTM", "GRU", "SimpleRNN", "RNN")
CELLS = {"LSTMCell": ("lstm", 4), "GRUCell": ("gru", 3), "SimpleRNNCell": ("rnn", 1)}  # kind and number of gates
GATES = ("tanh", "sigmoid", "relu", "softsign", "softplus", "hard_sigmoid", "elu")  # what gates may be
MERGES = {"concat": ("concat", {"axis": -1}), "sum": ("add", {}), "mul": ("multiply", {}), "ave": ("average", {})}


def _gate(function, layer, form):
    name = getattr(function, "__name__", str(function))
    if name not in GATES:
        raise NotSupportedError(
            f"export to {form}: activation {name!r} of layer {layer.name!r}; of a recurrent layer expected one of "
            f"{', '.join(GATES)}."
        )
    return name


def _cell(cell, layer, form):
    """Options of the step of a recurrent layer: weights, biases of input and state, activations."""
    kind, gates = CELLS[type(cell).__name__]
    bias = np.zeros((2, cell.units * gates), np.float32)
    if cell.use_bias:
        given = array(cell.bias)
        bias[: given.ndim] = given  # a GRU with reset_after has two of them
    functions = (cell.activation, *([] if kind == "rnn" else [cell.recurrent_activation]))
    return {
        "cell": kind, "kernel": array(cell.kernel), "recurrent": array(cell.recurrent_kernel), "bias": bias,
        "functions": tuple(_gate(f, layer, form) for f in functions),
        "reset_after": bool(getattr(cell, "reset_after", False)),
    }  # fmt: skip


def _run(made, layer, sources, form):
    """Add the steps of a recurrent layer, which reads a sequence and maybe its mask; the number of its result."""
    cells = getattr(layer.cell, "cells", [layer.cell])
    if any(type(cell).__name__ not in CELLS for cell in cells):
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} runs a cell of another class than {', '.join(CELLS)}."
        )
    zeros = len(sources) > 1 and layer.zero_output_for_mask
    if layer.stateful or layer.return_state or (zeros and not layer.return_sequences):
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} is stateful, returns its state, or has zero_output_for_mask "
            "without return_sequences."
        )
    if layer.go_backwards:
        sources = tuple(made.add("flip", {"axis": 1}, source) for source in sources)
    value = sources[0]
    for k, cell in enumerate(cells):
        sequences = bool(layer.return_sequences) or k < len(cells) - 1
        value = made.add("recurrent", {**_cell(cell, layer, form), "sequences": sequences}, value, *sources[1:])
    return made.add("multiply", {}, value, made.add("expand", {"axes": (2,)}, sources[1])) if zeros else value


def _recurrent(layer, shapes, out, form, masks=()):
    if len(shapes) > 1:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} is called with states.")
    made = Made()
    _run(made, layer, tuple(range(-1, -2 - len(masks), -1)), form)
    return made


def _bidirectional(layer, shapes, out, form, masks=()):
    ways = layer.forward_layer, layer.backward_layer
    for way in ways:
        if type(way).__name__ not in KINDS:
            raise NotSupportedError(f"export to {form}: layer {layer.name!r} runs a {type(way).__name__} both ways.")
    if layer.merge_mode not in MERGES or len(shapes) > 1:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} has merge_mode={layer.merge_mode!r} or states."
        )
    made = Made()
    ends = [_run(made, way, tuple(range(-1, -2 - len(masks), -1)), form) for way in ways]
    if layer.return_sequences:
        ends[1] = made.add("flip", {"axis": 1}, ends[1])
    kind, options = MERGES[layer.merge_mode]
    made.add(kind, options, *ends)
    return made


def _conv_transpose(layer, shapes, out, form):
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


RECURRENT: dict[str, Rule] = {**dict.fromkeys(KINDS, _recurrent), "Bidirectional": _bidirectional}
SEQUENCES: dict[str, Rule] = {
    **RECURRENT,
    **{f"Conv{n}DTranspose": either_format(_conv_transpose) for n in (1, 2, 3)},
}  # fmt: skip
