"""The steps of an exported model in NumPy alone. This file is also the text that an exported .py file begins with."""

import numpy as np


def dense(x, weight, bias):
    return x @ weight + bias


def _windows(x, size, strides, dilations, pads, value=0.0):
    """Windows of the spatial axes behind the axes of x: (rows, *places, channels, *size)."""
    x = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=value)
    reach = tuple((k - 1) * d + 1 for k, d in zip(size, dilations))
    axes = tuple(range(1, len(size) + 1))
    found = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    places = tuple(slice(None, None, s) for s in strides)
    inside = tuple(slice(None, None, d) for d in dilations)
    return found[(slice(None), *places, slice(None), *inside)]


def conv(x, weight, bias, groups, strides, dilations, pads):
    size, rank = weight.shape[:-2], weight.ndim - 2
    found = _windows(x, size, strides, dilations, pads)
    parts = []
    for k in range(groups):  # channels and filters of one group
        c, f = weight.shape[-2], weight.shape[-1] // groups
        taken = found[(..., slice(k * c, k * c + c), *(slice(None),) * rank)]
        kernel = np.moveaxis(weight[..., k * f : k * f + f], -2, 0)
        axes = list(range(taken.ndim - rank - 1, taken.ndim))
        parts.append(np.tensordot(taken, kernel, (axes, list(range(rank + 1)))))
    y = np.concatenate(parts, -1)
    return y if bias is None else y + bias


def pool(x, function, size, strides, pads):
    one = (1,) * len(size)
    axes = tuple(range(-len(size), 0))
    if function == "max":
        return _windows(x, size, strides, one, pads, -np.inf).max(axes)
    total = _windows(x, size, strides, one, pads).sum(axes)
    return total / _windows(np.ones_like(x[:1]), size, strides, one, pads).sum(axes)  # padding does not count


def reduce(x, function, axes, keepdims):
    return (x.max if function == "max" else x.mean)(axis=axes, keepdims=keepdims)


def reshape(x, shape):
    return x.reshape([x.shape[k] if n == 0 else n for k, n in enumerate(shape)])


def transpose(x, order):
    return x.transpose(order)


def affine(x, scale, shift):
    return x * scale + shift


def layer_norm(x, scale, shift, epsilon):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(x.var(-1, keepdims=True) + np.float32(epsilon)) * scale + shift


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _erf(x):
    """Abramowitz and Stegun 7.1.26 is too coarse for float32: the series, and beyond 4 the limit."""
    z = np.clip(np.asarray(x, np.float64), -4, 4)
    term = total = z
    for k in range(1, 60):
        term = -term * z * z / k
        total = total + term / (2 * k + 1)
    return total * 2 / np.sqrt(np.pi)


def activation(x, function, slope):
    with np.errstate(over="ignore"):
        if function == "relu":
            y = np.maximum(x, 0)
        elif function == "relu6":
            y = np.clip(x, 0, 6)
        elif function == "leaky_relu":
            y = np.where(x > 0, x, x * slope)
        elif function == "sigmoid":
            y = 1 / (1 + np.exp(-x))
        elif function == "silu":
            y = x / (1 + np.exp(-x))
        elif function == "hard_sigmoid":
            y = np.clip(x / 6 + 0.5, 0, 1)
        elif function == "tanh":
            y = np.tanh(x)
        elif function == "elu":
            y = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        elif function == "selu":
            y = 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
        elif function == "softplus":
            y = np.logaddexp(x, 0)
        elif function == "softsign":
            y = x / (1 + abs(x))
        elif function == "exponential":
            y = np.exp(x)
        elif function == "gelu":
            y = x * 0.5 * (1 + _erf(x / np.sqrt(2)))
        else:
            raise ValueError(function)
    return y.astype(x.dtype)


def pad(x, pads):
    return np.pad(x, pads)


def repeat(x, factors):
    for axis, n in enumerate(factors):
        x = np.repeat(x, n, axis)
    return x


def gather(x, weight):
    return weight[x.astype(np.int64)]


def concat(*values, axis):
    return np.concatenate(values, axis)


def add(*values):
    return sum(values[1:], values[0])


def subtract(a, b):
    return a - b


def multiply(*values):
    out = values[0]
    for v in values[1:]:
        out = out * v
    return out


def maximum(*values):
    return np.maximum.reduce(np.broadcast_arrays(*values))


def minimum(*values):
    return np.minimum.reduce(np.broadcast_arrays(*values))


def average(*values):
    return add(*values) / np.float32(len(values))


def run(steps, outputs, values):
    """The outputs of steps (kind, inputs, output, options), a list; values: {name: array} of the inputs."""
    for kind, inputs, output, options in steps:
        values[output] = globals()[kind](*(values[name] for name in inputs), **options)
    return [values[name] for name in outputs]
