"""Rules for files of steps: what a layer computes as steps (kind, options), one after the other."""

from __future__ import annotations

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.export.rules_attention import ATTENTION
from fastnn.export.rules_blocks import BLOCKS, inside, over_time, resampled
from fastnn.export.rules_masked import used
from fastnn.export.rules_sequences import SEQUENCES
from fastnn.export.rules_words import Rule, activation, array, either_format, kind_of, pads_of


def _dense(layer, shapes, out, form):
    bias = array(layer.bias) if layer.use_bias else np.zeros(layer.units, np.float32)
    yield "dense", {"weight": array(layer.kernel), "bias": bias}
    yield from activation(layer.activation, layer, form)


def _conv(layer, shapes, out, form):
    size, strides = tuple(layer.kernel_size), tuple(layer.strides)
    dilation = tuple(layer.dilation_rate)
    common = {"strides": strides, "dilations": dilation,
              "pads": pads_of(layer, shapes[0], size, strides, dilation, form)}  # fmt: skip
    kind = kind_of(layer)
    bias = array(layer.bias) if layer.use_bias else None
    if kind.startswith("Depthwise"):
        kernel = array(layer.kernel)
        channels = kernel.shape[-2]
        yield "conv", {"weight": kernel.reshape(*size, 1, -1), "bias": bias, "groups": channels, **common}
    elif kind.startswith("Separable"):
        kernel = array(layer.depthwise_kernel)
        channels, one = kernel.shape[-2], (1,) * len(size)
        yield "conv", {"weight": kernel.reshape(*size, 1, -1), "bias": None, "groups": channels, **common}
        yield "conv", {"weight": array(layer.pointwise_kernel), "bias": bias, "groups": 1, "strides": one,
                       "dilations": one, "pads": tuple((0, 0) for _ in size)}  # fmt: skip
    else:
        yield "conv", {"weight": array(layer.kernel), "bias": bias, "groups": layer.groups, **common}
    yield from activation(layer.activation, layer, form)


def _pool(layer, shapes, out, form):
    size, strides = tuple(layer.pool_size), tuple(layer.strides)
    pads = pads_of(layer, shapes[0], size, strides, (1,) * len(size), form)
    yield "pool", {"function": "max" if "Max" in kind_of(layer) else "mean", "size": size, "strides": strides,
                   "pads": pads}  # fmt: skip


def _global(layer, shapes, out, form):
    axes = tuple(range(1, len(shapes[0]) - 1))
    yield "reduce", {"function": "max" if "Max" in kind_of(layer) else "mean", "axes": axes,
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
    behind = (1,) * (len(shapes[0]) - 1 - layer.axis % len(shapes[0]))
    scale = 1.0 / np.sqrt(layer.moving_variance.numpy().astype(np.float64) + layer.epsilon)
    if layer.scale:
        scale = scale * layer.gamma.numpy()
    shift = -layer.moving_mean.numpy() * scale + (layer.beta.numpy() if layer.center else 0.0)
    places = lambda v: v.astype(np.float32).reshape(-1, *behind)
    yield "affine", {"scale": places(scale), "shift": places(shift)}


def _layer_norm(layer, shapes, out, form):
    rank = len(shapes[0])
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if [a % rank for a in axes] != [rank - 1] or getattr(layer, "rms_scaling", False):
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} normalises axes {axes}; expected the last.")
    width = shapes[0][-1]
    yield (
        "layer_norm",
        {
            "scale": array(layer.gamma) if layer.scale else np.ones(width, np.float32),
            "shift": array(layer.beta) if layer.center else np.zeros(width, np.float32),
            "epsilon": float(layer.epsilon),
        },
    )


def _rescaling(layer, shapes, out, form):
    yield "affine", {"scale": np.asarray(layer.scale, np.float32), "shift": np.asarray(layer.offset, np.float32)}


def _embedding(layer, shapes, out, form):
    yield "gather", {"weight": array(layer.embeddings)}


def _zero_padding(layer, shapes, out, form):
    pads = layer.padding
    pads = (pads,) if isinstance(pads[0], int) else pads
    yield "pad", {"pads": ((0, 0), *(tuple(p) for p in pads), (0, 0))}


def _upsampling(layer, shapes, out, form):
    if getattr(layer, "interpolation", "nearest") != "nearest":
        yield from resampled(layer, shapes, out, form)
        return
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
    yield "activation", {"function": "elu", "slope": float(layer.alpha)}


