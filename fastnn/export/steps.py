"""What a model computes as a short list of plain steps, each of which every format of export can write.

A Step takes values by name and gives one. All of them work on the last axis as channels; weights are arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fastnn.core import hooks
from fastnn.core.errors import NotSupportedError
from fastnn.core.types import Array


class Step(NamedTuple):
    """One step: `output = kind(*inputs, **options)`; arrays among the options are weights.

    name: the layer's; shape: of the output, None where a size is not known.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    options: dict[str, Any]
    shape: tuple[int | None, ...]


class Steps(NamedTuple):
    """The steps of a model; inputs: {name: (shape, dtype)}; outputs: [(name of the value, name of the output)]."""

    steps: list[Step]
    inputs: dict[str, tuple[tuple[int | None, ...], str]]
    outputs: list[tuple[str, str]]


def steps_of(model: Any, form: str) -> Steps:
    """Return the steps of a functional or sequential model; form: the format's name, for errors.

    Raises NotSupportedError, which names layer and class, for a layer that no rule is there for.
    """
    graph = _graph_of(model)
    if graph is None:
        raise NotSupportedError(
            f"export to {form}: {type(model).__name__} {model.name!r} is not built of layers in a graph; expected a "
            "built Sequential or functional model."
        )
    found = _Walk(form)
    names = {}
    for k, x in enumerate(graph.inputs):
        name = x.name or f"input_{k}"
        names[_key(x)] = name
        found.inputs[name] = (tuple(x.shape), x.dtype)
    found.walk(graph, names)
    outputs = [(names[_key(x)], label) for x, label in zip(graph.outputs, model.output_names)]
    return Steps(found.steps, found.inputs, outputs)


def _graph_of(model):
    """The functional model that a model is or has inside, or None."""
    own = getattr(model, "_functional", model)
    return own if isinstance(own, hooks.call("functional")) else None


def _key(symbol):
    return symbol.origin, symbol.index


class _Walk:
    def __init__(self, form):
        self.form, self.steps, self.inputs = form, [], {}

    def walk(self, model, names):
        """Add the steps of every call between the model's inputs and outputs; names: {symbol: name of its value}."""
        for event in model._map.calls:
            layer, inputs = event.operation, [names[_key(x)] for x in event.inputs]
            graph = _graph_of(layer)
            if graph is not None:
                inner = {_key(x): name for x, name in zip(graph.inputs, inputs)}
                self.walk(graph, inner)
                for x, outer in zip(graph.outputs, event.outputs):
                    names[_key(outer)] = inner[_key(x)]
                continue
            rule = RULES.get(type(layer).__name__)
            if rule is None or not type(layer).__module__.startswith("fastnn."):
                raise NotSupportedError(
                    f"export to {self.form}: layer {layer.name!r} is a {type(layer).__name__}, which there is no rule "
                    f"for. Rules are there for {', '.join(sorted(RULES))}."
                )
            shapes = [tuple(x.shape) for x in event.inputs]
            made = list(rule(layer, shapes, tuple(event.outputs[0].shape), self.form))
            for k, (kind, options) in enumerate(made):
                output = f"v{len(self.steps)}"
                shape = tuple(event.outputs[0].shape) if k == len(made) - 1 else ()
                self.steps.append(Step(kind, layer.name, tuple(inputs), output, options, shape))
                inputs = [output]
            names[_key(event.outputs[0])] = inputs[0]


# ------------------------------------------------------------------ rules: a layer -> (kind, options) in a row
Rule = Callable[..., Iterator[tuple[str, dict[str, Any]]]]
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "exponential", "gelu",
               "silu", "relu6", "leaky_relu", "hard_sigmoid")  # fmt: skip


def _activation(function, layer, form):
    name = getattr(function, "__name__", str(function))
    if name == "linear":
        return
    if name not in ACTIVATIONS:
        raise NotSupportedError(
            f"export to {form}: activation {name!r} of layer {layer.name!r}; expected one of {', '.join(ACTIVATIONS)}."
        )
    if name == "softmax":
        yield "softmax", {"axis": -1}
    else:
        yield "activation", {"function": name, "slope": 0.2 if name == "leaky_relu" else 0.0}


