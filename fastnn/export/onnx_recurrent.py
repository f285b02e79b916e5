"""Recurrent layers in ONNX files."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.export.onnx_graph import activation

GATES = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "softsign": "Softsign", "softplus": "Softplus",
         "hard_sigmoid": "HardSigmoid", "elu": "Elu"}  # fmt: skip
ORDERS = {"lstm": (0, 3, 1, 2), "gru": (0, 1, 2), "rnn": (0,)}  # ONNX's gates in terms of Keras's


def recurrent(g, inputs, output, cell, kernel, recurrent, bias, functions, reset_after, sequences):
    """Add a recurrent layer: ONNX's own node, or, where a mask leaves steps out, a Scan over the steps.

    inputs: names of the sequence and, if there is one, of its mask; other arguments: as of the step.
    """
    if len(inputs) > 1:
        _scanned(g, inputs, output, cell, kernel, recurrent, bias, functions, reset_after, sequences)
        return
    units, order = len(recurrent), ORDERS[cell]
    turned = lambda a: np.concatenate([np.split(a, len(order), -1)[k] for k in order], -1)
    given = [g.node("Transpose", [inputs[0]], perm=[1, 0, 2])]
    given += [g.weight(turned(a).T[None]) for a in (kernel, recurrent)]
    given.append(g.weight(np.concatenate([turned(b) for b in bias])[None]))
    inner, *gate = functions
    kinds = {"lstm": [*gate, inner, inner], "gru": [*gate, inner], "rnn": [inner]}[cell]
    options: dict[str, Any] = {"hidden_size": units, "activations": [GATES[k] for k in kinds]}
    if "hard_sigmoid" in kinds or "elu" in kinds:  # numbers for all that take some, in order
        options["activation_alpha"] = [
            1 / 6 if k == "hard_sigmoid" else 1.0 for k in kinds if k in ("hard_sigmoid", "elu")
        ]
        if "hard_sigmoid" in kinds:
            options["activation_beta"] = [0.5] * kinds.count("hard_sigmoid")
    if cell == "gru":
        options["linear_before_reset"] = int(reset_after)
    y, last = g.several(cell.upper(), given, 2, **options)
    axes = g.weight([1] if sequences else [0], np.int64)  # the axis of directions: (steps, 1, rows, units)
    if sequences:
        g.node("Transpose", [g.node("Squeeze", [y, axes])], output, perm=[1, 0, 2])
    else:
        g.node("Squeeze", [last, axes], output)


def _scanned(g, inputs, output, cell, kernel, recurrent, bias, functions, reset_after, sequences):
    """A Scan: states of a step that the mask leaves out are those of the step before it."""
    units = len(recurrent)
    share = g.node("Add", [g.node("MatMul", [inputs[0], g.weight(kernel)]), g.weight(bias[0])])
    share = g.node("Transpose", [share], perm=[1, 0, 2])
    seen = g.node("Cast", [g.node("Unsqueeze", [inputs[1], g.weight([2], np.int64)])], to=9)  # bool
    seen = g.node("Transpose", [seen], perm=[1, 0, 2])
    rows = g.node("Slice", [g.node("Shape", [inputs[0]]), *(g.weight(v, np.int64) for v in ([0], [1], [0]))])
    size = g.node("Concat", [rows, g.weight([units], np.int64)], axis=0)
    zeros = g.node("ConstantOfShape", [size])
    names = ["/state", "/carry"] if cell == "lstm" else ["/state"]
    body = g.inner()
    made = _step(body, cell, "/share", names, recurrent, bias, functions, reset_after)
    kept = [body.node("Where", ["/seen", new, old]) for new, old in zip(made, names)]
    history = body.node("Identity", kept[:1])
    value = lambda name, kind, n: g.helper.make_tensor_value_info(name, kind, [None, n])
    graph = g.helper.make_graph(
        body.nodes, "step",
        [*(value(n, 1, units) for n in names), value("/share", 1, kernel.shape[1]), value("/seen", 9, 1)],
        [value(n, 1, units) for n in (*kept, history)],
    )  # fmt: skip
    found = g.several("Scan", [*[zeros] * len(names), share, seen], len(names) + 1, body=graph, num_scan_inputs=2)
    if sequences:
        g.node("Transpose", found[-1:], output, perm=[1, 0, 2])
    else:
        g.node("Identity", found[:1], output)


def _step(g, cell, share, states, recurrent, bias, functions, reset_after):
    """The new states of a cell, given what the step's input adds to its gates."""
    two, act = lambda kind, a, b: g.node(kind, [a, b]), lambda x, k: activation(g, [x], None, functions[k], 1.0)
    parts = lambda x, n: g.several("Split", [x], n, axis=1)
    h = states[0]
    if cell == "gru" and not reset_after:
        z_r, mine = np.split(recurrent, [2 * len(recurrent)], 1)
        x_z, x_r, x_h = parts(share, 3)
        h_z, h_r = parts(two("Add", two("MatMul", h, g.weight(z_r)), g.weight(bias[1][: 2 * len(recurrent)])), 2)
        z, r = act(two("Add", x_z, h_z), 1), act(two("Add", x_r, h_r), 1)
        inner = two("Add", two("MatMul", two("Mul", r, h), g.weight(mine)), g.weight(bias[1][2 * len(recurrent) :]))
        return [_mixed(two, g, z, h, act(two("Add", x_h, inner), 0))]
    own = two("Add", two("MatMul", h, g.weight(recurrent)), g.weight(bias[1]))
    if cell == "gru":
        (x_z, x_r, x_h), (h_z, h_r, h_h) = parts(share, 3), parts(own, 3)
        z, r = act(two("Add", x_z, h_z), 1), act(two("Add", x_r, h_r), 1)
        return [_mixed(two, g, z, h, act(two("Add", x_h, two("Mul", r, h_h)), 0))]
    both = two("Add", share, own)
    if cell == "rnn":
        return [act(both, 0)]
    i, f, new, o = parts(both, 4)
    carry = two("Add", two("Mul", act(f, 1), states[1]), two("Mul", act(i, 1), act(new, 0)))
    return [two("Mul", act(o, 1), act(carry, 0)), carry]


def _mixed(two, g, z, old, new):
    return two("Add", two("Mul", z, old), two("Mul", two("Sub", g.weight(1.0), z), new))