def _relu(layer, shapes, out, form):
    high, slope = layer.max_value, float(layer.negative_slope or 0.0)
    if layer.threshold:
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} is a ReLU with a threshold.")
    name = "leaky_relu" if slope else "relu"
    yield "activation", {"function": name, "slope": slope}
    if high is not None:
        yield "binary", {"function": "minimum", "other": np.float32(high), "swapped": False}


def _activation_layer(layer, shapes, out, form):
    yield from activation(layer.activation, layer, form)


def _permute(layer, shapes, out, form):
    yield "transpose", {"order": (0, *layer.dims)}


def _repeat_vector(layer, shapes, out, form):
    yield "reshape", {"shape": (-1, 1, *shapes[0][1:])}
    yield "repeat", {"factors": (1, layer.n, 1)}


def _cropping(layer, shapes, out, form):
    crops = layer.cropping
    crops = (crops,) if isinstance(crops[0], int) else crops
    yield "slice", {"starts": tuple(a for a, _ in crops), "ends": tuple(-b if b else None for _, b in crops)}


def _prelu(layer, shapes, out, form):
    yield "prelu", {"weight": array(layer.alpha)}


def _group_norm(layer, shapes, out, form):
    rank = len(shapes[0])
    channels = shapes[0][-1]
    if layer.axis % rank != rank - 1 or None in shapes[0][1:]:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} normalises axis {layer.axis} of {shapes[0]}; expected the last "
            "one, and known sizes."
        )
    each = channels // layer.groups
    places = int(np.prod(shapes[0][1:-1]))
    yield "reshape", {"shape": (-1, places, layer.groups, each)}
    yield "transpose", {"order": (0, 2, 1, 3)}
    yield "reshape", {"shape": (-1, layer.groups, places * each)}
    ones = np.ones(places * each, np.float32)
    yield "layer_norm", {"scale": ones, "shift": ones * 0, "epsilon": float(layer.epsilon)}
    yield "reshape", {"shape": (-1, layer.groups, places, each)}
    yield "transpose", {"order": (0, 2, 1, 3)}
    yield "reshape", {"shape": (-1, *shapes[0][1:])}
    scale = array(layer.gamma) if layer.scale else np.ones(channels, np.float32)
    yield "affine", {"scale": scale, "shift": array(layer.beta) if layer.center else np.zeros(channels, np.float32)}


def _rms_norm(layer, shapes, out, form):
    rank = len(shapes[0])
    if [a % rank for a in layer.axis] != [rank - 1]:
        raise NotSupportedError(
            f"export to {form}: layer {layer.name!r} normalises axes {layer.axis}; expected the last."
        )
    yield "rms_norm", {"scale": array(layer.scale), "epsilon": float(layer.epsilon)}


RULES: dict[str, Rule] = {
    "Dense": _dense, "Activation": _activation_layer, "Softmax": _softmax, "ReLU": _relu,
    "LeakyReLU": _leaky, "ELU": _elu,
    **dict.fromkeys(("Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D",
                     "Conv3D"), either_format(_conv)),
    **{f"{kind}Pooling{n}D": either_format(_pool) for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": either_format(_global) for kind in ("Max", "Average") for n in (1, 2, 3)},
    "Flatten": either_format(_reshape), "Reshape": _reshape, "Permute": _permute, "BatchNormalization": _norm,
    "LayerNormalization": _layer_norm, "Rescaling": _rescaling, "Embedding": _embedding,
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"), either_format(_zero_padding)),
    **{f"UpSampling{n}D": either_format(_upsampling) for n in (1, 2, 3)},
    "Concatenate": _concatenate, "Add": _merge("add"), "Subtract": _merge("subtract"),
    "Multiply": _merge("multiply"), "Maximum": _merge("maximum"), "Minimum": _merge("minimum"),
    "Average": _merge("average"), "RepeatVector": _repeat_vector, "PReLU": _prelu, "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm, **{f"Cropping{n}D": either_format(_cropping) for n in (1, 2, 3)},
    **SEQUENCES, **BLOCKS, **ATTENTION,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise",
                     "GaussianDropout", "AlphaDropout", "ActivityRegularization", "Identity"), _same()),
}  # fmt: skip
RULES["Masking"] = used
RULES["TimeDistributed"] = over_time(RULES)
RULES["SpectralNormalization"] = inside(RULES)
