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


def conv_transpose(x, weight, bias, strides, dilations, pads):
    size = weight.shape[:-2]
    reach = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(x.shape[1:-1], strides, size, dilations)]
    ends = [n - end for n, (_, end) in zip(reach, pads)]
    y = np.zeros((len(x), *(max(n, end) for n, end in zip(reach, ends)), weight.shape[-2]), x.dtype)
    for tap in np.ndindex(*size):
        places = tuple(slice(t * d, t * d + (n - 1) * s + 1, s)
                       for t, d, n, s in zip(tap, dilations, x.shape[1:-1], strides))  # fmt: skip
        y[(slice(None), *places)] += x @ weight[tap].T
    y = y[(slice(None), *(slice(before, end) for (before, _), end in zip(pads, ends)))]
    return y if bias is None else y + bias


def pool(x, function, size, strides, pads):
    one = (1,) * len(size)
    axes = tuple(range(-len(size), 0))
    if function == "max":
        return _windows(x, size, strides, one, pads, -np.inf).max(axes)
    total = _windows(x, size, strides, one, pads).sum(axes)
    return total / _windows(np.ones_like(x[:1]), size, strides, one, pads).sum(axes)  # padding does not count


def reduce(x, function, axes, keepdims):
    return getattr(np, function)(x, axis=axes, keepdims=keepdims)


def reshape(x, shape):
    return x.reshape([x.shape[k] if n == 0 else n for k, n in enumerate(shape)])


def transpose(x, order):
    return x.transpose(order)


def affine(x, scale, shift):
    return x * scale + shift


def layer_norm(x, scale, shift, epsilon):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(x.var(-1, keepdims=True) + np.float32(epsilon)) * scale + shift


def rms_norm(x, scale, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(epsilon)) * scale


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def prelu(x, weight):
    return np.where(x < 0, x * weight, x)


def _erf(x):
    """Abramowitz and Stegun 7.1.26 is too coarse for float32: the series, and beyond 4 the limit."""
    z = np.clip(np.asarray(x, np.float64), -4, 4)
    term = total = z
    for k in range(1, 60):
        term = -term * z * z / k
        total = total + term / (2 * k + 1)
    return total * 2 / np.sqrt(np.pi)


def activation(x, function, slope=1.0):
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
        elif function == "hard_silu":
            y = x * np.clip(x / 6 + 0.5, 0, 1)
        elif function == "mish":
            y = x * np.tanh(np.logaddexp(x, 0))
        elif function == "tanh":
            y = np.tanh(x)
        elif function == "elu":
            y = np.where(x > 0, x, slope * np.expm1(np.minimum(x, 0)))
        elif function == "selu":
            y = 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
        elif function == "softplus":
            y = np.logaddexp(x, 0)
        elif function == "softsign":
            y = x / (1 + abs(x))
        elif function == "exponential":
            y = np.exp(x)
        elif function == "gelu_tanh":
            y = 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))
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


def slice_(x, starts, ends):
    return x[(slice(None), *(slice(a, b) for a, b in zip(starts, ends)))]


def flip(x, axis):
    return np.flip(x, axis)


def matmul(a, b):
    return a @ b


def differs(x, other):
    return (x != other).astype(np.float32)


def hide(x, *seen, far, moved, fixed=None):
    for one in seen:
        fixed = one if fixed is None else fixed * one
    return np.where(fixed != 0, x, x + np.float32(far) if moved else np.float32(far))


def recurrent(x, *mask, cell, kernel, recurrent, bias, functions, reset_after, sequences):
    n = len(recurrent)
    state = carry = np.zeros((len(x), n), x.dtype)
    outputs = []
    for step, part in enumerate(np.moveaxis(x @ kernel + bias[0], 1, 0)):
        before = state, carry
        if cell == "gru" and not reset_after:
            both = part[:, : 2 * n] + (state @ recurrent + bias[1])[:, : 2 * n]
        else:
            both = state @ recurrent + bias[1]
        if cell == "rnn":
            state = activation(part + both, functions[0])
        elif cell == "lstm":
            i, f, g, o = np.split(part + both, 4, 1)
            i, f, o = (activation(gate, functions[1]) for gate in (i, f, o))
            carry = f * carry + i * activation(g, functions[0])
            state = o * activation(carry, functions[0])
        elif reset_after:
            z, r = (activation(part[:, k * n : k * n + n] + both[:, k * n : k * n + n], functions[1]) for k in (0, 1))
            h = activation(part[:, 2 * n :] + r * both[:, 2 * n :], functions[0])
            state = z * state + (1 - z) * h
        else:
            z, r = (activation(gate, functions[1]) for gate in np.split(both, 2, 1))
            h = activation(part[:, 2 * n :] + (r * state) @ recurrent[:, 2 * n :] + bias[1][2 * n :], functions[0])
            state = z * state + (1 - z) * h
        if mask:  # a step that is left out changes nothing
            state, carry = (np.where(mask[0][:, step, None] != 0, a, b) for a, b in zip((state, carry), before))
        outputs.append(state)
    return np.stack(outputs, 1) if sequences else state


def concat(*values, axis):
    return np.concatenate(values, axis)


def add(*values):
    return sum(values[1:], values[0])


def subtract(a, b):
    return a - b


def divide(a, b):
    return a / b


def power(a, b):
    return a**b


def binary(x, function, other, swapped):
    f = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "power": np.power,
         "maximum": np.maximum, "minimum": np.minimum}[function]  # fmt: skip
    return f(other, x) if swapped else f(x, other)


def unary(x, function):
    if function == "rsqrt":
        return 1 / np.sqrt(x)
    return getattr(np, function)(x)


def clip(x, low, high):
    return np.clip(x, np.float32(low), np.float32(high))


def einsum(*values, equation, weight=None):
    return np.einsum(equation, *values, *([] if weight is None else [weight]), optimize=True)


def expand(x, axes):
    return np.expand_dims(x, axes)


def squeeze(x, axes):
    return np.squeeze(x, axes)


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


NAMES = {"slice": "slice_"}


def run(steps, outputs, values):
    """The outputs of steps (kind, inputs, output, options), a list; values: {name: array} of the inputs."""
    for kind, inputs, output, options in steps:
        values[output] = globals()[NAMES.get(kind, kind)](*(values[name] for name in inputs), **options)
    return [values[name] for name in outputs]
