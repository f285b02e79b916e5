"""Rules for the nodes of ONNX files: products, convolutions, normalisation, shapes.

Others are in onnx_elements.py and onnx_recurrent.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import layers, ops
from fastnn.importing.onnx_elements import ELEMENTS
from fastnn.importing.onnx_recurrent import RECURRENT
from fastnn.importing.onnx_values import MOST, UNKNOWN, Call, Value, channels_first
from fastnn.layers.layer import Layer

Rule = Callable[[Call], Any]  # -> a Value or an array, or a list of them, None for a result that nobody reads
END = 1 << 31  # from here on "to the end"


def made(layer: Layer, x: Any, weights: list[Any]) -> Any:
    """layer(x), with these weights."""
    y = layer(x)
    layer.set_weights([np.asarray(w) for w in weights])
    return y


# ------------------------------------------------------------------ products and convolutions
def _product(call: Call, kernel: Any, bias: Any = None) -> Value:
    layer = layers.Dense(kernel.shape[1], use_bias=bias is not None)
    return Value(made(layer, call.value().made(), [kernel] if bias is None else [kernel, bias]))


def _matmul(call: Call) -> Any:
    weight = call.inputs[1]
    if isinstance(weight, np.ndarray) and weight.ndim == 2 and isinstance(call.inputs[0], Value):
        bias = call.get("bias")
        y = _product(call, weight, bias)
        return [None, y] if bias is not None else y
    return Value(ops.matmul(*call.symbols()))


def _gemm(call: Call) -> Value:
    weight = np.asarray(call.constant(1))
    if call.get("transA", 0):
        raise call.refuse("transA=1; expected rows as they are")
    weight = (weight.T if call.get("transB", 0) else weight) * np.float32(call.get("alpha", 1.0))
    bias = call.constant(2)
    if bias is not None:
        bias = np.broadcast_to(np.asarray(bias).reshape(-1), weight.shape[1:]) * np.float32(call.get("beta", 1.0))
    return _product(call, weight, bias)


def _pads(call: Call, rank: int) -> list[tuple[int, int]]:
    """(before, after) of each axis."""
    if call.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise call.refuse(f"auto_pad={call.get('auto_pad')!r}; expected pads in numbers")
    pads = call.get("pads", [0] * (2 * rank))
    return [(int(pads[k]), int(pads[k + rank])) for k in range(rank)]


def _padded(symbol: Any, pads: list[tuple[int, int]], value: float = 0.0) -> Any:
    """A symbol of images with margins."""
    if not any(a or b for a, b in pads):
        return symbol
    return ops.pad(symbol, [(0, 0), *pads, (0, 0)], constant_values=value)


def _steps(call: Call, rank: int) -> dict[str, Any]:
    """Strides and dilations as layers take them."""
    names = (("strides", "strides"), ("dilation_rate", "dilations"))
    return {name: tuple(call.get(theirs, [1] * rank)) for name, theirs in names}


def _conv(call: Call) -> Value:
    weight = np.asarray(call.constant(1))
    rank, groups = weight.ndim - 2, call.get("group", 1)
    if rank not in (1, 2, 3):
        raise call.refuse(f"a kernel of shape {weight.shape}; expected 1 to 3 axes of places")
    bias = call.constant(2)
    x = call.value().channels_last()
    channels, size = x.shape[-1], weight.shape[2:]
    kernel = weight.transpose((*range(2, rank + 2), 1, 0))
    options = dict(_steps(call, rank), use_bias=bias is not None)
    pads = _pads(call, rank)
    same = [_same(n, k, s, d) for n, k, s, d in zip(x.shape[1:-1], size, options["strides"], options["dilation_rate"])]
    if pads == same and any(map(any, pads)):
        options["padding"] = "same"
    else:
        x = _padded(x, pads)
    if groups == channels and groups > 1 and rank < 3 and weight.shape[1] == 1:
        layer = getattr(layers, f"DepthwiseConv{rank}D")(size, depth_multiplier=weight.shape[0] // groups, **options)
        kernel = kernel.reshape(*size, groups, -1)
    else:
        layer = getattr(layers, f"Conv{rank}D")(weight.shape[0], size, groups=groups, **options)
    return channels_first(made(layer, x, [kernel] if bias is None else [kernel, bias]))


def _same(n: int | None, k: int, s: int, d: int) -> tuple[int, int]:
    """The margins of padding="same" on an axis of n places."""
    if n is None:
        total = (k - 1) * d if s == 1 else -1
    else:
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
    return (total // 2, total - total // 2)


def _conv_transpose(call: Call) -> Value:
    weight = np.asarray(call.constant(1))
    rank = weight.ndim - 2
    if call.get("group", 1) != 1 or rank not in (1, 2, 3) or call.get("output_shape") is not None:
        raise call.refuse("groups or an output_shape; expected one group and pads in numbers")
    bias = call.constant(2)
    x = call.value().channels_last()
    more, pads = call.get("output_padding", [0] * rank), _pads(call, rank)
    options = dict(_steps(call, rank), use_bias=False)
    size = weight.shape[2:]
    layer = getattr(layers, f"Conv{rank}DTranspose")(weight.shape[1], size, padding="valid", **options)
    y = made(layer, x, [weight.transpose((*range(2, rank + 2), 1, 0))])
    # "valid" makes all that the kernel reaches, or strides where they are longer; pads cut that
    for k, (before, after) in enumerate(pads):
        reach = (size[k] - 1) * options["dilation_rate"][k] + 1
        extra = max(options["strides"][k] - reach, 0)
        cut = after - int(more[k]) + extra
        y = _cut(y, k + 1, before, cut)
    return channels_first(y if bias is None else y + np.asarray(bias))


def _cut(y: Any, axis: int, before: int, after: int) -> Any:
    """y without places at both ends of an axis; a negative number of them adds zeros."""
    if after < 0:
        y = ops.pad(y, [(0, -after) if k == axis else (0, 0) for k in range(len(y.shape))])
    key: list[Any] = [slice(None)] * len(y.shape)
    key[axis] = slice(before, -after if after > 0 else None)
    return y[tuple(key)] if before or after > 0 else y


def _pool(call: Call) -> Value:
    size = tuple(call.get("kernel_shape"))
    rank = len(size)
    best = call.node.op_type == "MaxPool"
    if call.get("ceil_mode", 0) or any(d != 1 for d in call.get("dilations", [1])) or rank > 3 or 1 in call.read:
        raise call.refuse("ceil_mode, dilations or indices; expected plain windows")
    strides, pads = tuple(call.get("strides", [1] * rank)), _pads(call, rank)
    x = call.value().channels_last()
    padding = "valid"
    if any(map(any, pads)):
        if pads == [_same(n, k, s, 1) for n, k, s in zip(x.shape[1:-1], size, strides)] and (
            best or not call.get("count_include_pad", 0)
        ):
            padding = "same"
        elif best or call.get("count_include_pad", 0):
            x = _padded(x, pads, -np.inf if best else 0.0)
        else:
            raise call.refuse("margins that are no part of the mean; expected those of padding='same'")
    kind = f"{'Max' if best else 'Average'}Pooling{rank}D"
    return channels_first(getattr(layers, kind)(size, strides, padding)(x))


def _global_pool(call: Call) -> Value:
    x = call.value()
    axes = tuple(range(1, len(x.order) - 1))
    function = ops.max if call.node.op_type == "GlobalMaxPool" else ops.mean
    return channels_first(function(x.channels_last(), axes, keepdims=True))


def _batch_norm(call: Call) -> Value:
    gamma, beta, mean, var = (np.asarray(call.constant(k)) for k in range(1, 5))
    layer = layers.BatchNormalization(
        epsilon=float(call.get("epsilon", 1e-5)), momentum=float(call.get("momentum", 0.9))
    )
    return channels_first(made(layer, call.value().channels_last(), [gamma, beta, mean, var]))


def _layer_norm(call: Call) -> Value:
    x = call.value()
    axis = call.get("axis", -1) % len(x.order)
    scale, shift = np.asarray(call.constant(1)), call.constant(2)
    if axis != len(x.order) - 1 or call.read - {0}:
        raise call.refuse(f"it normalises from axis {axis} on, or its mean is read; expected the last axis")
    layer = layers.LayerNormalization(epsilon=float(call.get("epsilon", 1e-5)), center=shift is not None)
    return Value(made(layer, x.made(), [scale] if shift is None else [scale, shift]))


# ------------------------------------------------------------------ shapes
def _transpose(call: Call) -> Any:
    x = call.inputs[0]
    rank = len(x.shape) if x is not None else 0
    axes = call.get("perm", list(range(rank))[::-1])
    return x.transposed(axes) if isinstance(x, Value) else np.transpose(np.asarray(x), axes)


def _shape(call: Call) -> Any:
    return np.array([UNKNOWN if n is None else n for n in call.value().shape], np.int64)


def _filled(call: Call) -> Any:
    """A constant of a shape, 1 for sizes that are not known: enough for first states of 0."""
    given = call.constant(0 if call.node.op_type == "ConstantOfShape" else 1)
    sizes = [1 if n == UNKNOWN else int(n) for n in np.asarray(given).reshape(-1)]
    if any(n < 0 for n in sizes) or np.prod(sizes, dtype=np.float64) > MOST:
        raise call.refuse(f"a constant of the shape {sizes}; expected at most {MOST:,} numbers")
    if call.node.op_type == "Expand":
        return np.broadcast_to(call.array(), np.broadcast_shapes(tuple(sizes), call.array().shape))
    value = np.asarray(call.get("value", np.zeros(1, np.float32)))
    return np.full(sizes, value.item(), value.dtype)


def _reshape(call: Call) -> Any:
    wanted = [int(v) for v in np.asarray(call.constant(1)).reshape(-1)]
    if wanted.count(UNKNOWN) + wanted.count(-1) > 1:
        raise call.refuse(f"several unknown sizes in the shape {wanted}")
    wanted = [-1 if n == UNKNOWN else n for n in wanted]
    x = call.inputs[0]
    if not isinstance(x, Value):
        found = np.asarray(x)
        return found.reshape([found.shape[k] if n == 0 else n for k, n in enumerate(wanted)])
    lead = 0  # leading axes that stay what they are need not be where they are
    while lead < min(len(wanted), len(x.order)) and wanted[lead] == 0 and x.order[lead] is not None:
        lead += 1
    rank = len(x.order)
    moved = [a for a in x.order[:lead] if a is not None]
    if moved != sorted(moved) and x.order[lead:] == list(range(lead, rank)) and sorted(moved) == list(range(lead)):
        return Value(_reshaped(call, x.symbol, [0] * lead + wanted[lead:]), moved + list(range(lead, len(wanted))))
    return Value(_reshaped(call, x.made(), wanted))


def _reshaped(call: Call, symbol: Any, wanted: list[int]) -> Any:
    """A symbol in another shape, 0 for a size that stays, -1 for what is left."""
    shape = symbol.shape
    sizes = [shape[k] if n == 0 else n for k, n in enumerate(wanted)]
    first = wanted[0] if wanted else -1
    rest = sizes[1:]
    same = None not in shape[1:] and None not in rest and -1 not in rest and np.prod(rest) == np.prod(shape[1:])
    if len(wanted) > 1 and (first == 0 or same):
        inner = [-1 if n is None else n for n in rest]
        if inner.count(-1) <= 1:
            return layers.Reshape(tuple(inner))(symbol)
    sizes = [-1 if n is None else n for n in sizes]
    if sizes.count(-1) > 1:
        raise call.refuse(f"the shape {wanted} for a value of shape {shape}; expected one unknown size")
    return ops.reshape(symbol, tuple(sizes))


def _flatten(call: Call) -> Value:
    if call.get("axis", 1) != 1:
        raise call.refuse(f"axis={call.get('axis')}; expected 1, rows as they are")
    return Value(layers.Flatten()(call.value().made()))


def _squeeze(call: Call) -> Any:
    x = call.inputs[0]
    axes = call.numbers(1, "axes")
    if not isinstance(x, Value):
        return np.squeeze(np.asarray(x), None if axes is None else tuple(axes))
    if axes is None:
        axes = [k for k, n in enumerate(x.shape) if n == 1]
    for a in sorted((a % len(x.order) for a in axes), reverse=True):
        x = x.without_axis(a)
    return x


def _unsqueeze(call: Call) -> Any:
    x = call.inputs[0]
    axes = call.numbers(1, "axes") or []
    if not isinstance(x, Value):
        return np.expand_dims(np.asarray(x), tuple(axes))
    for a in sorted(a % (len(x.order) + len(axes)) for a in axes):
        x = x.with_axis(a)
    return x


def _slice(call: Call) -> Any:
    starts, ends = call.numbers(1, "starts"), call.numbers(2, "ends")
    if starts is None or ends is None:
        raise call.refuse("no starts or ends")
    x = call.inputs[0]
    if x is None:
        raise call.refuse("no input")
    axes = call.numbers(3, "axes", list(range(len(starts)))) or []
    steps = call.numbers(4, "steps", [1] * len(starts)) or []
    key: list[Any] = [slice(None)] * len(x.shape)
    for a, start, end, step in zip(axes, starts, ends, steps):
        if step == -1 and start == -1 and end <= -END:
            key[a] = slice(None, None, -1)
            continue
        key[a] = slice(start, None if abs(end) >= END else end, step)
    if not isinstance(x, Value):
        return np.asarray(x)[tuple(key)]
    if any(a is None for a in x.order):
        return Value(x.made()[tuple(key)])
    own: list[Any] = [slice(None)] * len(x.order)
    for a, part in zip(x.axes, key):
        own[a] = part
    return Value(x.symbol[tuple(own)], x.order)


def _pad(call: Call) -> Value:
    pads, x = call.numbers(1, "pads") or [], call.value()
    if call.get("mode", "constant") != "constant":
        raise call.refuse(f"mode={call.get('mode')!r}; expected 'constant'")
    rank = len(x.order)
    value = call.constant(2, call.get("value", 0.0))
    width = [(pads[k], pads[k + rank]) for k in range(rank)]
    if any(n < 0 for pair in width for n in pair):
        raise call.refuse(f"pads={pads}; expected none below 0")
    if any(a is None for a in x.order):
        x = Value(x.made())
    own: list[Any] = [(0, 0)] * rank
    for a, pair in zip(x.axes, width):
        own[a] = pair
    return Value(ops.pad(x.symbol, own, constant_values=float(np.asarray(value).item())), x.order)


def _concat(call: Call) -> Any:
    axis = call.get("axis")
    first = next((x for x in call.inputs if isinstance(x, Value)), None)
    if first is None:
        return np.concatenate([np.asarray(x) for x in call.inputs], axis)
    if all(isinstance(x, Value) and x.order == first.order and None not in x.order for x in call.inputs):
        return Value(
            ops.concatenate([x.symbol for x in call.inputs if isinstance(x, Value)], first.axes[axis]), first.order
        )
    return Value(ops.concatenate(call.symbols(), axis))


def _gather(call: Call) -> Any:
    axis = call.get("axis", 0)
    table, index = call.inputs[:2]
    if isinstance(table, np.ndarray) and table.ndim == 2 and axis == 0 and isinstance(index, Value):
        return Value(made(layers.Embedding(*table.shape), index.made(), [table]))
    if isinstance(table, np.ndarray) and isinstance(index, np.ndarray):
        return np.take(table, index, axis)
    return Value(ops.take(*call.symbols(), axis=axis))


def _resize(call: Call) -> Value:
    x = call.value()
    scales = call.constant(2 if call.node.op_type == "Resize" else 1)
    if call.get("mode", "nearest") != "nearest" or scales is None or np.size(scales) != len(x.order):
        raise call.refuse("it interpolates, or has sizes; expected mode='nearest' and scales")
    factors = [int(s) for s in np.asarray(scales)]
    if (factors[:2] != [1, 1] and factors[0] != 1) or any(f != s for f, s in zip(factors, np.asarray(scales))):
        raise call.refuse(f"scales={np.asarray(scales).tolist()}; expected whole numbers, and 1 for the rows")
    symbol = x.symbol if None not in x.order else x.made()
    order = x.order if None not in x.order else list(range(len(x.order)))
    for a, f in zip(order, factors):
        symbol = ops.repeat(symbol, f, axis=a) if f > 1 else symbol
    return Value(symbol, order)


RULES: dict[str, Rule] = {
    "MatMul": _matmul, "Gemm": _gemm, "Conv": _conv, "ConvTranspose": _conv_transpose, "MaxPool": _pool,
    "AveragePool": _pool, "GlobalMaxPool": _global_pool, "GlobalAveragePool": _global_pool,
    "BatchNormalization": _batch_norm, "LayerNormalization": _layer_norm, "Transpose": _transpose, "Reshape": _reshape,
    "Shape": _shape, "ConstantOfShape": _filled, "Expand": _filled,
    "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Slice": _slice, "Pad": _pad,
    "Concat": _concat, "Gather": _gather, "Resize": _resize, "Upsample": _resize, **RECURRENT,
    **ELEMENTS,
}  # fmt: skip
