"""Element-wise operations in float64 NumPy, as their formulas read."""

import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _of(f):
    def reference(x, **attrs):
        with np.errstate(all="ignore"):
            return f(np.asarray(x))

    return reference


negative, abs, square, sign = _of(np.negative), _of(np.abs), _of(np.square), _of(np.sign)
exp, expm1, log, log1p = _of(np.exp), _of(np.expm1), _of(np.log), _of(np.log1p)
sqrt, floor, ceil, trunc, round = _of(np.sqrt), _of(np.floor), _of(np.ceil), _of(np.trunc), _of(np.rint)
sin, cos, tanh = _of(np.sin), _of(np.cos), _of(np.tanh)
sinh, cosh, erfc = _of(np.sinh), _of(np.cosh), _of(_erfc)
isnan, isinf, isfinite, logical_not = _of(np.isnan), _of(np.isinf), _of(np.isfinite), _of(np.logical_not)
rsqrt, reciprocal, erf = _of(lambda x: 1 / np.sqrt(x)), _of(lambda x: 1 / x), _of(_erf)
identity = stop_gradient = _of(lambda x: x)


def sigmoid(x):
    """1 / (1 + e^-x)"""
    return 1 / (1 + np.exp(-x))


def softplus(x):
    """log(1 + e^x)"""
    return np.logaddexp(x, 0)


def affine(x, scale, shift):
    """x * scale + shift"""
    return x * scale + shift


def clip(x, lo, hi):
    """min(max(x, lo), hi)"""
    return np.clip(x, lo, hi)


def cast(x, dtype):
    """x as another dtype"""
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


def full_like(x, value, dtype):
    """x's shape, one value"""
    return np.full(np.shape(x), value, dtype or x.dtype)


# ------------------------------------------------------------------ activations
def relu(x):
    """max(x, 0)"""
    return np.where(x < 0, 0, x)


def leaky_relu(x, negative_slope):
    """x above 0, slope * x below"""
    return np.where(x < 0, negative_slope * x, x)


def elu(x, alpha):
    """x above 0, alpha (e^x - 1) below"""
    return np.where(x < 0, alpha * np.expm1(x), x)


def silu(x):
    """x sigmoid(x)"""
    return x * sigmoid(x)


def gelu(x, approximate):
    """x Phi(x), exactly or by the tanh formula"""
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def relu_grad(gy, y):
    """gy where y > 0"""
    return np.where(y <= 0, 0, gy)


def leaky_relu_grad(gy, s, negative_slope):
    """gy, times the slope where s < 0"""
    return np.where(s < 0, gy * negative_slope, gy)


def tanh_grad(gy, y):
    """gy (1 - y^2)"""
    return gy * (1 - y * y)


def sigmoid_grad(gy, y):
    """gy y (1 - y)"""
    return gy * y * (1 - y)


def elu_grad(gy, y, alpha):
    """gy, times y + alpha where y < 0"""
    return np.where(y < 0, gy * (y + alpha), gy)


def softplus_grad(gy, x):
    """gy sigmoid(x)"""
    return gy * sigmoid(x)


def silu_grad(gy, x):
    """gy d(x sigmoid(x))/dx"""
    s = sigmoid(x)
    return gy * (s + x * s * (1 - s))


def gelu_grad(gy, x, approximate):
    """gy d(gelu)/dx"""
    if approximate:
        c = math.sqrt(2 / math.pi)
        t = np.tanh(c * (x + 0.044715 * x**3))
        return gy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x))
    return gy * (0.5 * (1 + _erf(x / math.sqrt(2))) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


def clip_grad(gy, x, lo, hi):
    """gy where lo <= x <= hi"""
    return np.where((x < lo) | (x > hi), 0, gy)


# ------------------------------------------------------------------ composites
def selu(x):
    """scale * elu(x, alpha), both constants of the paper"""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def celu(x, alpha):
    """max(x, 0) + min(0, alpha (e^(x / alpha) - 1))"""
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(x / alpha))


def relu6(x):
    """min(max(x, 0), 6)"""
    return np.clip(x, 0, 6)


def softsign(x):
    """x / (1 + |x|)"""
    return x / (1 + np.abs(x))


def hard_sigmoid(x):
    """clip(x / 6 + 1/2, 0, 1)"""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_silu(x):
    """x hard_sigmoid(x)"""
    return x * hard_sigmoid(x)


def hard_tanh(x):
    """clip(x, -1, 1)"""
    return np.clip(x, -1, 1)


def log_sigmoid(x):
    """-softplus(-x)"""
    return -softplus(-x)


def mish(x):
    """x tanh(softplus(x))"""
    return x * np.tanh(softplus(x))


def tan(x):
    """sin x / cos x"""
    return np.tan(x)