def _last(layer, form):
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} has data_format='channels_first'.")


def _array(variable) -> Array:
    return np.asarray(variable.numpy(), np.float32)


def _dense(layer, shapes, out, form):
    bias = _array(layer.bias) if layer.use_bias else np.zeros(layer.units, np.float32)
    yield "dense", {"weight": _array(layer.kernel), "bias": bias}
    yield from _activation(layer.activation, layer, form)


def _pads(layer, shape, size, strides, dilation, form):
    """(before, after) of each spatial axis, as TensorFlow pads."""
    if layer.padding == "valid":
        return tuple((0, 0) for _ in size)
    if layer.padding == "causal":
        return ((dilation[0] * (size[0] - 1), 0),)
    found = []
    for n, k, s, d in zip(shape[1:-1], size, strides, dilation):
        if n is None and s > 1:
            raise NotSupportedError(
                f"export to {form}: layer {layer.name!r} has padding='same' and strides on an axis of unknown size; "
                "give the Input its sizes."
            )
        total = max((k - 1) * d if n is None else (-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


def _conv(layer, shapes, out, form):
    _last(layer, form)
    size, strides = tuple(layer.kernel_size), tuple(layer.strides)
    dilation = tuple(layer.dilation_rate)
    common = {"strides": strides, "dilations": dilation,
              "pads": _pads(layer, shapes[0], size, strides, dilation, form)}  # fmt: skip
    kind = type(layer).__name__
    bias = _array(layer.bias) if layer.use_bias else None
    if kind.startswith("Depthwise"):
        kernel = _array(layer.kernel)
        channels = kernel.shape[-2]
        yield "conv", {"weight": kernel.reshape(*size, 1, -1), "bias": bias, "groups": channels, **common}
    elif kind.startswith("Separable"):
        kernel = _array(layer.depthwise_kernel)
        channels, one = kernel.shape[-2], (1,) * len(size)
        yield "conv", {"weight": kernel.reshape(*size, 1, -1), "bias": None, "groups": channels, **common}
        yield "conv", {"weight": _array(layer.pointwise_kernel), "bias": bias, "groups": 1, "strides": one,
                       "dilations": one, "pads": tuple((0, 0) for _ in size)}  # fmt: skip
    else:
        yield "conv", {"weight": _array(layer.kernel), "bias": bias, "groups": layer.groups, **common}
    yield from _activation(layer.activation, layer, form)


def _pool(layer, shapes, out, form):
    _last(layer, form)
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    pads = _pads(layer, shapes[0], size, strides, (1,) * len(size), form)
    yield "pool", {"function": "max" if "Max" in type(layer).__name__ else "mean", "size": size, "strides": strides,
                   "pads": pads}  # fmt: skip


def _global(layer, shapes, out, form):
    _last(layer, form)
    axes = tuple(range(1, len(shapes[0]) - 1))
    yield "reduce", {"function": "max" if "Max" in type(layer).__name__ else "mean", "axes": axes,
                     "keepdims": bool(layer.keepdims)}  # fmt: skip


def _reshape(layer, shapes, out, form):
    if list(out[1:]).count(None) > 1:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} gives a shape with several unknown sizes: {out}."
        )
    if None in out[1:]:
        yield "reshape", {"shape": (0, *(-1 if d is None else d for d in out[1:]))}
    else:
        yield "reshape", {"shape": (-1, *out[1:])}


def _norm(layer, shapes, out, form):
    axis = layer.axis % len(shapes[0])
    if axis != len(shapes[0]) - 1:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} normalises axis {axis}; expected the last.")
    scale = 1.0 / np.sqrt(layer.moving_variance.numpy().astype(np.float64) + layer.epsilon)
    if layer.scale:
        scale = scale * layer.gamma.numpy()
    shift = -layer.moving_mean.numpy() * scale + (layer.beta.numpy() if layer.center else 0.0)
    yield "affine", {"scale": scale.astype(np.float32), "shift": shift.astype(np.float32)}


