"""Kernels of activations and their gradients."""

from fastnn.core.jit import device
from fastnn.core.simd import fma
from fastnn.kernels.cpu import vecmath as vm
from fastnn.kernels.cpu.elementwise import FLOATS, gradient, unary

SQRT_HALF, INV_SQRT_2PI = 0.7071067811865476, 0.3989422804014327
SQRT_2_OVER_PI, CUBIC = 0.7978845608028654, 0.044715


@device
def _relu(F, x):
    return F(0) if x < F(0) else x


@device
def _silu(F, x):
    e = vm.sigmoid(F, x)
    v = x * e
    return F(0) if (e == F(0)) & (x < F(0)) else v  # -inf * 0 is 0 here


@device
def _gelu(F, x):
    v = F(0.5) * x * (F(1) + vm.erf(F, x * F(SQRT_HALF)))
    return F(0) if x < F(-40) else v


@device
def _gelu_tanh(F, x):
    v = F(0.5) * x * (F(1) + vm.tanh(F, F(SQRT_2_OVER_PI) * fma(F, F(CUBIC), x * x * x, x)))
    return F(0) if x < F(-40) else v


for _f in (_relu, _silu, _gelu, _gelu_tanh):
    unary(_f.__name__[1:], _f, *FLOATS)


@device
def _relu_grad(F, g, y, p, q):
    return F(0) if y <= F(0) else g


@device
def _leaky_relu_grad(F, g, s, p, q):
    return g * p if s < F(0) else g


@device
def _tanh_grad(F, g, y, p, q):
    return g * fma(F, -y, y, F(1))


@device
def _sigmoid_grad(F, g, y, p, q):
    return g * (y * (F(1) - y))


@device
def _elu_grad(F, g, y, p, q):
    return g * (y + p) if y < F(0) else g


@device
def _softplus_grad(F, g, x, p, q):
    return g * vm.sigmoid(F, x)


@device
def _silu_grad(F, g, x, p, q):
    s = vm.sigmoid(F, x)
    return g * (s * fma(F, x, F(1) - s, F(1)))


@device
def _gelu_grad(F, g, x, p, q):
    c = F(0.5) * (F(1) + vm.erf(F, x * F(SQRT_HALF)))
    return g * fma(F, x, F(INV_SQRT_2PI) * vm.exp(F, F(-0.5) * (x * x)), c)


@device
def _gelu_tanh_grad(F, g, x, p, q):
    t = vm.tanh(F, F(SQRT_2_OVER_PI) * fma(F, F(CUBIC), x * x * x, x))
    d = F(SQRT_2_OVER_PI) * fma(F, F(3 * CUBIC), x * x, F(1))
    return g * fma(F, F(0.5) * x, fma(F, -t, t, F(1)) * d, F(0.5) * (F(1) + t))


@device
def _clip_grad(F, g, x, p, q):
    return F(0) if (x < p) | (x > q) else g


for _f in (
    _relu_grad,
    _leaky_relu_grad,
    _tanh_grad,
    _sigmoid_grad,
    _elu_grad,
    _softplus_grad,
    _silu_grad,
    _gelu_grad,
    _gelu_tanh_grad,
    _clip_grad,
):
    gradient(_f.__name__[1:], _f, *FLOATS)