def _layer_norm(layer, shapes, out, form):
    rank = len(shapes[0])
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if [a % rank for a in axes] != [rank - 1] or getattr(layer, "rms_scaling", False):
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} normalises axes {axes}; expected the last.")
    width = shapes[0][-1]
    yield (
        "layer_norm",
        {
            "scale": _array(layer.gamma) if layer.scale else np.ones(width, np.float32),
            "shift": _array(layer.beta) if layer.center else np.zeros(width, np.float32),
            "epsilon": float(layer.epsilon),
        },
    )


def _rescaling(layer, shapes, out, form):
    yield "affine", {"scale": np.asarray(layer.scale, np.float32), "shift": np.asarray(layer.offset, np.float32)}


def _embedding(layer, shapes, out, form):
    yield "gather", {"weight": _array(layer.embeddings)}


def _zero_padding(layer, shapes, out, form):
    _last(layer, form)
    pads = layer.padding
    pads = (pads,) if isinstance(pads[0], int) else pads
    yield "pad", {"pads": ((0, 0), *(tuple(p) for p in pads), (0, 0))}


def _upsampling(layer, shapes, out, form):
    _last(layer, form)
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} interpolates; expected interpolation='nearest'."
        )
    size = layer.size if isinstance(layer.size, (tuple, list)) else (layer.size,)
    yield "repeat", {"factors": (1, *size, 1)}


def _same(*made):
    return lambda layer, shapes, out, form: iter(made)


def _merge(kind):
    return lambda layer, shapes, out, form: iter([(kind, {})])


def _concatenate(layer, shapes, out, form):
    yield "concat", {"axis": layer.axis % len(out)}


def _softmax(layer, shapes, out, form):
    yield "softmax", {"axis": layer.axis}


def _leaky(layer, shapes, out, form):
    yield "activation", {"function": "leaky_relu", "slope": float(layer.negative_slope)}


def _elu(layer, shapes, out, form):
    if layer.alpha != 1.0:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} is an ELU with alpha={layer.alpha}; expected 1."
        )
    yield "activation", {"function": "elu", "slope": 0.0}


def _relu(layer, shapes, out, form):
    if layer.threshold or (layer.max_value not in (None, 6.0)) or (layer.max_value and layer.negative_slope):
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} is a ReLU with a threshold or a maximum.")
    name = "leaky_relu" if layer.negative_slope else "relu6" if layer.max_value else "relu"
    yield "activation", {"function": name, "slope": float(layer.negative_slope or 0.0)}


def _activation_layer(layer, shapes, out, form):
    yield from _activation(layer.activation, layer, form)


def _permute(layer, shapes, out, form):
    yield "transpose", {"order": (0, *layer.dims)}


RULES: dict[str, Rule] = {
    "Dense": _dense, "Activation": _activation_layer, "Softmax": _softmax, "ReLU": _relu,
    "LeakyReLU": _leaky, "ELU": _elu,
    **dict.fromkeys(("Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D",
                     "Conv3D"), _conv),
    **{f"{kind}Pooling{n}D": _pool for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _global for kind in ("Max", "Average") for n in (1, 2, 3)},
    "Flatten": _reshape, "Reshape": _reshape, "Permute": _permute, "BatchNormalization": _norm,
    "LayerNormalization": _layer_norm, "Rescaling": _rescaling, "Embedding": _embedding,
    "ZeroPadding1D": _zero_padding, "ZeroPadding2D": _zero_padding, "UpSampling1D": _upsampling,
    "UpSampling2D": _upsampling, "Concatenate": _concatenate, "Add": _merge("add"), "Subtract": _merge("subtract"),
    "Multiply": _merge("multiply"), "Maximum": _merge("maximum"), "Minimum": _merge("minimum"),
    "Average": _merge("average"),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
                     "AlphaDropout", "ActivityRegularization", "Identity"), _same()),
}  # fmt: skip
